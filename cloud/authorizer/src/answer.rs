//! The function's answer (Developer Guide, "Defining your Lambda function").

use motepost_contract::device_id::DeviceId;
use serde_json::{Value, json};

use crate::config::Config;

pub(crate) fn allow(id: &DeviceId, documents: Vec<Value>, config: &Config) -> Value {
    json!({
        "isAuthenticated": true,
        "principalId": id.principal(),
        "policyDocuments": documents,
        "disconnectAfterInSeconds": config.disconnect_after_seconds,
        "refreshAfterInSeconds": config.refresh_after_seconds,
    })
}

/// Valid in form in every field, for what AWS makes of a malformed answer is not documented.
pub(crate) fn deny() -> Value {
    json!({
        "isAuthenticated": false,
        "principalId": "denied",
        "policyDocuments": [],
        "disconnectAfterInSeconds": 300,
        "refreshAfterInSeconds": 300,
    })
}
