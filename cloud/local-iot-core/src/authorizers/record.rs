//! One authorizer as AWS holds it, and what AWS demands of it.

use std::time::SystemTime;

use motepost_contract::names;
use motepost_contract::signature::PublicKey;

use crate::function::arn;

/// One authorizer as AWS would hold it.
#[derive(Clone)]
pub(crate) struct AuthorizerRecord {
    pub(crate) name: String,
    pub(crate) function_arn: String,
    pub(crate) token_key_name: Option<String>,
    pub(crate) signing_disabled: bool,
    pub(crate) public_keys: Vec<PublicKey>,
    pub(crate) active: bool,
    pub(crate) caching_for_http: bool,
    pub(crate) created: SystemTime,
    pub(crate) modified: SystemTime,
}

impl AuthorizerRecord {
    /// The rules of `CreateAuthorizer` (API reference). The texts are UNCONFIRMED, the one on keys excepted.
    pub(crate) fn check(&self) -> Result<(), String> {
        let name = &self.name;
        if !names::is_authorizer_name(name) {
            return Err(format!(
                "authorizer {name:?}: a name is 1 to 128 letters, digits and _=,@-"
            ));
        }
        arn::check("authorizerFunctionArn", &self.function_arn)
            .map_err(|wrong| format!("authorizer {name}: {wrong}"))?;
        if self
            .token_key_name
            .as_ref()
            .is_some_and(|key| !names::is_token_key_name(key))
        {
            return Err(format!(
                "authorizer {name}: a token key name is 1 to 128 letters, digits and _-"
            ));
        }
        for key in &self.public_keys {
            if !names::is_signing_key_name(key.name()) {
                return Err(format!(
                    "authorizer {name}: key {:?}: a key's name is 1 to 128 letters, digits and :_-",
                    key.name()
                ));
            }
        }
        if self.signing_disabled {
            return Ok(());
        }
        if self.token_key_name.is_none() {
            return Err(format!(
                "Token key name for authorizer {name} cannot be null when signing is enabled"
            ));
        }
        if self.public_keys.is_empty() {
            return Err(format!(
                "Token signing keys map for authorizer {name} cannot be null or empty when signing is enabled"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn authorizer(name: &str) -> AuthorizerRecord {
        AuthorizerRecord {
            name: name.to_owned(),
            function_arn: "arn:aws:lambda:eu-central-1:123456789012:function:f".to_owned(),
            token_key_name: Some("token".to_owned()),
            signing_disabled: true,
            public_keys: Vec::new(),
            active: true,
            caching_for_http: false,
            created: SystemTime::UNIX_EPOCH,
            modified: SystemTime::UNIX_EPOCH,
        }
    }
}
