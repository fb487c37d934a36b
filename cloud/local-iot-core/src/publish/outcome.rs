//! What a request ends in. Every refusal by custom authentication is the same `Forbidden` on the wire.

use std::time::SystemTime;

use crate::behaviour::{Behaviour, Unauthenticated};
use crate::http::Status;
use crate::trace::entry::{Invocation, Stage, TraceEntry};

/// What the device gets, and what the trace shows.
pub(crate) struct Outcome {
    pub(crate) status: Status,
    pub(crate) message: String,
    pub(crate) topic: Option<String>,
    pub(crate) authorizer: Option<String>,
    pub(crate) invocation: Option<Invocation>,
    pub(crate) policy: Option<String>,
    pub(crate) reason: String,
    pub(crate) notes: Vec<String>,
    pub(crate) stage: Stage,
    pub(crate) repeat: Option<String>,
}

impl Outcome {
    pub(crate) fn into_entry(self, time: SystemTime, request_id: String) -> TraceEntry {
        TraceEntry {
            time,
            request_id: Some(request_id),
            accepted: self.status == Status::Ok,
            status: Some(self.status.code()),
            operation: None,
            client_id: None,
            topic: self.topic,
            authorizer: self.authorizer,
            rule: None,
            invocation: self.invocation,
            policy: self.policy,
            stage: self.stage,
            reason: self.reason,
            notes: self.notes,
            repeat: self.repeat,
        }
    }
}

/// Why a request is refused: for the device, and for the trace.
pub(crate) struct Refusal {
    pub(crate) status: Status,
    pub(crate) message: String,
    pub(crate) reason: String,
}

/// The texts of `message` other than `Forbidden` are UNCONFIRMED.
pub(crate) fn refusal(status: Status, reason: String) -> Refusal {
    let message = match status {
        Status::Forbidden => "Forbidden".to_owned(),
        Status::Unauthorized => "Unauthorized".to_owned(),
        Status::InternalFailure => "Internal failure".to_owned(),
        _ => reason.clone(),
    };
    Refusal {
        status,
        message,
        reason,
    }
}

/// No authorizer vouches for the request.
pub(crate) fn unauthenticated(behaviour: &Behaviour, reason: impl Into<String>) -> Refusal {
    let status = match behaviour.unauthenticated {
        Unauthenticated::Forbidden => Status::Forbidden,
        Unauthenticated::Unauthorized => Status::Unauthorized,
    };
    refusal(status, reason.into())
}

pub(crate) fn forbidden(reason: impl Into<String>) -> Refusal {
    refusal(Status::Forbidden, reason.into())
}

/// What is found on the way, for the trace of a refusal as much as of a success.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) stage: Stage,
    pub(crate) topic: Option<String>,
    pub(crate) authorizer: Option<String>,
    pub(crate) invocation: Option<Invocation>,
    pub(crate) policy: Option<String>,
    pub(crate) notes: Vec<String>,
}
