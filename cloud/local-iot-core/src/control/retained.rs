//! Retained messages: get, list (API reference of iot-data, one page an operation).

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use base64ct::{Base64, Encoding};
use motepost_contract::topic;
use mqtt5::packet::publish::PublishPacket;
use mqtt5::{PropertyId, PropertyValue};
use serde_json::{Value, json};

use super::description::milliseconds;
use super::error::{ApiError, invalid};
use super::response::{OperationResult, ok};
use crate::broker::retained_packet::Retained;
use crate::core::Core;

type Shared = State<Arc<Core>>;

pub(super) async fn get(State(core): Shared, Path(name): Path<String>) -> OperationResult {
    topic::check(name.clone()).map_err(|fault| invalid(&format!("the topic {fault}")))?;
    let mut retained = core.broker.retained_under(&name).await;
    let Some(Retained { packet, modified }) = retained.pop() else {
        return Err(ApiError::NotFound(format!(
            "No message is retained for the topic {name}"
        )));
    };
    let mut response = json!({
        "topic": name,
        "payload": Base64::encode_string(&packet.payload),
        "qos": packet.qos as u8,
        "lastModifiedTime": milliseconds(modified),
    });
    if let Some(properties) = user_properties(&packet) {
        response["userProperties"] = json!(properties);
    }
    ok(response)
}

/// A JSON array of one-pair objects, in base64.
fn user_properties(packet: &PublishPacket) -> Option<String> {
    let all = packet.properties.get_all(PropertyId::UserProperty)?;
    let list: Vec<_> = all
        .iter()
        .filter_map(|property| match property {
            PropertyValue::Utf8StringPair(key, value) => Some(json!({key: value})),
            _ => None,
        })
        .collect();
    let text = (!list.is_empty()).then(|| Value::Array(list).to_string())?;
    Some(Base64::encode_string(text.as_bytes()))
}

/// UNCONFIRMED: the size of a page when none is given, and the order.
pub(super) async fn list(
    State(core): Shared,
    Query(query): Query<HashMap<String, String>>,
) -> OperationResult {
    let size = match query.get("maxResults").map(|text| text.parse::<usize>()) {
        None => 200,
        Some(Ok(size @ 1..=200)) => size,
        Some(_) => return Err(invalid("maxResults is not a number from 1 to 200")),
    };
    let after = query
        .get("nextToken")
        .map(|token| after(token))
        .transpose()?;
    let mut retained = core.broker.retained_under("#").await;
    if let Some(after) = after {
        retained.retain(|retained| retained.packet.topic_name > after);
    }
    let more = retained.len() > size;
    retained.truncate(size);
    let summaries: Vec<_> = retained.iter().map(summary).collect();
    let mut response = json!({"retainedTopics": summaries});
    if let (true, Some(last)) = (more, retained.last()) {
        let topic = last.packet.topic_name.as_bytes();
        response["nextToken"] = json!(Base64::encode_string(topic));
    }
    ok(response)
}

fn summary(retained: &Retained) -> Value {
    json!({
        "topic": retained.packet.topic_name,
        "payloadSize": retained.packet.payload.len(),
        "qos": retained.packet.qos as u8,
        "lastModifiedTime": milliseconds(retained.modified),
    })
}

/// A token is the last topic of the page before, in base64.
fn after(token: &str) -> Result<String, ApiError> {
    Base64::decode_vec(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| invalid("nextToken is not that of an earlier response"))
}
