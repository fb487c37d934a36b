//! The Lambda runtime API of one process: where it asks for its next event and leaves its response
//! (Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes", version 2018-06-01).

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::failure::Failure;
use crate::origin::refuse_other_sites;

/// Lambda's bound on a response.
const MOST_BYTES: usize = 6 * 1024 * 1024;

/// One event for the process to handle. No `Debug`: it holds credentials.
pub(super) struct Work {
    pub(super) request_id: String,
    pub(super) deadline_ms: u128,
    pub(super) trace_id: String,
    pub(super) event: Vec<u8>,
}

/// What the process reported about it.
pub(super) enum Report {
    /// It has the event.
    Taken,
    Returned(Result<Value, Failure>),
    /// It cannot begin.
    InitFailed(Failure),
}

/// The API, until it is dropped.
pub(super) struct RuntimeApi {
    pub(super) address: SocketAddr,
    pub(super) work: mpsc::Sender<Work>,
    pub(super) reports: mpsc::Receiver<Report>,
    server: JoinHandle<()>,
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Api {
    arn: String,
    work: tokio::sync::Mutex<mpsc::Receiver<Work>>,
    /// The id of the event that waits for its response.
    open: Mutex<Option<String>>,
    reports: mpsc::Sender<Report>,
}

impl RuntimeApi {
    pub(super) async fn start(arn: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (work, works) = mpsc::channel(1);
        let (sender, reports) = mpsc::channel(4);
        let api = Arc::new(Api {
            arn: arn.to_owned(),
            work: tokio::sync::Mutex::new(works),
            open: Mutex::default(),
            reports: sender,
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route(
                "/2018-06-01/runtime/invocation/{id}/response",
                post(response),
            )
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .layer(DefaultBodyLimit::max(MOST_BYTES))
            .layer(middleware::from_fn(refuse_other_sites))
            .with_state(api);
        // Events are small, and a caller waits for each.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let server = tokio::spawn(async move {
            // The task is aborted when this is dropped.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            address,
            work,
            reports,
            server,
        })
    }
}

impl Api {
    fn take_open(&self, matching: impl FnOnce(&str) -> bool) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = open.as_deref().is_some_and(matching);
        if taken {
            *open = None;
        }
        taken
    }

    /// Nobody may be left to receive it, which changes nothing for the process.
    async fn report(&self, report: Report) {
        let _ = self.reports.send(report).await;
    }

    async fn returned(&self, id: &str, result: Result<Value, Failure>) -> Response {
        if !self.take_open(|open| open == id) {
            return fault(
                StatusCode::BAD_REQUEST,
                "InvalidRequestID",
                "no event of that id waits for a response",
            );
        }
        self.report(Report::Returned(result)).await;
        accepted()
    }
}

async fn next(State(api): State<Arc<Api>>) -> Response {
    if api.take_open(|_| true) {
        let reason = "the function asked for the next event without a response to this one";
        api.report(Report::Returned(Err(reason.into()))).await;
    }
    let Some(work) = api.work.lock().await.recv().await else {
        return fault(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Extension.Shutdown",
            "the function is to end",
        );
    };
    *api.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(work.request_id.clone());
    api.report(Report::Taken).await;
    (
        [
            ("content-type", "application/json".to_owned()),
            ("lambda-runtime-aws-request-id", work.request_id),
            ("lambda-runtime-deadline-ms", work.deadline_ms.to_string()),
            ("lambda-runtime-invoked-function-arn", api.arn.clone()),
            ("lambda-runtime-trace-id", work.trace_id),
        ],
        work.event,
    )
        .into_response()
}

async fn response(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> Response {
    let result = serde_json::from_slice(&body)
        .map_err(|_| "the function returned something other than JSON".into());
    api.returned(&id, result).await
}

async fn error(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> Response {
    api.returned(
        &id,
        Err(Failure::with("the function failed", error_text(&body))),
    )
    .await
}

async fn init_error(State(api): State<Arc<Api>>, body: Bytes) -> Response {
    api.report(Report::InitFailed(Failure::with(
        "the function failed before it took an event",
        error_text(&body),
    )))
    .await;
    accepted()
}

/// The `errorType` and `errorMessage` of an error report, as far as it is one.
fn error_text(body: &[u8]) -> String {
    let report: Value = serde_json::from_slice(body).unwrap_or_default();
    let field = |name| report.get(name).and_then(Value::as_str);
    match (field("errorType"), field("errorMessage")) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (None, Some(one)) | (Some(one), None) => one.to_owned(),
        (None, None) => "it did not say why".to_owned(),
    }
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, Json(json!({"status": "OK"}))).into_response()
}

fn fault(status: StatusCode, kind: &str, message: &str) -> Response {
    let report = json!({"errorType": kind, "errorMessage": message});
    (status, Json(report)).into_response()
}
