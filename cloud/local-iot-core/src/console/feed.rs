//! What the page shows, as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use base64ct::{Base64, Encoding};
use futures_util::stream::{self, Stream};
use mqtt5::packet::publish::PublishPacket;
use mqtt5::types::MessageProperties;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use crate::broker::clients::ConnectedClient;
use crate::broker::watch::Watch;
use crate::core::Core;
use crate::trace::entry::{Invocation, Stage, TraceEntry};

/// Of a payload the page shows this much; 128 KiB of hex is no help to anybody.
const SHOWN_BYTES: usize = 4096;

/// Of the past, the page gets this many requests.
const PAST_REQUESTS: usize = 1000;

#[derive(Deserialize)]
pub(super) struct FeedQuery {
    filter: String,
}

/// One stream for both lists: a browser opens few connections to one host, and each tab would take two.
pub(super) async fn events(
    State(core): State<Arc<Core>>,
    Query(wanted): Query<FeedQuery>,
) -> Response {
    let (past, requests) = core.trace.follow();
    let skipped = past.len().saturating_sub(PAST_REQUESTS);
    let mut hello = Hello {
        endpoint: format!("https://localhost:{}", core.addresses.https.port()),
        mqtt: core.addresses.mqtt.to_string(),
        ca: core.config.ca_name.clone(),
        requests: past.iter().skip(skipped).map(RequestEvent::from).collect(),
        retained: Vec::new(),
        refused_filter: None,
    };
    let mut clients = core.broker.clients();
    clients.mark_changed();
    let messages = match core.broker.watch(&wanted.filter).await {
        Ok((retained, watch)) => {
            hello.retained = retained.iter().map(MessageEvent::from).collect();
            Some(watch)
        }
        // The requests are shown all the same.
        Err(reason) => {
            hello.refused_filter = Some(reason);
            None
        }
    };
    let feed = Feed {
        ready: VecDeque::from([event("hello", &hello)]),
        requests,
        messages,
        clients,
    };
    let headers = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let stream = Sse::new(feed.stream()).keep_alive(KeepAlive::default());
    (headers, stream).into_response()
}

struct Feed {
    ready: VecDeque<Event>,
    requests: broadcast::Receiver<Arc<TraceEntry>>,
    messages: Option<Watch>,
    clients: watch::Receiver<Vec<ConnectedClient>>,
}

impl Feed {
    fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, async |mut feed| {
            let event = feed.next().await?;
            Some((Ok(event), feed))
        })
    }

    /// `None` ends the stream: the local emulator is shutting down.
    async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.ready.pop_front() {
            return Some(event);
        }
        let message = async {
            match &mut self.messages {
                Some(watch) => watch.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            message = message => message.map(|packet| event("message", &MessageEvent::from(&packet))),
            Ok(()) = self.clients.changed() => {
                Some(event("clients", &*self.clients.borrow_and_update()))
            }
            request = self.requests.recv() => match request {
                Ok(entry) => Some(event("request", &RequestEvent::from(entry.as_ref()))),
                Err(RecvError::Lagged(count)) => Some(event("missed", &count)),
                Err(RecvError::Closed) => None,
            },
        }
    }
}

fn event(name: &str, data: &impl Serialize) -> Event {
    // Plain structs of texts and numbers always make JSON, and JSON on one line always makes an event.
    Event::default()
        .event(name)
        .json_data(data)
        .unwrap_or_default()
}

/// The first event of a stream: everything that is there already.
#[derive(Serialize)]
struct Hello {
    endpoint: String,
    mqtt: String,
    ca: String,
    requests: Vec<RequestEvent>,
    retained: Vec<MessageEvent>,
    refused_filter: Option<String>,
}

#[derive(Serialize)]
struct MessageEvent {
    time: u64,
    topic: String,
    retained: bool,
    size: usize,
    /// Base64 of the first bytes.
    payload: String,
    qos: u8,
    content_type: Option<String>,
    response_topic: Option<String>,
    expiry_seconds: Option<u32>,
    is_utf8: Option<bool>,
    /// In base64.
    correlation_data: Option<String>,
    user_properties: Vec<(String, String)>,
}

impl From<&PublishPacket> for MessageEvent {
    fn from(packet: &PublishPacket) -> Self {
        let shown = packet.payload.len().min(SHOWN_BYTES);
        let properties = MessageProperties::from(packet.properties.clone());
        Self {
            time: milliseconds(SystemTime::now()),
            topic: packet.topic_name.to_string(),
            retained: packet.retain,
            size: packet.payload.len(),
            payload: Base64::encode_string(&packet.payload[..shown]),
            qos: packet.qos as u8,
            content_type: properties.content_type,
            response_topic: properties.response_topic,
            expiry_seconds: properties.message_expiry_interval,
            is_utf8: properties.payload_format_indicator,
            correlation_data: properties
                .correlation_data
                .map(|data| Base64::encode_string(&data)),
            user_properties: properties.user_properties,
        }
    }
}

/// A trace entry, which never holds a token or a signature, for the page.
#[derive(Serialize)]
struct RequestEvent {
    time: u64,
    id: Option<String>,
    accepted: bool,
    status: Option<u16>,
    operation: Option<&'static str>,
    client_id: Option<String>,
    topic: Option<String>,
    authorizer: Option<String>,
    rule: Option<String>,
    invocation: Option<String>,
    output: Vec<String>,
    policy: Option<String>,
    stage: Stage,
    reason: String,
    notes: Vec<String>,
    repeat: Option<String>,
}

impl From<&TraceEntry> for RequestEvent {
    fn from(entry: &TraceEntry) -> Self {
        let output = entry.invocation.as_ref().map(|run| run.output.clone());
        Self {
            time: milliseconds(entry.time),
            id: entry.request_id.clone(),
            accepted: entry.accepted,
            status: entry.status,
            operation: entry.operation,
            client_id: entry.client_id.clone(),
            topic: entry.topic.clone(),
            authorizer: entry.authorizer.clone(),
            rule: entry.rule.clone(),
            invocation: entry.invocation.as_ref().map(in_words),
            output: output.unwrap_or_default(),
            policy: entry.policy.clone(),
            stage: entry.stage,
            reason: entry.reason.clone(),
            notes: entry.notes.clone(),
            repeat: entry.repeat.clone(),
        }
    }
}

fn in_words(run: &Invocation) -> String {
    if run.cached {
        return format!("{} returned earlier on this connection", run.function);
    }
    let outcome = if run.succeeded { "returned" } else { "failed" };
    let took = Duration::from_micros(run.duration.as_micros() as u64);
    let waited = run.waited.as_millis();
    if waited == 0 {
        return format!("{} {outcome} after {took:?}", run.function);
    }
    format!(
        "{} {outcome} after {took:?} (and {waited} ms for a free process)",
        run.function
    )
}

/// Since 1970, as JavaScript counts.
fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}
