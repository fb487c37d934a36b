//! MQTT over WebSockets, on the https port at `/mqtt` (MQTT 5.0, section 6; RFC 6455): the packets of a connection in binary
//! messages, between a client and the same door as MQTT without them.

use std::future::pending;
use std::sync::Arc;

use base64ct::{Base64, Encoding};
use futures_util::{SinkExt, StreamExt};
use motepost_contract::http::RequestHead;
use motepost_contract::sigv4;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as SocketMessage;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::connection;
use crate::access::peer::Peer;
use crate::core::Core;

/// Bytes between the client and the door.
const PIPE_BYTES: usize = 64 * 1024;

/// Whether a request asks for a WebSocket, at whatever path.
pub(crate) fn is_wanted(request: &RequestHead) -> bool {
    request.method() == "GET" && has(request, "upgrade", "websocket")
}

/// The response that opens it, or the reason for a refusal.
pub(crate) fn accept(peer: &Peer, request: &RequestHead) -> Result<String, String> {
    if request.path() != "/mqtt" {
        return Err("a WebSocket is for MQTT, at the path /mqtt".to_owned());
    }
    if !peer.tls {
        return Err("MQTT over WebSockets needs TLS: it is on the https port".to_owned());
    }
    if sigv4::is_claimed(request.header("authorization"), request.query()) {
        return Err("MQTT over WebSockets with SigV4 is AWS's to take: here it is with custom authentication".to_owned());
    }
    if !has(request, "connection", "upgrade")
        || request.header("sec-websocket-version") != Some(b"13")
    {
        return Err("Connection is not upgrade, or Sec-WebSocket-Version not 13".to_owned());
    }
    if !has(request, "sec-websocket-protocol", "mqtt") {
        return Err("Sec-WebSocket-Protocol does not offer mqtt".to_owned());
    }
    let key = request.header("sec-websocket-key").unwrap_or_default();
    let text = std::str::from_utf8(key).unwrap_or_default();
    if !Base64::decode_vec(text).is_ok_and(|bytes| bytes.len() == 16) {
        return Err("Sec-WebSocket-Key is not the base64 of 16 bytes".to_owned());
    }
    Ok(format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-accept: {}\r\nsec-websocket-protocol: mqtt\r\n\r\n",
        derive_accept_key(key)
    ))
}

/// Whether a field, in any case, lists this.
fn has(request: &RequestHead, name: &str, item: &str) -> bool {
    let fields = request.headers();
    let mut fields = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
    fields.any(|(_, value)| {
        value
            .split(|byte| *byte == b',')
            .any(|part| part.trim_ascii().eq_ignore_ascii_case(item.as_bytes()))
    })
}

/// A connection that has become a WebSocket, with what its client has sent since.
pub(crate) struct Upgraded<S> {
    pub(crate) request: RequestHead,
    pub(crate) stream: S,
    pub(crate) read: Vec<u8>,
}

pub(crate) async fn serve<S>(core: &Arc<Core>, peer: Peer, upgraded: Upgraded<S>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let most = core.config.limits.body_bytes + connection::OVERHEAD;
    let config = WebSocketConfig::default()
        .max_message_size(Some(most))
        .max_frame_size(Some(most));
    let Upgraded {
        request,
        stream,
        read,
    } = upgraded;
    let socket =
        WebSocketStream::from_partially_read(stream, read, Role::Server, Some(config)).await;
    let (mut sink, mut source) = socket.split();
    let (near, far) = tokio::io::duplex(PIPE_BYTES);
    let (mut from_door, mut to_door) = tokio::io::split(near);
    let serving = connection::serve(core, peer, far, Some(request));
    let outward = async {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = from_door.read(&mut buffer).await {
            let message = SocketMessage::binary(buffer[..count].to_vec());
            if sink.send(message).await.is_err() {
                break;
            }
        }
        let _ = sink.close().await;
    };
    let inward = async {
        // Text, or anything that is no message, ends it (section 6).
        while let Some(Ok(message)) = source.next().await {
            match message {
                SocketMessage::Binary(bytes) if to_door.write_all(&bytes).await.is_ok() => {}
                SocketMessage::Ping(_) | SocketMessage::Pong(_) => {}
                _ => break,
            }
        }
        let _ = to_door.shutdown().await;
        pending::<()>().await;
    };
    tokio::select! {
        _ = async { tokio::join!(serving, outward) } => {}
        () = inward => {}
    }
}
