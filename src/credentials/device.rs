//! What a device holds, and why it may hold nothing.

use core::fmt;

/// What a device needs to publish. Its `Debug` shows no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// Counts the rotations; the newer of two pages has the greater one. 0 in version 1.
    pub revision: u32,
    /// The device.
    pub id: &'a str,
    /// The data endpoint. Empty: the firmware gets it in another way.
    pub endpoint: &'a str,
    /// The authorizer's name. Empty: the endpoint's default one.
    pub authorizer: &'a str,
    /// The authorizer's token key name.
    pub token_key: &'a str,
    /// The secret part.
    pub proof: Proof<'a>,
}

/// What a device proves itself with. Its `Debug` shows no secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Proof<'a> {
    /// The same token with each message.
    Static {
        /// The token.
        token: &'a str,
    },
    /// A token made for each message.
    Minted {
        /// The device key, for `motepost::token::DeviceKey`.
        key: &'a [u8; 32],
    },
    /// A token with a signature, which AWS checks before it calls the authorizer.
    Signed {
        /// The token.
        token: &'a str,
        /// Its signature as raw bytes, for `CustomAuthorizer::signature_bytes`.
        signature: &'a [u8],
    },
}

impl fmt::Debug for Proof<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Static { .. } => "Static",
            Self::Minted { .. } => "Minted",
            Self::Signed { .. } => "Signed",
        })
    }
}

/// Why there are no credentials to use.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialsError {
    /// No credentials begin here: the page is erased, or its last write never happened.
    Missing,
    /// They begin and are not what was written: a write was cut, or bits have changed.
    Damaged,
    /// They are of a version that this one does not read, or cannot rotate.
    Version,
    /// They are longer than the page or the buffer, or a field is longer than its length can say.
    TooLong,
    /// What is to be written could not be read again: an id, token key or token is empty, or a text holds a
    /// blank or a character that is not visible ASCII.
    Text,
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "no credentials: write what `motepost credentials` made to the page",
            Self::Damaged => "the credentials are damaged: write them again",
            Self::Version => {
                "credentials of another version: make them with this version's `motepost`"
            }
            Self::TooLong => "the credentials do not fit: give them a larger page or buffer",
            Self::Text => {
                "a text of the credentials is missing, or is not visible ASCII without blanks"
            }
        })
    }
}

impl core::error::Error for CredentialsError {}
