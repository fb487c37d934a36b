//! One reading from a small board to AWS IoT Core, through whatever is at the other end of its UART: a modem or a gateway
//! that does the TLS. What it logs leaves the board as defmt's numbers; the texts stay in the ELF file.

#![no_std]
#![no_main]

mod uart;

use cortex_m as _; // the critical section that defmt asks for
use cortex_m_semihosting::debug::{EXIT_FAILURE, EXIT_SUCCESS, exit};
use defmt_semihosting as _;
use motepost::token::{DeviceKey, Freshness};
use motepost::{CustomAuthorizer, Publish, QoS, Verdict, blocking};
use uart::Uart;

/// What one device is, as `MOTEPOST_DEVICE` has it.
struct Device {
    endpoint: &'static str,
    id: &'static str,
    topic: &'static str,
    authorizer: &'static str,
    proof: Proof,
}

/// What it proves itself with.
#[allow(dead_code, reason = "one device has one of them")]
enum Proof {
    Token(&'static str),
    /// With the token's signature, raw.
    Signed(&'static str, &'static [u8]),
    /// The device's key, and a counter that a product keeps in its flash.
    Key([u8; 32], u32),
}

const DEVICE: Device = include!(env!("MOTEPOST_DEVICE"));
const READING: &[u8] = b"{\"celsius\":21.5}";

#[cortex_m_rt::entry]
fn main() -> ! {
    let mut uart = Uart::start();
    if publish_reading(&mut uart) {
        exit(EXIT_SUCCESS);
    } else {
        exit(EXIT_FAILURE);
    }
    loop {}
}

/// Whether AWS has the reading.
fn publish_reading(uart: &mut Uart) -> bool {
    let authorizer = CustomAuthorizer::named(DEVICE.authorizer);
    let minted;
    let authorizer = match &DEVICE.proof {
        Proof::Token(token) => authorizer.token("token", token),
        Proof::Signed(token, signature) => {
            authorizer.token("token", token).signature_bytes(signature)
        }
        Proof::Key(key, counter) => {
            let Ok(token) = DeviceKey::new(*key).mint(DEVICE.id, Freshness::Counter(*counter))
            else {
                defmt::error!("no authorizer accepts this device id");
                return false;
            };
            minted = token;
            authorizer.token("token", &minted)
        }
    };
    let headers = [("id", DEVICE.id)];
    let publish = Publish::new(DEVICE.endpoint, DEVICE.topic, READING)
        .qos(QoS::AtLeastOnce)
        .authorizer(authorizer)
        .headers(&headers);

    let mut buffer = [0; 640];
    uart.begin();
    // What an earlier publish was told too late is not this one's. This ends on a line that never falls silent too: `read` has the
    // deadline, and fails once it is over. Then nothing is sent.
    while let Ok(false) = blocking::drop_received(uart) {}
    match blocking::publish(uart, &publish, &mut buffer) {
        Ok(response) => {
            defmt::info!(
                "{}: http={} writes={}",
                response.verdict(),
                response.status(),
                uart.writes
            );
            response.verdict() == Verdict::Accepted
        }
        Err(error) => {
            defmt::error!("not published: {}", error);
            uart.resynchronize();
            false
        }
    }
}

/// Rust asks for one. Nothing in the library panics.
#[panic_handler]
fn panicked(_: &core::panic::PanicInfo<'_>) -> ! {
    defmt::error!("panicked");
    exit(EXIT_FAILURE);
    loop {}
}
