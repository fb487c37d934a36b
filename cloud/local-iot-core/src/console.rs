//! The console page, in place of AWS's MQTT test console.

use std::sync::Arc;

use axum::Router;

use crate::context::Core;

pub(crate) fn router() -> Router<Arc<Core>> {
    Router::new()
}
