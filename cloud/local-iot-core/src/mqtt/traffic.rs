//! Packets of a connection that is open, in both directions, as far as its policy allows them.

use std::collections::HashMap;
use std::future::pending;
use std::io;

use motepost_contract::topic::{self, Topic, TopicFault};
use mqtt5::packet::publish::PublishPacket;
use mqtt5::packet::{Packet, PacketType};
use mqtt5::types::ReasonCode;
use mqtt5::{PropertyId, PropertyValue, QoS};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;

use super::broker_side;
use super::frames::{Frame, FrameReader};
use super::session::{End, NOBODY, Session};
use crate::access::allow::{allows, allows_publish};
use crate::access::deliver::deliver;
use crate::access::refusal::Findings;
use crate::broker::mqtt_broker::TOPIC_ALIASES;
use crate::broker::packet;
use crate::message::check_retain;
use crate::trace::entry::Stage;

/// Topic filters in one SUBSCRIBE (quotas of AWS IoT Core, "Subscriptions per subscribe call"). AWS closes the connection on more
/// (aws-iot-device-sdk-embedded-C issue 1903); with which reason code is UNCONFIRMED.
const MOST_FILTERS: usize = 8;

/// What the client has got from the broker.
#[derive(Default)]
pub(super) struct Passed {
    /// The CONNACK of a connection that is accepted.
    pub(super) connected: bool,
    /// SUBACKs and UNSUBACKs.
    answers: usize,
}

/// From the client to the broker. What is published goes there by the way that HTTP's publishes go, so that an
/// acknowledgement means the same; it waits until the broker has answered what came before it.
pub(super) async fn upward<R, B, W>(
    session: &Session,
    mut reader: FrameReader<R>,
    mut broker: B,
    client: &Mutex<W>,
    mut dropped: UnboundedReceiver<u16>,
    mut passed: watch::Receiver<Passed>,
) -> End
where
    R: AsyncRead + Unpin,
    B: AsyncWrite + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut aliases = HashMap::new();
    let mut questions = 0;
    loop {
        let next = tokio::select! {
            frame = within_keep_alive(session, &mut reader) => frame,
            Some(id) = dropped.recv() => {
                // For the broker it has been delivered.
                if broker.write_all(&puback(id, ReasonCode::Success, 4)).await.is_err() {
                    return ended_by_broker().await;
                }
                continue;
            }
        };
        let mut frame = match next {
            Ok(Some(frame)) => frame,
            Ok(None) => return lost(session),
            Err(end) => return end,
        };
        if !frame.is_publish() {
            if frame.is_question() {
                frame = match question(session, &frame) {
                    Ok(question) => question,
                    Err(end) => return end,
                };
                questions += 1;
            }
            // Nothing comes after a DISCONNECT, and how the client closes is no matter.
            if broker.write_all(&frame.bytes).await.is_err()
                || frame.kind() == Some(PacketType::Disconnect)
            {
                return ended_by_broker().await;
            }
            continue;
        }
        // An error means that the other direction has ended.
        if passed
            .wait_for(|passed| passed.answers >= questions)
            .await
            .is_err()
        {
            return ended_by_broker().await;
        }
        let acknowledgement = match publish(session, &frame, &mut aliases).await {
            Ok(acknowledgement) => acknowledgement,
            Err(end) => return end,
        };
        if let Some(bytes) = acknowledgement {
            // A client that is gone may have said before that it goes.
            let _ = write(client, &bytes).await;
        }
    }
}

/// A SUBSCRIBE or an UNSUBSCRIBE for the broker.
fn question(session: &Session, frame: &Frame) -> Result<Frame, End> {
    has_id(frame.body().first_chunk().copied())?;
    let malformed = |reason: String| End::with(ReasonCode::MalformedPacket, reason);
    let packet = frame.packet(session.version);
    let packet = packet.map_err(|reason| malformed(format!("MQTT: {reason}")))?;
    if let Packet::Subscribe(subscribe) = &packet
        && session.policy.is_some()
        && subscribe.filters.len() > MOST_FILTERS
    {
        let count = subscribe.filters.len();
        return Err(End::with(
            ReasonCode::QuotaExceeded,
            format!(
                "a SUBSCRIBE with {count} topic filters, of which AWS IoT Core takes {MOST_FILTERS}"
            ),
        ));
    }
    broker_side::upward(packet).ok_or_else(|| malformed("MQTT: a packet of no use".to_owned()))
}

