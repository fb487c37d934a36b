//! The MQTT clients that are connected, and the end of one that does not take its messages.
//!
//! At QoS 1 a publish waits up to [`ROUTE_BUDGET_MAX`] for room in each subscriber's queue. A message that finds none goes
//! into a second queue of the broker, and so do retained messages for which a new subscription finds no room. A subscriber
//! that takes none of them for so long, or for whom too many more wait, is disconnected, which ends its session, as sessions
//! end with their connection here. A subscriber that misses a message notices, and what is acknowledged reaches all others.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mqtt5::QoS;
use mqtt5::broker::events::{
    ClientConnectEvent, ClientDisconnectEvent, ClientSubscribeEvent, ClientUnsubscribeEvent,
    SubAckReasonCode,
};
use mqtt5::broker::router::{MessageRouter, ROUTE_BUDGET_MAX};
use mqtt5::broker::storage::QueueHandle;
use mqtt5::broker::{BrokerEventHandler, RetainedSetEvent};
use mqtt5::packet::publish::PublishPacket;
use tokio::sync::{RwLock, watch};

use super::client_id::from_broker;
use super::clients::{Clients, ConnectedClient};
use super::packet;
use super::retained_packet::Retained;
use super::slowness::Slowness;
use crate::trace::redact::Secrets;

/// Called with a sentence about each subscriber that misses something.
pub(crate) type OnDropped = Box<dyn Fn(String) + Send + Sync>;

pub(crate) struct Subscribers {
    /// Set once the broker exists; the broker needs this first.
    router: OnceLock<Arc<MessageRouter>>,
    connected: Mutex<HashMap<Arc<str>, Connected>>,
    on_dropped: OnDropped,
    /// How many messages have been retained or forgotten.
    retained: watch::Sender<u64>,
    clients: Clients,
    /// When each retained message was.
    times: Mutex<HashMap<Arc<str>, SystemTime>>,
    /// When those that expire do so.
    expiries: Mutex<HashMap<String, SystemTime>>,
    /// Held for reading while a message is retained, so that no new one is forgotten in place of an expired one.
    pub(super) retaining: RwLock<()>,
    /// How many messages may wait for one subscriber.
    queue: usize,
    /// How many messages have been published at QoS 1.
    published: AtomicU64,
    /// What the trace must not show of each client, and how many connections of it there are.
    secrets: Mutex<HashMap<String, (Secrets, usize)>>,
}

/// One client id, for which an old connection may end after a new one has begun.
struct Connected {
    connections: usize,
    second_queue: QueueHandle,
    slowness: Slowness,
}

impl Subscribers {
    pub(crate) fn new(queue: usize, on_dropped: OnDropped) -> Self {
        Self {
            router: OnceLock::new(),
            connected: Mutex::default(),
            on_dropped,
            retained: watch::Sender::new(0),
            clients: Clients::new(),
            times: Mutex::default(),
            expiries: Mutex::default(),
            retaining: RwLock::default(),
            queue,
            published: AtomicU64::new(0),
            secrets: Mutex::default(),
        }
    }

    pub(crate) fn set_router(&self, router: &Arc<MessageRouter>) {
        // It is called once.
        let _ = self.router.set(Arc::clone(router));
    }

    pub(crate) fn retained(&self) -> watch::Receiver<u64> {
        self.retained.subscribe()
    }

    pub(crate) fn clients(&self) -> watch::Receiver<Vec<ConnectedClient>> {
        self.clients.follow()
    }

