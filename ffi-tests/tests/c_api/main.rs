//! What C sees of the library: header, ABI, archive and behaviour; and the list of what Rust sees.

mod abi;
mod api;
mod credentials;
mod layout;
mod manual;
mod no_panic;
mod outbox_page;
mod programs;
mod secrets;
mod symbols;
