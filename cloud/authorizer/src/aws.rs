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

use crate::config::ConfigError;

/// Region, credentials and a connection pool, for every service alike.
pub(crate) struct Access(SdkConfig);

impl Access {
    /// Lambda puts its role's credentials into the environment (Lambda Developer Guide, "Defined runtime environment
    /// variables"), so that none of the SDK's other places is ever looked at. `AWS_ENDPOINT_URL` leads to a local stand-in.
    pub(crate) fn from_environment() -> Result<Self, ConfigError> {
        let variable =
            |name: &'static str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let needed = |name| {
            variable(name).ok_or_else(|| ConfigError::new(name, "is not set, as it is in a Lambda"))
        };
        let credentials = Credentials::new(
            needed("AWS_ACCESS_KEY_ID")?,
            needed("AWS_SECRET_ACCESS_KEY")?,
            variable("AWS_SESSION_TOKEN"),
            None,
            "the function's environment",
        );
        // AWS IoT waits 5 seconds for an answer. One that is still a deny comes sooner, with its reason in the log.
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(Duration::from_millis(1500))
            .operation_timeout(Duration::from_secs(4))
            .build();
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(needed("AWS_REGION")?))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(
                Builder::new()
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .build_https(),
            )
            .timeout_config(timeouts);
        config.set_endpoint_url(variable("AWS_ENDPOINT_URL"));
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
