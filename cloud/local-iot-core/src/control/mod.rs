//! The control port: AWS's control plane, the owner's publish and the console page, in plain HTTP on loopback.

mod authorizers;
pub(crate) mod error;
mod owner;
mod response;
mod test_invoke;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header, uri::Authority};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::console;
use crate::control::error::ApiError;
use crate::core::Core;
use crate::server::accept;
use crate::sigv4;
use response::{OperationResult, ok};

/// Never returns. What axum itself offers for this waits for ever for a request's head.
pub(crate) async fn serve(core: Arc<Core>, listener: TcpListener) {
    let limits = &core.config.limits;
    let slots = Arc::new(Semaphore::new(limits.connections));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.idle_time);
    let service = TowerToHyperService::new(router(Arc::clone(&core)));
    loop {
        let Some((stream, _, slot)) = accept::next(&core, &listener, &slots).await else {
            continue;
        };
        let serving = http.serve_connection(TokioIo::new(stream), service.clone());
        tokio::spawn(async move {
            // Whoever is at the other end knows of an error already.
            let _ = serving.await;
            drop(slot);
        });
    }
}

fn router(core: Arc<Core>) -> Router {
    let operations = Router::new()
        .route(
            "/authorizer/{name}",
            post(authorizers::create)
                .put(authorizers::update)
                .get(authorizers::describe)
                .delete(authorizers::delete),
        )
        .route("/authorizer/{name}/test", post(test_invoke::invoke))
        .route("/authorizers/", get(authorizers::list))
        .route(
            "/default-authorizer",
            post(authorizers::set_default)
                .get(authorizers::describe_default)
                .delete(authorizers::clear_default),
        )
        .route("/endpoint", get(endpoint))
        .layer(middleware::from_fn(signed_for_iot));
    Router::new()
        .merge(operations)
        .route("/topics/", any(owner::publish))
        .route("/topics/{*topic}", any(owner::publish))
        .merge(console::router())
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&core),
            within_time,
        ))
        .layer(middleware::from_fn(refuse_other_sites))
        .with_state(core)
}

/// A request must have arrived and been answered by then; what an answer streams has no end.
async fn within_time(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let limits = &core.config.limits;
    let limit = limits.body_time + limits.function_time;
    let answer = tokio::time::timeout(limit, next.run(request)).await;
    answer.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

/// AWS checks the signature; here its form is enough, for the stand-in knows nobody's secret key.
async fn signed_for_iot(request: Request, next: Next) -> Response {
    let authorization = request.headers().get(header::AUTHORIZATION);
    let authorization = authorization.map(|value| value.as_bytes());
    let query = request.uri().query();
    if !sigv4::is_claimed(authorization, query) {
        return ApiError::MissingAuthentication.into_response();
    }
    match sigv4::service(authorization, query) {
        Ok(service) if service == "iot" => next.run(request).await,
        Ok(_) => ApiError::InvalidSignature(
            "Credential should be scoped to correct service: 'iot'.".to_owned(),
        )
        .into_response(),
        Err(wrong) => ApiError::IncompleteSignature(wrong).into_response(),
    }
}

/// Where a publish goes, as host and port: AWS's answer is a host alone, for there the port is 443.
async fn endpoint(
    State(core): State<Arc<Core>>,
    Query(query): Query<HashMap<String, String>>,
) -> OperationResult {
    match query.get("endpointType").map(String::as_str) {
        None | Some("iot:Data-ATS" | "iot:Data") => {
            let host = crate::core::ENDPOINT;
            let port = core.addresses.https.port();
            ok(json!({"endpointAddress": format!("{host}:{port}")}))
        }
        Some(_) => Err(ApiError::InvalidRequest(
            "endpointType: of AWS's endpoints only iot:Data-ATS is here".to_owned(),
        )),
    }
}

async fn unknown(request: Request) -> ApiError {
    ApiError::UnknownOperation(format!(
        "{} {} is none of what this stand-in can do: create, update, describe, list, delete and test-invoke authorizers; set, describe and clear the default authorizer; describe-endpoint; iot-data publish",
        request.method(),
        request.uri().path()
    ))
}

/// A page of another site could have its own name point to 127.0.0.1 (DNS rebinding), and so read and change what is
/// here through the browser of whoever looks at it: that name then stands in `Host`. And any page can send a request
/// whose answer it cannot read: that page's site then stands in `Origin`.
async fn refuse_other_sites(request: Request, next: Next) -> Response {
    if is_from_here(request.headers()) {
        return next.run(request).await;
    }
    (
        StatusCode::FORBIDDEN,
        "the control port answers to localhost and to addresses only, and to no other site's pages",
    )
        .into_response()
}

fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let host = text(header::HOST);
    let origin_is_host = text(header::ORIGIN)
        .is_none_or(|origin| host.is_some_and(|host| origin == format!("http://{host}")));
    host.is_none_or(is_local) && origin_is_host
}

fn is_local(host: &str) -> bool {
    host.parse::<Authority>().is_ok_and(|authority| {
        let name = authority.host().trim_matches(['[', ']']);
        name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_localhost_and_addresses_are_local() {
        for host in [
            "localhost",
            "LOCALHOST:8081",
            "127.0.0.1:8081",
            "[::1]:8081",
            "[::1]",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com:80",
            "127.0.0.1.example.com",
            "a b",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn a_page_of_another_site_is_not_from_here() {
        let rows = [
            (None, None, true),
            (Some("127.0.0.1:8081"), None, true),
            (Some("127.0.0.1:8081"), Some("http://127.0.0.1:8081"), true),
            (Some("127.0.0.1:8081"), Some("http://127.0.0.1:9999"), false),
            (Some("127.0.0.1:8081"), Some("https://example.com"), false),
            (Some("127.0.0.1:8081"), Some("null"), false),
            (Some("example.com"), Some("http://example.com"), false),
        ];
        for (host, origin, expected) in rows {
            let mut headers = HeaderMap::new();
            for (name, value) in [(header::HOST, host), (header::ORIGIN, origin)] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            assert_eq!(is_from_here(&headers), expected, "{host:?} {origin:?}");
        }
    }
}
