//! One MQTT connection, from its CONNECT to its end.

use std::future::pending;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use motepost_contract::http::RequestHead;
use motepost_contract::names::AUTHORIZER_NAME;
use mqtt5::QoS;
use mqtt5::broker::AuthProvider;
use mqtt5::packet::connack::ConnAckPacket;
use mqtt5::packet::connect::ConnectPacket;
use mqtt5::packet::disconnect::DisconnectPacket;
use mqtt5::packet::{MqttPacket, Packet};
use mqtt5::types::ReasonCode;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::time::{sleep, timeout};

use super::broker_side;
use super::frames::FrameReader;
use super::login::Login;
use super::session::{End, NOBODY, Session};
use super::traffic::{Passed, downward, upward};
use crate::access::peer::{Door, Peer};
use crate::access::refusal::Findings;
use crate::authorizers::domain::ApplicationProtocol;
use crate::authorizers::response::Grant;
use crate::broker::client_id;
use crate::broker::mqtt_broker::Attached;
use crate::core::Core;
use crate::trace::entry::{Stage, TraceEntry};

/// Besides a payload, a packet holds a topic and properties.
pub(super) const OVERHEAD: usize = 64 * 1024;

/// Between a connection and the broker.
const PIPE_BYTES: usize = 64 * 1024;

/// For what the broker has written when it ends a session to reach the client.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Serves a connection of the plain port, or one whose TLS handshake is done, and over WebSockets the upgrade that its client
/// asked for.
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
    let frame = match first {
        Ok(Ok(Some(frame))) => frame,
        // On the plain port it may look whether the port is open.
        Ok(Ok(None)) if peer.door == Door::PlainMqtt => return,
        Ok(Ok(None)) => return lost("the client closed before its CONNECT".to_owned()),
        Ok(Err(reason)) => return lost(reason),
        Err(_) => {
            return lost(format!(
                "there was no CONNECT within {:?}",
                limits.head_time
            ));
        }
    };
    let mut connect = match frame.packet(5) {
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
                    let _ = write.write_all(&[0x20, 2, 0, return_code(code)]).await;
                    let _ = write.shutdown().await;
                }
            })
            .await;
            return;
        }
    };
    connect.client_id = client_id::to_broker(&session.login.client_id);
    // What is published does not reach the broker as packets, so it cannot keep the time itself; and without a keep-alive it
    // ends a connection on which it gets nothing for five minutes.
    connect.keep_alive = u16::MAX;
    let session = Arc::new(session);
    let (end, mut write) = run(&session, grant.as_ref(), reader, write, &connect).await;
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

/// The codes of MQTT 3.1.1, section 3.2.2.3.
fn return_code(code: ReasonCode) -> u8 {
    match code {
        ReasonCode::UnsupportedProtocolVersion => 1,
        ReasonCode::ClientIdentifierNotValid => 2,
        ReasonCode::ServerUnavailable => 3,
        _ => 5,
    }
}

/// Why nobody may connect like this, whatever a policy says.
fn check(connect: &ConnectPacket) -> Result<(), (ReasonCode, String)> {
    let version = connect.protocol_version;
    if !matches!(version, 4 | 5) {
        let reason =
            format!("AWS IoT Core has MQTT 3.1.1 and 5, and the CONNECT is of version {version}");
        return Err((ReasonCode::UnsupportedProtocolVersion, reason));
    }
    let id = &connect.client_id;
    let invalid = |reason| Err((ReasonCode::ClientIdentifierNotValid, reason));
    if id.starts_with('$') {
        return invalid(
            "the client id begins with $, which AWS IoT Core keeps for itself".to_owned(),
        );
    }
    let bytes = id.len();
    if bytes > client_id::LONGEST {
        return invalid(format!(
            "the client id has {bytes} bytes, and AWS IoT Core takes {} at most",
            client_id::LONGEST
        ));
    }
    if client_id::to_broker(id).len() > client_id::LONGEST {
        return invalid(format!(
            "the client id is AWS's to take, and too long for this broker: {} bytes, where / \\ % and control characters count as three",
            client_id::LONGEST
        ));
    }
    let will = connect.will.as_ref();
    if will.is_some_and(|will| will.qos == QoS::ExactlyOnce) {
        let reason = "the last will: AWS IoT Core has no QoS 2".to_owned();
        return Err((ReasonCode::QoSNotSupported, reason));
    }
    Ok(())
}

