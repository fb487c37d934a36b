//! The owner's publish on the control port, so that one `--endpoint-url` serves `aws iot` and `aws iot-data`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use motepost_contract::http::RequestHead;

use crate::access::peer::{Door, Peer};
use crate::core::Core;
use crate::http;
use crate::publish::cache::Cache;
use crate::publish::decide;

pub(super) async fn publish(State(core): State<Arc<Core>>, request: Request) -> Response {
    publish_by(&core, request, Door::Control).await
}

/// Needs no signature: the port answers to no other site's page.
pub(super) async fn publish_from_console(
    State(core): State<Arc<Core>>,
    request: Request,
) -> Response {
    publish_by(&core, request, Door::Console).await
}

async fn publish_by(core: &Core, request: Request, door: Door) -> Response {
    let Ok(request_id) = http::uuid() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let (head, body) = request.into_parts();
    let (fields, path) = (head.headers.iter(), head.uri.path());
    let request = RequestHead::of_parts(
        head.method.as_str(),
        path.strip_prefix("/console").unwrap_or(path),
        head.uri.query(),
        fields
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect(),
    );
    let peer = Peer {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        tls: false,
        server_name: None,
        connection_id: request_id.clone(),
        door,
    };
    let outcome = match to_bytes(body, core.config.limits.body_bytes).await {
        Ok(payload) => {
            // Only authorizers' responses are cached, and none is asked here.
            let cache = &mut Cache::default();
            decide::decide(core, &peer, cache, &request, payload.to_vec()).await
        }
        Err(_) => {
            let (status, reason) = decide::oversize(core);
            decide::refused_unread(core, Some(&request), status, reason)
        }
    };
    let content = http::PublishResponse {
        status: outcome.status,
        message: &outcome.message,
        request_id: &request_id,
    };
    let mut response = Response::new(Body::from(content.body()));
    *response.status_mut() = StatusCode::from_u16(outcome.status.code()).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    if let Some(Ok(kind)) = outcome
        .status
        .error_type()
        .map(|kind| HeaderValue::from_str(&format!("{kind}:")))
    {
        headers.insert("x-amzn-errortype", kind);
    }
    core.trace
        .record(outcome.into_entry(SystemTime::now(), request_id));
    response
}
