//! The credentials of a custom authorizer, and their form on the wire.
//!
//! AWS IoT Developer Guide, "Custom authentication and authorization": the authorizer's name, a
//! token under a key that the authorizer chose, and with signing a signature of the token, all as
//! headers or as query parameters.

use core::fmt;

use crate::ascii::{VISIBLE, is_in};
use crate::error::{Field, Reason};
use crate::fields::{Fields, Rule, check};
use crate::names::frames_the_message;

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
    pub(crate) credentials: Credentials<'a>,
    pub(crate) encode_signature: Option<EncodeSignature>,
}

pub(crate) type EncodeSignature = fn(&mut Fields<'_, '_>, &[u8]);

/// The credentials as the encoder reads them, from Rust or from C. An empty field is an absent one.
#[derive(Clone, Copy, Default)]
pub(crate) struct Credentials<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) token_key: &'a [u8],
    pub(crate) token: &'a [u8],
    pub(crate) signature: &'a [u8],
    pub(crate) in_query: bool,
}

impl<'a> CustomAuthorizer<'a> {
    /// The authorizer of this name: 1 to 128 letters, digits, `_`, `=`, `,`, `@` and `-`.
    pub const fn named(name: &'a str) -> Self {
        let mut authorizer = Self::endpoint_default();
        authorizer.credentials.name = name.as_bytes();
        authorizer
    }

    /// The one that the account or the domain configuration names as its default, which saves the
    /// header.
    pub const fn endpoint_default() -> Self {
        Self {
            credentials: Credentials {
                name: &[],
                token_key: &[],
                token: &[],
                signature: &[],
                in_query: false,
            },
            encode_signature: None,
        }
    }

    /// The token, under the authorizer's token key name (1 to 128 letters, digits, `_` and `-`).
    pub const fn token(mut self, key: &'a str, token: &'a str) -> Self {
        self.credentials.token_key = key.as_bytes();
        self.credentials.token = token.as_bytes();
        self
    }

    /// The token's signature as one line of standard base64.
    pub const fn signature(mut self, base64: &'a str) -> Self {
        self.credentials.signature = base64.as_bytes();
        self.encode_signature = None;
        self
    }

    /// The token's signature as the raw bytes of it, encoded on the way: a quarter less flash than
    /// the text. 256 bytes for RSA-2048.
    pub const fn signature_bytes(mut self, signature: &'a [u8]) -> Self {
        self.credentials.signature = signature;
        self.encode_signature = Some(encode_signature);
        self
    }

    /// Carries the credentials in the query instead of in headers. It is a few bytes shorter, but
    /// proxies and servers log queries more often than headers.
    pub const fn in_query(mut self) -> Self {
        self.credentials.in_query = true;
        self
    }
}

impl fmt::Debug for CustomAuthorizer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Credentials {
            name,
            token_key,
            token,
            signature,
            in_query,
        } = self.credentials;
        f.debug_struct("CustomAuthorizer")
            .field("name", &core::str::from_utf8(name).unwrap_or_default())
            .field(
                "token_key",
                &core::str::from_utf8(token_key).unwrap_or_default(),
            )
            .field("token_len", &token.len())
            .field("signature_len", &signature.len())
            .field("in_query", &in_query)
            .finish()
    }
}

/// `authorizerName`, AWS IoT API reference, CreateAuthorizer.
const NAME: Rule = Rule {
    field: Field::Authorizer,
    others: b"-_=,@",
    max: 128,
};
/// `tokenKeyName`, likewise.
const TOKEN_KEY: Rule = Rule {
    field: Field::TokenKey,
    others: b"-_",
    max: 128,
};
/// `token` of TestInvokeAuthorizer; AWS documents no limit for the data path.
const TOKEN: Rule = Rule {
    field: Field::Token,
    others: VISIBLE,
    max: 6144,
};
/// `tokenSignature` of TestInvokeAuthorizer: 2,560 characters of base64.
const MAX_SIGNATURE_TEXT: usize = 2560;
const MAX_SIGNATURE_BYTES: usize = MAX_SIGNATURE_TEXT / 4 * 3;

/// Writes the credentials. `encode` writes a signature that is not text yet.
pub(crate) fn write(
    fields: &mut Fields<'_, '_>,
    credentials: &Credentials<'_>,
    encode: impl Fn(&mut Fields<'_, '_>) -> bool,
) {
    if !credentials.name.is_empty() {
        fields.pair(b"x-amz-customauthorizer-name", credentials.name, &NAME);
    }
    let signed = !credentials.signature.is_empty();
    if signed || !credentials.token.is_empty() || !credentials.token_key.is_empty() {
        check(fields.cursor(), credentials.token_key, &TOKEN_KEY);
        if frames_the_message(credentials.token_key) {
            fields.cursor().refuse(Field::TokenKey, Reason::Reserved);
        }
        fields.pair(credentials.token_key, credentials.token, &TOKEN);
    }
    if signed {
        fields.name(b"x-amz-customauthorizer-signature");
        if !encode(fields) {
            write_base64(fields, credentials.signature);
        }
        fields.end();
    }
}

/// The signature that is one line of base64 already.
fn write_base64(fields: &mut Fields<'_, '_>, signature: &[u8]) {
    if is_base64(signature) {
        check_len(fields, signature, MAX_SIGNATURE_TEXT);
        fields.plain(signature);
    } else {
        fields
            .cursor()
            .refuse(Field::Signature, Reason::NotOneLineOfBase64);
    }
}

/// The signature that is raw bytes.
pub(crate) fn encode_signature(fields: &mut Fields<'_, '_>, signature: &[u8]) {
    check_len(fields, signature, MAX_SIGNATURE_BYTES);
    let mut base64 = fields.base64();
    base64.bytes(signature);
    base64.finish();
}

fn check_len(fields: &mut Fields<'_, '_>, signature: &[u8], max: usize) {
    if signature.len() > max {
        fields.cursor().refuse(Field::Signature, Reason::TooLong);
    }
}

/// RFC 4648 section 4, padded, in one line.
fn is_base64(text: &[u8]) -> bool {
    let body = text.strip_suffix(b"=").unwrap_or(text);
    let body = body.strip_suffix(b"=").unwrap_or(body);
    text.len().is_multiple_of(4) && body.iter().all(|byte| is_in(*byte, b"+/"))
}
