//! One MQTT connection over TLS, from its CONNECT to its end.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use motepost_contract::http::RequestHead;
use mqtt5::broker::AuthProvider;
use mqtt5::packet::connack::ConnAckPacket;
use mqtt5::packet::connect::ConnectPacket;
use mqtt5::packet::disconnect::DisconnectPacket;
use mqtt5::packet::{MqttPacket, Packet};
use mqtt5::types::ReasonCode;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Mutex, mpsc};
use tokio::time::{sleep, timeout};

use super::frames::{Frame, FrameReader};
use super::login::Login;
use super::session::{End, Session};
use super::traffic::{downward, upward};
use crate::authorizers::domain::ApplicationProtocol;
use crate::authorizers::response::Grant;
use crate::core::Core;
use crate::publish::outcome::Findings;
use crate::publish::peer::Peer;
use crate::trace::entry::{Stage, TraceEntry};

/// Besides a payload, a packet holds a topic and properties.
pub(super) const OVERHEAD: usize = 64 * 1024;

/// Between a connection and the broker.
const PIPE_BYTES: usize = 64 * 1024;

/// For what the broker has written when it ends a session to reach the client.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Serves a connection whose TLS handshake is done, and over WebSockets the upgrade that its client asked for.
pub(crate) async fn serve<S>(core: &Arc<Core>, peer: Peer, stream: S, upgrade: Option<RequestHead>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let limits = &core.config.limits;
    let (read, mut write) = tokio::io::split(stream);
    let mut reader = FrameReader::new(read, limits.body_bytes + OVERHEAD);
    let lost = |reason: String| {
        core.trace
            .record(TraceEntry::lost(format!("MQTT: {reason}")))
    };
    let first = timeout(limits.head_time, reader.next()).await;
    let mut frame = match first {
        Ok(Ok(Some(frame))) => frame,
        Ok(Ok(None)) => return lost("the client closed before its CONNECT".to_owned()),
        Ok(Err(reason)) => return lost(reason),
        Err(_) => {
            return lost(format!(
                "there was no CONNECT within {:?}",
                limits.head_time
            ));
        }
    };
    let connect = match frame.packet(5) {
        Ok(Packet::Connect(connect)) => connect,
        Ok(_) => return lost("the first packet is not a CONNECT".to_owned()),
        Err(reason) => return lost(format!("the CONNECT is malformed: {reason}")),
    };
    let (session, grant) = match open(core, peer, &connect, upgrade).await {
        Ok(opened) => opened,
        Err(code) => {
            let _ = timeout(limits.body_time, async {
                if connect.protocol_version == 5 {
                    last_words(&mut write, &ConnAckPacket::new(false, code)).await;
                } else {
                    // MQTT 3.1.1, section 3.2.2.3: "not authorized"; the crate has the code of MQTT 5 here.
                    let _ = write.write_all(&[0x20, 2, 0, 5]).await;
                    let _ = write.shutdown().await;
                }
            })
            .await;
            return;
        }
    };
    // Publishes do not reach the broker as packets, so it cannot keep the time itself.
    without_keep_alive(&mut frame);
    let session = Arc::new(session);
    let (end, mut write) = run(&session, &grant, reader, write, &frame).await;
    if let Some(reason) = end.reason {
        session.record("MQTT DISCONNECT", Err(reason), |_| {});
    }
    let closing = async {
        if session.version == 5 && end.code != ReasonCode::Success {
            last_words(&mut write, &DisconnectPacket::new(end.code)).await;
        } else {
            let _ = write.shutdown().await;
        }
    };
    let _ = timeout(LAST_WORDS, closing).await;
}

async fn last_words<W: AsyncWrite + Unpin>(write: &mut W, packet: &impl MqttPacket) {
    let mut bytes = Vec::new();
    if packet.encode(&mut bytes).is_ok() {
        let _ = write.write_all(&bytes).await;
    }
    let _ = write.shutdown().await;
}

