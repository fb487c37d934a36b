//! One connection: requests in, responses out, one after the other, nothing without a bound.

use std::time::{Duration, SystemTime};

use motepost_contract::http::{ChunkDecoder, ChunkFault, Framing, RequestHead, head_end};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::cache::Cache;
use super::decide;
use super::outcome::Outcome;
use super::wrong_port;
use crate::access::peer::Peer;
use crate::core::Core;
use crate::http::{self, PublishResponse, Status};
use crate::mqtt::websocket::{self, Upgraded};
use crate::trace::entry::TraceEntry;

/// Why a request is not decided on its merits.
enum Halt {
    /// Nothing is wrong: the client is done.
    Closed,
    /// Nobody is left to receive a response.
    Lost(String),
    /// The rest of the stream cannot be trusted, so the response is the last.
    Refused(Status, String),
}

fn malformed(reason: String) -> Halt {
    Halt::Refused(Status::InvalidRequest, reason)
}

struct Wire<S> {
    stream: S,
    buffer: Vec<u8>,
}

/// Returns a connection that becomes a WebSocket.
pub(crate) async fn serve<S>(core: &Core, peer: &Peer, stream: S) -> Option<Upgraded<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut wire = Wire {
        stream,
        buffer: Vec::new(),
    };
    let mut cache = Cache::default();
    loop {
        let request = match read_head(core, peer, &mut wire).await {
            Ok(request) => request,
            Err(halt) => {
                end(core, &mut wire, None, halt).await;
                return None;
            }
        };
        if websocket::is_wanted(&request) {
            return upgrade(core, peer, wire, request).await;
        }
        let body = match read_body(core, &mut wire, &request).await {
            Ok(body) => body,
            Err(halt) => {
                end(core, &mut wire, Some(&request), halt).await;
                return None;
            }
        };
        let outcome = decide::decide(core, peer, &mut cache, &request, body).await;
        let with_body = request.method() != "HEAD";
        if respond(core, &mut wire, outcome, with_body).await.is_err() || !request.keep_alive() {
            let _ = timeout(core.config.limits.idle_time, wire.stream.shutdown()).await;
            return None;
        }
    }
}

async fn upgrade<S>(
    core: &Core,
    peer: &Peer,
    mut wire: Wire<S>,
    request: RequestHead,
) -> Option<Upgraded<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let response = match websocket::accept(peer, &request) {
        Ok(response) => response,
        Err(reason) => {
            end(core, &mut wire, Some(&request), malformed(reason)).await;
            return None;
        }
    };
    let sending = async {
        wire.stream.write_all(response.as_bytes()).await?;
        wire.stream.flush().await
    };
    let sent = timeout(core.config.limits.body_time, sending).await;
    sent.ok()?.ok()?;
    Some(Upgraded {
        request,
        stream: wire.stream,
        read: wire.buffer,
    })
}

async fn read_head<S: AsyncRead + Unpin>(
    core: &Core,
    peer: &Peer,
    wire: &mut Wire<S>,
) -> Result<RequestHead, Halt> {
    let limits = &core.config.limits;
    if wire.buffer.is_empty() {
        // Otherwise a large body before would take memory for as long as the connection lasts.
        wire.buffer = Vec::new();
        match timeout(limits.idle_time, wire.read()).await {
            Ok(Ok(1..)) => {}
            Ok(Ok(0) | Err(_)) | Err(_) => return Err(Halt::Closed),
        }
    }
    let head = timeout(limits.head_time, async {
        loop {
            if let Some(reason) = wrong_port::another_protocol(core, peer, &wire.buffer) {
                return Err(malformed(reason));
            }
            match head_end(&wire.buffer).map_err(malformed)? {
                Some(end) if end <= limits.head_bytes => return Ok(end),
                None if wire.buffer.len() < limits.head_bytes => {}
                // 431 exists, but Publish models only 400 (UNCONFIRMED).
                _ => {
                    return Err(malformed(format!(
                        "the head is over {} bytes",
                        limits.head_bytes
                    )));
                }
            }
            wire.read_or_lost("the head").await?;
        }
    });
    let end = head.await.unwrap_or_else(|_| {
        Err(Halt::Lost(format!(
            "the head took longer than {:?}",
            limits.head_time
        )))
    })?;
    let request =
        RequestHead::parse(&wire.buffer[..end], limits.header_fields).map_err(malformed)?;
    wire.buffer.drain(..end);
    Ok(request)
}

