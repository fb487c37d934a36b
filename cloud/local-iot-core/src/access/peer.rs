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
    pub(crate) door: Door,
}

/// Where a publish comes in, which decides over who may send it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// The https and http ports, where devices publish.
    Device,
    /// The plain MQTT port, where everybody may do everything.
    PlainMqtt,
    /// The control port, where only the account's owner publishes.
    Control,
    /// The console page, whose user is the account's owner.
    Console,
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
