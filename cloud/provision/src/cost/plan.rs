//! What is asked.

use std::time::Duration;

use clap::ValueEnum;

use crate::credentials::Scheme;

/// What somebody wants to know the cost of.
pub(crate) struct Plan {
    pub(crate) scheme: Scheme,
    pub(crate) interval: Duration,
    pub(crate) batch: u64,
    pub(crate) reading: u64,
    pub(crate) transport: Transport,
    pub(crate) is_split: bool,
    /// Whether the authorizer keeps what a token has used up.
    pub(crate) is_once: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Transport {
    /// A new connection for each request, TLS 1.2
    #[value(name = "tls1.2")]
    Tls12,
    /// A new connection for each request, TLS 1.3
    #[value(name = "tls1.3")]
    Tls13,
    /// A new connection that resumes a TLS 1.2 session; AWS documents no tickets
    #[value(name = "tls1.2-resumed")]
    Tls12Resumed,
    /// One connection that stays open, TLS 1.2
    Kept,
    /// Plain TCP to a gateway that speaks TLS
    Gateway,
}
