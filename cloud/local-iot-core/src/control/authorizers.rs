//! Authorizers: create, update, describe, list, delete (API reference, one page an operation). Where a page gives no
//! text for an error, it is UNCONFIRMED.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use base64ct::{Base64, Encoding};
use motepost_contract::names::is_authorizer_name;
use motepost_contract::signature::PublicKey;
use serde::Deserialize;
use serde_json::{Value, json};

use super::arn;
use super::description::{description, named};
use super::error::{ApiError, invalid};
use super::request::{change, find, read};
use super::response::{OperationResult, ok};
use super::tags::{self, Tag};
use crate::authorizers::domain::DomainRecord;
use crate::authorizers::record::AuthorizerRecord;
use crate::core::Core;
use crate::function;

type Shared = State<Arc<Core>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateAuthorizer {
    authorizer_function_arn: Option<String>,
    token_key_name: Option<String>,
    #[serde(default)]
    token_signing_public_keys: BTreeMap<String, String>,
    status: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    signing_disabled: bool,
    #[serde(default)]
    enable_caching_for_http: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateAuthorizer {
    authorizer_function_arn: Option<String>,
    token_key_name: Option<String>,
    token_signing_public_keys: Option<BTreeMap<String, String>>,
    status: Option<String>,
    /// Not in AWS's API, which ignores it: an error is clearer.
    signing_disabled: Option<bool>,
    enable_caching_for_http: Option<bool>,
}

pub(super) async fn create(
    State(core): Shared,
    Path(name): Path<String>,
    body: Bytes,
) -> OperationResult {
    let wanted: CreateAuthorizer = read(&body)?;
    let now = SystemTime::now();
    let authorizer = AuthorizerRecord {
        function_arn: function_arn(
            wanted
                .authorizer_function_arn
                .as_deref()
                .ok_or_else(|| invalid("authorizerFunctionArn is missing"))?,
        )?,
        token_key_name: wanted.token_key_name,
        signing_disabled: wanted.signing_disabled,
        public_keys: keys(&wanted.token_signing_public_keys)?,
        // UNCONFIRMED: the console has a box to tick for it.
        active: wanted.status.as_deref().map_or(Ok(false), is_active)?,
        caching_for_http: wanted.enable_caching_for_http,
        created: now,
        modified: now,
        name,
    };
    authorizer.check().map_err(ApiError::InvalidRequest)?;
    let tags = tags::checked(wanted.tags)?;
    let most = core.config.limits.authorizers;
    let named = named(&core, &authorizer.name);
    let arn = arn::authorizer(&core, &authorizer.name);
    change(&core, move |snapshot| {
        if snapshot.authorizers.contains_key(&authorizer.name) {
            return Err(ApiError::AlreadyExists {
                message: format!("Authorizer {} already exists", authorizer.name),
                id: authorizer.name.clone(),
                arn: arn.clone(),
            });
        }
        if snapshot.authorizers.len() >= most {
            return Err(ApiError::LimitExceeded(format!(
                "{most} authorizers exist already"
            )));
        }
        snapshot.add(authorizer);
        tags::add(snapshot, &arn, tags)
    })
    .await?;
    ok(named)
}

pub(super) async fn update(
    State(core): Shared,
    Path(name): Path<String>,
    body: Bytes,
) -> OperationResult {
    let wanted: UpdateAuthorizer = read(&body)?;
    let arn = wanted.authorizer_function_arn.as_deref();
    let arn = arn.map(function_arn).transpose()?;
    let keys = wanted
        .token_signing_public_keys
        .as_ref()
        .map(keys)
        .transpose()?;
    let active = wanted.status.as_deref().map(is_active).transpose()?;
    let named = named(&core, &name);
    change(&core, move |snapshot| {
        let old = find(snapshot, &name)?;
        if wanted
            .signing_disabled
            .is_some_and(|wanted| wanted != old.signing_disabled)
        {
            return Err(invalid(
                "signingDisabled is fixed when an authorizer is created: create another",
            ));
        }
        let new = AuthorizerRecord {
            function_arn: arn.unwrap_or_else(|| old.function_arn.clone()),
            token_key_name: wanted.token_key_name.or_else(|| old.token_key_name.clone()),
            public_keys: keys.unwrap_or_else(|| old.public_keys.clone()),
            active: active.unwrap_or(old.active),
            caching_for_http: wanted
                .enable_caching_for_http
                .unwrap_or(old.caching_for_http),
            modified: SystemTime::now(),
            ..AuthorizerRecord::clone(&old)
        };
        new.check().map_err(ApiError::InvalidRequest)?;
        snapshot.add(new);
        Ok(())
    })
    .await?;
    ok(named)
}

pub(super) async fn describe(State(core): Shared, Path(name): Path<String>) -> OperationResult {
    let found = find(&core.registry.snapshot(), &name)?;
    ok(json!({"authorizerDescription": description(&core, &found)}))
}

/// UNCONFIRMED: the size of a page when none is given, and the order, which is descending unless ascending is asked for.
pub(super) async fn list(
    State(core): Shared,
    Query(query): Query<HashMap<String, String>>,
) -> OperationResult {
    let size = match query.get("pageSize").map(|text| text.parse::<usize>()) {
        None => 25,
        Some(Ok(size @ 1..=250)) => size,
        Some(_) => return Err(invalid("pageSize is not a number from 1 to 250")),
    };
    let ascending = match query.get("isAscendingOrder").map(String::as_str) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(invalid("isAscendingOrder is neither true nor false")),
    };
    let status = query
        .get("status")
        .map(|text| is_active(text))
        .transpose()?;
    let after = query.get("marker").map(|text| after(text)).transpose()?;
    let snapshot = core.registry.snapshot();
    let mut names: Vec<_> = snapshot
        .authorizers
        .values()
        .filter(|a| status.is_none_or(|active| a.active == active))
        .map(|a| a.name.as_str())
        .filter(|name| match &after {
            None => true,
            Some(after) if ascending => *name > after.as_str(),
            Some(after) => *name < after.as_str(),
        })
        .collect();
    if !ascending {
        names.reverse();
    }
    let more = names.len() > size;
    names.truncate(size);
    let page: Vec<_> = names.iter().map(|name| self::named(&core, name)).collect();
    let mut response = json!({"authorizers": page});
    if let (true, Some(last)) = (more, names.last()) {
        response["nextMarker"] = Value::from(Base64::encode_string(last.as_bytes()));
    }
    ok(response)
}

