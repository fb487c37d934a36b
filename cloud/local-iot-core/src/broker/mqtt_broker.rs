//! The MQTT broker that shows what was published: the crate `mqtt5`, for MQTT 3.1.1 and 5, without its listeners. Every
//! connection reaches it through `attach`.
//!
//! Chosen over `rumqttd`, which serves the two versions on two ports, cannot tell which port it was given and cannot
//! be stopped; and over a codec with a fan-out of our own, which would be a broker to maintain.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mqtt5::QoS;
use mqtt5::broker::client_handler::ClientHandler;
use mqtt5::broker::router::MessageRouter;
use mqtt5::broker::storage::QueueLimits;
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
use crate::broker::packet;
use crate::broker::pipe::Pipe;
use crate::broker::retained_packet::{Retained, restored};
use crate::broker::state_file::{RetainedMessage, time};
use crate::broker::subscribers::{MOST_SUBSCRIPTIONS, OnDropped, Subscribers};
use crate::config::Limits;
use crate::trace::redact::Secrets;

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

/// A client that is to be served.
pub(crate) struct Attached {
    /// The broker's id for it.
    pub(crate) id: String,
    /// What the trace must not show of it.
    pub(crate) secrets: Secrets,
}

impl Broker {
    pub(crate) fn start(limits: &Limits, on_dropped: OnDropped) -> Self {
        // What a channel can hold on any machine.
        let queue = limits.mqtt_queue.clamp(1, 1 << 28);
        let mut config = BrokerConfig::new()
            .with_max_packet_size(2 * limits.body_bytes.max(1024))
            .with_client_channel_capacity(queue)
            .with_max_retained_messages(limits.retained_messages)
            .with_max_subscriptions_per_client(MOST_SUBSCRIPTIONS);
        config.maximum_qos = 1;
        // AWS's (Developer Guide, "MQTT 5 supported features").
        config.topic_alias_maximum = TOPIC_ALIASES;
        let subscribers = Arc::new(Subscribers::new(queue, on_dropped));
        let handler: Arc<dyn BrokerEventHandler> = Arc::<Subscribers>::clone(&subscribers);
        // It has no storage, so a session ends with its connection; what must survive the process is in the state file.
        let router = MessageRouter::new()
            // `Subscribers` bounds it: at a bound of its own it would drop its oldest message.
            .with_fallback_queue_limits(QueueLimits {
                max_messages: usize::MAX,
                max_bytes: usize::MAX,
            })
            .with_event_handler(Arc::clone(&handler));
        let router = Arc::new(router);
        subscribers.set_router(&router);
        tokio::spawn(keep_dropping_slow(Arc::clone(&subscribers)));
        tokio::spawn(keep_sweeping(Arc::clone(&router), Arc::clone(&subscribers)));
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
        for one in &mut retained {
            packet::remove_own(&mut one.packet);
        }
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
            self.subscribers.expect_expiry(&packet, now);
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
        if stored && self.has_no_room(&packet.topic_name).await {
            self.subscribers.forget_expired().await;
            if self.has_no_room(&packet.topic_name).await {
                return Err(format!(
                    "{} messages are retained already",
                    self.retained_messages
                ));
            }
        }
        let _none_is_forgotten_meanwhile = if packet.retain {
            let held = self.subscribers.retaining.read().await;
            self.subscribers.expect_expiry(&packet, SystemTime::now());
            Some(held)
        } else {
            None
        };
        if packet.qos != QoS::AtMostOnce {
            self.subscribers.expect_message();
        }
        // What arrives as MQTT 3.1.1 is delivered as MQTT 5 too.
        packet.protocol_version = 5;
        let from = from.map(to_broker);
        self.router.route_message(&packet, from.as_deref()).await;
        self.subscribers.drop_slow().await;
        Ok(())
    }

    async fn has_no_room(&self, topic: &str) -> bool {
        !self.router.has_retained_message(topic).await
            && self.router.retained_count().await >= self.retained_messages
    }

    /// Serves an MQTT client, whose door decides over its CONNECT and its publishes.
    pub(crate) fn attach(
        &self,
        stream: DuplexStream,
        address: IpAddr,
        door: Arc<dyn AuthProvider>,
        client: Attached,
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
        let subscribers = Arc::clone(&self.subscribers);
        subscribers.hide(&client.id, client.secrets);
        tokio::spawn(async move {
            // Why it ended, its client sees itself.
            let _ = handler.run().await;
            subscribers.forget(&client.id);
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
async fn keep_sweeping(router: Arc<MessageRouter>, subscribers: Arc<Subscribers>) {
    let mut tick = tokio::time::interval(Duration::from_secs(60));
    loop {
        tick.tick().await;
        router.sweep_sessions().await;
        subscribers.forget_expired().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;

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
    async fn a_retained_message_that_has_expired_takes_no_room_and_its_end_reaches_nobody() {
        let limits = Limits {
            retained_messages: 1,
            ..Limits::default()
        };
        let broker = Broker::start(&limits, Box::new(|_| {}));
        let (_, mut watch) = broker.watch("#").await.unwrap();
        let expiring = || {
            let mut message = message("a/expires", true);
            // At once.
            message.expiry_seconds = Some(0);
            message.into()
        };
        broker.publish(expiring(), None).await.unwrap();
        // It is retained again after the first has been forgotten, and stays when what expired is looked for.
        for topic in ["a/stays", "a/no_room"] {
            let published = broker.publish(message(topic, true).into(), None).await;
            assert_eq!(published.is_ok(), topic == "a/stays", "{published:?}");
        }
        broker.subscribers.forget_expired().await;
        let retained = broker.retained_under("#").await;
        assert_eq!(retained.len(), 1);
        assert_eq!(retained[0].packet.topic_name, "a/stays");
        assert_eq!(broker.router.retained_count().await, 1);
        for topic in ["a/expires", "a/stays"] {
            assert_eq!(watch.next().await.unwrap().topic_name, topic);
        }
    }

    #[tokio::test]
    async fn a_message_in_the_place_of_an_expired_one_is_not_forgotten_with_it() {
        let broker = start();
        let mut expiring = message("a", true);
        expiring.expiry_seconds = Some(0);
        broker.publish(expiring.into(), None).await.unwrap();
        broker
            .publish(message("a", true).into(), None)
            .await
            .unwrap();
        broker.subscribers.forget_expired().await;
        assert_eq!(broker.retained_under("#").await.len(), 1);
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