/// Asks the authorizer, and its policy for the connection, or on the plain port nobody; an error is for the client. Which
/// code AWS gives for what is UNCONFIRMED.
async fn open(
    core: &Arc<Core>,
    peer: Peer,
    connect: &ConnectPacket,
    upgrade: Option<RequestHead>,
) -> Result<(Session, Option<Grant>), ReasonCode> {
    let mut findings = Findings::default();
    let login = Login::read(connect, upgrade).map_err(|_| ReasonCode::ServerUnavailable)?;
    let judged = async {
        check(connect)?;
        if peer.door == Door::PlainMqtt {
            findings.stage = Stage::Delivery;
            let username = connect.username.as_deref().unwrap_or_default();
            if username.contains(AUTHORIZER_NAME) {
                findings.notes.push("the user name names an authorizer, which is asked on the https port, over TLS with ALPN mqtt".to_owned());
            }
            return Ok((NOBODY.to_owned(), None));
        }
        let refused = |reason| (ReasonCode::NotAuthorized, reason);
        if peer.server_name.is_none() {
            return Err(refused("no SNI, which AWS needs for MQTT with custom authentication: connect by a name, such as localhost, not by an address".to_owned()));
        }
        let server_name = peer.server_name.as_deref();
        if let Some(domain) = core.registry.read(|account| account.domain(server_name)) {
            let admitted = domain.admits(ApplicationProtocol::SecureMqtt, false);
            admitted.map_err(refused)?;
        }
        let granted = login.grant(core, &peer, &mut findings).await;
        let grant = granted.map_err(|refusal| refused(refusal.reason))?;
        findings.stage = Stage::Policy;
        let asked = login.permit(core, &grant.policy);
        findings.policy = Some(asked.clone().unwrap_or_else(|reason| reason));
        let by = asked.map_err(refused)?;
        findings.stage = Stage::Delivery;
        let reason = format!("{by}, for {:?} at most", grant.disconnect_after);
        Ok((reason, Some(grant)))
    };
    let judged = judged.await;
    let accepted = judged.is_ok();
    let (Ok((reason, _)) | Err((_, reason))) = &judged;
    findings.authorizer = findings.authorizer.map(|name| login.shown(&name));
    let client_id = login.shown(&login.client_id);
    let mut entry = TraceEntry::mqtt("MQTT CONNECT", &client_id, accepted, reason.clone());
    entry.authorizer.clone_from(&findings.authorizer);
    entry.invocation = findings.invocation;
    entry.policy = findings.policy;
    entry.stage = findings.stage;
    entry.notes = findings.notes;
    core.trace.record(entry);
    let (_, grant) = judged.map_err(|(code, _)| code)?;
    let policy = grant.as_ref().map(|grant| Arc::clone(&grant.policy));
    let session = Session {
        core: Arc::clone(core),
        peer,
        login,
        version: connect.protocol_version,
        keep_alive: Duration::from_secs(connect.keep_alive.into()),
        authorizer: findings.authorizer,
        policy: policy.map(RwLock::new),
    };
    Ok((session, grant))
}

/// Passes packets on until one of the two sides ends, or the session's time does.
async fn run<R, W>(
    session: &Arc<Session>,
    grant: Option<&Grant>,
    reader: FrameReader<R>,
    write: W,
    connect: &ConnectPacket,
) -> (End, W)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
    let door: Arc<dyn AuthProvider> = Arc::<Session>::clone(session);
    let client = Attached {
        id: connect.client_id.clone(),
        secrets: session.login.secrets.clone(),
    };
    let broker = &session.core.broker;
    let mut handler = broker.attach(theirs, session.peer.address, door, client);
    let (from_broker, mut to_broker) = tokio::io::split(ours);
    let from_broker = FrameReader::new(from_broker, usize::MAX);
    let client = Mutex::new(write);
    let (acknowledge, acknowledged) = mpsc::unbounded_channel();
    let (passing, mut passed) = watch::channel(Passed::default());
    // A packet that was read can be written, and the pipe is empty and larger than any.
    let connect = broker_side::connect(connect).map_or(Vec::new(), |frame| frame.bytes);
    let _ = to_broker.write_all(&connect).await;
    // Section 3.2: the client gets nothing before the CONNACK.
    let connected = async {
        if passed.wait_for(|passed| passed.connected).await.is_err() {
            // The other direction has ended.
            pending::<()>().await;
        }
        tokio::select! {
            end = upward(session, reader, to_broker, &client, acknowledged, passed.clone()) => end,
            end = session.lifetime(grant) => end,
        }
    };
    let end = tokio::select! {
        end = connected => end,
        end = downward(session, from_broker, &client, acknowledge, passing) => end,
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
