//! One publish request's way, from its first byte to its response.

pub(crate) mod authorize;
pub(crate) mod cache;
pub(crate) mod connection;
pub(crate) mod credentials;
pub(crate) mod decide;
pub(crate) mod deliver;
pub(crate) mod event;
mod field;
mod notes;
pub(crate) mod outcome;
pub(crate) mod peer;
mod repeat;
pub(crate) mod wrong_port;
