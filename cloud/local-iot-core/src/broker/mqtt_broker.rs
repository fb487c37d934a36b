//! The MQTT broker that shows what was published: the crate `mqtt5`, for MQTT 3.1.1 and 5, without its listeners. Every
//! connection reaches it through `attach`.
//!
//! Chosen over `rumqttd`, which serves the two versions on two ports, cannot tell which port it was given and cannot
//! be stopped; and over a codec with a fan-out of our own, which would be a broker to maintain.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mqtt5::broker::client_handler::ClientHandler;
use mqtt5::broker::router::MessageRouter;
use mqtt5::broker::sys_topics::BrokerStats;
use mqtt5::broker::transport::BrokerTransport;
use mqtt5::broker::{
    AuthProvider, BrokerConfig, BrokerEventHandler, ResourceLimits, ResourceMonitor,
};
use mqtt5::packet::publish::PublishPacket;
use tokio::io::DuplexStream;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use crate::broker::client_id::to_broker;
use crate::broker::clients::ConnectedClient;
use crate::broker::pipe::Pipe;
use crate::broker::retained_packet::{Retained, restored};
use crate::broker::state_file::{RetainedMessage, time};
use crate::broker::subscribers::{OnDropped, Subscribers};
use crate::config::Limits;

/// Topics of one connection that have a number.
pub(crate) const TOPIC_ALIASES: u16 = 8;

pub(crate) struct Broker {
    pub(super) router: Arc<MessageRouter>,
    retained_messages: usize,
    pub(super) watch_queue: usize,
    subscribers: Arc<Subscribers>,
    config: Arc<BrokerConfig>,
    stats: Arc<BrokerStats>,
    monitor: Arc<ResourceMonitor>,
    /// Ends the clients.
    attached: broadcast::Sender<()>,
}

impl Broker {
    pub(crate) fn start(limits: &Limits, on_dropped: OnDropped) -> Self {
        // What a channel can hold on any machine.
        let queue = limits.mqtt_queue.clamp(1, 1 << 28);
        let mut config = BrokerConfig::new()
            .with_max_packet_size(2 * limits.body_bytes.max(1024))
            .with_client_channel_capacity(queue)
            .with_max_retained_messages(limits.retained_messages)
            .with_max_subscriptions_per_client(100);
        config.maximum_qos = 1;
        // AWS's (Developer Guide, "MQTT 5 supported features").
        config.topic_alias_maximum = TOPIC_ALIASES;
        let subscribers = Arc::new(Subscribers::new(on_dropped));
        let handler: Arc<dyn BrokerEventHandler> = Arc::<Subscribers>::clone(&subscribers);
        // It has no storage, so a session ends with its connection; what must survive the process is in the state file.
        let router = Arc::new(MessageRouter::new().with_event_handler(Arc::clone(&handler)));
        subscribers.set_router(&router);
        tokio::spawn(keep_dropping_slow(Arc::clone(&subscribers)));
        tokio::spawn(keep_sweeping(Arc::clone(&router)));
        Self {
            router,
            retained_messages: limits.retained_messages,
            watch_queue: queue,
            subscribers,
            config: Arc::new(config.with_event_handler(handler)),
            stats: Arc::new(BrokerStats::new()),
            monitor: Arc::new(ResourceMonitor::new(ResourceLimits::default())),
            attached: broadcast::Sender::new(1),
        }
    }

    pub(crate) fn shutdown(&self) {
        // An error means that none is attached.
        let _ = self.attached.send(());
    }

    pub(crate) fn clients(&self) -> watch::Receiver<Vec<ConnectedClient>> {
        self.subscribers.clients()
    }

    /// How many messages have been retained or forgotten, this far.
    pub(crate) fn retained_count(&self) -> watch::Receiver<u64> {
        self.subscribers.retained()
    }

    /// What is retained under the filter, in the order of the topics.
    pub(crate) async fn retained_under(&self, filter: &str) -> Vec<Retained> {
        let packets = self.router.get_retained_messages(filter).await;
        let mut retained = self.subscribers.with_times(packets);
        retained.sort_by(|one, other| one.packet.topic_name.cmp(&other.packet.topic_name));
        retained
    }

    pub(crate) async fn retained(&self) -> Vec<RetainedMessage> {
        let retained = self.retained_under("#").await.into_iter();
        let now = SystemTime::now();
        retained
            .filter_map(|retained| retained.stored(now))
            .collect()
    }

    /// Takes retained messages back that have not expired; an error names the topic of a damaged one.
    pub(crate) async fn restore(&self, retained: Vec<RetainedMessage>) -> Result<(), String> {
        let now = SystemTime::now();
        for message in retained {
            if message.is_expired(now) {
                continue;
            }
            let packet = restored(&message, now)
                .ok_or_else(|| format!("the retained message of {:?} is damaged", message.topic))?;
            self.router.route_message(&packet, None).await;
            self.subscribers
                .set_time(&message.topic, time(message.modified_ms));
        }
        Ok(())
    }

