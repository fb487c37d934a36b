//! An authorizer as the API shows it.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::arn;
use crate::authorizers::record::AuthorizerRecord;
use crate::core::Core;

pub(super) fn named(core: &Core, name: &str) -> Value {
    json!({"authorizerName": name, "authorizerArn": arn::authorizer(core, name)})
}

/// To the millisecond, as AWS gives it.
pub(super) fn date(time: SystemTime) -> f64 {
    milliseconds(time) as f64 / 1000.0
}

pub(super) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as u64
}

pub(super) fn description(core: &Core, authorizer: &AuthorizerRecord) -> Value {
    let keys: BTreeMap<_, _> = authorizer
        .public_keys
        .iter()
        .map(|key| (key.name(), key.pem()))
        .collect();
    let mut description = named(core, &authorizer.name);
    description["authorizerFunctionArn"] = json!(authorizer.function_arn);
    if let Some(name) = &authorizer.token_key_name {
        description["tokenKeyName"] = json!(name);
    }
    if !keys.is_empty() {
        description["tokenSigningPublicKeys"] = json!(keys);
    }
    description["status"] = json!(if authorizer.active {
        "ACTIVE"
    } else {
        "INACTIVE"
    });
    description["creationDate"] = json!(date(authorizer.created));
    description["lastModifiedDate"] = json!(date(authorizer.modified));
    description["signingDisabled"] = json!(authorizer.signing_disabled);
    description["enableCachingForHttp"] = json!(authorizer.caching_for_http);
    description
}
