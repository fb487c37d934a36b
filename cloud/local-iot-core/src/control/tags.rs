//! Tags of authorizers, topic rules and domain configurations: tag, untag, list (API reference, one page an operation).

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use motepost_contract::query;
use serde::Deserialize;
use serde_json::json;

use super::arn;
use super::error::{ApiError, invalid};
use super::request::{change, read};
use super::response::{OperationResult, ok};
use crate::core::Core;
use crate::registry::{Snapshot, Tags};

/// General Reference, "Tag naming limits and requirements".
const MOST: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TagResource {
    resource_arn: String,
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UntagResource {
    resource_arn: String,
    tag_keys: Vec<String>,
}

pub(super) async fn tag(State(core): State<Arc<Core>>, body: Bytes) -> OperationResult {
    let wanted: TagResource = read(&body)?;
    let tags = checked(wanted.tags)?;
    let shared = Arc::clone(&core);
    change(&core, move |snapshot| {
        find(&shared, snapshot, &wanted.resource_arn)?;
        add(snapshot, &wanted.resource_arn, tags)
    })
    .await?;
    ok(json!({}))
}

/// A key that is not there is no error.
pub(super) async fn untag(State(core): State<Arc<Core>>, body: Bytes) -> OperationResult {
    let wanted: UntagResource = read(&body)?;
    let shared = Arc::clone(&core);
    change(&core, move |snapshot| {
        find(&shared, snapshot, &wanted.resource_arn)?;
        if let Some(tags) = snapshot.tags.get_mut(&wanted.resource_arn) {
            tags.retain(|key, _| !wanted.tag_keys.contains(key));
        }
        Ok(())
    })
    .await?;
    ok(json!({}))
}

/// All on one page: there are few.
pub(super) async fn list(
    State(core): State<Arc<Core>>,
    Query(query): Query<HashMap<String, String>>,
) -> OperationResult {
    let arn = query
        .get("resourceArn")
        .ok_or_else(|| invalid("resourceArn is missing"))?;
    let tags = core.registry.read(|snapshot| {
        find(&core, snapshot, arn)?;
        Ok::<_, ApiError>(snapshot.tags.get(arn).cloned().unwrap_or_default())
    })?;
    let tags = tags
        .iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}));
    ok(json!({"tags": tags.collect::<Vec<_>>()}))
}

/// Adds them to what it has, or replaces their values.
pub(super) fn add(snapshot: &mut Snapshot, arn: &str, tags: Tags) -> Result<(), ApiError> {
    if tags.is_empty() {
        return Ok(());
    }
    let all = snapshot.tags.entry(arn.to_owned()).or_default();
    all.extend(tags);
    if all.len() > MOST {
        return Err(ApiError::LimitExceeded(format!(
            "a resource has at most {MOST} tags"
        )));
    }
    Ok(())
}

/// What can have tags here.
fn find(core: &Core, snapshot: &Snapshot, arn: &str) -> Result<(), ApiError> {
    let named = |kind: &str| arn.rsplit_once(&format!(":{kind}/")).map(|(_, name)| name);
    let authorizer = named("authorizer").filter(|name| snapshot.authorizers.contains_key(*name));
    let rule = named("rule").filter(|name| snapshot.rules.contains_key(*name));
    // An id follows its name.
    let domain = named("domainconfiguration").and_then(|rest| Some(rest.split_once('/')?.0));
    let domain = domain.filter(|name| snapshot.domains.contains_key(*name));
    let found = authorizer.is_some_and(|name| arn::authorizer(core, name) == arn)
        || rule.is_some_and(|name| arn::rule(core, name) == arn)
        || domain.is_some_and(|name| arn::domain(core, name) == arn);
    if found {
        return Ok(());
    }
    Err(ApiError::NotFound(format!(
        "{arn} is the ARN of no authorizer, topic rule or domain configuration of this local emulator"
    )))
}

/// Of `x-amz-tagging: key=value&key=value`, percent-encoded.
pub(super) fn in_header(headers: &HeaderMap) -> Result<Tags, ApiError> {
    let wrong = || invalid("x-amz-tagging is not key=value&key=value, percent-encoded");
    let Some(header) = headers.get("x-amz-tagging") else {
        return Ok(Tags::new());
    };
    let tags: Option<Vec<_>> = query::parameters(header.as_bytes())
        .map(|parameter| {
            Some(Tag {
                key: parameter.name().to_owned(),
                value: String::from_utf8(parameter.bytes()?).ok()?,
            })
        })
        .collect();
    checked(tags.ok_or_else(wrong)?)
}

pub(super) fn checked(tags: Vec<Tag>) -> Result<Tags, ApiError> {
    let allowed = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
    for Tag { key, value } in &tags {
        let right = (1..=128).contains(&key.chars().count())
            && key.chars().all(allowed)
            && value.chars().count() <= 256;
        if !right {
            return Err(invalid(
                "tags: a Key has 1 to 128 characters, a Value 256 at most",
            ));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid("tags: keys that begin with aws: are AWS's own"));
        }
    }
    Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
}
