//! Which readings were published: an item each in the table of devices.
//!
//! An item whose key holds a slash is a claim and no device. It is made before the publish and ended after it, so that a
//! function that dies between the two leaves it open. A function that finds it open and old publishes the reading again,
//! marked: lost is worse than twice. The highest number of a device would be less to keep, but Lambda may run two batches of one
//! device at once or in the other order, and a number below the highest would then be lost.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_types::SdkConfig;
use motepost_lambda::whole_text;

use crate::config::ClaimsConfig;

pub(crate) struct Claims {
    client: Client,
    config: ClaimsConfig,
}

/// What is known of a reading that somebody wants to publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Claimed for the first time.
    New,
    /// Another claimed it, and may have published it.
    TakenOver,
    /// Another has published it.
    Published,
    /// An earlier try of the same event has published it.
    PublishedBefore,
    /// Another is about to.
    Held,
}

impl Claims {
    pub(crate) fn new(sdk: &SdkConfig, config: &ClaimsConfig) -> Self {
        Self {
            client: Client::new(sdk),
            config: config.clone(),
        }
    }

    pub(crate) const fn is_marking(&self) -> bool {
        self.config.is_marking
    }

    /// `event` is the batch's, which further tries share.
    pub(crate) async fn claim(&self, key: &str, event: &str) -> Result<Claim, String> {
        // With a clock that stands before 1970 no claim is old.
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default();
        let number = |number: u128| AttributeValue::N(number.to_string());
        let update = self
            .client
            .update_item()
            .table_name(&self.config.table)
            .key("id", AttributeValue::S(key.to_owned()))
            .update_expression("SET claimed_at = :now, expires_at = :end")
            .condition_expression(
                "attribute_not_exists(id) OR (attribute_not_exists(published) AND claimed_at < :old)",
            )
            .expression_attribute_values(":now", number(now.as_millis()))
            .expression_attribute_values(
                ":old",
                number(now.saturating_sub(self.config.stale).as_millis()),
            )
            .expression_attribute_values(":end", number((now + self.config.keep).as_secs().into()))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match update.send().await {
            // A claim whose answer was lost is found open by the SDK's own second try: held, and so tried again later.
            Ok(done) => {
                let is_new = done.attributes.is_none_or(|old| old.is_empty());
                return Ok(if is_new { Claim::New } else { Claim::TakenOver });
            }
            Err(error) => error,
        };
        let failed = error.as_service_error().and_then(|error| match error {
            aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(failed) => Some(failed),
            _ => None,
        });
        let Some(failed) = failed else {
            return Err(whole_text(&error));
        };
        let published = failed.item().and_then(|item| item.get("published"));
        Ok(match published {
            Some(AttributeValue::S(by)) if by == event => Claim::PublishedBefore,
            Some(_) => Claim::Published,
            None => Claim::Held,
        })
    }

    pub(crate) async fn end(&self, key: &str, event: &str) -> Result<(), String> {
        let update = self
            .client
            .update_item()
            .table_name(&self.config.table)
            .key("id", AttributeValue::S(key.to_owned()))
            .update_expression("SET published = :event")
            // Not an item without an end, if the claim was deleted meanwhile.
            .condition_expression("attribute_exists(id)")
            .expression_attribute_values(":event", AttributeValue::S(event.to_owned()));
        let done = update.send().await;
        done.map(|_| ()).map_err(|error| whole_text(&error))
    }
}
