//! The other end of a connection.

use std::net::IpAddr;

use motepost_contract::http::RequestHead;

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

impl Peer {
    /// The endpoint that a request is for: by SNI, or where a gateway does TLS by its Host.
    pub(crate) fn server_name<'a>(&'a self, request: &'a RequestHead) -> Option<&'a str> {
        match &self.server_name {
            Some(name) => Some(name),
            None => request.host(),
        }
    }
}
