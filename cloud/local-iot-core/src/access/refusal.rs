//! Why something is refused, and what is found on the way. Every refusal by custom authentication is the same `Forbidden` on
//! the wire.

use crate::behaviour::{Behaviour, Unauthenticated};
use crate::http::Status;
use crate::trace::entry::{Invocation, Stage};

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
