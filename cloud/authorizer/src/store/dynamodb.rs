//! A DynamoDB table as a store: for a function in AWS, of which many copies run at once.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use aws_types::SdkConfig;

use motepost::token::Freshness;
use motepost_contract::generation::{self, Generation};
use motepost_lambda::whole_text;

use super::{Device, Store, StoreError, StoreFuture, Taken, sha256_of};

/// A table whose partition key is the string `id`. Each other attribute may be left out: the string `token_sha256`
/// in hexadecimal, the boolean `revoked`, the numbers `generation`, `counter` and `last_time`, and `expires_at`, the
/// table's TTL attribute.
///
/// With `expires_at` an owner lets a row end by itself: where signed tokens alone are accepted, that of a device revoked only
/// until its token expires. With the row of a device that mints, its revocation, generation and counter would end. A counter or a
/// time that is used takes `expires_at` away, because what is forgotten could be used again.
#[derive(Clone, Debug)]
pub struct DynamoDbStore {
    client: Client,
    table: String,
}

impl DynamoDbStore {
    pub(crate) fn new(sdk: &SdkConfig, table: &str) -> Self {
        Self {
            client: Client::new(sdk),
            table: table.to_owned(),
        }
    }
}

impl Store for DynamoDbStore {
    fn device<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Device> {
        Box::pin(async move {
            // Consistent, so that a device is revoked from the moment it is.
            let asked = self
                .client
                .get_item()
                .table_name(&self.table)
                .consistent_read(true);
            let asked = asked
                .key("id", AttributeValue::S(id.to_owned()))
                .send()
                .await;
            let found = asked.map_err(|error| StoreError::new(whole_text(&error)))?;
            found.item.as_ref().map_or(Ok(Device::default()), device_of)
        })
    }

    /// One conditional update, so that the table itself keeps two functions apart. Where the response to a successful update
    /// is lost, its repetition finds the counter used: a message is refused, none is accepted twice.
    fn take<'a>(
        &'a self,
        id: &'a str,
        freshness: Freshness,
        generation: Generation,
    ) -> StoreFuture<'a, Taken> {
        Box::pin(async move {
            let (attribute, value) = match freshness {
                Freshness::Counter(value) => ("counter", value),
                Freshness::Time(value) => ("last_time", value),
            };
            let number = |number: u32| AttributeValue::N(number.to_string());
            // A row without a generation is of the first.
            let generation_counts = match generation {
                0 => "(attribute_not_exists(generation) OR generation = :generation)",
                _ => "generation = :generation",
            };
            let update = self
                .client
                .update_item()
                .table_name(&self.table)
                .key("id", AttributeValue::S(id.to_owned()))
                .update_expression("SET #last = :value REMOVE expires_at")
                .condition_expression(format!(
                    "(attribute_not_exists(#last) OR #last < :value) AND (attribute_not_exists(revoked) OR revoked = :no) AND {generation_counts}",
                ))
                // COUNTER is a reserved word of DynamoDB's.
                .expression_attribute_names("#last", attribute)
                .expression_attribute_values(":value", number(value))
                .expression_attribute_values(":no", AttributeValue::Bool(false))
                .expression_attribute_values(":generation", number(generation.into()))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            match update.send().await {
                Ok(_) => Ok(Taken::Accepted),
                Err(error) => refusal(error, generation),
            }
        })
    }
}

fn refusal(error: SdkError<UpdateItemError>, generation: Generation) -> Result<Taken, StoreError> {
    let failed = match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(failed)) => failed,
        _ => return Err(StoreError::new(whole_text(&error))),
    };
    let device = failed.item().map_or(Ok(Device::default()), device_of)?;
    Ok(if device.revoked {
        Taken::Revoked
    } else if device.generation != generation {
        Taken::OtherKey
    } else {
        Taken::Replayed
    })
}

/// A row of another form is no row to build on.
fn device_of(row: &HashMap<String, AttributeValue>) -> Result<Device, StoreError> {
    let token_sha256 = match row.get("token_sha256") {
        None => None,
        Some(AttributeValue::S(hex)) => Some(sha256_of(hex).map_err(StoreError::new)?),
        Some(_) => return Err(StoreError::new("token_sha256 is not a string")),
    };
    let revoked = match row.get("revoked") {
        None => false,
        Some(AttributeValue::Bool(revoked)) => *revoked,
        Some(_) => return Err(StoreError::new("revoked is not a boolean")),
    };
    let generation = match row.get("generation") {
        None => 0,
        Some(AttributeValue::N(number)) => number
            .parse()
            .ok()
            .filter(|number| *number <= generation::MAX)
            .ok_or_else(|| StoreError::new("generation is not a number that a key has"))?,
        Some(_) => return Err(StoreError::new("generation is not a number")),
    };
    Ok(Device {
        token_sha256,
        revoked,
        generation,
    })
}
