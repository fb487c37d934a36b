//! The other end of a connection.

use std::net::IpAddr;

/// What is known of the other end.
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    pub(crate) tls: bool,
    /// From SNI.
    pub(crate) server_name: Option<String>,
    pub(crate) connection_id: String,
    /// Whether it came to the control port, where only the account's owner publishes.
    pub(crate) owner_only: bool,
}
