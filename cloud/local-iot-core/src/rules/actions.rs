//! What a rule does with a message (Developer Guide, "AWS IoT rule actions", "Error handling (error action)").

use std::sync::Arc;
use std::time::SystemTime;

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;

use super::message::RuleMessage;
use super::rule::{Action, RuleRecord};
use crate::function::asynchronous::Attempt;
use crate::function::invoke::Functions;
use crate::http;
use crate::trace::entry::TraceEntry;
use crate::trace::log::Trace;

/// One rule's for one message, until its last action is done.
pub(super) struct Work {
    pub(super) functions: Arc<Functions>,
    pub(super) trace: Arc<Trace>,
    pub(super) rule: Arc<RuleRecord>,
    pub(super) message: Arc<RuleMessage>,
    pub(super) _room: OwnedSemaphorePermit,
}

/// An action that did not begin.
struct Failure {
    action: &'static str,
    resource: String,
    reason: String,
}

/// Begins every action, and the error action if one cannot begin. A function that fails later has been called, so that AWS too leaves
/// it to Lambda, which tries twice more and then turns to the function's own dead-letter queue or destination.
pub(super) fn start(work: &Arc<Work>) {
    let rule = &work.rule;
    let selected = rule
        .statement
        .select(rule.version, &work.message, SystemTime::now());
    if rule.actions.is_empty() {
        work.record("RULE", Ok("the rule has no actions".to_owned()), |_| {});
    }
    let mut failures = Vec::new();
    for action in &rule.actions {
        let begun = selected
            .clone()
            .and_then(|event| perform(work, "RULE", action, event));
        if let Err(reason) = begun {
            failures.push(Failure {
                action: action.failed_name(),
                resource: action.resource(),
                reason,
            });
        }
    }
    if !failures.is_empty() {
        fail(work, &failures);
    }
}

/// UNCONFIRMED: that it is called when the statement cannot be evaluated as well.
fn fail(work: &Arc<Work>, failures: &[Failure]) {
    let reasons: Vec<_> = failures
        .iter()
        .map(|failure| format!("{}: {}", failure.resource, failure.reason))
        .collect();
    let document = document(work, failures);
    let note = match &work.rule.error_action {
        None => "the rule has no error action, so that AWS tells nobody".to_owned(),
        Some(Action::Lambda { function_arn }) => format!("the error action calls {function_arn}"),
        Some(Action::Sqs { settings }) => {
            let queue = settings["queueUrl"].as_str().unwrap_or_default();
            let document = work.message.secrets.cut_from_name(&document.to_string());
            format!("the error action would send to {queue}: {document}")
        }
    };
    work.record("RULE", Err(reasons.join("; ")), |entry| {
        entry.notes.push(note)
    });
    if let Some(action) = &work.rule.error_action
        && let Err(reason) = perform(work, "RULE ERROR ACTION", action, document)
    {
        work.record("RULE ERROR ACTION", Err(reason), |_| {});
    }
}

/// As AWS's guide shows it.
fn document(work: &Work, failures: &[Failure]) -> Value {
    let message = &work.message;
    let failures: Vec<_> = failures
        .iter()
        .map(|failure| {
            json!({
                "failedAction": failure.action,
                "failedResource": failure.resource,
                "errorMessage": failure.reason,
            })
        })
        .collect();
    json!({
        "ruleName": work.rule.name,
        "topic": message.topic,
        "cloudwatchTraceId": http::uuid().unwrap_or_default(),
        "clientId": message.client_id(),
        "base64OriginalPayload": Base64::encode_string(&message.payload),
        "failures": failures,
    })
}

fn perform(
    work: &Arc<Work>,
    operation: &'static str,
    action: &Action,
    event: Value,
) -> Result<(), String> {
    match action {
        Action::Lambda { function_arn } => {
            let functions = Arc::clone(&work.functions);
            let work = Arc::clone(work);
            let secrets = work.message.secrets.clone();
            functions.invoke_later(function_arn, event, secrets, move |attempt| {
                report(&work, operation, attempt);
            })
        }
        // Only an error action is one, and what it would send is in the trace.
        Action::Sqs { .. } => Ok(()),
    }
}

fn report(work: &Work, operation: &'static str, attempt: Attempt) {
    let Attempt { run, next } = attempt;
    let note = match (&run.result, next) {
        (Ok(_), _) => None,
        (Err(_), Some(delay)) => Some(format!(
            "Lambda tries the event again, here in {delay:?}, on AWS after a minute and then two"
        )),
        (Err(_), None) => Some(
            "that was the last try: on AWS the event goes to the function's dead-letter queue or on-failure destination, if it has one, and not to the rule's error action, for a rule calls a function asynchronously".to_owned(),
        ),
    };
    let result = run.result.map(|_| "the function returned".to_owned());
    work.record(operation, result, |entry| {
        entry.invocation = Some(run.invocation);
        entry.notes.extend(note);
    });
}

impl Work {
    fn record(
        &self,
        operation: &'static str,
        result: Result<String, String>,
        change: impl FnOnce(&mut TraceEntry),
    ) {
        let mut entry = TraceEntry::rule(operation, &self.rule.name, result);
        let message = &self.message;
        let client_id = message.client_id.as_deref();
        entry.topic = Some(message.shown_topic());
        entry.client_id = client_id.map(|id| message.secrets.cut_from_name(id));
        change(&mut entry);
        self.trace.record(entry);
    }
}

impl Action {
    /// As AWS calls it in a failure.
    fn failed_name(&self) -> &'static str {
        match self {
            Self::Lambda { .. } => "LambdaAction",
            Self::Sqs { .. } => "SqsAction",
        }
    }

    fn resource(&self) -> String {
        match self {
            Self::Lambda { function_arn } => function_arn.clone(),
            Self::Sqs { settings } => settings["queueUrl"].as_str().unwrap_or_default().to_owned(),
        }
    }
}
