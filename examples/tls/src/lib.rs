//! What both examples need: who may be trusted, what goes over the wire, and where to.

mod endpoint;
mod provider;
mod wire;

pub use endpoint::{Endpoint, Options};
pub use provider::Checking;
pub use wire::{Counted, Tcp};

/// A TLS record at its largest, which has to be read in one piece. Less is enough for a server that is known to send less.
pub const RECORD: usize = 16_640;

/// The request in one record, and what TLS adds.
pub const REQUEST: usize = 1024;
