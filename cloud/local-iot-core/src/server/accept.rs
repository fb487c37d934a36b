//! Connections as they come in, within the number that may be open, and the TLS handshake of those that want one.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;

use super::tls;
use crate::access::peer::{Door, Peer};
use crate::authorizers::domain::ApplicationProtocol;
use crate::control::ControlPlane;
use crate::core::Core;
use crate::publish::wrong_port;
use crate::trace::entry::TraceEntry;
use crate::{http, mqtt, publish};

/// The connections that may be open at once.
pub(super) struct Slots {
    free: Arc<Semaphore>,
    most: usize,
}

impl Slots {
    pub(super) fn new(most: usize) -> Self {
        // What a semaphore can count on any machine.
        let most = most.min(1 << 28);
        Self {
            free: Arc::new(Semaphore::new(most)),
            most,
        }
    }

    /// Returns once every connection is closed.
    pub(super) async fn all_free(&self) {
        let _ = self.free.acquire_many(self.most as u32).await;
    }
}

/// Serves one of the publish ports; never returns.
pub(super) async fn publishes(
    core: Arc<Core>,
    listener: TcpListener,
    slots: Arc<Slots>,
    tls: Option<Arc<ServerConfig>>,
) {
    loop {
        if let Some((stream, from, slot)) = next(&core, &listener, &slots).await {
            tokio::spawn(serve(Arc::clone(&core), stream, from, tls.clone(), slot));
        }
    }
}

/// Serves the control port; never returns.
pub(super) async fn control(core: Arc<Core>, listener: TcpListener) {
    let slots = Slots::new(core.config.limits.connections);
    let plane = Arc::new(ControlPlane::new(&core));
    loop {
        if let Some((stream, _, slot)) = next(&core, &listener, &slots).await {
            let (core, plane) = (Arc::clone(&core), Arc::clone(&plane));
            tokio::spawn(async move {
                if let Some(reason) = wrong_port::not_plain_http(&core, &stream).await {
                    core.trace.record(TraceEntry::lost(reason));
                } else {
                    plane.serve(stream).await;
                }
                drop(slot);
            });
        }
    }
}

/// Serves the plain MQTT port; never returns.
pub(super) async fn mqtt(core: Arc<Core>, listener: TcpListener, slots: Arc<Slots>) {
    loop {
        let Some((stream, address, slot)) = next(&core, &listener, &slots).await else {
            continue;
        };
        let core = Arc::clone(&core);
        tokio::spawn(async move {
            if let Some(reason) = wrong_port::not_plain_mqtt(&core, &stream).await {
                core.trace.record(TraceEntry::lost(reason));
            } else if let Some(peer) = peer(&core, address, Door::PlainMqtt) {
                mqtt::connection::serve(&core, peer, stream, None).await;
            }
            drop(slot);
        });
    }
}

/// `None` for a connection that is closed at once. Keep the permit for as long as the connection.
async fn next(
    core: &Core,
    listener: &TcpListener,
    slots: &Slots,
) -> Option<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let Ok((stream, from)) = listener.accept().await else {
        // Out of file descriptors, most likely: trying again at once would only burn the processor.
        tokio::time::sleep(Duration::from_millis(20)).await;
        return None;
    };
    if let Ok(slot) = Arc::clone(&slots.free).try_acquire_owned() {
        // A response is one write; waiting to fill a segment would only delay it. A socket that cannot do it still works.
        let _ = stream.set_nodelay(true);
        return Some((stream, from.ip(), slot));
    }
    let limit = slots.most;
    core.trace.record(TraceEntry::lost(format!(
        "closed at once: {limit} connections are open already"
    )));
    None
}

async fn serve(
    core: Arc<Core>,
    stream: TcpStream,
    address: IpAddr,
    tls: Option<Arc<ServerConfig>>,
    _slot: OwnedSemaphorePermit,
) {
    let Some(mut peer) = peer(&core, address, Door::Device) else {
        return;
    };
    peer.tls = tls.is_some();
    let Some(tls) = tls else {
        // It becomes no WebSocket, which needs TLS.
        let _ = publish::connection::serve(&core, &peer, stream).await;
        return;
    };
    let limit = core.config.limits.head_time;
    let handshake = async {
        if let Some(reason) = wrong_port::not_tls(&core, &stream).await {
            return Err(reason);
        }
        let start = LazyConfigAcceptor::new(Default::default(), stream).await;
        let start = start.map_err(|error| format!("TLS: {error}"))?;
        let hello = start.client_hello();
        let server_name = hello.server_name().map(str::to_owned);
        let fault = tls::alpn_fault(&hello);
        let stream = start.into_stream(tls).await;
        let stream = stream.map_err(|error| fault.unwrap_or_else(|| format!("TLS: {error}")))?;
        Ok((stream, server_name))
    };
    match timeout(limit, handshake).await {
        Ok(Ok((stream, server_name))) => {
            peer.server_name = server_name;
            if speaks_mqtt(&core, &peer, stream.get_ref().1.alpn_protocol()) {
                mqtt::connection::serve(&core, peer, stream, None).await;
            } else if let Some(upgraded) = publish::connection::serve(&core, &peer, stream).await {
                mqtt::websocket::serve(&core, peer, upgraded).await;
            }
        }
        Ok(Err(reason)) => core.trace.record(TraceEntry::lost(reason)),
        Err(_) => core.trace.record(TraceEntry::lost(format!(
            "the TLS handshake took longer than {limit:?}"
        ))),
    }
}

/// Without TLS at first; `None` without random bytes.
fn peer(core: &Core, address: IpAddr, door: Door) -> Option<Peer> {
    let Ok(connection_id) = http::uuid() else {
        core.trace.record(TraceEntry::lost(
            "the system gives no random bytes".to_owned(),
        ));
        return None;
    };
    Some(Peer {
        address,
        tls: false,
        server_name: None,
        connection_id,
        door,
    })
}

/// By ALPN, unless a domain configuration fixes the protocol (Developer Guide, "Configurable endpoints").
fn speaks_mqtt(core: &Core, peer: &Peer, alpn: Option<&[u8]>) -> bool {
    let server_name = peer.server_name.as_deref();
    let domain = core.registry.read(|account| account.domain(server_name));
    match domain.map(|domain| domain.protocol) {
        Some(ApplicationProtocol::SecureMqtt) => true,
        Some(ApplicationProtocol::Https) => false,
        Some(ApplicationProtocol::Default) | None => alpn == Some(tls::MQTT),
    }
}
