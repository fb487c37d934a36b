//! Domain configurations, as far as custom authorizers need them (Developer Guide, "Configurable endpoints"): which authorizer is
//! the default at a server name, and which protocol and credentials it takes.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// `[\w.-]{1,128}`
pub(crate) fn is_domain_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    (1..=128).contains(&text.len()) && text.chars().all(allowed)
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DomainRecord {
    pub(crate) name: String,
    /// The name that clients send in SNI.
    pub(crate) server_name: String,
    pub(crate) certificate_arns: Vec<String>,
    pub(crate) authorizer: Option<DefaultAuthorizer>,
    pub(crate) authentication: AuthenticationType,
    pub(crate) protocol: ApplicationProtocol,
    pub(crate) enabled: bool,
    /// When it was last enabled or disabled.
    pub(crate) changed: SystemTime,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DefaultAuthorizer {
    pub(crate) name: String,
    pub(crate) may_be_overridden: bool,
}

/// Those of AWS's types that need no client certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum AuthenticationType {
    #[default]
    Default,
    CustomAuth,
    AwsSigv4,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ApplicationProtocol {
    #[default]
    Default,
    SecureMqtt,
    Https,
}

impl DomainRecord {
    /// Whether a client may speak to it so, or why not. What AWS says to it is UNCONFIRMED.
    pub(crate) fn admits(&self, protocol: ApplicationProtocol, owner: bool) -> Result<(), String> {
        let name = &self.name;
        if !self.enabled {
            return Err(format!(
                "the domain configuration {name} of this server name is DISABLED"
            ));
        }
        if ![ApplicationProtocol::Default, protocol].contains(&self.protocol) {
            return Err(format!(
                "the domain configuration {name} of this server name has another applicationProtocol"
            ));
        }
        match (self.authentication, owner) {
            (AuthenticationType::CustomAuth, true) => Err(format!(
                "the domain configuration {name} of this server name takes custom authentication alone (CUSTOM_AUTH)"
            )),
            (AuthenticationType::AwsSigv4, false) => Err(format!(
                "the domain configuration {name} of this server name takes SigV4 alone (AWS_SIGV4)"
            )),
            _ => Ok(()),
        }
    }
}
