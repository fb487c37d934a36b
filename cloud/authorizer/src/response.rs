//! The function's response (Developer Guide, "Defining your Lambda function").

use motepost_contract::device_id::DeviceId;
use serde_json::{Value, json};

use crate::config::{Config, LEAST_SECONDS};

/// `seconds_left` is how long the credentials are good for: neither a connection nor what AWS remembers of it lasts
/// longer, as far as AWS's least allows.
pub(crate) fn allow(
    id: &DeviceId,
    documents: Vec<Value>,
    seconds_left: Option<u64>,
    config: &Config,
) -> Value {
    let at_most = |configured: u32| {
        let left = seconds_left.map_or(u32::MAX, |left| u32::try_from(left).unwrap_or(u32::MAX));
        configured.min(left.max(LEAST_SECONDS))
    };
    json!({
        "isAuthenticated": true,
        "principalId": id.principal(),
        "policyDocuments": documents,
        "disconnectAfterInSeconds": at_most(config.disconnect_after_seconds),
        "refreshAfterInSeconds": at_most(config.refresh_after_seconds),
    })
}

/// Valid in form in every field, for what AWS makes of a malformed response is not documented.
pub(crate) fn deny() -> Value {
    json!({
        "isAuthenticated": false,
        "principalId": "denied",
        "policyDocuments": [],
        "disconnectAfterInSeconds": LEAST_SECONDS,
        "refreshAfterInSeconds": LEAST_SECONDS,
    })
}
