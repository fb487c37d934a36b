//! The credentials of a custom authorizer, and their form on the wire.
//!
//! AWS IoT Developer Guide, "Custom authentication and authorization": the authorizer's name, a
//! token under a key that the authorizer chose, and with signing a signature of the token, all as
//! headers or as query parameters.

use core::fmt;

use crate::ascii::{self, BASE64, VISIBLE, span};
use crate::error::{Field, Reason};
use crate::fields::{Fields, Rule};
use crate::publish::Model;

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

// Where these are among the texts of a request.
const NAME: usize = 3;
const TOKEN_KEY: usize = 4;
const TOKEN: usize = 5;
pub(crate) const SIGNATURE: usize = 6;

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

const NAME_RULE: Rule = Rule {
    name: b"x-amz-customauthorizer-name",
    field: Field::Authorizer,
    class: ascii::AUTHORIZER,
    max: 128,
};
const TOKEN_RULES: [Rule; 2] = [
    Rule {
        name: b"",
        field: Field::TokenKey,
        class: ascii::TOKEN_KEY,
        max: 128,
    },
    // `token` of TestInvokeAuthorizer; AWS documents no limit for the data path.
    Rule {
        name: b"",
        field: Field::Token,
        class: VISIBLE,
        max: 6144,
    },
];
/// `tokenSignature` of TestInvokeAuthorizer: 2,560 characters of base64.
const MAX_SIGNATURE_TEXT: usize = 2560;
const MAX_SIGNATURE_BYTES: usize = MAX_SIGNATURE_TEXT / 4 * 3;

/// Writes the credentials of a request.
pub(crate) fn write(fields: &mut Fields<'_>, model: &impl Model) {
    let name = model.text(NAME);
    if !name.is_empty() {
        fields.pair(&NAME_RULE, &name);
    }
    let token = [model.text(TOKEN_KEY), model.text(TOKEN)];
    let signature = model.text(SIGNATURE);
    if !(token[0].is_empty() && token[1].is_empty() && signature.is_empty()) {
        fields.named_by_caller(&TOKEN_RULES, &token);
    }
    if !signature.is_empty() {
        fields.name(b"x-amz-customauthorizer-signature");
        if !model.encode_signature(fields) {
            write_base64(fields, signature);
        }
        fields.end();
    }
}

/// The signature that is one line of base64 already (RFC 4648 section 4, padded).
fn write_base64(fields: &mut Fields<'_>, signature: &[u8]) {
    let padding = signature.get(span(signature, BASE64)..);
    let is_base64 = matches!(padding, Some(b"" | b"=" | b"=="));
    if !is_base64 || signature.len() & 3 != 0 {
        fields
            .cursor
            .refuse(Field::Signature, Reason::NotOneLineOfBase64);
    }
    check_len(fields, signature, MAX_SIGNATURE_TEXT);
    fields.plain(signature);
}

/// The signature that is raw bytes.
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
