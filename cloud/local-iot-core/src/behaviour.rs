//! Switches for what AWS leaves undocumented.

/// Points on which AWS's documentation is silent or contradicts itself. Each default is the likelier reading.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// The case of header names in the authorizer's event.
    pub event_header_names: HeaderNames,
    /// With signing disabled, still copy the token field into `event.token`.
    pub unsigned_event_token: bool,
    /// Refuse a publish whose policy does not also allow `iot:Connect`.
    pub require_connect: bool,
    /// Percent-decode a signature that arrives in a header, where AWS's tutorial shows it raw.
    pub decode_header_signature: bool,
    /// The answer when the function fails, takes too long or returns what AWS would not accept.
    pub function_failure: FunctionFailure,
    /// Accept `Transfer-Encoding: chunked`.
    pub accept_chunked: bool,
    /// The answer to a payload over 128 KiB.
    pub oversize: Oversize,
    /// The answer to a request that no authorizer vouches for: none named, unknown, inactive, a token or signature
    /// that will not do, `isAuthenticated` false. A policy that does not allow is always 403.
    pub unauthenticated: Unauthenticated,
    /// Whether a request may name another authorizer than the default one, which is `allowAuthorizerOverride` of a
    /// domain configuration.
    pub authorizer_override: AuthorizerOverride,
    /// With `enableCachingForHttp`, what must be the same for an earlier answer on the connection to count.
    pub cached_response: CachedResponse,
    /// Read `//` in a raw path as `/`; `%2F` stays what it is.
    pub collapse_slashes: bool,
    /// Read a raw `+` in the path as a space.
    pub plus_is_space: bool,
    /// Take policy documents that are JSON in a string, as they were before 2020.
    pub string_policy_documents: bool,
    /// Take a function's whole answer as JSON in a string.
    pub string_response: bool,
    /// Let TLS sessions be resumed.
    pub tls_resumption: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            event_header_names: HeaderNames::AsSent,
            unsigned_event_token: true,
            require_connect: false,
            decode_header_signature: false,
            function_failure: FunctionFailure::Forbidden,
            accept_chunked: false,
            oversize: Oversize::RequestEntityTooLarge,
            unauthenticated: Unauthenticated::Forbidden,
            authorizer_override: AuthorizerOverride::Allowed,
            cached_response: CachedResponse::SameCredentials,
            collapse_slashes: false,
            plus_is_space: false,
            string_policy_documents: true,
            string_response: false,
            tls_resumption: false,
        }
    }
}

/// What a device sees that no authorizer vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unauthenticated {
    /// 403 `ForbiddenException`.
    Forbidden,
    /// 401 `UnauthorizedException`, which the API reference has and nobody seems to have seen.
    Unauthorized,
}

/// What becomes of a request that names another authorizer than the default one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizerOverride {
    /// The one it names is asked.
    Allowed,
    /// The default one is asked.
    Ignored,
    /// It is refused.
    Refused,
}

/// For which later requests on a connection a function's answer is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CachedResponse {
    /// For those with the same authorizer, token and signature.
    SameCredentials,
    /// For all with the same authorizer, whatever their token.
    SameConnection,
}

/// How header names appear in the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderNames {
    /// Byte for byte as the device wrote them.
    AsSent,
    /// In lower case.
    Lower,
}

/// What the device sees when its authorizer function fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionFailure {
    /// 403 `ForbiddenException`.
    Forbidden,
    /// 500 `InternalFailureException`.
    InternalFailure,
}

/// What the device sees when its payload is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oversize {
    /// 413 `RequestEntityTooLargeException`.
    RequestEntityTooLarge,
    /// 400 `InvalidRequestException`.
    InvalidRequest,
}
