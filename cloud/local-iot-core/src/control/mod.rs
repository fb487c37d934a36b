//! The control port: AWS's control plane, the owner's publish and the console page, in plain HTTP on loopback.

mod arn;
mod authorizers;
mod default_authorizer;
mod description;
mod domain_request;
mod domains;
mod error;
mod owner;
mod request;
mod response;
mod retained;
mod tags;
mod test_authorization;
mod test_invoke;
mod topic_rules;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body;
use axum::extract::{Query, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use motepost_contract::sigv4;
use serde_json::json;
use tokio::net::TcpStream;

use crate::console;
use crate::core::{Core, ENDPOINT};
use crate::origin::refuse_other_sites;
use crate::trace::entry::TraceEntry;
use error::ApiError;
use response::{ERROR_TYPE, OperationResult, ok};

/// Serves connections to the control port. axum's own server is not used: it waits forever for a request's head.
pub(crate) struct ControlPlane {
    http: http1::Builder,
    service: TowerToHyperService<Router>,
}

impl ControlPlane {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(core.config.limits.idle_time);
        Self {
            http,
            service: TowerToHyperService::new(router(Arc::clone(core))),
        }
    }

    pub(crate) fn serve(&self, stream: TcpStream) -> impl Future<Output = ()> + use<> {
        let serving = self
            .http
            .serve_connection(TokioIo::new(stream), self.service.clone());
        async move {
            // The client sees an error itself.
            let _ = serving.await;
        }
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
            post(default_authorizer::set)
                .get(default_authorizer::describe)
                .delete(default_authorizer::clear),
        )
        .route("/domainConfigurations", get(domains::list))
        .route(
            "/domainConfigurations/{name}",
            post(domains::create)
                .put(domains::update)
                .get(domains::describe)
                .delete(domains::delete),
        )
        .route("/tags", get(tags::list).post(tags::tag))
        .route("/untag", post(tags::untag))
        .route("/rules", get(topic_rules::list))
        .route(
            "/rules/{name}",
            post(topic_rules::create)
                .patch(topic_rules::replace)
                .get(topic_rules::get)
                .delete(topic_rules::delete),
        )
        .route("/rules/{name}/enable", post(topic_rules::enable))
        .route("/rules/{name}/disable", post(topic_rules::disable))
        .route("/test-authorization", post(test_authorization::test))
        .route("/endpoint", get(endpoint))
        .layer(middleware::from_fn(in_aws_s_form))
        .layer(middleware::from_fn_with_state(
            (Arc::clone(&core), "iot"),
            signed_for,
        ));
    let data = Router::new()
        .route("/retainedMessage", get(retained::list))
        .route("/retainedMessage/{*topic}", get(retained::get))
        .layer(middleware::from_fn(in_aws_s_form))
        .layer(middleware::from_fn_with_state(
            (Arc::clone(&core), "iotdata"),
            signed_for,
        ));
    Router::new()
        .merge(operations)
        .merge(data)
        .route("/topics/", any(owner::publish))
        .route("/topics/{*topic}", any(owner::publish))
        .route(
            "/console/topics/{*topic}",
            post(owner::publish_from_console),
        )
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

/// The limit is for a request to arrive and its response to begin; what a response streams has no end.
async fn within_time(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let limits = &core.config.limits;
    let limit = limits.body_time + limits.function_wait + limits.function_time;
    let response = tokio::time::timeout(limit, next.run(request)).await;
    response.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

/// What axum refuses by itself, such as a path that is no UTF-8, in the form of the other errors.
async fn in_aws_s_form(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if !response.status().is_client_error() || response.headers().contains_key(ERROR_TYPE) {
        return response;
    }
    // It is a sentence.
    let text = body::to_bytes(response.into_body(), 4096).await;
    let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
    ApiError::InvalidRequest(text).into_response()
}

/// AWS checks the signature; here its form is enough, for the emulator knows nobody's secret key.
async fn signed_for(
    State((core, service)): State<(Arc<Core>, &'static str)>,
    request: Request,
    next: Next,
) -> Response {
    let authorization = request.headers().get(header::AUTHORIZATION);
    let authorization = authorization.map(|value| value.as_bytes());
    let query = request.uri().query();
    if !sigv4::is_claimed(authorization, query) {
        return ApiError::MissingAuthentication.into_response();
    }
    match sigv4::scope(authorization, query) {
        Ok(scope) if scope.service == service && scope.region == core.config.region => {
            next.run(request).await
        }
        Ok(scope) if scope.service == service => in_another_region(&core, &scope.region, &request),
        Ok(_) => ApiError::InvalidSignature(format!(
            "Credential should be scoped to correct service: '{service}'."
        ))
        .into_response(),
        Err(wrong) => ApiError::IncompleteSignature(wrong).into_response(),
    }
}

/// There nothing exists that exists here, and nothing can be made.
fn in_another_region(core: &Core, asked: &str, request: &Request) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    let reason = format!(
        "{method} {path} asks the region {asked}, and this local emulator is {} (--region)",
        core.config.region
    );
    let makes = method == Method::POST && !path.ends_with("/test");
    let response = match path {
        "/authorizers/" => ok(json!({"authorizers": []})).into_response(),
        "/domainConfigurations" => ok(json!({"domainConfigurations": []})).into_response(),
        "/rules" => ok(json!({"rules": []})).into_response(),
        "/retainedMessage" => ok(json!({"retainedTopics": []})).into_response(),
        _ if makes => ApiError::InvalidRequest(reason.clone()).into_response(),
        _ => ApiError::NotFound(reason.clone()).into_response(),
    };
    let mut entry = TraceEntry::lost(reason);
    entry.status = Some(response.status().as_u16());
    core.trace.record(entry);
    response
}

/// Where a publish goes, as host and port: AWS's response is a host alone, as the port is 443 there.
async fn endpoint(
    State(core): State<Arc<Core>>,
    Query(query): Query<HashMap<String, String>>,
) -> OperationResult {
    match query.get("endpointType").map(String::as_str) {
        None | Some("iot:Data-ATS") => {
            let port = core.addresses.https.port();
            ok(json!({"endpointAddress": format!("{ENDPOINT}:{port}")}))
        }
        Some("iot:Data") => Err(ApiError::InvalidRequest(
            "endpointType: iot:Data is reported as retired: use iot:Data-ATS".to_owned(),
        )),
        Some(_) => Err(ApiError::InvalidRequest(
            "endpointType: of AWS's endpoints only iot:Data-ATS is here".to_owned(),
        )),
    }
}

/// Services such as STS send their operations as a form, and read errors in XML (AWS query protocol).
async fn unknown(request: Request) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        let xml = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code>\
                   <Message>this local emulator has operations of iot and iot-data only</Message></Error>\
                   </ErrorResponse>";
        return (
            StatusCode::BAD_REQUEST,
            [(header::CONTENT_TYPE, "text/xml")],
            xml,
        )
            .into_response();
    }
    let error = ApiError::UnknownOperation(format!(
        "{} {} is not an operation that this local emulator has. It has: create, update, describe, list, delete and test-invoke authorizers; set, describe and clear the default authorizer; create, replace, get, list, enable, disable and delete topic rules; create, update, describe, list and delete domain configurations; tag, untag and list tags of all three; test-authorization; describe-endpoint; iot-data publish, get-retained-message and list-retained-messages",
        request.method(),
        request.uri().path()
    ));
    error.into_response()
}
