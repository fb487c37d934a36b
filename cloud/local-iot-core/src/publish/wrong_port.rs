//! Clients that take one port for another, by the first byte that they send.

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::access::peer::Peer;
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

/// What a client of the control port speaks that begins with no HTTP request; `None` if it does, or says nothing.
pub(crate) async fn not_plain_http(core: &Core, stream: &TcpStream) -> Option<String> {
    let mut first = [0];
    let peeked = timeout(core.config.limits.idle_time, stream.peek(&mut first)).await;
    match (peeked, first[0]) {
        (Ok(Ok(1)), http::TLS_HANDSHAKE) => Some(
            "the client speaks TLS to the control port, which is plain HTTP: write http:// for https://"
                .to_owned(),
        ),
        (Ok(Ok(1)), mqtt::CONNECT) => Some(format!(
            "the client speaks MQTT to the control port, which is plain HTTP: {}",
            mqtt_ports(core)
        )),
        _ => None,
    }
}

/// Why a client of the plain MQTT port is not served: by the first byte that it sends, or because it says nothing.
pub(crate) async fn not_plain_mqtt(core: &Core, stream: &TcpStream) -> Option<String> {
    let (mut first, limit) = ([0], core.config.limits.head_time);
    let Ok(peeked) = timeout(limit, stream.peek(&mut first)).await else {
        return Some(format!("MQTT: there was no CONNECT within {limit:?}"));
    };
    let ports = &core.addresses;
    match (peeked, first[0]) {
        (Ok(1), http::TLS_HANDSHAKE) => Some(format!(
            "the client speaks TLS to the plain MQTT port: over TLS MQTT is at port {}, with ALPN mqtt and an authorizer",
            ports.https.port()
        )),
        // No packet that comes first begins with a letter, and every method of HTTP does.
        (Ok(1), b'A'..=b'Z') => Some(format!(
            "the client speaks HTTP to the plain MQTT port: http is at port {}, and the control plane at port {}",
            ports.http.port(),
            ports.control.port()
        )),
        _ => None,
    }
}

fn mqtt_ports(core: &Core) -> String {
    format!(
        "with an authorizer it is at port {}, over TLS with ALPN mqtt, and without at port {}",
        core.addresses.https.port(),
        core.addresses.mqtt.port()
    )
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
            "the client speaks MQTT to the http port: {}",
            mqtt_ports(core)
        )),
        _ => None,
    }
}
