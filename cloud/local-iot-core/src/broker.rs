//! The MQTT broker that shows what was published: the crate `mqtt5`, MQTT 3.1.1 and 5 on one port.
//!
//! Chosen over `rumqttd`, which serves the two versions on two ports, cannot tell which port it was given and cannot
//! be stopped; and over a codec with a fan-out of our own, which would be a broker to maintain.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use mqtt5::QoS;
use mqtt5::broker::router::MessageRouter;
use mqtt5::broker::{BrokerConfig, BrokerShutdownHandle, MqttBroker, StorageConfig};
use mqtt5::packet::publish::PublishPacket;
use tokio::task::JoinHandle;

use crate::config::Limits;
use crate::message::Message;

pub(crate) struct Broker {
    router: Arc<MessageRouter>,
    shutdown: BrokerShutdownHandle,
    address: SocketAddr,
    retained_messages: usize,
}

impl Broker {
    /// Returns once subscribers can connect. The port asks for no credentials and so is on loopback whatever the others do.
    pub(crate) async fn start(
        port: u16,
        limits: &Limits,
    ) -> Result<(Self, JoinHandle<()>), String> {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut config = BrokerConfig::new()
            .with_bind_address(wanted)
            .with_max_clients(limits.mqtt_clients)
            .with_max_packet_size(2 * limits.body_bytes.max(1024))
            .with_client_channel_capacity(limits.mqtt_queue)
            .with_max_retained_messages(limits.retained_messages)
            .with_max_subscriptions_per_client(100)
            .with_session_expiry(Duration::from_secs(3600))
            .with_sys_topics_enabled(false)
            // Nothing is written to disk, and nothing survives the process.
            .with_storage(StorageConfig::new().with_persistence(false));
        config.maximum_qos = 1;
        let mut broker = MqttBroker::with_config(config)
            .await
            .map_err(|error| format!("MQTT broker on {wanted}: {error}"))?;
        let address = broker
            .local_addr()
            .ok_or("MQTT broker: it has no address")?;
        let (router, shutdown) = (broker.router(), broker.shutdown_handle());
        let mut ready = broker.ready_receiver();
        let running = tokio::spawn(async move {
            // It ends when told to; nobody is left to hear of an error then.
            let _ = broker.run().await;
        });
        ready
            .wait_for(|ready| *ready)
            .await
            .map_err(|_| "MQTT broker: it ended before it began".to_owned())?;
        let broker = Self {
            router,
            shutdown,
            address,
            retained_messages: limits.retained_messages,
        };
        Ok((broker, running))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn shutdown(&self) {
        self.shutdown.shutdown();
    }

    /// Returns once the message is retained if it asked for that, and in the queue of every subscriber.
    pub(crate) async fn publish(&self, message: Message) -> Result<(), String> {
        let stored = message.retain && !message.payload.is_empty();
        if stored
            && !self.router.has_retained_message(&message.topic.name).await
            && self.router.retained_count().await >= self.retained_messages
        {
            return Err(format!(
                "{} messages are retained already",
                self.retained_messages
            ));
        }
        self.router.route_message(&packet(message), None).await;
        Ok(())
    }
}

fn packet(message: Message) -> PublishPacket {
    let qos = if message.at_least_once {
        QoS::AtLeastOnce
    } else {
        QoS::AtMostOnce
    };
    let mut packet =
        PublishPacket::new(message.topic.name, message.payload, qos).with_retain(message.retain);
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
