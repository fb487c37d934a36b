//! What a request is judged with: the stand-in that it came to, and the peer that it came from.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::authorizers::registry::Registry;
use crate::broker::mqtt::Broker;
use crate::broker::retained::RetainedStore;
use crate::config::Config;
use crate::function::Functions;
use crate::trace::entry::Trace;

/// Where the stand-in listens.
#[derive(Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) https: SocketAddr,
    pub(crate) http: SocketAddr,
    pub(crate) mqtt: SocketAddr,
    pub(crate) control: SocketAddr,
}

/// What every connection needs to know.
pub(crate) struct Core {
    pub(crate) addresses: Addresses,
    pub(crate) config: Config,
    pub(crate) registry: Registry,
    pub(crate) functions: Functions,
    pub(crate) broker: Broker,
    /// If there is a state file.
    pub(crate) retained: Option<RetainedStore>,
    pub(crate) trace: Arc<Trace>,
}

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

pub(crate) const ENDPOINT: &str = "localhost";
