//! The credentials of a custom authorizer, and their form on the wire.
//!
//! AWS IoT Developer Guide, "Custom authentication and authorization": the authorizer's name, a
//! token under the authorizer's token key, and with signing a signature of the token, all as headers
//! or as query parameters.

use core::fmt;

use crate::ascii::{BASE64, span};
use crate::error::{Field, Reason};
use crate::head_writer::HeadWriter;
use crate::percent;
use crate::texts::{AUTHORIZER, SIGNATURE, TOKEN, TOKEN_KEY, Texts};
use crate::view::CredentialsView;
use crate::words::AUTHORIZER_PREFIX;

/// The authorizer that AWS asks, and the credentials that it checks.
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
    // An empty text is absent.
    name: &'a str,
    token_key: &'a str,
    token: &'a str,
    signature: &'a [u8],
    // Functions that the setters name: see `view`.
    encode_signature: Option<EncodeSignature>,
    encode_in_query: Option<EncodeInQuery>,
}

pub(crate) type EncodeSignature = fn(&mut HeadWriter<'_>, &[u8]);
type EncodeInQuery = fn(&CustomAuthorizer<'_>, &mut HeadWriter<'_>);

impl<'a> CustomAuthorizer<'a> {
    /// The authorizer of this name: 1 to 128 letters, digits, `_`, `=`, `,`, `@` and `-`.
    pub const fn named(name: &'a str) -> Self {
        let mut authorizer = Self::endpoint_default();
        authorizer.name = name;
        authorizer
    }

    /// The default authorizer of the account or of the domain configuration, which saves the header.
    pub const fn endpoint_default() -> Self {
        Self {
            name: "",
            token_key: "",
            token: "",
            signature: &[],
            encode_signature: None,
            encode_in_query: None,
        }
    }

    /// The token under the authorizer's token key name (1 to 128 letters, digits, `_` and `-`). At most
    /// 6,144 printable characters.
    pub const fn token(mut self, key: &'a str, token: &'a str) -> Self {
        self.token_key = key;
        self.token = token;
        self
    }

    /// The token's signature as one line of standard base64, at most 2,560 characters.
    pub const fn signature(mut self, base64: &'a str) -> Self {
        self.signature = base64.as_bytes();
        self.encode_signature = Some(copy_signature);
        self
    }

    /// The token's signature as raw bytes, 256 for RSA-2048. It is encoded as it is written, so it takes
    /// a quarter less flash than the text.
    pub const fn signature_bytes(mut self, signature: &'a [u8]) -> Self {
        self.signature = signature;
        self.encode_signature = Some(encode_signature);
        self
    }

    /// Sends the credentials in the query instead of in headers. The request is a few bytes shorter, but
    /// proxies and servers log queries more often than headers.
    pub const fn in_query(mut self) -> Self {
        self.encode_in_query = Some(|authorizer, writer| write_query(authorizer, writer));
        self
    }
}

impl fmt::Debug for CustomAuthorizer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomAuthorizer")
            .field("name", &self.name)
            .field("token_key", &self.token_key)
            .field("token_len", &self.token.len())
            .field("signature_len", &self.signature.len())
            .field("in_query", &self.encode_in_query.is_some())
            .finish()
    }
}

impl Texts for &CustomAuthorizer<'_> {
    fn text(&self, index: usize) -> Option<&[u8]> {
        match index {
            AUTHORIZER => Some(self.name.as_bytes()),
            TOKEN_KEY => Some(self.token_key.as_bytes()),
            TOKEN => Some(self.token.as_bytes()),
            SIGNATURE => Some(self.signature),
            _ => None,
        }
    }
}

impl<'a> CredentialsView for CustomAuthorizer<'a> {
    type Texts<'t>
        = &'t CustomAuthorizer<'a>
    where
        Self: 't;

    fn texts(&self) -> &CustomAuthorizer<'a> {
        self
    }

    fn is_given(&self, index: usize) -> bool {
        self.texts()
            .text(index)
            .is_some_and(|text| !text.is_empty())
    }

    fn in_query(&self) -> bool {
        self.encode_in_query.is_some()
    }

    fn encode_in_query(&self, writer: &mut HeadWriter<'_>) {
        if let Some(encode) = self.encode_in_query {
            encode(self, writer);
        }
    }

    fn encode_signature(&self, writer: &mut HeadWriter<'_>) {
        if let Some(encode) = self.encode_signature {
            encode(writer, self.signature);
        }
    }
}

