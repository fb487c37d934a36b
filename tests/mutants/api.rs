//! The tests of the Rust API as one program.

#![allow(clippy::duplicate_mod, reason = "each of them brings its helpers")]

#[path = "../buffers.rs"]
mod buffers;
#[path = "../exchange.rs"]
mod exchange;
#[path = "../faults.rs"]
mod faults;
#[path = "../httparse_agrees.rs"]
mod httparse_agrees;
#[path = "../injection.rs"]
mod injection;
#[path = "../request.rs"]
mod request;
#[path = "../response.rs"]
mod response;
#[path = "../secrets.rs"]
mod secrets;
#[path = "../token.rs"]
mod token;
