//! Responses in AWS's REST-JSON protocol: the error's type is in a header, its text in the body.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::error::ApiError;
use crate::http;

pub(super) const ERROR_TYPE: &str = "x-amzn-errortype";

/// Of an operation.
pub(super) type OperationResult = Result<Success, ApiError>;

pub(super) struct Success(Value);

pub(super) fn ok(body: Value) -> OperationResult {
    Ok(Success(body))
}

impl IntoResponse for Success {
    fn into_response(self) -> Response {
        ([("x-amzn-requestid", request_id())], Json(self.0)).into_response()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status()).unwrap_or_default();
        let mut body = json!({"message": self.message()});
        if let Self::AlreadyExists { id, arn, .. } = &self {
            body["resourceId"] = Value::from(id.as_str());
            body["resourceArn"] = Value::from(arn.as_str());
        }
        let headers = [
            ("x-amzn-requestid", request_id()),
            (ERROR_TYPE, self.kind().to_owned()),
        ];
        (status, headers, Json(body)).into_response()
    }
}

/// Empty on a machine without random bytes, where nothing else would work either.
fn request_id() -> String {
    http::uuid().unwrap_or_default()
}
