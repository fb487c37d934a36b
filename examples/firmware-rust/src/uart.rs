//! The UART that leads to a modem or a gateway: the CMSDK's APB UART (Cortex-M System Design Kit reference manual, 4.3).
//! A product has `embedded-io` from its HAL instead.

use embedded_io::{ErrorType, Read, ReadReady, Write};

const BASE: usize = 0x4000_4000;
const DATA: usize = 0x0;
const STATE: usize = 0x4;
const CONTROL: usize = 0x8;
const BAUD_DIVIDER: usize = 0x10;
const TX_FULL: u32 = 1;
const RX_FULL: u32 = 2;
const BOTH_WAYS: u32 = 3;

/// How often the UART is looked at before a publish is given up, and how often it has to be found silent afterwards, until no
/// late response can come any more. A product asks a timer; in an emulator these are some 10 and 16 seconds.
const TIMEOUT: u32 = 100_000_000;
const SILENCE: u32 = 160_000_000;

/// A byte counts as the looks that its time on the line is worth.
const LOOKS_A_BYTE: u32 = 1000;

pub struct Uart {
    /// How many times somebody wrote: each is a TLS record in a modem.
    pub writes: u32,
    timeout: u32,
}

impl Uart {
    pub fn start() -> Self {
        set(BAUD_DIVIDER, 217); // 25 MHz / 115,200
        set(CONTROL, BOTH_WAYS);
        Self {
            writes: 0,
            timeout: 0,
        }
    }

    /// Begins the time of a publish. It ends in `read` and `write`: a peer that always has one byte more to say would keep the library
    /// from ever returning.
    pub fn begin(&mut self) {
        self.timeout = TIMEOUT;
    }

    /// After a failure: a line cannot be closed, and what its other end says too late would be the next request's response. Reads
    /// and drops until nothing more can come, four times as long at most.
    pub fn resynchronize(&mut self) {
        let mut silent = 0;
        for _ in 0..4 * SILENCE {
            silent += 1;
            if has_received() {
                get(DATA);
                silent = 0;
            }
            if silent == SILENCE {
                return;
            }
        }
    }

    fn spend(&mut self, looks: u32) -> Result<(), embedded_io::ErrorKind> {
        let left = self.timeout.checked_sub(looks);
        self.timeout = left.ok_or(embedded_io::ErrorKind::TimedOut)?;
        Ok(())
    }
}

impl ErrorType for Uart {
    type Error = embedded_io::ErrorKind;
}

impl Read for Uart {
    /// Waits for one byte, and takes those that are there after it.
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Self::Error> {
        while !has_received() {
            self.spend(1)?;
        }
        let mut count = 0;
        for slot in bytes {
            if !has_received() {
                break;
            }
            self.spend(LOOKS_A_BYTE)?;
            *slot = get(DATA) as u8;
            count += 1;
        }
        Ok(count)
    }
}

impl ReadReady for Uart {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        Ok(has_received())
    }
}

impl Write for Uart {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        for byte in bytes {
            self.spend(1)?;
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

fn has_received() -> bool {
    get(STATE) & RX_FULL != 0
}

fn get(register: usize) -> u32 {
    // SAFETY: the board has a 32-bit register there, and nothing else uses it.
    unsafe { ((BASE + register) as *const u32).read_volatile() }
}

fn set(register: usize, value: u32) {
    // SAFETY: as above.
    unsafe { ((BASE + register) as *mut u32).write_volatile(value) }
}
