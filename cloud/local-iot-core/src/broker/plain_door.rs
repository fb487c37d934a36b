//! The plain MQTT port, which lets everybody in, and says so in the trace.

use std::future::{Future, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Weak};

use motepost_contract::names::AUTHORIZER_NAME;
use motepost_contract::topic::{self, Topic};
use mqtt5::broker::events::{ClientPublishEvent, PublishAction};
use mqtt5::broker::{AuthProvider, AuthResult};
use mqtt5::packet::connect::ConnectPacket;

use crate::rules::engine::Engine;
use crate::rules::message::RuleMessage;
use crate::trace::entry::{Stage, TraceEntry};
use crate::trace::log::Trace;

pub(crate) struct PlainDoor {
    trace: Arc<Trace>,
    /// The broker that holds this may outlive the emulator, whose state file the rules hold.
    rules: Weak<Engine>,
}

const NOBODY: &str = "the plain MQTT port is for looking on: it asks no authorizer and no policy";

impl PlainDoor {
    pub(crate) fn new(trace: Arc<Trace>, rules: &Arc<Engine>) -> Self {
        Self {
            trace,
            rules: Arc::downgrade(rules),
        }
    }

    /// The rules get what is published here as well, and Basic Ingest reaches nobody else.
    pub(crate) fn take(&self, event: &ClientPublishEvent) -> PublishAction {
        let Some(rules) = self.rules.upgrade() else {
            return PublishAction::Continue;
        };
        let message = |topic: &str| RuleMessage {
            topic: topic.to_owned(),
            payload: event.payload.clone(),
            client_id: Some(event.client_id.to_string()),
        };
        let Some((rule, topic)) = ingest(&event.topic) else {
            rules.take(message(&event.topic));
            return PublishAction::Continue;
        };
        let note = rules.ingest(&rule, message(topic.rule_topic()));
        let note = note.unwrap_or_else(|reason| reason);
        let (id, topic) = (&event.client_id, Some(&*event.topic));
        self.record("MQTT PUBLISH", id, topic, Some(&note));
        PublishAction::Handled
    }

    fn record(
        &self,
        operation: &'static str,
        client_id: &str,
        topic: Option<&str>,
        note: Option<&str>,
    ) {
        let mut entry = TraceEntry::mqtt(operation, client_id, true, NOBODY.to_owned());
        entry.stage = Stage::Delivery;
        entry.topic = topic.map(str::to_owned);
        entry.notes.extend(note.map(str::to_owned));
        self.trace.record(entry);
    }
}

fn ingest(topic: &str) -> Option<(String, Topic)> {
    let topic = topic::check(topic.to_owned()).ok()?;
    Some((topic.basic_ingest_rule.clone()?, topic))
}

impl AuthProvider for PlainDoor {
    fn authenticate<'a>(
        &'a self,
        connect: &'a ConnectPacket,
        _client: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = mqtt5::Result<AuthResult>> + Send + 'a>> {
        let username = connect.username.as_deref().unwrap_or_default();
        let note = username.contains(AUTHORIZER_NAME).then_some(
            "the user name names an authorizer, which is asked on the https port, over TLS with ALPN mqtt",
        );
        self.record("MQTT CONNECT", &connect.client_id, None, note);
        Box::pin(ready(Ok(AuthResult::success())))
    }

    fn authorize_publish<'a>(
        &'a self,
        client_id: &str,
        _user: Option<&'a str>,
        topic: &'a str,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        // One of Basic Ingest has an entry that says what its rule does.
        if ingest(topic).is_none() {
            self.record("MQTT PUBLISH", client_id, Some(topic), None);
        }
        Box::pin(ready(true))
    }

    fn authorize_subscribe<'a>(
        &'a self,
        _client_id: &str,
        _user: Option<&'a str>,
        _filter: &'a str,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(ready(true))
    }
}
