//! What `create-` and `update-domain-configuration` are sent, and what of it is supported.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::error::{ApiError, invalid};
use super::request;
use super::tags::Tag;
use crate::authorizers::domain::{ApplicationProtocol, AuthenticationType, DefaultAuthorizer};
use crate::registry::Snapshot;

/// Of create and of update, each of which ignores what is the other's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    pub(super) domain_name: Option<String>,
    #[serde(default)]
    pub(super) server_certificate_arns: Vec<String>,
    pub(super) authorizer_config: Option<AuthorizerConfig>,
    #[serde(default)]
    pub(super) remove_authorizer_config: bool,
    pub(super) domain_configuration_status: Option<String>,
    pub(super) service_type: Option<String>,
    pub(super) authentication_type: Option<String>,
    pub(super) application_protocol: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
    pub(super) tls_config: Option<Value>,
    pub(super) server_certificate_config: Option<Value>,
    pub(super) client_certificate_config: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuthorizerConfig {
    default_authorizer_name: Option<String>,
    allow_authorizer_override: Option<bool>,
}

impl Wanted {
    pub(super) fn check(&self) -> Result<(), ApiError> {
        let lacking = [
            ("tlsConfig", &self.tls_config),
            ("serverCertificateConfig", &self.server_certificate_config),
            ("clientCertificateConfig", &self.client_certificate_config),
        ];
        if let Some((name, _)) = lacking.iter().find(|(_, value)| value.is_some()) {
            return Err(ApiError::InvalidRequest(format!(
                "{name} is not supported: this local emulator has domain configurations as far as custom authorizers need them"
            )));
        }
        if self
            .service_type
            .as_ref()
            .is_some_and(|kind| kind != "DATA")
        {
            return Err(invalid("serviceType: this local emulator has DATA alone"));
        }
        Ok(())
    }

    pub(super) fn authentication(&self) -> Result<Option<AuthenticationType>, ApiError> {
        word(
            "authenticationType",
            self.authentication_type.as_ref(),
            AUTHENTICATION,
        )
    }

    pub(super) fn protocol(&self) -> Result<Option<ApplicationProtocol>, ApiError> {
        word(
            "applicationProtocol",
            self.application_protocol.as_ref(),
            PROTOCOL,
        )
    }

    pub(super) fn authorizer(
        &self,
        snapshot: &Snapshot,
    ) -> Result<Option<DefaultAuthorizer>, ApiError> {
        let Some(config) = &self.authorizer_config else {
            return Ok(None);
        };
        match (
            &config.default_authorizer_name,
            config.allow_authorizer_override,
        ) {
            (Some(name), Some(may_be_overridden)) => {
                request::find(snapshot, name)?;
                Ok(Some(DefaultAuthorizer {
                    name: name.clone(),
                    may_be_overridden,
                }))
            }
            _ => Err(invalid(
                "authorizerConfig needs defaultAuthorizerName and allowAuthorizerOverride",
            )),
        }
    }
}

/// One of the words that are supported.
fn word<T: DeserializeOwned>(
    field: &str,
    word: Option<&String>,
    supported: &str,
) -> Result<Option<T>, ApiError> {
    let Some(word) = word else { return Ok(None) };
    serde_json::from_value(json!(word)).map(Some).map_err(|_| {
        ApiError::InvalidRequest(format!(
            "{field} {word} is not supported: this local emulator has {supported}"
        ))
    })
}

const AUTHENTICATION: &str = "DEFAULT, CUSTOM_AUTH and AWS_SIGV4, and no client certificates";
const PROTOCOL: &str = "DEFAULT, SECURE_MQTT and HTTPS, and no MQTT over WebSockets";
