#![doc = include_str!("../README.md")]
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

// A module uses only modules above it (tests/order.rs).
mod error;
mod ascii;
mod words;
mod cursor;
mod percent;
mod base64;
mod crc;
pub mod credentials;
mod texts;
mod fields;
mod topic;
mod view;
mod properties;
mod authorizer;
mod publish;
mod request;
mod response;
mod progress;
mod exchange;
#[cfg(feature = "token")]
mod hmac;
#[cfg(feature = "token")]
pub mod token;
#[cfg(feature = "token")]
mod renew;
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
