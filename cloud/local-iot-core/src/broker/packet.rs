//! A message as the packet that the broker routes, and what in such packets is no message of anybody's.

use mqtt5::QoS;
use mqtt5::packet::publish::PublishPacket;

use crate::message::Message;

impl From<Message> for PublishPacket {
    fn from(message: Message) -> Self {
        let qos = if message.at_least_once {
            QoS::AtLeastOnce
        } else {
            QoS::AtMostOnce
        };
        let mut packet =
            Self::new(message.topic.name, message.payload, qos).with_retain(message.retain);
        let properties = &mut packet.properties;
        if let Some(content_type) = message.content_type {
            properties.set_content_type(content_type);
        }
        if let Some(topic) = message.response_topic {
            properties.set_response_topic(topic);
        }
        if let Some(seconds) = message.expiry_seconds {
            properties.set_message_expiry_interval(seconds);
        }
        if let Some(is_utf8) = message.payload_is_utf8 {
            properties.set_payload_format_indicator(is_utf8);
        }
        if let Some(data) = message.correlation_data {
            properties.set_correlation_data(data.into());
        }
        for (key, value) in message.user_properties {
            properties.add_user_property(key, value);
        }
        packet
    }
}

/// The crate adds these to a last will, and its client has not sent them.
const OWN: [&str; 2] = ["x-mqtt-client-id", "x-mqtt-sender"];

/// Removes what the crate has added; returns whether there was any.
pub(crate) fn remove_own(packet: &mut PublishPacket) -> bool {
    let properties = &mut packet.properties;
    let mut any = false;
    for key in OWN {
        any |= properties.get_user_property_value(key).is_some();
        properties.remove_user_property_by_key(key);
    }
    any
}

const MARK: &str = "local-iot-core-forgets";

/// What has the router forget a retained message that has expired: nothing else does, and its subscribers must not see it.
pub(super) fn mark(topic: &str) -> PublishPacket {
    let mut packet = PublishPacket::new(topic, Vec::new(), QoS::AtMostOnce).with_retain(true);
    let properties = &mut packet.properties;
    properties.add_user_property(MARK.to_owned(), String::new());
    packet
}

pub(crate) fn is_mark(packet: &PublishPacket) -> bool {
    let properties = &packet.properties;
    packet.payload.is_empty() && properties.get_user_property_value(MARK).is_some()
}
