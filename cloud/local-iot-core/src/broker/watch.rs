//! Subscriptions from inside this process, by which the console looks on.

use std::sync::Arc;

use mqtt5::QoS;
use mqtt5::broker::router::{
    DeliveryLanes, LaneReceivers, MessageRouter, SubscriptionRequest, TakeoverNotice,
};
use mqtt5::packet::publish::PublishPacket;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::mqtt_broker::Broker;
use super::packet;
use crate::http;

/// A subscription from inside this process. Dropping it ends it.
pub(crate) struct Watch {
    client_id: String,
    router: Arc<MessageRouter>,
    messages: mpsc::Receiver<PublishPacket>,
    taking: JoinHandle<()>,
    /// The broker reports here that another client took the id over, which does not happen to a fresh one.
    _taken_over: oneshot::Receiver<TakeoverNotice>,
}

impl Watch {
    /// The next message; `None` once the broker is gone. What comes while its queue is full is lost, as at QoS 0.
    pub(crate) async fn next(&mut self) -> Option<PublishPacket> {
        let mut message = self.messages.recv().await?;
        packet::remove_own(&mut message);
        Some(message)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.taking.abort();
        let (router, client_id) = (
            Arc::clone(&self.router),
            std::mem::take(&mut self.client_id),
        );
        // Outside a runtime the broker is gone as well.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { router.unregister_client(&client_id).await });
        }
    }
}

impl Broker {
    /// Subscribes from inside: what is retained under the filter now, and then what is published, with its own QoS.
    pub(crate) async fn watch(&self, filter: &str) -> Result<(Vec<PublishPacket>, Watch), String> {
        mqtt5::validate_topic_filter(filter)
            .map_err(|_| format!("{filter:?} is not a topic filter"))?;
        let client_id = format!("watch-{}", http::uuid().map_err(|error| error.to_string())?);
        let (senders, lanes) = DeliveryLanes::channel(self.watch_queue);
        let (taken_over, notice) = oneshot::channel();
        let queue = self.router.queue_handle(&client_id);
        self.router
            .register_client(client_id.clone(), senders, queue, taken_over)
            .await;
        let (taken, messages) = mpsc::channel(self.watch_queue);
        let watch = Watch {
            client_id: client_id.clone(),
            router: Arc::clone(&self.router),
            messages,
            taking: tokio::spawn(take(lanes, taken)),
            _taken_over: notice,
        };
        let request = SubscriptionRequest::new(client_id, filter, QoS::AtLeastOnce);
        self.router
            .subscribe(request)
            .await
            .map_err(|error| error.to_string())?;
        let mut retained = self.router.get_retained_messages(filter).await;
        for message in &mut retained {
            packet::remove_own(message);
        }
        Ok((retained, watch))
    }
}

/// Takes each message at once, so that no publisher waits for who looks on at QoS 1; what finds no room is lost to it.
async fn take(mut lanes: LaneReceivers, taken: mpsc::Sender<PublishPacket>) {
    while let Some(message) = lanes.recv().await {
        if !packet::is_mark(&message.publish) {
            let _ = taken.try_send(message.publish);
        }
    }
}
