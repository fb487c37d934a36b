//! Packets of a connection that is open, in both directions, as far as its policy allows them.

use std::collections::HashMap;
use std::future::pending;

use motepost_contract::topic::{self, TopicFault};
use mqtt5::QoS;
use mqtt5::packet::publish::PublishPacket;
use mqtt5::packet::{Packet, PacketType};
use mqtt5::types::ReasonCode;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::timeout;

use super::frames::{Frame, FrameReader};
use super::session::{End, Session};
use crate::broker::mqtt::TOPIC_ALIASES;
use crate::publish::authorize::{allows, allows_publish};
use crate::publish::deliver::deliver;
use crate::trace::entry::Stage;

/// From the client to the broker. What is published goes there by the way that HTTP's publishes go, so that an
/// acknowledgement means the same.
pub(super) async fn upward<R, B, W>(
    session: &Session,
    mut reader: FrameReader<R>,
    mut broker: B,
    client: &Mutex<W>,
    mut dropped: UnboundedReceiver<u16>,
) -> End
where
    R: AsyncRead + Unpin,
    B: AsyncWrite + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut aliases = HashMap::new();
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
        let frame = match next {
            Ok(Some(frame)) => frame,
            Ok(None) => return End::quiet(),
            Err(end) => return end,
        };
        if !frame.is_publish() {
            if broker.write_all(&frame.bytes).await.is_err() {
                return ended_by_broker().await;
            }
            continue;
        }
        let acknowledgement = match publish(session, &frame, &mut aliases).await {
            Ok(acknowledgement) => acknowledgement,
            Err(end) => return end,
        };
        if let Some(bytes) = acknowledgement {
            let mut client = client.lock().await;
            if client.write_all(&bytes).await.is_err() || client.flush().await.is_err() {
                return End::quiet();
            }
        }
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

/// Publishes if it is allowed; returns the acknowledgement, if there is one, or why the connection ends. AWS closes the
/// connection on a publish that is not allowed, unless MQTT 5 has a way to say so (Developer Guide, "MQTT 5 reason codes";
/// when it uses that way is UNCONFIRMED).
async fn publish(
    session: &Session,
    frame: &Frame,
    aliases: &mut HashMap<u16, String>,
) -> Result<Option<Vec<u8>>, End> {
    let core = &session.core;
    let mut packet = match frame.packet(session.version) {
        Ok(Packet::Publish(packet)) => packet,
        Ok(_) => return Ok(None),
        Err(reason) => {
            let reason = format!("a PUBLISH is malformed: {reason}");
            return Err(End::with(ReasonCode::MalformedPacket, reason));
        }
    };
    resolve_alias(&mut packet, aliases)?;
    let (name, retain) = (packet.topic_name.clone(), packet.retain);
    let mut by_policy = None;
    let mut notes = Vec::new();
    let mut stage = Stage::Request;
    let judged = async {
        if packet.qos == QoS::ExactlyOnce {
            let reason = "AWS IoT Core has no QoS 2".to_owned();
            return Err((ReasonCode::QoSNotSupported, reason));
        }
        let topic = topic::check(name.clone()).map_err(|fault| {
            let code = match fault {
                TopicFault::Invalid(_) => ReasonCode::TopicNameInvalid,
                TopicFault::Reserved(_) => ReasonCode::NotAuthorized,
            };
            (code, format!("the topic {fault}"))
        })?;
        let most = core.config.limits.body_bytes;
        if packet.payload.len() > most {
            let reason = format!("the payload is over {most} bytes");
            return Err((ReasonCode::PacketTooLarge, reason));
        }
        let asked = allows_publish(core, &session.policy(), &name, retain);
        stage = Stage::Policy;
        by_policy = Some(asked.clone().unwrap_or_else(|reason| reason));
        let by = asked.map_err(|reason| (ReasonCode::NotAuthorized, reason))?;
        stage = Stage::Delivery;
        let client_id = Some(session.login.client_id.as_str());
        let mut delivery = deliver(core, &topic, packet.clone(), client_id)
            .await
            .map_err(|reason| (ReasonCode::QuotaExceeded, reason))?;
        notes.append(&mut delivery.notes);
        Ok(delivery.reason(by))
    };
    let judged = judged.await;
    let code = judged
        .as_ref()
        .map_or_else(|(code, _)| *code, |_| ReasonCode::Success);
    let outcome = judged.map_err(|(_, reason)| reason);
    session.record("MQTT PUBLISH", outcome, |entry| {
        entry.topic = Some(name);
        entry.policy = by_policy;
        entry.stage = stage;
        entry.notes = notes;
    });
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
) -> End
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    while let Ok(Some(mut frame)) = reader.next().await {
        if session.version == 4 && frame.kind() == Some(PacketType::SubAck) {
            // MQTT 3.1.1, section 3.9.3, has one code for a failure; the crate has those of MQTT 5 here.
            let codes = frame.body_mut().iter_mut().skip(2);
            codes
                .filter(|code| **code > 0x80)
                .for_each(|code| *code = 0x80);
        }
        if frame.is_publish()
            && let Ok(Packet::Publish(packet)) = frame.packet(session.version)
            && !may_receive(session, &packet)
        {
            if let Some(id) = packet.packet_id {
                // The other direction lasts as long as this one.
                let _ = acknowledge.send(id);
            }
            continue;
        }
        let mut client = client.lock().await;
        if client.write_all(&frame.bytes).await.is_err() || client.flush().await.is_err() {
            break;
        }
    }
    End::quiet()
}

fn may_receive(session: &Session, packet: &PublishPacket) -> bool {
    let resource = format!("topic/{}", packet.topic_name);
    let asked = allows(&session.core, &session.policy(), "iot:Receive", &resource);
    let Err(reason) = asked else { return true };
    session.record("MQTT RECEIVE", Err(reason.clone()), |entry| {
        entry.topic = Some(packet.topic_name.clone());
        entry.policy = Some(reason);
    });
    false
}
