//! What every room shares while the local emulator runs.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::authorizers::grants::Grants;
use crate::broker::mqtt_broker::Broker;
use crate::broker::retained::RetainedStore;
use crate::config::Config;
use crate::function::invoke::Functions;
use crate::registry::Registry;
use crate::rules::engine::Engine;
use crate::trace::log::Trace;

/// Where the local emulator listens.
#[derive(Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) https: SocketAddr,
    pub(crate) http: SocketAddr,
    pub(crate) mqtt: SocketAddr,
    pub(crate) control: SocketAddr,
}

/// The running emulator.
pub(crate) struct Core {
    pub(crate) addresses: Addresses,
    pub(crate) config: Config,
    pub(crate) registry: Arc<Registry>,
    pub(crate) grants: Grants,
    pub(crate) functions: Arc<Functions>,
    pub(crate) rules: Arc<Engine>,
    pub(crate) broker: Broker,
    /// `None` without a state file.
    pub(crate) retained: Option<RetainedStore>,
    pub(crate) trace: Arc<Trace>,
}

/// The host name to connect to.
pub(crate) const ENDPOINT: &str = "localhost";
