//! A message on its way to rules.

use axum::body::Bytes;

pub(crate) struct RuleMessage {
    /// Without the prefix of Basic Ingest.
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
    /// `None` if it did not come over MQTT.
    pub(crate) client_id: Option<String>,
}

impl RuleMessage {
    /// What `clientid()` gives (Developer Guide, "Functions").
    pub(super) fn client_id(&self) -> &str {
        self.client_id.as_deref().unwrap_or("n/a")
    }
}
