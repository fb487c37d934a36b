//! The default authorizer: set, describe, clear (API reference, one page an operation).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;

use super::arn;
use super::description::{description, named};
use super::error::ApiError;
use super::request::{change, find, read};
use super::response::{OperationResult, ok};
use crate::core::Core;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SetDefault {
    authorizer_name: String,
}

/// UNCONFIRMED: whether another default is replaced, as here, or stands in the way.
pub(super) async fn set(State(core): State<Arc<Core>>, body: Bytes) -> OperationResult {
    let SetDefault { authorizer_name } = read(&body)?;
    let (named, arn) = (
        named(&core, &authorizer_name),
        arn::authorizer(&core, &authorizer_name),
    );
    change(&core, move |snapshot| {
        find(snapshot, &authorizer_name)?;
        if snapshot.default.as_deref() == Some(&authorizer_name) {
            return Err(ApiError::AlreadyExists {
                message: format!("Authorizer {authorizer_name} is the default authorizer already"),
                id: authorizer_name,
                arn,
            });
        }
        snapshot.default = Some(authorizer_name);
        Ok(())
    })
    .await?;
    ok(named)
}

pub(super) async fn describe(State(core): State<Arc<Core>>) -> OperationResult {
    let snapshot = core.registry.snapshot();
    let name = snapshot.default.as_ref().ok_or_else(no_default)?;
    let found = find(&snapshot, name)?;
    ok(json!({"authorizerDescription": description(&core, &found)}))
}

pub(super) async fn clear(State(core): State<Arc<Core>>) -> OperationResult {
    change(&core, |snapshot| {
        snapshot.default.take().map(drop).ok_or_else(no_default)
    })
    .await?;
    ok(json!({}))
}

fn no_default() -> ApiError {
    ApiError::NotFound("There is no default authorizer".to_owned())
}
