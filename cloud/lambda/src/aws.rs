//! The way to AWS's own services.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_types::SdkConfig;
use zeroize::Zeroizing;

use crate::ConfigError;

/// Lambda puts its role's credentials into the environment (Lambda Developer Guide, "Defined runtime environment
/// variables"), so that none of the SDK's other places is ever looked at.
#[derive(Clone)]
pub struct AwsVariables {
    region: String,
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
    session_token: Option<Zeroizing<String>>,
}

/// How long an operation may take; the SDK tries it up to three times.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To connect.
    pub connect: Duration,
    /// For one try.
    pub attempt: Duration,
    /// For all of them.
    pub operation: Duration,
}

impl AwsVariables {
    /// From the variables that are set.
    ///
    /// # Errors
    /// The first that is not.
    pub fn read(set: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let needed = |name| {
            set(name).ok_or_else(|| ConfigError::new(name, "is not set, as it is in a Lambda"))
        };
        Ok(Self {
            access_key_id: needed("AWS_ACCESS_KEY_ID")?,
            secret_access_key: needed("AWS_SECRET_ACCESS_KEY")?.into(),
            region: needed("AWS_REGION")?,
            session_token: set("AWS_SESSION_TOKEN").map(Zeroizing::new),
        })
    }

    /// Region, credentials and a connection pool, for every service alike.
    #[must_use]
    pub fn sdk_config(&self, timeouts: &Timeouts) -> SdkConfig {
        let session_token = self.session_token.as_ref();
        let credentials = Credentials::new(
            &self.access_key_id,
            self.secret_access_key.as_str(),
            session_token.map(|token| token.to_string()),
            None,
            "the function's environment",
        );
        let configured = TimeoutConfig::builder()
            .connect_timeout(timeouts.connect)
            .operation_attempt_timeout(timeouts.attempt)
            .operation_timeout(timeouts.operation)
            .build();
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(
                Builder::new()
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .build_https(),
            )
            .timeout_config(configured)
            .build()
    }
}

/// Without the credentials.
impl fmt::Debug for AwsVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsVariables")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// The same for a service with an endpoint of its own, such as a local emulator's.
#[must_use]
pub fn at(config: &SdkConfig, endpoint: Option<&String>) -> SdkConfig {
    let mut builder = config.to_builder();
    builder.set_endpoint_url(endpoint.cloned());
    builder.build()
}

/// What an SDK error says down to its cause. Its debug form, which says more, may quote the service's answer.
#[must_use]
pub fn whole_text(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