    /// For a message that was retained before the emulator started.
    pub(crate) fn set_time(&self, topic: &str, time: SystemTime) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.insert(topic.into(), time);
    }

    /// What the trace must not show of a client that is about to connect.
    pub(crate) fn hide(&self, id: &str, secrets: Secrets) {
        let mut all = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(id.to_owned()).or_insert_with(|| (secrets, 0)).1 += 1;
    }

    /// A connection of it has ended.
    pub(crate) fn forget(&self, id: &str) {
        let mut all = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connections)) = all.get_mut(id) {
            *connections -= 1;
            if *connections == 0 {
                all.remove(id);
            }
        }
    }

    /// The client's own id, as the trace may show it.
    fn own(&self, id: &str) -> String {
        self.shown(id, &from_broker(id))
    }

    /// A name that the client chose, as the trace may show it.
    fn shown(&self, id: &str, name: &str) -> String {
        let all = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let secrets = all.get(id).map(|(secrets, _)| secrets);
        secrets.map_or_else(|| name.to_owned(), |secrets| secrets.cut_from_name(name))
    }

    /// A message at QoS 1 is about to be published.
    pub(crate) fn expect_message(&self) {
        self.published.fetch_add(1, Ordering::Relaxed);
    }

    /// For a message that is about to be retained.
    pub(crate) fn expect_expiry(&self, message: &PublishPacket, now: SystemTime) {
        let mut expiries = self.expiries.lock().unwrap_or_else(PoisonError::into_inner);
        match message.properties.get_message_expiry_interval() {
            Some(seconds) if !message.payload.is_empty() => {
                let expires = now + Duration::from_secs(seconds.into());
                expiries.insert(message.topic_name.clone(), expires);
            }
            _ => {
                expiries.remove(&message.topic_name);
            }
        }
    }

    /// Has the router forget the retained messages that have expired, which it would only no longer show.
    pub(crate) async fn forget_expired(&self) {
        let Some(router) = self.router.get() else {
            return;
        };
        let now = SystemTime::now();
        let expired = || -> Vec<String> {
            let expiries = self.expiries.lock().unwrap_or_else(PoisonError::into_inner);
            let expired = expiries.iter().filter(|(_, expires)| **expires < now);
            expired.map(|(topic, _)| topic.clone()).collect()
        };
        if expired().is_empty() {
            return;
        }
        let _none_is_retained_meanwhile = self.retaining.write().await;
        for topic in expired() {
            // A last will may have been retained there since.
            if !router.get_retained_messages(&topic).await.is_empty() {
                continue;
            }
            router.route_message(&packet::mark(&topic), None).await;
            let mut expiries = self.expiries.lock().unwrap_or_else(PoisonError::into_inner);
            expiries.remove(&topic);
        }
    }

    pub(crate) fn with_times(&self, packets: Vec<PublishPacket>) -> Vec<Retained> {
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let retained = packets.into_iter().map(|packet| Retained {
            // A message that is forgotten just now has none.
            modified: *times.get(packet.topic_name.as_str()).unwrap_or(&UNIX_EPOCH),
            packet,
        });
        retained.collect()
    }

    /// Disconnects each subscriber that has not taken its messages in time.
    pub(crate) async fn drop_slow(&self) {
        let Some(router) = self.router.get() else {
            return;
        };
        for (id, queue) in self.slow() {
            if !router.is_connected(&id).await {
                continue;
            }
            router.unregister_client(&id).await;
            queue.clear(None);
            let own = self.own(&id);
            (self.on_dropped)(format!(
                "the MQTT subscriber {own:?} was disconnected: its queue was full, and it took nothing for {ROUTE_BUDGET_MAX:?}"
            ));
        }
    }

    /// Retained messages at QoS 0 find only the room of the queue, and the broker drops the rest without a word.
    async fn say_what_is_lost(&self, event: &ClientSubscribeEvent) {
        let Some(router) = self.router.get() else {
            return;
        };
        for subscription in &event.subscriptions {
            // No more than there are in all can be lost, which is cheap to know.
            if router.retained_count().await <= self.queue {
                return;
            }
            let retained = router.get_retained_messages(&subscription.topic_filter);
            let at_qos_0 = |message: &PublishPacket| {
                [subscription.qos, message.qos].contains(&QoS::AtMostOnce)
            };
            let count = retained.await.into_iter().filter(at_qos_0).count();
            if count > self.queue && is_granted(subscription.result) {
                let (own, room) = (self.own(&event.client_id), self.queue);
                let filter = self.shown(&event.client_id, &subscription.topic_filter);
                (self.on_dropped)(format!(
                    "the MQTT subscriber {own:?} has {count} retained messages at QoS 0 under {filter:?}, and its queue has room for {room} (--mqtt-queue): it may miss some"
                ));
            }
        }
    }

    fn slow(&self) -> Vec<(Arc<str>, QueueHandle)> {
        let mut connected = self
            .connected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (now, published) = (Instant::now(), self.published.load(Ordering::Relaxed));
        connected
            .iter_mut()
            .filter_map(|(id, client)| {
                let count = client.second_queue.count();
                let slow = client
                    .slowness
                    .is_too_much(count, published, self.queue, now);
                slow.then_some((id, client))
            })
            .map(|(id, client)| (Arc::clone(id), Arc::clone(&client.second_queue)))
            .collect()
    }
}

/// Of one connection (quotas of AWS IoT Core, "Subscriptions per connection"). AWS refuses one more in its SUBACK (aws-greengrass-lite
/// issue 1176).
pub(super) const MOST_SUBSCRIPTIONS: usize = 50;

fn is_granted(code: SubAckReasonCode) -> bool {
    use SubAckReasonCode::{GrantedQoS0, GrantedQoS1, GrantedQoS2};
    matches!(code, GrantedQoS0 | GrantedQoS1 | GrantedQoS2)
}

type Handled<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

