//! The ports: what listens, with which certificate, and what exists when they open.

mod accept;
mod ca_file;
pub(crate) mod handle;
mod initial_state;
mod ports;
mod tls;
