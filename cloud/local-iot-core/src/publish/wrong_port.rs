//! Clients that take one port for another, by the first byte that they send.

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::access::peer::Peer;
use crate::core::Core;
use crate::{http, mqtt};

/// It stays to be read. `None` from a client that closes or says nothing.
async fn first_byte(stream: &TcpStream) -> Option<u8> {
    let mut first = [0];
    matches!(stream.peek(&mut first).await, Ok(1)).then_some(first[0])
}

/// What a client speaks that begins with no TLS handshake (RFC 8446, section 5.1); `None` if it does, or says nothing.
pub(crate) async fn not_tls(core: &Core, stream: &TcpStream) -> Option<String> {
    let first = first_byte(stream).await;
    let first = first.filter(|first| *first != http::TLS_HANDSHAKE)?;
    Some(if first == mqtt::CONNECT {
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
    let first = timeout(core.config.limits.idle_time, first_byte(stream)).await;
    match first.ok().flatten()? {
        http::TLS_HANDSHAKE => Some(
            "the client speaks TLS to the control port, which is plain HTTP: write http:// for https://"
                .to_owned(),
        ),
        mqtt::CONNECT => Some(format!(
            "the client speaks MQTT to the control port, which is plain HTTP: {}",
            mqtt_ports(core)
        )),
        _ => None,
    }
}

/// Why a client of the plain MQTT port is not served: by the first byte that it sends, or because it says nothing.
pub(crate) async fn not_plain_mqtt(core: &Core, stream: &TcpStream) -> Option<String> {
    let limit = core.config.limits.head_time;
    let Ok(first) = timeout(limit, first_byte(stream)).await else {
        return Some(format!("MQTT: there was no CONNECT within {limit:?}"));
    };
    let ports = &core.addresses;
    match first? {
        http::TLS_HANDSHAKE => Some(format!(
            "the client speaks TLS to the plain MQTT port: over TLS MQTT is at port {}, with ALPN mqtt and an authorizer",
            ports.https.port()
        )),
        // No packet that comes first begins with a letter, and every method of HTTP does.
        b'A'..=b'Z' => Some(format!(
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