impl BrokerEventHandler for Subscribers {
    fn on_client_connect<'a>(&'a self, event: ClientConnectEvent) -> Handled<'a> {
        if let Some(router) = self.router.get() {
            let mut connected = self
                .connected
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let client = connected
                .entry(Arc::clone(&event.client_id))
                .or_insert_with(|| Connected {
                    connections: 0,
                    second_queue: router.queue_handle(&event.client_id),
                    slowness: Slowness::new(self.published.load(Ordering::Relaxed)),
                });
            client.connections += 1;
        }
        let shown = self.own(&event.client_id);
        self.clients.add(&event.client_id, shown);
        Box::pin(async {})
    }

    fn on_client_subscribe<'a>(&'a self, event: ClientSubscribeEvent) -> Handled<'a> {
        for subscription in &event.subscriptions {
            if is_granted(subscription.result) {
                self.clients
                    .subscribe(&event.client_id, &subscription.topic_filter);
            } else if subscription.result == SubAckReasonCode::QuotaExceeded {
                let own = self.own(&event.client_id);
                let filter = self.shown(&event.client_id, &subscription.topic_filter);
                (self.on_dropped)(format!(
                    "the MQTT subscriber {own:?} has {MOST_SUBSCRIPTIONS} subscriptions, and AWS IoT Core takes no more on a connection: {filter:?} is refused"
                ));
            }
        }
        let mut connected = self
            .connected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = connected.get_mut(&event.client_id) {
            client.slowness.subscribed(client.second_queue.count());
        }
        drop(connected);
        Box::pin(async move { self.say_what_is_lost(&event).await })
    }

    fn on_client_unsubscribe<'a>(&'a self, event: ClientUnsubscribeEvent) -> Handled<'a> {
        for filter in &event.topic_filters {
            self.clients.unsubscribe(&event.client_id, filter);
        }
        Box::pin(async {})
    }

    fn on_client_disconnect<'a>(&'a self, event: ClientDisconnectEvent) -> Handled<'a> {
        self.clients.remove(&event.client_id);
        let mut connected = self
            .connected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = connected.get_mut(&event.client_id) {
            client.connections -= 1;
            if client.connections == 0 {
                connected.remove(&event.client_id);
            }
        }
        Box::pin(async {})
    }

    fn on_retained_set<'a>(&'a self, event: RetainedSetEvent) -> Handled<'a> {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        if event.cleared {
            times.remove(&event.topic);
        } else {
            times.insert(event.topic, SystemTime::now());
        }
        drop(times);
        self.retained.send_modify(|count| *count += 1);
        Box::pin(async {})
    }
}

#[cfg(test)]
mod tests {
    use super::super::client_id;
    use super::*;
    use mqtt5::broker::events::SubscriptionInfo;

    #[tokio::test]
    async fn what_is_shown_of_a_client_is_without_its_token_and_without_a_filter_that_was_refused()
    {
        let (sender, said) = std::sync::mpsc::channel();
        let said_to = Mutex::new(sender);
        let on_dropped = move |reason| said_to.lock().unwrap().send(reason).unwrap();
        let subscribers = Subscribers::new(1, Box::new(on_dropped));
        let mut secrets = Secrets::default();
        secrets.add("Xk3_secret");
        let id: Arc<str> = client_id::to_broker("a/Xk3_secret").into();
        subscribers.hide(&id, secrets);
        let connected = ClientConnectEvent {
            client_id: Arc::clone(&id),
            user_id: None,
            clean_start: true,
            session_expiry_interval: 0,
            will_topic: None,
            will_payload: None,
            will_qos: None,
            will_retain: None,
        };
        subscribers.on_client_connect(connected).await;
        let results = [
            ("granted", SubAckReasonCode::GrantedQoS1),
            ("refused", SubAckReasonCode::NotAuthorized),
            ("full/Xk3_secret", SubAckReasonCode::QuotaExceeded),
        ];
        let subscriptions = results.map(|(filter, result)| SubscriptionInfo {
            topic_filter: filter.into(),
            qos: QoS::AtLeastOnce,
            result,
        });
        let subscribed = ClientSubscribeEvent {
            client_id: id,
            subscriptions: subscriptions.into(),
        };
        subscribers.on_client_subscribe(subscribed).await;
        let shown = serde_json::to_value(&*subscribers.clients().borrow()).unwrap();
        assert_eq!(shown[0]["id"], "a/<redacted>");
        assert_eq!(shown[0]["filters"], serde_json::json!(["granted"]));
        let said: Vec<_> = said.try_iter().collect();
        assert_eq!(said.len(), 1);
        assert!(said[0].contains("\"a/<redacted>\" has 50"), "{said:?}");
        assert!(
            said[0].contains("\"full/<redacted>\" is refused"),
            "{said:?}"
        );
    }
}
