//! Topic rules: create, replace, get, list, enable, disable, delete (API reference, one page an operation).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use super::arn;
use super::description::date;
use super::error::{ApiError, invalid};
use super::request::{change, read};
use super::response::{OperationResult, ok};
use super::tags;
use crate::core::Core;
use crate::registry::Snapshot;
use crate::rules::rule::{RuleRecord, is_name};

type Shared = State<Arc<Core>>;

pub(super) async fn create(
    State(core): Shared,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> OperationResult {
    let rule = RuleRecord::read(&name, &read(&body)?, SystemTime::now())?;
    let tags = tags::in_header(&headers)?;
    let (most, arn) = (core.config.limits.rules, arn::rule(&core, &name));
    change(&core, move |snapshot| {
        if snapshot.rules.contains_key(&name) {
            return Err(ApiError::AlreadyExists {
                message: format!("Rule {name} already exists"),
                id: name,
                arn: arn.clone(),
            });
        }
        if snapshot.rules.len() >= most {
            return Err(ApiError::LimitExceeded(format!(
                "{most} rules exist already"
            )));
        }
        snapshot.add_rule(rule);
        tags::add(snapshot, &arn, tags)
    })
    .await?;
    ok(json!({}))
}

pub(super) async fn replace(
    State(core): Shared,
    Path(name): Path<String>,
    body: Bytes,
) -> OperationResult {
    let rule = RuleRecord::read(&name, &read(&body)?, SystemTime::now())?;
    change(&core, move |snapshot| {
        let created = find(snapshot, &name)?.created;
        snapshot.add_rule(rule.created_at(created));
        Ok(())
    })
    .await?;
    ok(json!({}))
}

pub(super) async fn enable(State(core): Shared, Path(name): Path<String>) -> OperationResult {
    set_disabled(&core, name, false).await
}

pub(super) async fn disable(State(core): Shared, Path(name): Path<String>) -> OperationResult {
    set_disabled(&core, name, true).await
}

async fn set_disabled(core: &Arc<Core>, name: String, disabled: bool) -> OperationResult {
    change(core, move |snapshot| {
        let old = find(snapshot, &name)?;
        snapshot.add_rule(old.with_disabled(disabled));
        Ok(())
    })
    .await?;
    ok(json!({}))
}

pub(super) async fn delete(State(core): Shared, Path(name): Path<String>) -> OperationResult {
    let arn = arn::rule(&core, &name);
    change(&core, move |snapshot| {
        find(snapshot, &name)?;
        snapshot.rules.remove(&name);
        snapshot.tags.remove(&arn);
        Ok(())
    })
    .await?;
    ok(json!({}))
}

pub(super) async fn get(State(core): Shared, Path(name): Path<String>) -> OperationResult {
    let found = core.registry.read(|snapshot| find(snapshot, &name))?;
    let mut rule = found.payload();
    rule["ruleName"] = json!(name);
    rule["createdAt"] = json!(date(found.created));
    ok(json!({"ruleArn": arn::rule(&core, &name), "rule": rule}))
}

/// UNCONFIRMED: the size of a page when none is given, and that `topic` is one which the rules' filters match.
pub(super) async fn list(
    State(core): Shared,
    Query(query): Query<HashMap<String, String>>,
) -> OperationResult {
    let size = match query.get("maxResults").map(|text| text.parse::<usize>()) {
        None => 10_000,
        Some(Ok(size @ 1..=10_000)) => size,
        Some(_) => return Err(invalid("maxResults is not a number from 1 to 10000")),
    };
    let disabled = match query.get("ruleDisabled").map(String::as_str) {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(invalid("ruleDisabled is neither true nor false")),
    };
    let after = query.get("nextToken").map(|text| after(text)).transpose()?;
    let topic = query.get("topic");
    let rules: Vec<_> = core.registry.read(|snapshot| {
        let rules = snapshot.rules.values();
        rules
            .filter(|rule| after.as_ref().is_none_or(|after| rule.name > *after))
            .filter(|rule| disabled.is_none_or(|disabled| rule.disabled == disabled))
            .filter(|rule| topic.is_none_or(|topic| rule.matches(topic)))
            .take(size + 1)
            .map(Arc::clone)
            .collect()
    });
    let mut page = rules.iter().take(size);
    let listed: Vec<_> = page.clone().map(|rule| summary(&core, rule)).collect();
    let mut response = json!({"rules": listed});
    if let (true, Some(last)) = (rules.len() > size, page.next_back()) {
        response["nextToken"] = Value::from(Base64::encode_string(last.name.as_bytes()));
    }
    ok(response)
}

fn summary(core: &Core, rule: &RuleRecord) -> Value {
    let mut summary = json!({
        "ruleArn": arn::rule(core, &rule.name),
        "ruleName": rule.name,
        "createdAt": date(rule.created),
        "ruleDisabled": rule.disabled,
    });
    if let Some(filter) = &rule.statement.filter {
        summary["topicPattern"] = json!(filter);
    }
    summary
}

/// A token is the last name of the page before, in base64.
fn after(token: &str) -> Result<String, ApiError> {
    Base64::decode_vec(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|name| is_name(name))
        .ok_or_else(|| invalid("nextToken is not that of an earlier response"))
}

/// AWS says of a rule that is not there that access to it was denied: seen for `get-topic-rule` (hashicorp/terraform-provider-aws,
/// `findTopicRuleByName`), and UNCONFIRMED for the others, whose models have no ResourceNotFoundException either.
fn find(snapshot: &Snapshot, name: &str) -> Result<Arc<RuleRecord>, ApiError> {
    if !is_name(name) {
        return Err(invalid("ruleName is not 1 to 128 letters, digits and _"));
    }
    let found = snapshot.rules.get(name).cloned();
    found.ok_or_else(|| {
        ApiError::Unauthorized(format!(
            "Access to topic rule '{name}' was denied: there is no rule of that name, for which AWS has no other words"
        ))
    })
}
