//! The UART that leads to a modem or a gateway: the CMSDK's APB UART (Cortex-M System Design Kit reference manual, 4.3).
//! A product has `embedded-io` from its HAL instead.

use embedded_io::{ErrorType, Read, Write};

const BASE: usize = 0x4000_4000;
const DATA: usize = 0x0;
const STATE: usize = 0x4;
const CONTROL: usize = 0x8;
const BAUD_DIVIDER: usize = 0x10;
const TX_FULL: u32 = 1;
const RX_FULL: u32 = 2;
const BOTH_WAYS: u32 = 3;

/// How often an idle UART is looked at before it counts as dead. A product asks a timer; in an emulator it is some ten
/// seconds.
const PATIENCE: u32 = 100_000_000;

pub struct Uart {
    /// How many times somebody wrote: each is a TLS record in a modem.
    pub writes: u32,
}

impl Uart {
    pub fn start() -> Self {
        set(BAUD_DIVIDER, 217); // 25 MHz / 115,200
        set(CONTROL, BOTH_WAYS);
        Self { writes: 0 }
    }
}

impl ErrorType for Uart {
    type Error = embedded_io::ErrorKind;
}

impl Read for Uart {
    /// Waits for one byte, and takes those that are there behind it.
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Self::Error> {
        let mut idle = 0;
        while get(STATE) & RX_FULL == 0 {
            idle += 1;
            if idle == PATIENCE {
                return Err(embedded_io::ErrorKind::TimedOut);
            }
        }
        let mut count = 0;
        for slot in bytes {
            if get(STATE) & RX_FULL == 0 {
                break;
            }
            *slot = get(DATA) as u8;
            count += 1;
        }
        Ok(count)
    }
}

impl Write for Uart {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        for byte in bytes {
            while get(STATE) & TX_FULL != 0 {}
            set(DATA, u32::from(*byte));
        }
        self.writes += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

fn get(register: usize) -> u32 {
    // SAFETY: the board has a 32-bit register there, and nothing else uses it.
    unsafe { ((BASE + register) as *const u32).read_volatile() }
}

fn set(register: usize, value: u32) {
    // SAFETY: as above.
    unsafe { ((BASE + register) as *mut u32).write_volatile(value) }
}