async fn write<W: AsyncWrite + Unpin>(client: &Mutex<W>, bytes: &[u8]) -> io::Result<()> {
    let mut client = client.lock().await;
    client.write_all(bytes).await?;
    client.flush().await
}

fn lost(session: &Session) -> End {
    let reason = "the client closed without DISCONNECT, so its last will is published";
    End {
        code: ReasonCode::Success,
        reason: session.login.will.as_ref().map(|_| reason.to_owned()),
    }
}

/// Section 2.2.1: a packet identifier is never 0.
fn has_id(id: Option<[u8; 2]>) -> Result<(), End> {
    match id {
        Some([0, 0]) => Err(End::with(
            ReasonCode::ProtocolError,
            "MQTT: a packet identifier is 0, which MQTT forbids",
        )),
        _ => Ok(()),
    }
}

/// The other direction ends with the broker's last words.
async fn ended_by_broker() -> End {
    pending().await
}

/// Section 3.1.2.10: one and a half times the client's interval.
async fn within_keep_alive<R: AsyncRead + Unpin>(
    session: &Session,
    reader: &mut FrameReader<R>,
) -> Result<Option<Frame>, End> {
    let malformed = |reason| End::with(ReasonCode::MalformedPacket, format!("MQTT: {reason}"));
    if session.keep_alive.is_zero() {
        return reader.next().await.map_err(malformed);
    }
    let limit = session.keep_alive * 3 / 2;
    match timeout(limit, reader.next()).await {
        Ok(next) => next.map_err(malformed),
        Err(_) => Err(End::with(
            ReasonCode::KeepAliveTimeout,
            format!("the client was silent for {limit:?}, one and a half times its keep-alive"),
        )),
    }
}

/// Publishes if it is allowed; returns the acknowledgement, if there is one, or why the connection ends.
async fn publish(
    session: &Session,
    frame: &Frame,
    aliases: &mut HashMap<u16, String>,
) -> Result<Option<Vec<u8>>, End> {
    let mut packet = match frame.packet(session.version) {
        Ok(Packet::Publish(packet)) => packet,
        Ok(_) => return Ok(None),
        Err(reason) => {
            let reason = format!("a PUBLISH is malformed: {reason}");
            return Err(End::with(ReasonCode::MalformedPacket, reason));
        }
    };
    has_id(packet.packet_id.map(u16::to_be_bytes))?;
    resolve_alias(&mut packet, aliases)?;
    let mut findings = Findings::default();
    let judged = judge(session, &packet, &mut findings).await;
    let code = judged
        .as_ref()
        .map_or_else(|(code, _)| *code, |_| ReasonCode::Success);
    let outcome = judged.map_err(|(_, reason)| reason);
    session.record("MQTT PUBLISH", outcome, |entry| {
        entry.topic = Some(packet.topic_name.clone());
        entry.policy = findings.policy;
        entry.stage = findings.stage;
        entry.notes = findings.notes;
    });
    acknowledge(session, &packet, code)
}

