//! The ports: what listens, with which certificate, and what exists when they open.

mod accept;
mod ca_file;
pub(crate) mod handle;
mod initial_state;
pub(crate) mod names;
mod ports;
mod tls;
