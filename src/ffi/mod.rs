//! The C API, and the only `unsafe` code. `include/motepost.h` is generated from here: its comments are
//! these, so they are written for the C reader.
//!
//! The pointer rules, for every function: a pointer is valid, aligned, and covers the length given with
//! it. NULL is allowed only with length 0 or where stated; otherwise the call returns `MOTEPOST_E_NULL`.
//! Only an exchange, a batch and an outbox keep pointers after a call: `motepost_exchange_init`,
//! `motepost_batch_t` and `motepost_outbox_t` list them. No function uses a global: calls on different objects may run at the same time.

#![allow(clippy::missing_safety_doc, non_camel_case_types)]

// In the order of the header: cbindgen writes what it meets. A module uses only modules above it.
mod status;
mod pointers;
mod message;
mod view;
mod optional;
mod encode;
mod state;
mod exchange;
mod response;
mod run;
mod batch;
#[cfg(feature = "senml")]
mod senml;
#[cfg(feature = "token")]
mod token;
#[cfg(feature = "outbox")]
mod flash;
#[cfg(feature = "outbox")]
mod outbox;

pub use batch::*;
pub use encode::*;
pub use exchange::*;
#[cfg(feature = "outbox")]
pub use flash::*;
pub use message::*;
pub use optional::*;
#[cfg(feature = "outbox")]
pub use outbox::*;
pub use pointers::*;
pub use response::*;
pub use run::*;
#[cfg(feature = "senml")]
pub use senml::*;
pub use status::*;
#[cfg(feature = "token")]
pub use token::*;
