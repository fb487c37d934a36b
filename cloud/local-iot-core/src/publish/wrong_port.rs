//! Clients that take one port for another, by the first byte that they send.

use tokio::net::TcpStream;

use super::peer::Peer;
use crate::core::Core;
use crate::{http, mqtt};

/// What a client speaks that begins with no TLS handshake (RFC 8446, section 5.1); `None` if it does, or says nothing.
pub(crate) async fn not_tls(core: &Core, stream: &TcpStream) -> Option<String> {
    let mut first = [0];
    match stream.peek(&mut first).await {
        Ok(1) if first[0] != http::TLS_HANDSHAKE => {}
        _ => return None,
    }
    Some(if first[0] == mqtt::CONNECT {
        let port = core.addresses.mqtt.port();
        format!(
            "TLS: the client speaks MQTT without TLS to the https port, where MQTT needs TLS and ALPN mqtt: the plain port, which asks no authorizer, is {port}"
        )
    } else {
        let port = core.addresses.http.port();
        format!("TLS: the client does not speak TLS to the https port: http is at port {port}")
    })
}

/// What a client speaks that begins with no HTTP request.
pub(super) fn another_protocol(core: &Core, peer: &Peer, buffer: &[u8]) -> Option<String> {
    let https = core.addresses.https.port();
    match buffer.first() {
        Some(&http::TLS_HANDSHAKE) if !peer.tls => Some(format!(
            "the client speaks TLS to the http port: https is at port {https}"
        )),
        Some(&mqtt::CONNECT) if peer.tls => {
            Some("the client speaks MQTT without the ALPN mqtt that AWS needs for it".to_owned())
        }
        Some(&mqtt::CONNECT) => Some(format!(
            "the client speaks MQTT to the http port: with an authorizer it is at port {https}, over TLS with ALPN mqtt, and without at port {}",
            core.addresses.mqtt.port()
        )),
        _ => None,
    }
}
