//! A retained message, as the packet that it is and as the state file keeps it.

use std::time::SystemTime;

use base64ct::{Base64, Encoding};
use mqtt5::QoS;
use mqtt5::packet::publish::PublishPacket;
use mqtt5::packet::{FixedHeader, MqttPacket};

use super::state_file::{RetainedMessage, ms};

/// One that the broker holds.
pub(crate) struct Retained {
    pub(crate) packet: PublishPacket,
    pub(crate) modified: SystemTime,
}

impl Retained {
    /// `None` if it is no packet, which does not happen to one that the broker took.
    pub(super) fn stored(self) -> Option<RetainedMessage> {
        let mut packet = self.packet;
        packet.protocol_version = 5;
        packet.packet_id = (packet.qos != QoS::AtMostOnce).then_some(1);
        let mut bytes = Vec::new();
        packet.encode(&mut bytes).ok()?;
        Some(RetainedMessage {
            topic: packet.topic_name,
            packet: Base64::encode_string(&bytes),
            modified_ms: ms(self.modified),
        })
    }
}

/// `None` if it is damaged.
pub(super) fn restored(message: &RetainedMessage) -> Option<PublishPacket> {
    let bytes = Base64::decode_vec(&message.packet).ok()?;
    let mut rest = bytes.as_slice();
    let header = FixedHeader::decode(&mut rest).ok()?;
    if rest.len() != usize::try_from(header.remaining_length).ok()? {
        return None;
    }
    let packet = PublishPacket::decode_body(&mut rest, &header).ok()?;
    (packet.topic_name == message.topic && packet.retain).then_some(packet)
}
