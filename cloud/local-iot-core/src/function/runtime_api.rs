//! The Lambda runtime API of one process: where it asks for its next event and leaves its answer
//! (Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes", version 2018-06-01).

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Lambda's bound on an answer.
const MOST_BYTES: usize = 6 * 1024 * 1024;

/// One event for the process. No `Debug`: it holds credentials.
pub(super) struct Work {
    pub(super) request_id: String,
    pub(super) deadline_ms: u128,
    pub(super) trace_id: String,
    pub(super) event: Vec<u8>,
}

/// What the process said about it.
pub(super) enum Said {
    /// It has the event.
    Took,
    Answered(Result<Value, String>),
    /// It cannot begin.
    InitFailed(String),
}

/// The API, until it is dropped.
pub(super) struct RuntimeApi {
    pub(super) address: SocketAddr,
    pub(super) work: mpsc::Sender<Work>,
    pub(super) said: mpsc::Receiver<Said>,
    server: JoinHandle<()>,
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Desk {
    arn: String,
    work: tokio::sync::Mutex<mpsc::Receiver<Work>>,
    /// The id of the event that waits for its answer.
    open: Mutex<Option<String>>,
    said: mpsc::Sender<Said>,
}

impl RuntimeApi {
    pub(super) async fn start(arn: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (work, works) = mpsc::channel(1);
        let (say, said) = mpsc::channel(4);
        let desk = Arc::new(Desk {
            arn: arn.to_owned(),
            work: tokio::sync::Mutex::new(works),
            open: Mutex::default(),
            said: say,
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
            .with_state(desk);
        // Events are small, and each is waited for.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let server = tokio::spawn(async move {
            // It ends by being aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            address,
            work,
            said,
            server,
        })
    }
}

impl Desk {
    fn take_open(&self, matching: impl FnOnce(&str) -> bool) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = open.as_deref().is_some_and(matching);
        if taken {
            *open = None;
        }
        taken
    }

    /// Whether anybody is left to hear it changes nothing for the process.
    async fn say(&self, said: Said) {
        let _ = self.said.send(said).await;
    }

    async fn answered(&self, id: &str, answer: Result<Value, String>) -> Response {
        if !self.take_open(|open| open == id) {
            return fault(
                StatusCode::BAD_REQUEST,
                "InvalidRequestID",
                "no event of that id waits for an answer",
            );
        }
        self.say(Said::Answered(answer)).await;
        accepted()
    }
}

async fn next(State(desk): State<Arc<Desk>>) -> Response {
    if desk.take_open(|_| true) {
        let reason = "the function asked for the next event and left this one unanswered";
        desk.say(Said::Answered(Err(reason.to_owned()))).await;
    }
    let Some(work) = desk.work.lock().await.recv().await else {
        return fault(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Extension.Shutdown",
            "the function is to end",
        );
    };
    *desk.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(work.request_id.clone());
    desk.say(Said::Took).await;
    (
        [
            ("content-type", "application/json".to_owned()),
            ("lambda-runtime-aws-request-id", work.request_id),
            ("lambda-runtime-deadline-ms", work.deadline_ms.to_string()),
            ("lambda-runtime-invoked-function-arn", desk.arn.clone()),
            ("lambda-runtime-trace-id", work.trace_id),
        ],
        work.event,
    )
        .into_response()
}

async fn response(State(desk): State<Arc<Desk>>, Path(id): Path<String>, body: Bytes) -> Response {
    let answer = serde_json::from_slice(&body)
        .map_err(|_| "the function returned something other than JSON".to_owned());
    desk.answered(&id, answer).await
}

async fn error(State(desk): State<Arc<Desk>>, Path(id): Path<String>, body: Bytes) -> Response {
    desk.answered(&id, Err(format!("the function failed: {}", told(&body))))
        .await
}

async fn init_error(State(desk): State<Arc<Desk>>, body: Bytes) -> Response {
    desk.say(Said::InitFailed(format!(
        "the function failed before it took an event: {}",
        told(&body)
    )))
    .await;
    accepted()
}

/// The `errorType` and `errorMessage` of an error report, as far as it is one.
fn told(body: &[u8]) -> String {
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
