//! Claims, publishes and ends the claim of each message of a batch.

use std::time::{Duration, SystemTime};

use aws_sdk_iotdataplane::Client;
use aws_sdk_iotdataplane::config::retry::RetryConfig;
use aws_sdk_iotdataplane::error::SdkError;
use aws_sdk_iotdataplane::operation::publish::PublishError;
use aws_sdk_iotdataplane::primitives::Blob;
use futures_util::stream::{self, StreamExt};
use motepost_contract::message::metered;
use motepost_lambda::{Timeouts, at, whole_text};
use serde::Serialize;
use serde_json::Value;

use crate::batch::Batch;
use crate::claims::{Claim, Claims};
use crate::config::Config;
use crate::message::Message;

/// The function, ready to be asked.
pub struct Splitter {
    iot: Client,
    claims: Option<Claims>,
    parallel: usize,
}

/// What became of a batch: one line of the log.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Whose it was, if it was a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Messages that were published, repeats and reports of what is unreadable included.
    pub published: usize,
    /// As how many their payloads are metered. Each response is one more
    /// (<https://aws.amazon.com/iot-core/pricing/additional-details/>).
    pub units: u64,
    /// Of them, marked as repeats.
    pub marked: usize,
    /// Readings that were published before, and dropped.
    pub dropped: usize,
    /// Elements that were no readings.
    pub unreadable: usize,
    /// Messages that could not be published.
    pub failed: usize,
    /// Why, and why elements are unreadable: the first few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

const REASONS: usize = 5;

/// What is slower fails, and Lambda tries the batch again later.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(2),
    attempt: Duration::from_secs(4),
    operation: Duration::from_secs(10),
};

/// What became of one message.
enum Done {
    Published { units: u64, marked: bool },
    Dropped,
    Failed(String),
}

impl Splitter {
    /// Opens no connection.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let sdk = config.aws.sdk_config(&TIMEOUTS);
        let claims = config.claims.as_ref().map(|of| {
            let sdk = at(&sdk, config.dynamodb_endpoint.as_ref());
            Claims::new(&sdk, of)
        });
        let sdk = at(&sdk, config.iot_endpoint.as_ref());
        // The SDK's own second try of a publish that had been taken would be a repeat without the mark.
        let iot = aws_sdk_iotdataplane::config::Builder::from(&sdk)
            .retry_config(RetryConfig::disabled())
            .build();
        Self {
            iot: Client::from_conf(iot),
            claims,
            parallel: config.parallel,
        }
    }

    /// Splits one batch. After `deadline` no message is begun.
    ///
    /// Where [`failed`](Outcome::failed) is not 0 the invocation must fail: Lambda then tries it again, which publishes
    /// what was not published, and at last sends the event to the queue for failed ones.
    pub async fn split(&self, event: &Value, deadline: SystemTime) -> Outcome {
        let batch = match Batch::read(event) {
            Ok(batch) => batch,
            Err(error) => {
                return Outcome {
                    failed: 1,
                    reasons: vec![error.to_string()],
                    ..Outcome::default()
                };
            }
        };
        let messages = batch.messages();
        let mut outcome = Outcome {
            device: Some(batch.device().to_owned()),
            ..Outcome::default()
        };
        for message in &messages {
            outcome.unreadable += message.unreadable_elements();
        }
        for reason in messages.iter().filter_map(Message::unreadable) {
            outcome.note(reason);
        }
        let mut done = stream::iter(&messages)
            .map(|message| self.publish(message, batch.event(), deadline))
            .buffer_unordered(self.parallel);
        while let Some(done) = done.next().await {
            match done {
                Done::Published { units, marked } => {
                    outcome.published += 1;
                    outcome.units += units;
                    outcome.marked += usize::from(marked);
                }
                Done::Dropped => outcome.dropped += 1,
                Done::Failed(reason) => {
                    outcome.failed += 1;
                    outcome.note(&reason);
                }
            }
        }
        outcome
    }

    async fn publish(&self, message: &Message, event: &str, deadline: SystemTime) -> Done {
        if SystemTime::now() >= deadline {
            return Done::Failed("the function's time is over".to_owned());
        }
        let mut marked = false;
        if let Some(claims) = &self.claims {
            match claims.claim(message.key(), event).await {
                Ok(Claim::New) => {}
                Ok(Claim::TakenOver) => marked = true,
                Ok(Claim::Published) if claims.is_marking() => marked = true,
                Ok(Claim::Published | Claim::PublishedBefore) => return Done::Dropped,
                Ok(Claim::Held) => {
                    return Done::Failed("another invocation is publishing it".to_owned());
                }
                Err(error) => return Done::Failed(format!("the table: {error}")),
            }
        }
        let mut sent = self.send(message, marked).await;
        if sent.as_ref().is_err_and(is_in_doubt) && SystemTime::now() < deadline {
            marked = true;
            sent = self.send(message, marked).await;
        }
        let units = match sent {
            Ok(units) => units,
            Err(error) => return Done::Failed(format!("publish: {}", whole_text(&error))),
        };
        if let Some(claims) = &self.claims
            && let Err(error) = claims.end(message.key(), event).await
        {
            // It is published. A retry finds the claim open and publishes it again, marked.
            return Done::Failed(format!("published, but the table: {error}"));
        }
        Done::Published { units, marked }
    }

    /// As how many messages it is metered.
    async fn send(&self, message: &Message, marked: bool) -> Result<u64, SdkError<PublishError>> {
        let payload = message.payload(marked);
        let units = metered(payload.len() as u64);
        let publish = self.iot.publish().topic(message.topic()).qos(1);
        publish.payload(Blob::new(payload)).send().await?;
        Ok(units)
    }
}

/// Whether the message may have been published, or may be at once: a connection that broke, a response that did not come or
/// could not be read, a service that has too much to do. What AWS refuses, it refuses again.
fn is_in_doubt(error: &SdkError<PublishError>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => false,
        SdkError::ServiceError(refused) => {
            let status = refused.raw().status();
            status.is_server_error() || status.as_u16() == 429
        }
        _ => true,
    }
}

impl Outcome {
    fn note(&mut self, reason: &str) {
        if self.reasons.len() < REASONS && !self.reasons.iter().any(|known| known == reason) {
            self.reasons.push(reason.to_owned());
        }
    }
}
