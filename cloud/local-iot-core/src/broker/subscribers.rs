//! The MQTT clients that are connected, and the end of one that does not take its messages.
//!
//! At QoS 1 a publish waits up to [`ROUTE_BUDGET_MAX`] for room in each subscriber's queue. A message that finds none goes
//! into a second queue of the broker, which drops its oldest message when it is full, and writes to MQTT 3.1.1 what only
//! MQTT 5 can read. So a subscriber with anything in that queue is disconnected, which ends its session, as sessions end
//! with their connection here. A subscriber that misses a message notices, and what is acknowledged reaches all others.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use mqtt5::broker::events::{
    ClientConnectEvent, ClientDisconnectEvent, ClientSubscribeEvent, ClientUnsubscribeEvent,
    SubAckReasonCode,
};
use mqtt5::broker::router::{MessageRouter, ROUTE_BUDGET_MAX};
use mqtt5::broker::storage::QueueHandle;
use mqtt5::broker::{BrokerEventHandler, RetainedSetEvent};
use mqtt5::packet::publish::PublishPacket;
use tokio::sync::watch;

use super::client_id::from_broker;
use super::clients::{Clients, ConnectedClient};
use super::retained_packet::Retained;

/// Called with a sentence about each subscriber that was disconnected.
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
}

/// One client id, for which an old connection may end after a new one has begun.
struct Connected {
    connections: usize,
    second_queue: QueueHandle,
}

impl Subscribers {
    pub(crate) fn new(on_dropped: OnDropped) -> Self {
        Self {
            router: OnceLock::new(),
            connected: Mutex::default(),
            on_dropped,
            retained: watch::Sender::new(0),
            clients: Clients::new(),
            times: Mutex::default(),
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
            let own = from_broker(&id);
            (self.on_dropped)(format!(
                "the MQTT subscriber {own:?} was disconnected: its queue was full, and it took nothing for {ROUTE_BUDGET_MAX:?}"
            ));
        }
    }

    fn slow(&self) -> Vec<(Arc<str>, QueueHandle)> {
        let connected = self
            .connected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        connected
            .iter()
            .filter(|(_, client)| !client.second_queue.is_empty())
            .map(|(id, client)| (Arc::clone(id), Arc::clone(&client.second_queue)))
            .collect()
    }
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
                });
            client.connections += 1;
        }
        self.clients.add(&event.client_id);
        Box::pin(async {})
    }

    fn on_client_subscribe<'a>(&'a self, event: ClientSubscribeEvent) -> Handled<'a> {
        let refused = |code: SubAckReasonCode| code as u8 >= 0x80;
        for subscription in &event.subscriptions {
            if !refused(subscription.result) {
                self.clients
                    .subscribe(&event.client_id, &subscription.topic_filter);
            }
        }
        Box::pin(async {})
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
