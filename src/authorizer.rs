//! The credentials of a custom authorizer, and their form on the wire.
//!
//! AWS IoT Developer Guide, "Custom authentication and authorization": the authorizer's name, a
//! token under a key that the authorizer chose, and with signing a signature of the token, all as
//! headers or as query parameters.

use core::fmt;

use crate::error::{Field, Reason};
use crate::fields::Fields;

/// The authorizer that AWS shall ask, and what the device shows it.
///
/// Borrows everything. Its `Debug` shows no secret.
///
/// ```
/// use motepost::CustomAuthorizer;
///
/// let unsigned = CustomAuthorizer::named("unsignedAuthorizer").token("token", "allow");
/// let in_the_query = unsigned.in_query();
/// let of_the_endpoint = CustomAuthorizer::endpoint_default().token("token", "allow");
/// # assert!(!format!("{unsigned:?}").contains("allow"));
/// ```
#[derive(Clone, Copy)]
pub struct CustomAuthorizer<'a> {
    /// The name, the token key, the token and the signature; an empty one is absent.
    pub(crate) texts: [&'a [u8]; 4],
    pub(crate) encode_signature: Option<EncodeSignature>,
    pub(crate) in_query: bool,
}

pub(crate) type EncodeSignature = fn(&mut Fields<'_>, &[u8]);

impl<'a> CustomAuthorizer<'a> {
    /// The authorizer of this name: 1 to 128 letters, digits, `_`, `=`, `,`, `@` and `-`.
    pub const fn named(name: &'a str) -> Self {
        let mut authorizer = Self::endpoint_default();
        authorizer.texts[0] = name.as_bytes();
        authorizer
    }

    /// The one that the account or the domain configuration names as its default, which saves the
    /// header.
    pub const fn endpoint_default() -> Self {
        Self {
            texts: [&[]; 4],
            encode_signature: None,
            in_query: false,
        }
    }

    /// The token, under the authorizer's token key name (1 to 128 letters, digits, `_` and `-`).
    pub const fn token(mut self, key: &'a str, token: &'a str) -> Self {
        self.texts[1] = key.as_bytes();
        self.texts[2] = token.as_bytes();
        self
    }

    /// The token's signature as one line of standard base64.
    pub const fn signature(mut self, base64: &'a str) -> Self {
        self.texts[3] = base64.as_bytes();
        self.encode_signature = None;
        self
    }

    /// The token's signature as the raw bytes of it, encoded on the way: a quarter less flash than
    /// the text. 256 bytes for RSA-2048.
    pub const fn signature_bytes(mut self, signature: &'a [u8]) -> Self {
        self.texts[3] = signature;
        self.encode_signature = Some(encode_signature);
        self
    }

    /// Carries the credentials in the query instead of in headers. It is a few bytes shorter, but
    /// proxies and servers log queries more often than headers.
    pub const fn in_query(mut self) -> Self {
        self.in_query = true;
        self
    }
}

impl fmt::Debug for CustomAuthorizer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [name, token_key, token, signature] = self.texts;
        let text = |text| core::str::from_utf8(text).unwrap_or_default();
        f.debug_struct("CustomAuthorizer")
            .field("name", &text(name))
            .field("token_key", &text(token_key))
            .field("token_len", &token.len())
            .field("signature_len", &signature.len())
            .field("in_query", &self.in_query)
            .finish()
    }
}

/// `tokenSignature` of TestInvokeAuthorizer: 2,560 characters of base64.
const MAX_SIGNATURE_TEXT: usize = 2560;
const MAX_SIGNATURE_BYTES: usize = MAX_SIGNATURE_TEXT / 4 * 3;

/// Writes the signature that is raw bytes.
pub(crate) fn encode_signature(fields: &mut Fields<'_>, signature: &[u8]) {
    check_len(fields, signature, MAX_SIGNATURE_BYTES);
    let mut base64 = fields.base64();
    base64.bytes(signature);
    base64.finish();
}

fn check_len(fields: &mut Fields<'_>, signature: &[u8], max: usize) {
    if signature.len() > max {
        fields.cursor.refuse(Field::Signature, Reason::TooLong);
    }
}