/// Publishes if it is allowed; returns the reason, or the code and the reason of a refusal.
async fn judge(
    session: &Session,
    packet: &PublishPacket,
    findings: &mut Findings,
) -> Result<String, (ReasonCode, String)> {
    let core = &session.core;
    if packet.qos == QoS::ExactlyOnce {
        let reason = "AWS IoT Core has no QoS 2".to_owned();
        return Err((ReasonCode::QoSNotSupported, reason));
    }
    check_properties(packet)?;
    let name = &packet.topic_name;
    let policy = session.policy();
    let topic = match (topic::check(name.clone()), &policy) {
        (Ok(topic), _) => topic,
        // What AWS itself would publish, such as the state of a shadow, to see how a device takes it.
        (Err(TopicFault::Reserved(_)), None) => Topic {
            name: name.clone(),
            basic_ingest_rule: None,
        },
        (Err(fault), _) => {
            let code = match fault {
                TopicFault::Invalid(_) => ReasonCode::TopicNameInvalid,
                TopicFault::Reserved(_) => ReasonCode::NotAuthorized,
            };
            return Err((code, format!("the topic {fault}")));
        }
    };
    let most = core.config.limits.body_bytes;
    if packet.payload.len() > most {
        let reason = format!("the payload is over {most} bytes");
        return Err((ReasonCode::PacketTooLarge, reason));
    }
    let by = match policy {
        None => NOBODY.to_owned(),
        Some(policy) => {
            check_retain(&topic, packet.retain)
                .map_err(|reason| (ReasonCode::TopicNameInvalid, reason))?;
            let asked = allows_publish(core, &policy, name, packet.retain);
            findings.stage = Stage::Policy;
            findings.policy = Some(asked.clone().unwrap_or_else(|reason| reason));
            asked.map_err(|reason| (ReasonCode::NotAuthorized, reason))?
        }
    };
    findings.stage = Stage::Delivery;
    let client_id = Some(session.login.client_id.as_str());
    let secrets = session.login.secrets.clone();
    let mut delivery = deliver(core, &topic, packet.clone(), client_id, secrets)
        .await
        .map_err(|reason| (ReasonCode::QuotaExceeded, reason))?;
    findings.notes.append(&mut delivery.notes);
    Ok(delivery.reason(by))
}

/// The PUBACK, if there is one, or the end of the connection. AWS closes it on a publish that is not allowed, unless MQTT 5
/// has a way to say so (Developer Guide, "MQTT 5 reason codes"; when it uses that way is UNCONFIRMED).
fn acknowledge(
    session: &Session,
    packet: &PublishPacket,
    code: ReasonCode,
) -> Result<Option<Vec<u8>>, End> {
    let id = packet.packet_id.filter(|_| packet.qos == QoS::AtLeastOnce);
    match (code, id) {
        (ReasonCode::Success, id) => Ok(id.map(|id| puback(id, code, session.version))),
        (ReasonCode::NotAuthorized | ReasonCode::QuotaExceeded, Some(id))
            if session.version == 5 =>
        {
            Ok(Some(puback(id, code, session.version)))
        }
        // The reason is in the trace already.
        _ => Err(End { code, reason: None }),
    }
}

/// Sections 3.3.2.3.5 and 3.3.4.
fn check_properties(packet: &PublishPacket) -> Result<(), (ReasonCode, String)> {
    let properties = &packet.properties;
    let wrong = |reason: &str| Err((ReasonCode::ProtocolError, reason.to_owned()));
    if properties.get_subscription_identifier().is_some() {
        return wrong("a subscription identifier, which only a server sends");
    }
    if let Some(PropertyValue::Utf8String(topic)) = properties.get(PropertyId::ResponseTopic)
        && mqtt5::validate_topic_name(topic).is_err()
    {
        return wrong("the response topic holds + or #, or is no topic at all");
    }
    Ok(())
}

/// Section 3.3.2.3.4.
fn resolve_alias(
    packet: &mut PublishPacket,
    aliases: &mut HashMap<u16, String>,
) -> Result<(), End> {
    let Some(alias) = packet.properties.get_topic_alias() else {
        return Ok(());
    };
    packet.properties.remove_topic_alias();
    let invalid = || {
        End::with(
            ReasonCode::TopicAliasInvalid,
            format!("the topic alias {alias} is unknown, or not one of 1 to {TOPIC_ALIASES}"),
        )
    };
    if !(1..=TOPIC_ALIASES).contains(&alias) {
        return Err(invalid());
    }
    if packet.topic_name.is_empty() {
        packet.topic_name = aliases.get(&alias).ok_or_else(invalid)?.clone();
    } else {
        aliases.insert(alias, packet.topic_name.clone());
    }
    Ok(())
}

