//! The plain MQTT port, which lets everybody in, and says so in the trace.

use std::future::{Future, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use motepost_contract::names::AUTHORIZER_NAME;
use mqtt5::broker::{AuthProvider, AuthResult};
use mqtt5::packet::connect::ConnectPacket;

use crate::trace::entry::{Stage, TraceEntry};
use crate::trace::log::Trace;

pub(crate) struct PlainDoor {
    trace: Arc<Trace>,
}

const NOBODY: &str = "the plain MQTT port is for looking on: it asks no authorizer and no policy";

impl PlainDoor {
    pub(crate) fn new(trace: Arc<Trace>) -> Self {
        Self { trace }
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
        self.record("MQTT PUBLISH", client_id, Some(topic), None);
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
