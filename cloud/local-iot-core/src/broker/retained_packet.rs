//! A retained message, as the packet that it is and as the state file keeps it.

use std::time::{Duration, SystemTime};

use base64ct::{Base64, Encoding};
use mqtt5::packet::publish::PublishPacket;
use mqtt5::packet::{FixedHeader, MqttPacket};
use mqtt5::{Properties, PropertyId, QoS};

use super::state_file::{RetainedMessage, ms};

/// One that the broker holds.
pub(crate) struct Retained {
    pub(crate) packet: PublishPacket,
    pub(crate) modified: SystemTime,
}

impl Retained {
    /// The packet holds the seconds that are left, which are wrong once time has passed, so the time of the expiry is kept next to
    /// it. `None` if it cannot be encoded, which does not happen to a packet that the broker took.
    pub(super) fn stored(self, now: SystemTime) -> Option<RetainedMessage> {
        let mut packet = self.packet;
        let left = packet.properties.get_message_expiry_interval();
        let expires = left.map(|seconds| now + Duration::from_secs(seconds.into()));
        packet.properties = without_expiry(&packet.properties)?;
        packet.protocol_version = 5;
        packet.packet_id = (packet.qos != QoS::AtMostOnce).then_some(1);
        let mut bytes = Vec::new();
        packet.encode(&mut bytes).ok()?;
        Some(RetainedMessage {
            topic: packet.topic_name,
            packet: Base64::encode_string(&bytes),
            modified_ms: ms(self.modified),
            expires_ms: expires.map(ms),
        })
    }
}

fn without_expiry(properties: &Properties) -> Option<Properties> {
    let mut others = Properties::new();
    for (id, value) in properties.iter() {
        if id != PropertyId::MessageExpiryInterval {
            others.add(id, value.clone()).ok()?;
        }
    }
    Some(others)
}

impl RetainedMessage {
    pub(super) fn is_expired(&self, now: SystemTime) -> bool {
        self.expires_ms.is_some_and(|expires| expires <= ms(now))
    }
}

/// `None` if it is damaged.
pub(super) fn restored(message: &RetainedMessage, now: SystemTime) -> Option<PublishPacket> {
    let bytes = Base64::decode_vec(&message.packet).ok()?;
    let mut rest = bytes.as_slice();
    let header = FixedHeader::decode(&mut rest).ok()?;
    if rest.len() != usize::try_from(header.remaining_length).ok()? {
        return None;
    }
    let mut packet = PublishPacket::decode_body(&mut rest, &header).ok()?;
    if let Some(expires) = message.expires_ms {
        // Up, for the broker rounds down.
        let seconds = expires.saturating_sub(ms(now)).div_ceil(1000);
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
        packet.properties.set_message_expiry_interval(seconds);
    }
    (packet.topic_name == message.topic && packet.retain).then_some(packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn an_expiry_goes_on_while_the_emulator_is_away() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let mut packet = PublishPacket::new("a", "b", QoS::AtLeastOnce).with_retain(true);
        packet.properties.set_message_expiry_interval(60);
        let modified = at(1000);
        let stored = Retained { packet, modified }.stored(at(1010)).unwrap();
        for (later, left) in [(1010, 60), (1030, 40), (1069, 1)] {
            assert!(!stored.is_expired(at(later)));
            let packet = restored(&stored, at(later)).unwrap();
            let expiry = packet.properties.get_message_expiry_interval();
            assert_eq!(expiry, Some(left), "{later}");
        }
        assert!(stored.is_expired(at(1070)));
    }

    #[test]
    fn a_message_without_expiry_never_expires() {
        let packet = PublishPacket::new("a", "b", QoS::AtMostOnce).with_retain(true);
        let modified = UNIX_EPOCH;
        let stored = Retained { packet, modified }.stored(UNIX_EPOCH).unwrap();
        let later = SystemTime::now();
        assert!(!stored.is_expired(later));
        let packet = restored(&stored, later).unwrap();
        assert_eq!(packet.properties.get_message_expiry_interval(), None);
    }
}
