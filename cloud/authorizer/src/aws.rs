//! The way to AWS's own services.

use std::time::Duration;

use aws_types::SdkConfig;
use motepost_lambda::{ConfigError, Timeouts, whole_text};
use zeroize::Zeroizing;

use crate::config::Config;

/// AWS IoT waits 5 seconds for a response. One that is still a deny comes sooner, with its reason in the log.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(1),
    attempt: Duration::from_millis(1500),
    operation: Duration::from_secs(4),
};

pub(crate) fn sdk_config(config: &Config) -> Result<SdkConfig, ConfigError> {
    let sdk = config.aws.clone()?.sdk_config(&TIMEOUTS);
    Ok(motepost_lambda::at(&sdk, config.aws_endpoint.as_ref()))
}

/// A secret's text, read once when the function starts.
pub(crate) async fn secret(config: &Config, name: &str) -> Result<Zeroizing<String>, ConfigError> {
    let client = aws_sdk_secretsmanager::Client::new(&sdk_config(config)?);
    let asked = client.get_secret_value().secret_id(name).send().await;
    let problem = |text: String| ConfigError::new("FLEET_KEY_SECRET", text);
    let found = asked.map_err(|error| problem(whole_text(&error)))?;
    match found.secret_string {
        Some(text) => Ok(Zeroizing::new(text)),
        None => Err(problem(format!("{name} holds bytes, not text"))),
    }
}