/// A marker is the last name of the page before, in base64.
fn after(marker: &str) -> Result<String, ApiError> {
    Some(marker)
        .filter(|marker| marker.len() <= 1024)
        .and_then(|marker| Base64::decode_vec(marker).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|name| is_authorizer_name(name))
        .ok_or_else(|| invalid("marker is not the nextMarker of an earlier response"))
}

/// UNCONFIRMED: which of its errors AWS gives for an authorizer that is ACTIVE.
pub(super) async fn delete(State(core): Shared, Path(name): Path<String>) -> OperationResult {
    let arn = arn::authorizer(&core, &name);
    change(&core, move |snapshot| {
        let found = find(snapshot, &name)?;
        if snapshot.default.as_deref() == Some(&name) {
            return Err(ApiError::DeleteConflict(format!(
                "Authorizer {name} is the default authorizer"
            )));
        }
        let is_default = |domain: &&Arc<DomainRecord>| {
            let default = domain.authorizer.as_ref();
            default.is_some_and(|default| default.name == name)
        };
        if let Some(domain) = snapshot.domains.values().find(is_default) {
            return Err(ApiError::DeleteConflict(format!(
                "Authorizer {name} is the default authorizer of the domain configuration {}",
                domain.name
            )));
        }
        if found.active {
            return Err(invalid(&format!(
                "Authorizer {name} is ACTIVE: it must be INACTIVE to be deleted"
            )));
        }
        snapshot.authorizers.remove(&name);
        snapshot.tags.remove(&arn);
        Ok(())
    })
    .await?;
    ok(json!({}))
}

fn function_arn(text: &str) -> Result<String, ApiError> {
    function::arn::check("authorizerFunctionArn", text).map_err(ApiError::InvalidRequest)?;
    Ok(text.to_owned())
}

fn keys(keys: &BTreeMap<String, String>) -> Result<Vec<PublicKey>, ApiError> {
    let key = |(name, pem): (&String, &String)| {
        let length = pem.chars().count();
        if length > 5120 {
            return Err(ApiError::InvalidRequest(format!(
                "key {name}: it has {length} characters of at most 5120"
            )));
        }
        PublicKey::from_pem(name, pem).map_err(ApiError::InvalidRequest)
    };
    keys.iter().map(key).collect()
}

fn is_active(status: &str) -> Result<bool, ApiError> {
    match status {
        "ACTIVE" => Ok(true),
        "INACTIVE" => Ok(false),
        _ => Err(invalid("status is neither ACTIVE nor INACTIVE")),
    }
}
