//! The credentials of a custom authorizer, and their form on the wire.
//!
//! AWS IoT Developer Guide, "Custom authentication and authorization": the authorizer's name, a
//! token under a key that the authorizer chose, and with signing a signature of the token, all as
//! headers or as query parameters.

use core::fmt;

use crate::ascii::{BASE64, span};
use crate::error::{Field, Reason};
use crate::fields::Fields;
use crate::percent;
use crate::publish::{Model, Publish, Texts, WriteCredentials};
use crate::texts::{AUTHORIZER, SIGNATURE, TOKEN, TOKEN_KEY};

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
    /// Stored by the setters, so that firmware carries the code for its own form alone.
    pub(crate) encode_signature: Option<EncodeSignature>,
    pub(crate) write_in_query: Option<WriteCredentials>,
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
            write_in_query: None,
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
        self.encode_signature = Some(copy_signature);
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
        self.write_in_query = Some(write_own_query);
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
            .field("in_query", &self.write_in_query.is_some())
            .finish()
    }
}

/// Writes the credentials as field lines.
pub(crate) fn write_lines(model: &impl Model, fields: &mut Fields<'_>) {
    if model.is_given(AUTHORIZER) {
        fields.cursor.bytes(b"x-amz-customauthorizer-name:");
        fields.value(model.texts(), AUTHORIZER);
    }
    if has_token(model) {
        fields.pair(model.texts(), TOKEN_KEY);
    }
    if model.is_given(SIGNATURE) {
        model.encode_signature(fields);
    }
}

/// Writes the credentials into the query.
pub(crate) fn write_query(model: &impl Model, fields: &mut Fields<'_>) {
    if model.is_given(AUTHORIZER) {
        write_parameter(model, b"x-amz-customauthorizer-name", AUTHORIZER, fields);
    }
    if has_token(model) {
        let texts = model.texts();
        let key = texts.text(TOKEN_KEY).unwrap_or_default();
        fields.check(TOKEN_KEY, key);
        write_parameter(model, key, TOKEN, fields);
    }
    if model.is_given(SIGNATURE) {
        model.encode_signature(fields);
    }
}

/// The `WriteCredentials` of Rust.
fn write_own_query(publish: &Publish<'_>, fields: &mut Fields<'_>) {
    write_query(publish, fields);
}

fn write_parameter(model: &impl Model, name: &[u8], index: usize, fields: &mut Fields<'_>) {
    let texts = model.texts();
    let value = texts.text(index).unwrap_or_default();
    fields.check(index, value);
    fields.encoded(name, value);
}

/// An incomplete token is refused where it is written.
fn has_token(model: &impl Model) -> bool {
    model.is_given(TOKEN_KEY) | model.is_given(TOKEN) | model.is_given(SIGNATURE)
}

/// `tokenSignature` of TestInvokeAuthorizer: 2,560 characters of base64.
const MAX_SIGNATURE_TEXT: usize = 2560;
const MAX_SIGNATURE_BYTES: usize = MAX_SIGNATURE_TEXT / 4 * 3;

/// Writes the signature that is raw bytes.
pub(crate) fn encode_signature(fields: &mut Fields<'_>, signature: &[u8]) {
    if signature.len() > MAX_SIGNATURE_BYTES {
        fields.cursor.refuse(Field::Signature, Reason::TooLong);
    }
    begin_signature(fields, signature);
    let mut base64 = fields.base64();
    base64.bytes(signature);
    base64.finish();
    end_signature(fields);
}

/// Writes the signature that is base64 already.
pub(crate) fn copy_signature(fields: &mut Fields<'_>, signature: &[u8]) {
    let padding = signature.get(span(signature, BASE64)..);
    if signature.len() > MAX_SIGNATURE_TEXT {
        fields.cursor.refuse(Field::Signature, Reason::TooLong);
    } else if signature.len() & 3 != 0 || !matches!(padding, Some(b"" | b"=" | b"==")) {
        fields
            .cursor
            .refuse(Field::Signature, Reason::NotOneLineOfBase64);
    }
    begin_signature(fields, signature);
    if fields.is_query() {
        percent::encode(&mut fields.cursor, signature);
    } else {
        fields.cursor.bytes(signature);
    }
    end_signature(fields);
}

fn begin_signature(fields: &mut Fields<'_>, signature: &[u8]) {
    if signature.is_empty() {
        fields.cursor.refuse(Field::Signature, Reason::Missing);
    }
    let name = b"x-amz-customauthorizer-signature";
    if fields.is_query() {
        fields.parameter(name).cursor.byte(b'=');
    } else {
        fields.cursor.bytes(name).byte(b':');
    }
}

fn end_signature(fields: &mut Fields<'_>) {
    if !fields.is_query() {
        fields.end_line();
    }
}
