//! A message as the packet that the broker routes.

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
