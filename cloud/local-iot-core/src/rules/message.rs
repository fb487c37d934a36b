//! A message on its way to rules.

use axum::body::Bytes;

use crate::trace::redact::Secrets;

pub(crate) struct RuleMessage {
    /// Without the prefix of Basic Ingest.
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
    /// `None` if it did not come over MQTT.
    pub(crate) client_id: Option<String>,
    /// Of the request that brought it: topic and client id may hold its token.
    pub(crate) secrets: Secrets,
}

impl RuleMessage {
    /// The topic, as the trace may show it.
    pub(super) fn shown_topic(&self) -> String {
        self.secrets.cut_from_name(&self.topic)
    }

    /// What `clientid()` gives (Developer Guide, "Functions").
    pub(super) fn client_id(&self) -> &str {
        self.client_id.as_deref().unwrap_or("n/a")
    }
}
