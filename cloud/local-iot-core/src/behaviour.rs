//! Switches for what AWS leaves undocumented. The command line is derived from them: each is described once, here.

use clap::{ArgAction, Args, ValueEnum};

/// Points on which AWS's documentation is silent or contradicts itself. Each default is the likelier reading.
#[derive(Clone, Debug, Args)]
pub struct Behaviour {
    /// Case of header names in the authorizer's event.
    #[arg(long, value_enum, value_name = "CASE", default_value_t)]
    pub event_header_names: HeaderNames,
    /// With signing disabled, still copy the token field into `event.token`.
    #[arg(
        long = "no-unsigned-event-token",
        action = ArgAction::SetFalse,
        help = "With signing disabled, leave `token` out of the event, so that the function must look in the headers"
    )]
    pub unsigned_event_token: bool,
    /// Refuse a publish whose policy does not also allow iot:Connect; without this it is a note in the trace.
    #[arg(long)]
    pub require_connect: bool,
    /// Percent-decode a signature that comes in a header, where AWS's tutorial shows it raw; without this one that is
    /// encoded is refused.
    #[arg(long)]
    pub decode_header_signature: bool,
    /// Status when the function fails, takes too long or returns what AWS would not accept.
    #[arg(
        long = "function-error-status",
        value_enum,
        value_name = "STATUS",
        default_value_t
    )]
    pub function_failure: FunctionFailure,
    /// Accept chunked bodies; without this they are refused with 400.
    #[arg(long)]
    pub accept_chunked: bool,
    /// Status for a payload over 131072 bytes.
    #[arg(
        long = "oversize-status",
        value_enum,
        value_name = "STATUS",
        default_value_t
    )]
    pub oversize: Oversize,
    /// Status for a request that no authorizer vouches for: none named, unknown, inactive, an unacceptable token or
    /// signature, `isAuthenticated` false. A policy that does not allow is always 403.
    #[arg(
        long = "unauthenticated-status",
        value_enum,
        value_name = "STATUS",
        default_value_t
    )]
    pub unauthenticated: Unauthenticated,
    /// What becomes of a request that names another authorizer than the default one, which is `allowAuthorizerOverride`
    /// of a domain configuration.
    #[arg(long, value_enum, value_name = "RULE", default_value_t)]
    pub authorizer_override: AuthorizerOverride,
    /// With `enableCachingForHttp`, what must be the same for an earlier response on the connection to count.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub cached_response: CachedResponse,
    /// Read // in a raw path as /; %2F stays what it is.
    #[arg(long)]
    pub collapse_slashes: bool,
    /// Read a raw + in the path as a space; without this it is a +, which no topic may hold.
    #[arg(long)]
    pub plus_is_space: bool,
    /// Accept policy documents that are JSON in a string, as they were before 2020.
    #[arg(
        long = "no-string-policy-documents",
        action = ArgAction::SetFalse,
        help = "Refuse policy documents that are JSON in a string, as they were before 2020"
    )]
    pub string_policy_documents: bool,
    /// Accept a function's complete response as JSON in a string.
    #[arg(long)]
    pub string_response: bool,
    /// Let TLS sessions be resumed.
    #[arg(long)]
    pub tls_resumption: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            event_header_names: HeaderNames::default(),
            unsigned_event_token: true,
            require_connect: false,
            decode_header_signature: false,
            function_failure: FunctionFailure::default(),
            accept_chunked: false,
            oversize: Oversize::default(),
            unauthenticated: Unauthenticated::default(),
            authorizer_override: AuthorizerOverride::default(),
            cached_response: CachedResponse::default(),
            collapse_slashes: false,
            plus_is_space: false,
            string_policy_documents: true,
            string_response: false,
            tls_resumption: false,
        }
    }
}

/// What a device sees that no authorizer vouches for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Unauthenticated {
    /// `ForbiddenException`.
    #[default]
    #[value(name = "403")]
    Forbidden,
    /// `UnauthorizedException`, which the API reference has and nobody seems to have seen.
    #[value(name = "401")]
    Unauthorized,
}

/// What becomes of a request that names another authorizer than the default one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum AuthorizerOverride {
    /// The one it names is asked.
    #[default]
    Allowed,
    /// The default one is asked.
    Ignored,
    /// It is refused.
    Refused,
}

/// For which later requests on a connection a function's response is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CachedResponse {
    /// Authorizer, token and signature.
    #[default]
    #[value(name = "credentials")]
    SameCredentials,
    /// The authorizer alone, whatever the token.
    #[value(name = "connection")]
    SameConnection,
}

/// How header names appear in the event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum HeaderNames {
    /// As the device wrote them.
    #[default]
    AsSent,
    /// In lower case.
    Lower,
}

/// What the device sees when its authorizer function fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FunctionFailure {
    /// `ForbiddenException`.
    #[default]
    #[value(name = "403")]
    Forbidden,
    /// `InternalFailureException`.
    #[value(name = "500")]
    InternalFailure,
}

/// What the device sees when its payload is too large.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Oversize {
    /// `RequestEntityTooLargeException`.
    #[default]
    #[value(name = "413")]
    RequestEntityTooLarge,
    /// `InvalidRequestException`.
    #[value(name = "400")]
    InvalidRequest,
}
