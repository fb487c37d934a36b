//! One publish request's way, from its first byte to its response.

mod authorize;
pub(crate) mod cache;
pub(crate) mod connection;
pub(crate) mod decide;
mod notes;
mod outcome;
mod repeat;
pub(crate) mod wrong_port;
