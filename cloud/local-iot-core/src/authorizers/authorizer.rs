//! One authorizer as a caller configures it (Developer Guide, "Custom authentication and authorization").

use motepost_contract::signature::PublicKey;

use crate::function::definition::AuthorizerFunction;

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
    /// Whether a response of the function is kept for later requests on the same connection, for as long as its
    /// `refreshAfterInSeconds` says (`enableCachingForHttp`).
    pub caching_for_http: bool,
    /// What decides.
    pub function: Decider,
}

/// What an authorizer asks.
#[derive(Clone)]
pub enum Decider {
    /// A function in this process, of this authorizer alone.
    InProcess(AuthorizerFunction),
    /// The [`Function`](crate::Function) of that name.
    Function(String),
}

impl Authorizer {
    /// An active authorizer that checks no signature and asks a function in this process.
    pub fn unsigned(name: &str, token_key_name: &str, function: AuthorizerFunction) -> Self {
        Self::new(name, token_key_name, Decider::InProcess(function))
    }

    /// An active authorizer whose tokens must be signed by one of these keys.
    pub fn signed(
        name: &str,
        token_key_name: &str,
        keys: Vec<PublicKey>,
        function: AuthorizerFunction,
    ) -> Self {
        Self::unsigned(name, token_key_name, function).with_keys(keys)
    }

    /// An active authorizer that checks no signature, whatever it asks.
    pub fn new(name: &str, token_key_name: &str, function: Decider) -> Self {
        Self {
            name: name.to_owned(),
            token_key_name: Some(token_key_name.to_owned()),
            signing_disabled: true,
            public_keys: Vec::new(),
            active: true,
            caching_for_http: false,
            function,
        }
    }

    /// The same with signing: tokens must be signed by one of these keys.
    #[must_use]
    pub fn with_keys(self, keys: Vec<PublicKey>) -> Self {
        Self {
            signing_disabled: false,
            public_keys: keys,
            ..self
        }
    }
}