    /// Returns once the message is retained if it asked for that, and in the queue of every subscriber; at QoS 0 of
    /// every one whose queue has room. At QoS 1 a subscriber without room is waited for, and disconnected in the end.
    pub(crate) async fn publish(
        &self,
        mut packet: PublishPacket,
        from: Option<&str>,
    ) -> Result<(), String> {
        let stored = packet.retain && !packet.payload.is_empty();
        if stored
            && !self.router.has_retained_message(&packet.topic_name).await
            && self.router.retained_count().await >= self.retained_messages
        {
            return Err(format!(
                "{} messages are retained already",
                self.retained_messages
            ));
        }
        // What arrives as MQTT 3.1.1 is delivered as MQTT 5 too.
        packet.protocol_version = 5;
        let from = from.map(to_broker);
        self.router.route_message(&packet, from.as_deref()).await;
        self.subscribers.drop_slow().await;
        Ok(())
    }

    /// Serves an MQTT client, whose door decides over its CONNECT and its publishes.
    pub(crate) fn attach(
        &self,
        stream: DuplexStream,
        address: IpAddr,
        door: Arc<dyn AuthProvider>,
    ) -> JoinHandle<()> {
        let handler = ClientHandler::new(
            BrokerTransport::WebSocket(Box::new(Pipe(stream))),
            SocketAddr::new(address, 0),
            Arc::clone(&self.config),
            Arc::clone(&self.router),
            door,
            None,
            Arc::clone(&self.stats),
            Arc::clone(&self.monitor),
            self.attached.subscribe(),
        );
        tokio::spawn(async move {
            // Why it ended, its client sees itself.
            let _ = handler.run().await;
        })
    }
}

/// Needed after the last message of all; `publish` drops slow subscribers itself. Never returns.
async fn keep_dropping_slow(subscribers: Arc<Subscribers>) {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    loop {
        tick.tick().await;
        subscribers.drop_slow().await;
    }
}

/// The router keeps a little of each client that was ever there. Never returns.
async fn keep_sweeping(router: Arc<MessageRouter>) {
    let mut tick = tokio::time::interval(Duration::from_secs(60));
    loop {
        tick.tick().await;
        router.sweep_sessions().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;
    use mqtt5::QoS;

    fn start() -> Broker {
        Broker::start(&Limits::default(), Box::new(|_| {}))
    }

    fn message(topic: &str, retain: bool) -> Message {
        Message {
            topic: motepost_contract::topic::from_path(topic).ok().unwrap(),
            payload: b"hello".to_vec(),
            at_least_once: true,
            retain,
            content_type: None,
            response_topic: None,
            expiry_seconds: None,
            user_properties: Vec::new(),
            payload_is_utf8: None,
            correlation_data: None,
        }
    }

    #[tokio::test]
    async fn a_watch_gets_what_is_retained_and_then_what_is_published_under_its_filter() {
        let broker = start();
        broker
            .publish(message("a/old", true).into(), None)
            .await
            .unwrap();
        let (retained, mut watch) = broker.watch("a/#").await.unwrap();
        broker
            .publish(message("b/new", false).into(), None)
            .await
            .unwrap();
        broker
            .publish(message("a/new", false).into(), None)
            .await
            .unwrap();
        assert_eq!(retained[0].topic_name, "a/old");
        assert_eq!(watch.next().await.unwrap().topic_name, "a/new");
        assert!(broker.watch("a/#/b").await.is_err());
    }

    #[tokio::test]
    async fn retained_messages_survive_in_what_is_kept_of_them() {
        let old = start();
        let mut sent = message("a/b", true);
        sent.content_type = Some("text/plain".to_owned());
        old.publish(sent.into(), None).await.unwrap();
        assert_eq!(*old.retained_count().borrow(), 1);
        let new = start();
        new.restore(old.retained().await).await.unwrap();
        let (retained, _watch) = new.watch("#").await.unwrap();
        assert_eq!(retained[0].topic_name, "a/b");
        assert_eq!(retained[0].payload.as_ref(), b"hello");
        assert_eq!(retained[0].qos, QoS::AtLeastOnce);
        assert_eq!(
            retained[0].properties.get_content_type().as_deref(),
            Some("text/plain")
        );
    }

    #[tokio::test]
    async fn a_damaged_retained_message_is_named() {
        let broker = start();
        for packet in ["", "!", "MAAA", "AAAA"] {
            let damaged = RetainedMessage {
                topic: "a/b".to_owned(),
                packet: packet.to_owned(),
                modified_ms: 0,
                expires_ms: None,
            };
            let error = broker.restore(vec![damaged]).await.unwrap_err();
            assert!(error.contains("a/b"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_dropped_watch_leaves_nothing_behind() {
        let broker = start();
        let (_, watch) = broker.watch("#").await.unwrap();
        assert_eq!(broker.router.client_count().await, 1);
        drop(watch);
        while broker.router.client_count().await > 0 {
            tokio::task::yield_now().await;
        }
    }
}