/// Asks the authorizer, and its policy for the connection; an error is for the client. Which code AWS gives for what is
/// UNCONFIRMED.
async fn open(
    core: &Arc<Core>,
    peer: Peer,
    connect: &ConnectPacket,
    upgrade: Option<RequestHead>,
) -> Result<(Session, Grant), ReasonCode> {
    let mut findings = Findings::default();
    let login = Login::read(connect, upgrade).map_err(|_| ReasonCode::ServerUnavailable)?;
    let judged = async {
        if peer.server_name.is_none() {
            return Err("no SNI, which AWS needs for MQTT with custom authentication: connect by a name, such as localhost, not by an address".to_owned());
        }
        if !mqtt5::is_path_safe_client_id(&connect.client_id)
            || connect.client_id.starts_with("cert:")
        {
            return Err("a client id with / or \\, or one that begins with cert:, is AWS's to take, and not this broker's".to_owned());
        }
        let server_name = peer.server_name.as_deref();
        if let Some(domain) = core.registry.read(|account| account.domain(server_name)) {
            domain.admits(ApplicationProtocol::SecureMqtt, false)?;
        }
        let granted = login.grant(core, &peer, &mut findings).await;
        let grant = granted.map_err(|refusal| refusal.reason)?;
        findings.stage = Stage::Policy;
        let asked = login.permit(core, &grant.policy);
        findings.policy = Some(asked.clone().unwrap_or_else(|reason| reason));
        let by = asked?;
        findings.stage = Stage::Delivery;
        Ok((by, grant))
    };
    let judged = judged.await;
    let (accepted, reason) = match &judged {
        Ok((by, grant)) => (
            true,
            format!("{by}, for {:?} at most", grant.disconnect_after),
        ),
        Err(reason) => (false, reason.clone()),
    };
    findings.authorizer = findings.authorizer.map(|name| login.shown(&name));
    let client_id = login.shown(&login.client_id);
    let mut entry = TraceEntry::mqtt("MQTT CONNECT", &client_id, accepted, reason);
    entry.authorizer.clone_from(&findings.authorizer);
    entry.invocation = findings.invocation;
    entry.policy = findings.policy;
    entry.stage = findings.stage;
    entry.notes = findings.notes;
    core.trace.record(entry);
    let (_, grant) = judged.map_err(|_| ReasonCode::NotAuthorized)?;
    let session = Session {
        core: Arc::clone(core),
        peer,
        login,
        version: connect.protocol_version,
        keep_alive: Duration::from_secs(connect.keep_alive.into()),
        authorizer: findings.authorizer,
        policy: RwLock::new(Arc::clone(&grant.policy)),
    };
    Ok((session, grant))
}

/// Section 3.1.2: name (6 bytes), version, flags, and then the seconds.
fn without_keep_alive(connect: &mut Frame) {
    if let Some(seconds) = connect.body_mut().get_mut(8..10) {
        seconds.fill(0);
    }
}

/// Passes packets on until one of the two sides ends, or the session's time does.
async fn run<R, W>(
    session: &Arc<Session>,
    grant: &Grant,
    reader: FrameReader<R>,
    write: W,
    connect: &Frame,
) -> (End, W)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
    let door: Arc<dyn AuthProvider> = Arc::<Session>::clone(session);
    let mut handler = session
        .core
        .broker
        .attach(theirs, session.peer.address, door);
    let (from_broker, mut to_broker) = tokio::io::split(ours);
    let from_broker = FrameReader::new(from_broker, usize::MAX);
    let client = Mutex::new(write);
    let (acknowledge, acknowledged) = mpsc::unbounded_channel();
    // The pipe is empty and larger than any CONNECT that was read.
    let _ = to_broker.write_all(&connect.bytes).await;
    let end = tokio::select! {
        end = upward(session, reader, to_broker, &client, acknowledged) => end,
        end = downward(session, from_broker, &client, acknowledge) => end,
        end = session.lifetime(grant) => end,
        // A client that takes nothing would otherwise hold it up.
        () = async {
            let _ = (&mut handler).await;
            sleep(LAST_WORDS).await;
        } => End::quiet(),
    };
    // The pipe is closed, so the broker's side ends, and a last will is published.
    if !handler.is_finished() {
        let _ = handler.await;
    }
    (end, client.into_inner())
}
