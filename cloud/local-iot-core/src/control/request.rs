//! What the operations share: reading a body, finding an authorizer, changing the registry.

use std::sync::Arc;

use motepost_contract::names::is_authorizer_name;
use serde::de::DeserializeOwned;

use super::error::{ApiError, invalid};
use crate::authorizers::record::AuthorizerRecord;
use crate::core::Core;
use crate::registry::Snapshot;

/// Checks the name's pattern, then looks for it.
pub(super) fn find(snapshot: &Snapshot, name: &str) -> Result<Arc<AuthorizerRecord>, ApiError> {
    if !is_authorizer_name(name) {
        return Err(invalid(
            "authorizerName is not 1 to 128 letters, digits and _=,@-",
        ));
    }
    let found = snapshot.authorizers.get(name).cloned();
    found.ok_or_else(|| ApiError::NotFound(format!("Authorizer {name} not found")))
}

/// On a thread where it may block, as it may write a file.
pub(super) async fn change(
    core: &Arc<Core>,
    change: impl FnOnce(&mut Snapshot) -> Result<(), ApiError> + Send + 'static,
) -> Result<(), ApiError> {
    let core = Arc::clone(core);
    let changing = tokio::task::spawn_blocking(move || core.registry.change(change));
    let changed = changing.await;
    changed.unwrap_or_else(|error| Err(ApiError::Internal(error.to_string())))
}

pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        // It may quote a value, though no secret is at such a place.
        serde_json::error::Category::Data => invalid(&error.to_string()),
        _ => invalid("the body is not JSON"),
    })
}