/// Section 3.4: success needs no reason code.
fn puback(id: u16, code: ReasonCode, version: u8) -> Vec<u8> {
    let [high, low] = id.to_be_bytes();
    if version == 5 && code != ReasonCode::Success {
        return vec![0x40, 3, high, low, u8::from(code)];
    }
    vec![0x40, 2, high, low]
}

/// From the broker to the client. A message that the client may not receive is left out, as if it had been delivered.
pub(super) async fn downward<R, W>(
    session: &Session,
    mut reader: FrameReader<R>,
    client: &Mutex<W>,
    acknowledge: UnboundedSender<u16>,
    passed: watch::Sender<Passed>,
) -> End
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut is_there = true;
    while let Ok(Some(mut frame)) = reader.next().await {
        if frame.kind() == Some(PacketType::ConnAck) {
            frame = with_assigned_id(session, frame);
        }
        match frame.kind() {
            Some(PacketType::Publish) => match to_receive(session, frame) {
                Ok(publish) => frame = publish,
                Err(id) => {
                    if let Some(id) = id {
                        // The other direction lasts as long as this one.
                        let _ = acknowledge.send(id);
                    }
                    continue;
                }
            },
            _ => match broker_side::downward(frame, session.version) {
                Some(translated) => frame = translated,
                None => continue,
            },
        }
        // The other direction tells why a client is gone; what the broker has left is read until then.
        is_there = is_there && write(client, &frame.bytes).await.is_ok();
        match frame.kind() {
            Some(PacketType::ConnAck) => match frame.body() {
                // Section 3.2.2: flags, and then the code.
                [_, 0, ..] => passed.send_modify(|passed| passed.connected = true),
                codes => {
                    let code = codes.get(1).copied().unwrap_or_default();
                    let reason = format!("the broker refused it, with the code {code:#04x}");
                    session.record("MQTT CONNECT", Err(reason), |_| {});
                }
            },
            Some(PacketType::SubAck | PacketType::UnsubAck) => {
                passed.send_modify(|passed| passed.answers += 1);
            }
            _ => {}
        }
    }
    End::quiet()
}

/// Section 3.2.2.3.7: the id that the client has got, which the broker took as its own choice.
fn with_assigned_id(session: &Session, frame: Frame) -> Frame {
    if session.version != 5 || !session.login.is_assigned {
        return frame;
    }
    let Ok(Packet::ConnAck(mut connack)) = frame.packet(session.version) else {
        return frame;
    };
    let id = session.login.client_id.clone();
    connack.properties.set_assigned_client_identifier(id);
    Frame::of(&connack).unwrap_or(frame)
}

/// The message in the client's version of MQTT, or its packet identifier if the client is not to receive it.
fn to_receive(session: &Session, frame: Frame) -> Result<Frame, Option<u16>> {
    let Ok(Packet::Publish(mut packet)) = frame.packet(broker_side::VERSION) else {
        return Ok(frame);
    };
    if packet::is_mark(&packet) || !may_receive(session, &packet) {
        return Err(packet.packet_id);
    }
    let own = packet::remove_own(&mut packet);
    if session.version == broker_side::VERSION && !own {
        return Ok(frame);
    }
    packet.protocol_version = session.version;
    Frame::of(&packet).ok_or(packet.packet_id)
}

fn may_receive(session: &Session, packet: &PublishPacket) -> bool {
    let Some(policy) = session.policy() else {
        return true;
    };
    let resource = format!("topic/{}", packet.topic_name);
    let asked = allows(&session.core, &policy, "iot:Receive", &resource);
    let Err(reason) = asked else { return true };
    session.record("MQTT RECEIVE", Err(reason.clone()), |entry| {
        entry.topic = Some(packet.topic_name.clone());
        entry.policy = Some(reason);
    });
    false
}
