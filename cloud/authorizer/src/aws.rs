//! The way to AWS's own services.

use std::error::Error;
use std::time::Duration;

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_types::SdkConfig;
use zeroize::Zeroizing;

use crate::config::{AwsVariables, ConfigError};

/// Region, credentials and a connection pool, for every service alike.
pub(crate) struct Access(SdkConfig);

impl Access {
    pub(crate) fn new(variables: &AwsVariables) -> Result<Self, ConfigError> {
        let unset = |name| ConfigError::new(name, "is not set, as it is in a Lambda");
        let secret = variables.secret_access_key.as_deref();
        let credentials = Credentials::new(
            variables
                .access_key_id
                .as_deref()
                .ok_or_else(|| unset("AWS_ACCESS_KEY_ID"))?,
            secret
                .ok_or_else(|| unset("AWS_SECRET_ACCESS_KEY"))?
                .as_str(),
            variables
                .session_token
                .as_ref()
                .map(|token| token.to_string()),
            None,
            "the function's environment",
        );
        let region = variables
            .region
            .clone()
            .ok_or_else(|| unset("AWS_REGION"))?;
        // AWS IoT waits 5 seconds for an answer. One that is still a deny comes sooner, with its reason in the log.
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(Duration::from_millis(1500))
            .operation_timeout(Duration::from_secs(4))
            .build();
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(
                Builder::new()
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .build_https(),
            )
            .timeout_config(timeouts);
        config.set_endpoint_url(variables.endpoint_url.clone());
        Ok(Self(config.build()))
    }

    pub(crate) fn sdk_config(&self) -> &SdkConfig {
        &self.0
    }

    /// A secret's text, read once when the function starts.
    pub(crate) async fn secret(&self, name: &str) -> Result<Zeroizing<String>, ConfigError> {
        let client = aws_sdk_secretsmanager::Client::new(&self.0);
        let asked = client.get_secret_value().secret_id(name).send().await;
        let problem = |text: String| ConfigError::new("FLEET_KEY_SECRET", text);
        let found = asked.map_err(|error| problem(whole_text(&error)))?;
        match found.secret_string {
            Some(text) => Ok(Zeroizing::new(text)),
            None => Err(problem(format!("{name} holds bytes, not text"))),
        }
    }
}

/// What an SDK error says down to its cause. Its debug form, which says more, may quote the service's answer.
pub(crate) fn whole_text(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
