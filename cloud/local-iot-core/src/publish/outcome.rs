//! What a request ends in.

use std::time::SystemTime;

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
