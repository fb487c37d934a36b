//! One authorizer (Developer Guide, "Custom authentication and authorization").

use crate::function::AuthorizerFunction;
use crate::signature::PublicKey;

/// One authorizer, as `CreateAuthorizer` would describe it.
#[derive(Clone)]
pub struct Authorizer {
    /// `[\w=,@-]{1,128}`
    pub name: String,
    /// The header or query parameter that holds the token: `[a-zA-Z0-9_-]{1,128}`.
    pub token_key_name: Option<String>,
    /// Whether tokens come without a signature.
    pub signing_disabled: bool,
    /// Any of them may verify a token; unused while signing is disabled.
    pub public_keys: Vec<PublicKey>,
    /// An inactive authorizer refuses every request.
    pub active: bool,
    /// What decides.
    pub function: AuthorizerFunction,
}

impl Authorizer {
    /// An active authorizer that checks no signature.
    pub fn unsigned(name: &str, token_key_name: &str, function: AuthorizerFunction) -> Self {
        Self {
            name: name.to_owned(),
            token_key_name: Some(token_key_name.to_owned()),
            signing_disabled: true,
            public_keys: Vec::new(),
            active: true,
            function,
        }
    }

    /// An active authorizer whose tokens must be signed by one of these keys.
    pub fn signed(
        name: &str,
        token_key_name: &str,
        keys: Vec<PublicKey>,
        function: AuthorizerFunction,
    ) -> Self {
        Self {
            signing_disabled: false,
            public_keys: keys,
            ..Self::unsigned(name, token_key_name, function)
        }
    }

    /// The rules of `CreateAuthorizer` (API reference).
    pub(crate) fn check(&self) -> Result<(), String> {
        let name = &self.name;
        let of = |text: &str, more: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
            (1..=128).contains(&text.len()) && text.chars().all(allowed)
        };
        if !of(name, "_=,@-") {
            return Err(format!(
                "authorizer {name:?}: a name is 1 to 128 letters, digits and _=,@-"
            ));
        }
        if self
            .token_key_name
            .as_ref()
            .is_some_and(|key| !of(key, "_-"))
        {
            return Err(format!(
                "authorizer {name}: a token key name is 1 to 128 letters, digits and _-"
            ));
        }
        if !self.signing_disabled && (self.token_key_name.is_none() || self.public_keys.is_empty())
        {
            return Err(format!(
                "authorizer {name}: signing needs a token key name and a public key"
            ));
        }
        Ok(())
    }
}
