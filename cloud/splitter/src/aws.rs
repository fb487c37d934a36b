//! The way to AWS's own services.

use std::error::Error;
use std::time::Duration;

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_types::SdkConfig;

use crate::config::AwsVariables;

/// Region, credentials and a connection pool, for both services alike.
pub(crate) fn sdk_config(variables: &AwsVariables) -> SdkConfig {
    let credentials = Credentials::new(
        &variables.access_key_id,
        &variables.secret_access_key,
        variables.session_token.clone(),
        None,
        "the function's environment",
    );
    // The SDK tries an operation three times. What is slower fails, and Lambda tries the batch again later.
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(4))
        .operation_timeout(Duration::from_secs(10))
        .build();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(variables.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(
            Builder::new()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build_https(),
        )
        .timeout_config(timeouts)
        .build()
}

/// The same for a service with an endpoint of its own.
pub(crate) fn at(config: &SdkConfig, endpoint: Option<&String>) -> SdkConfig {
    let mut builder = config.to_builder();
    builder.set_endpoint_url(endpoint.cloned());
    builder.build()
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
