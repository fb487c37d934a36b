//! TestInvokeAuthorizer: the function's response to a made-up event.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Bytes;
use axum::extract::{Path, State};
use base64ct::{Base64, Encoding};
use motepost_contract::http::RequestHead;
use motepost_contract::http::fields::MAX_VALUE_BYTES;
use motepost_contract::{signature, token};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{ApiError, invalid};
use super::request::{find, read};
use super::response::{OperationResult, ok};
use crate::access::credentials::{self, Token};
use crate::access::event::{self, Protocols};
use crate::authorizers::record::AuthorizerRecord;
use crate::authorizers::response::{self, Grant};
use crate::core::Core;
use crate::http;
use crate::trace::entry::{Invocation, Stage, TraceEntry};
use crate::trace::redact::Secrets;

/// No `Debug`: it holds credentials.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TestInvoke {
    token: Option<String>,
    token_signature: Option<String>,
    http_context: Option<HttpContext>,
    mqtt_context: Option<MqttContext>,
    tls_context: Option<TlsContext>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HttpContext {
    #[serde(default)]
    headers: BTreeMap<String, String>,
    query_string: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MqttContext {
    username: Option<String>,
    /// A blob: base64 of what a device would send.
    password: Option<String>,
    client_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TlsContext {
    server_name: Option<String>,
}

pub(super) async fn invoke(
    State(core): State<Arc<Core>>,
    Path(name): Path<String>,
    body: Bytes,
) -> OperationResult {
    let authorizer = find(&core.registry.snapshot(), &name)?;
    let wanted: TestInvoke = read(&body)?;
    wanted.check()?;
    let mut invocation = None;
    let result = ask(&core, &authorizer, &wanted, &mut invocation).await;
    let (accepted, reason) = match &result {
        Ok(Some(grant)) => {
            let count = grant.documents.len();
            (true, format!("a grant with {count} policy documents"))
        }
        Ok(None) => (false, "isAuthenticated false".to_owned()),
        Err(fault) => (false, fault.message().to_owned()),
    };
    let stage = if invocation.is_some() {
        Stage::Function
    } else {
        Stage::Authorizer
    };
    let sleeping = (!authorizer.active)
        .then(|| "the authorizer is INACTIVE, so that devices are refused".to_owned());
    core.trace.record(TraceEntry {
        time: SystemTime::now(),
        request_id: http::uuid().ok(),
        accepted,
        status: Some(result.as_ref().map_or_else(ApiError::status, |_| 200)),
        operation: None,
        client_id: None,
        topic: None,
        authorizer: Some(name),
        rule: None,
        invocation,
        policy: None,
        stage,
        reason: format!("TestInvokeAuthorizer: {reason}"),
        notes: sleeping.into_iter().collect(),
        repeat: None,
    });
    match result? {
        Some(grant) => {
            core.grants.keep(&grant);
            ok(json!({
                "isAuthenticated": true,
                "principalId": grant.principal,
                "policyDocuments": grant.documents,
                "refreshAfterInSeconds": grant.refresh_after.as_secs(),
                "disconnectAfterInSeconds": grant.disconnect_after.as_secs(),
            }))
        }
        None => ok(json!({"isAuthenticated": false})),
    }
}

/// UNCONFIRMED: which error AWS gives for a signature that does not verify, and for a function that fails.
async fn ask(
    core: &Core,
    authorizer: &AuthorizerRecord,
    wanted: &TestInvoke,
    invocation: &mut Option<Invocation>,
) -> Result<Option<Grant>, ApiError> {
    let behaviour = &core.config.behaviour;
    let http = wanted.http_context.as_ref().map(HttpContext::request);
    let token = match (&wanted.token, &http) {
        (token, _) if !authorizer.signing_disabled => {
            let (Some(token), Some(signature)) = (token, &wanted.token_signature) else {
                return Err(invalid(
                    "the authorizer has signing enabled: token and tokenSignature are both needed",
                ));
            };
            let keys = &authorizer.public_keys;
            let key = signature::verify(keys, token.as_bytes(), signature.as_bytes());
            Token {
                text: Some(token.clone()),
                verified_by: Some(key.map_err(ApiError::InvalidRequest)?),
            }
        }
        (Some(token), _) => Token {
            text: Some(token.clone()),
            verified_by: None,
        },
        (None, _) => {
            let mqtt = wanted.mqtt_context.as_ref().map(MqttContext::request);
            let mut token = Token {
                text: None,
                verified_by: None,
            };
            // As over WebSockets the upgrade's count before those of the user name.
            for request in http.iter().chain(&mqtt) {
                if token.text.is_none() {
                    token = credentials::token(authorizer, request, behaviour)
                        .map_err(ApiError::InvalidRequest)?;
                }
            }
            token
        }
    };
    let protocols = Protocols {
        tls: wanted
            .tls_context
            .as_ref()
            .map(|tls| tls.server_name.as_deref()),
        http: http.as_ref(),
        mqtt: wanted.mqtt_context.as_ref().map(MqttContext::event),
    };
    let id = http::uuid().map_err(|error| ApiError::Internal(error.to_string()))?;
    let event = event::build(&protocols, &id, &token, behaviour.event_header_names);
    let secrets = wanted.secrets(authorizer, http.as_ref());
    let limit = core.config.limits.function_time;
    let ran = core
        .functions
        .invoke(&authorizer.function_arn, event, secrets.clone(), limit)
        .await;
    *invocation = Some(ran.invocation);
    let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let client_id = wanted.mqtt_context.as_ref();
    let client_id = client_id.and_then(|mqtt| mqtt.client_id.as_deref());
    ran.result
        .and_then(|returned| response::check(&returned, peer, client_id, behaviour, &secrets))
        .map_err(ApiError::InvalidResponse)
}

impl TestInvoke {
    /// The lengths of the API's model.
    fn check(&self) -> Result<(), ApiError> {
        let (http, mqtt) = (self.http_context.as_ref(), self.mqtt_context.as_ref());
        let tls = self.tls_context.as_ref();
        let texts = [
            ("token", &self.token, token::MAX_BYTES),
            (
                "tokenSignature",
                &self.token_signature,
                signature::MAX_CHARACTERS,
            ),
            (
                "queryString",
                &http.and_then(|h| h.query_string.clone()),
                4096,
            ),
            ("username", &mqtt.and_then(|m| m.username.clone()), 65_535),
            ("clientId", &mqtt.and_then(|m| m.client_id.clone()), 65_535),
            ("serverName", &tls.and_then(|t| t.server_name.clone()), 253),
        ];
        for (name, text, most) in texts {
            if let Some(text) = text {
                check_length(name, text, most)?;
            }
        }
        for (name, value) in http.iter().flat_map(|http| &http.headers) {
            check_length("a name in headers", name, MAX_VALUE_BYTES)?;
            check_length("a value in headers", value, MAX_VALUE_BYTES)?;
        }
        let Some(password) = mqtt.and_then(|mqtt| mqtt.password.as_ref()) else {
            return Ok(());
        };
        match Base64::decode_vec(password).map(|bytes| bytes.len()) {
            Ok(1..=65_535) => Ok(()),
            _ => Err(invalid("password is not the base64 of 1 to 65535 bytes")),
        }
    }

    /// What the trace must not show.
    fn secrets(&self, authorizer: &AuthorizerRecord, http: Option<&RequestHead>) -> Secrets {
        let in_http = http.map(|request| credentials::secrets(authorizer, request));
        let mut secrets = in_http.unwrap_or_default();
        for text in self.token.iter().chain(&self.token_signature) {
            secrets.add(text);
        }
        let Some(mqtt) = &self.mqtt_context else {
            return secrets;
        };
        let username = mqtt.username.as_deref();
        let password = mqtt.password.as_deref();
        let password = password.and_then(|text| Base64::decode_vec(text).ok());
        let client_id = mqtt.client_id.as_deref().unwrap_or_default();
        let of_client = credentials::mqtt_secrets(username, password.as_deref(), client_id);
        let in_query = credentials::secrets(authorizer, &mqtt.request());
        secrets.and(&of_client).and(&in_query)
    }
}

fn check_length(name: &str, text: &str, most: usize) -> Result<(), ApiError> {
    let length = text.chars().count();
    if (1..=most).contains(&length) {
        return Ok(());
    }
    Err(ApiError::InvalidRequest(format!(
        "{name} has {length} characters, and 1 to {most} are allowed"
    )))
}

impl HttpContext {
    fn request(&self) -> RequestHead {
        let query = self.query_string.as_deref();
        let headers = self.headers.iter();
        RequestHead::of_parts(
            "POST",
            "/",
            query.map(|query| query.strip_prefix('?').unwrap_or(query)),
            headers
                .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
                .collect(),
        )
    }
}

impl MqttContext {
    /// The user name's query, as credentials are found in it.
    fn request(&self) -> RequestHead {
        let username = self.username.as_deref();
        let query = username.and_then(|name| Some(name.split_once('?')?.1));
        RequestHead::of_parts("CONNECT", "/", query, Vec::new())
    }

    fn event(&self) -> Value {
        let fields = [
            ("username", &self.username),
            ("password", &self.password),
            ("clientId", &self.client_id),
        ];
        let fields = fields
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), Value::from(text.clone()?))));
        Value::Object(fields.collect::<Map<_, _>>())
    }
}
