//! The console page, in place of AWS's MQTT test console: messages under a topic filter, and what became of each
//! request, as they come.

mod feed;
mod page;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::core::Core;

pub(crate) fn router() -> Router<Arc<Core>> {
    Router::new()
        .merge(page::routes())
        .route("/console/events", get(feed::events))
}
