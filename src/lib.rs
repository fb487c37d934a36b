//! Publishes sensor readings to AWS IoT Core from devices too small for X.509 client certificates: one HTTPS
//! POST with the credentials of a [custom authorizer][custom], built in your buffer, over any transport. No
//! allocation, no globals, no clock, no panic.
//!
//! ```
//! use embedded_io::{Read, Write};
//! use motepost::{CustomAuthorizer, Error, Publish, QoS, Verdict, blocking};
//!
//! /// `transport` is TLS to port 443 of the endpoint: a modem's socket, embedded-tls, a UART to a gateway.
//! fn publish_reading<T: Read + Write>(
//!     transport: &mut T,
//!     reading: &[u8],
//! ) -> Result<Verdict, Error<T::Error>> {
//!     let endpoint = "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com";
//!     let publish = Publish::new(endpoint, "uniqueID/status", reading)
//!         .qos(QoS::AtLeastOnce)
//!         .authorizer(CustomAuthorizer::named("unsignedAuthorizer").token("token", "allow"))
//!         .headers(&[("id", "uniqueID")]);
//!     let mut buffer = [0; 320];
//!     let response = blocking::publish(transport, &publish, &mut buffer)?;
//!     Ok(response.verdict())
//! }
//! ```
//!
//! # How it works
//!
//! [`Publish`] describes the message and [`CustomAuthorizer`] the credentials. [`Publish::encode`] writes the
//! request, or says how many bytes it needs. [`Exchange`] drives one publish without I/O of its own: it says
//! what to send and where to receive. [`blocking`] and [`asynch`] run it over `embedded-io`.
//! [`ResponseReader`] reads a response as it arrives, in 164 bytes of state on 32 bits. [`Verdict`] says what the
//! response means: [`Verdict::retry`] is true if the same request may succeed later. [`batch`] puts many
//! readings into one payload.
//!
//! What a firmware does not use, its linker drops. A field that must not go on the wire is refused by name
//! ([`EncodeError::Refused`]), and then nothing is sent.
//!
//! # Features
//!
//! All features are additive and off by default.
//!
//! | feature | adds |
//! |---|---|
//! | `blocking` | [`blocking`] over `embedded-io` 0.7 |
//! | `async` | [`asynch`] over `embedded-io-async` 0.7 |
//! | `heapless` | [`Publish::encode_vec`] |
//! | `senml` | [`batch::Pack`]: SenML records (RFC 8428) in JSON or CBOR |
//! | `token` | [`token`]: a fresh 28-character token for each message, and [`Response::renew`] for a device without a clock |
//! | `outbox` | [`outbox`]: readings that survive sleep, resets and power loss, in NOR flash over `embedded-storage` 0.3 |
//! | `defmt` | `defmt::Format` for errors, verdicts and other small types, none of which holds a secret |
//! | `ffi` | [`ffi`]: the C API, for firmware whose one Rust static library is yours |
//!
//! [custom]: https://docs.aws.amazon.com/iot/latest/developerguide/custom-authentication.html

#![no_std]
#![deny(missing_docs, unsafe_code)]
#![deny(
    clippy::alloc_instead_of_core,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::panic_in_result_fn,
    clippy::string_slice,
    clippy::unreachable,
    clippy::unwrap_used
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

// From the bottom up: a module uses only modules above it (tests/order.rs).

// Errors, bytes and words.
mod error;
mod error_texts;
mod ascii;
mod words;
mod cursor;
mod percent;
mod utf8;
mod base64;
mod crc;

// The request.
mod texts;
mod head_writer;
mod topic;
mod view;
mod properties;
mod authorizer;
mod publish;
mod request;

// The response.
mod response;

// One publish.
mod progress;
mod exchange;

// Batches, tokens, and what is kept in flash.
pub mod batch;
#[cfg(feature = "token")]
mod hmac;
#[cfg(feature = "token")]
pub mod token;
#[cfg(feature = "token")]
mod renew;
pub mod credentials;
#[cfg(feature = "outbox")]
pub mod outbox;

// What runs it: Rust's transports, and C.
#[cfg(feature = "async")]
pub mod asynch;
#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "ffi")]
#[allow(unsafe_code)]
pub mod ffi;

pub use authorizer::CustomAuthorizer;
pub use error::{EncodeError, Error, ExchangeError, Field, Reason};
pub use exchange::Exchange;
pub use progress::Step;
pub use properties::{PayloadFormat, Properties};
pub use publish::{Publish, QoS};
#[cfg(feature = "token")]
pub use renew::Renewed;
pub use request::MAX_PAYLOAD;
pub use response::{Response, ResponseReader, Verdict};

/// No panic is reachable, so the linker drops this; `rustc` wants it in every final artefact without
/// `std`. `cargo xtask archive` sets the cfg, which no feature can, so that Rust firmware with a
/// handler of its own never meets a second one.
#[cfg(motepost_staticlib)]
#[panic_handler]
#[cfg_attr(motepost_no_panic, allow(unsafe_code))]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    #[cfg(motepost_no_panic)]
    {
        unsafe extern "C" {
            /// Defined nowhere: the link proves that nothing panics (`cargo xtask archive --prove-no-panic`).
            fn motepost_panic_reached() -> !;
        }
        // SAFETY: never called, since the archive does not link when it could be.
        unsafe { motepost_panic_reached() }
    }
    #[cfg(not(motepost_no_panic))]
    loop {}
}

/// The Rust of the README compiles too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
