//! What the function is invoked with: a rule's event, or what the queue made of one that failed.

use std::borrow::Cow;

use base64ct::{Base64, Encoding};
use serde_json::Value;

use crate::not_a_batch::NotABatch;

/// What the rule's statement selects.
pub(crate) struct Event {
    pub(crate) topic: String,
    /// By AWS's clock.
    pub(crate) milliseconds: f64,
    pub(crate) payload: Vec<u8>,
}

impl Event {
    /// Finds the event in whatever it is wrapped in:
    ///
    /// | with | it is | from |
    /// |---|---|---|
    /// | `Body` | a message of the queue, as `aws sqs receive-message` shows it | Amazon SQS API Reference, "Message" |
    /// | `requestPayload` | Lambda's record of an invocation that failed | AWS Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations" |
    /// | `base64OriginalPayload` | what the rule could not hand to Lambda | AWS IoT Developer Guide, "Error handling (error action)" |
    ///
    /// One may be in another: what an owner sends again may fail again.
    pub(crate) fn find(event: &Value) -> Result<Self, NotABatch> {
        let mut event = Cow::Borrowed(event);
        let mut sent = None;
        loop {
            let inner = if let Some(body) = text(&event, "Body") {
                sent = sent_at(&event);
                serde_json::from_str(body).map_err(|_| NotABatch::Event)?
            } else if let Some(request) = event.get("requestPayload") {
                request.clone()
            } else {
                break;
            };
            event = Cow::Owned(inner);
        }
        if let Some(payload) = text(&event, "base64OriginalPayload") {
            return Self::of_rule_error(&event, payload, sent);
        }
        let (data, topic) = (text(&event, "data"), text(&event, "topic"));
        let milliseconds = event.get("received").and_then(Value::as_f64);
        let (Some(data), Some(topic), Some(milliseconds)) = (data, topic, milliseconds) else {
            return Err(NotABatch::Event);
        };
        Ok(Self {
            topic: topic.to_owned(),
            milliseconds,
            payload: decoded(data)?,
        })
    }

    /// It has no time of its own. The queue's is a moment later than the one that the rule would have selected.
    fn of_rule_error(error: &Value, payload: &str, sent: Option<f64>) -> Result<Self, NotABatch> {
        let topic = text(error, "topic").ok_or(NotABatch::Event)?;
        // The guide does not say whether Basic Ingest's prefix, which `topic()` leaves out, is left out here too.
        let rule = text(error, "ruleName").unwrap_or_default();
        let prefix = format!("$aws/rules/{rule}/");
        Ok(Self {
            topic: topic.strip_prefix(&prefix).unwrap_or(topic).to_owned(),
            milliseconds: sent.ok_or(NotABatch::Time)?,
            payload: decoded(payload)?,
        })
    }
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str()
}

fn decoded(base64: &str) -> Result<Vec<u8>, NotABatch> {
    Base64::decode_vec(base64).map_err(|_| NotABatch::Data)
}

/// Milliseconds of Unix time, in digits.
fn sent_at(message: &Value) -> Option<f64> {
    let milliseconds: u64 = text(message.get("Attributes")?, "SentTimestamp")?
        .parse()
        .ok()?;
    Some(milliseconds as f64)
}