/// Writes the credentials as field lines.
pub(crate) fn write_lines(credentials: &impl CredentialsView, writer: &mut HeadWriter<'_>) {
    if credentials.is_given(AUTHORIZER) {
        writer.cursor.bytes(AUTHORIZER_PREFIX).bytes(b"name:");
        writer.value(credentials.texts(), AUTHORIZER);
    }
    if has_token(credentials) {
        writer.pair(credentials.texts(), TOKEN_KEY);
    }
    if credentials.is_given(SIGNATURE) {
        credentials.encode_signature(writer);
    }
}

/// Writes the credentials into the query.
pub(crate) fn write_query(credentials: &impl CredentialsView, writer: &mut HeadWriter<'_>) {
    if credentials.is_given(AUTHORIZER) {
        writer.parameter(AUTHORIZER_PREFIX).cursor.bytes(b"name");
        write_parameter_value(credentials, AUTHORIZER, writer);
    }
    if has_token(credentials) {
        let texts = credentials.texts();
        let key = texts.text(TOKEN_KEY).unwrap_or_default();
        writer.check(TOKEN_KEY, key);
        writer.parameter(key);
        write_parameter_value(credentials, TOKEN, writer);
    }
    if credentials.is_given(SIGNATURE) {
        credentials.encode_signature(writer);
    }
}

fn write_parameter_value(
    credentials: &impl CredentialsView,
    index: usize,
    writer: &mut HeadWriter<'_>,
) {
    let texts = credentials.texts();
    let value = texts.text(index).unwrap_or_default();
    writer.check(index, value);
    writer.encoded_value(value);
}

/// Whether there is any part of a token. A missing part is refused where it is written.
fn has_token(credentials: &impl CredentialsView) -> bool {
    credentials.is_given(TOKEN_KEY) | credentials.is_given(TOKEN) | credentials.is_given(SIGNATURE)
}

/// `tokenSignature` of TestInvokeAuthorizer: 2,560 characters of base64.
const MAX_SIGNATURE_TEXT: usize = 2560;
const MAX_SIGNATURE_BYTES: usize = MAX_SIGNATURE_TEXT / 4 * 3;

/// Writes a signature that is raw bytes.
pub(crate) fn encode_signature(writer: &mut HeadWriter<'_>, signature: &[u8]) {
    if signature.len() > MAX_SIGNATURE_BYTES {
        writer.cursor.refuse(Field::Signature, Reason::TooLong);
    }
    begin_signature(writer, signature);
    let mut base64 = writer.base64();
    base64.bytes(signature);
    base64.finish();
    end_signature(writer);
}

/// Writes a signature that is base64 already.
pub(crate) fn copy_signature(writer: &mut HeadWriter<'_>, signature: &[u8]) {
    let padding = signature.get(span(signature, BASE64)..);
    if signature.len() > MAX_SIGNATURE_TEXT {
        writer.cursor.refuse(Field::Signature, Reason::TooLong);
    } else if signature.len() & 3 != 0 || !matches!(padding, Some(b"" | b"=" | b"==")) {
        writer
            .cursor
            .refuse(Field::Signature, Reason::NotOneLineOfBase64);
    }
    begin_signature(writer, signature);
    if writer.is_query() {
        percent::encode(&mut writer.cursor, signature);
    } else {
        writer.cursor.bytes(signature);
    }
    end_signature(writer);
}

fn begin_signature(writer: &mut HeadWriter<'_>, signature: &[u8]) {
    if signature.is_empty() {
        writer.cursor.refuse(Field::Signature, Reason::Missing);
    }
    let end = if writer.is_query() {
        writer.parameter(b"");
        b'='
    } else {
        b':'
    };
    let cursor = &mut writer.cursor;
    cursor
        .bytes(AUTHORIZER_PREFIX)
        .bytes(b"signature")
        .byte(end);
}

fn end_signature(writer: &mut HeadWriter<'_>) {
    if !writer.is_query() {
        writer.end_line();
    }
}