async fn read_body<S>(
    core: &Core,
    wire: &mut Wire<S>,
    request: &RequestHead,
) -> Result<Vec<u8>, Halt>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let limits = &core.config.limits;
    let framing = request.framing();
    let framing = framing.map_err(|fault| malformed(fault.to_string()))?;
    let too_large = || {
        let (status, reason) = decide::oversize(core);
        Halt::Refused(status, reason)
    };
    match framing {
        Framing::Length(length) if length > limits.body_bytes => return Err(too_large()),
        Framing::Chunked if !core.config.behaviour.accept_chunked => {
            return Err(malformed(
                "the body is chunked, and whether AWS takes that is not known: send Content-Length"
                    .to_owned(),
            ));
        }
        _ => {}
    }
    let mut chunks = ChunkDecoder::new(limits.body_bytes);
    let expects_continue = request.expects_continue().map_err(malformed)?;
    let body = timeout(limits.body_time, async {
        if expects_continue && wire.buffer.is_empty() {
            let sent = wire
                .stream
                .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
                .await;
            sent.map_err(|error| Halt::Lost(error.to_string()))?;
            wire.stream
                .flush()
                .await
                .map_err(|error| Halt::Lost(error.to_string()))?;
        }
        loop {
            match framing {
                Framing::Length(length) if wire.buffer.len() >= length => {
                    return Ok(wire.buffer.drain(..length).collect());
                }
                Framing::Length(_) => {}
                Framing::Chunked => match chunks.read(&mut wire.buffer) {
                    Ok(Some(body)) => return Ok(body),
                    Ok(None) => {}
                    Err(ChunkFault::TooLarge) => return Err(too_large()),
                    Err(ChunkFault::Malformed(reason)) => return Err(malformed(reason)),
                },
            }
            wire.read_or_lost("the body").await?;
        }
    });
    body.await.unwrap_or_else(|_| {
        Err(Halt::Lost(format!(
            "the body took longer than {:?}",
            limits.body_time
        )))
    })
}

/// Records, then responds, so that a client that has the response finds the entry.
async fn respond<S>(
    core: &Core,
    wire: &mut Wire<S>,
    outcome: Outcome,
    with_body: bool,
) -> Result<(), ()>
where
    S: AsyncWrite + Unpin,
{
    let now = SystemTime::now();
    let request_id = http::uuid().map_err(|_| ())?;
    let response = PublishResponse {
        status: outcome.status,
        message: &outcome.message,
        request_id: &request_id,
    };
    let bytes = response.to_bytes(now, with_body);
    core.trace.record(outcome.into_entry(now, request_id));
    let sending = async {
        wire.stream.write_all(&bytes).await?;
        wire.stream.flush().await
    };
    match timeout(core.config.limits.body_time, sending).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(()),
    }
}

async fn end<S>(core: &Core, wire: &mut Wire<S>, request: Option<&RequestHead>, halt: Halt)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match halt {
        Halt::Closed => {}
        Halt::Lost(reason) => core.trace.record(TraceEntry::lost(reason)),
        Halt::Refused(status, reason) => {
            let outcome = decide::refused_unread(core, request, status, reason);
            let with_body = request.is_none_or(|request| request.method() != "HEAD");
            if respond(core, wire, outcome, with_body).await.is_ok() {
                wire.linger(core.config.limits.idle_time).await;
            }
        }
    }
}

impl<S: AsyncRead + Unpin> Wire<S> {
    async fn read(&mut self) -> std::io::Result<usize> {
        self.buffer.reserve(4096);
        self.stream.read_buf(&mut self.buffer).await
    }

    async fn read_or_lost(&mut self, part: &str) -> Result<(), Halt> {
        match self.read().await {
            Ok(1..) => Ok(()),
            Ok(0) => Err(Halt::Lost(format!(
                "the client closed in the middle of {part}"
            ))),
            Err(error) => Err(Halt::Lost(format!(
                "the connection broke in the middle of {part}: {error}"
            ))),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Closing on unread bytes makes TCP reset the connection, which can lose the response
    /// (RFC 9112, section 9.6); so what still comes is read for a moment and thrown away.
    async fn linger(&mut self, limit: Duration) {
        const MOST: usize = 1024 * 1024;
        let _ = timeout(limit.min(Duration::from_secs(2)), async {
            let _ = self.stream.shutdown().await;
            let mut thrown_away = 0;
            while thrown_away < MOST {
                self.buffer.clear();
                match self.read().await {
                    Ok(count @ 1..) => thrown_away += count,
                    _ => break,
                }
            }
        })
        .await;
    }
}
