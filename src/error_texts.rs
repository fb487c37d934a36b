//! Errors in plain words.

use core::ffi::CStr;
use core::fmt;

use crate::error::{EncodeError, Error, ExchangeError, Field, Reason};

/// The texts end in NUL for C. Rust reads the same ones.
const fn plain(text: &'static CStr) -> &'static str {
    match text.to_str() {
        Ok(text) => text,
        Err(_) => "",
    }
}

impl Field {
    /// The field's name in plain words.
    pub const fn name(self) -> &'static str {
        plain(self.c_name())
    }

    pub(crate) const fn c_name(self) -> &'static CStr {
        match self {
            Self::Endpoint => c"endpoint",
            Self::Topic => c"topic",
            Self::Payload => c"payload",
            Self::Authorizer => c"authorizer name",
            Self::TokenKey => c"token key",
            Self::Token => c"token",
            Self::Signature => c"signature",
            Self::HeaderName => c"header name",
            Self::HeaderValue => c"header value",
            Self::QoS => c"QoS",
            Self::ContentType => c"content type",
            Self::ResponseTopic => c"response topic",
            Self::UserProperty => c"user property",
            Self::CorrelationData => c"correlation data",
            Self::PayloadFormat => c"payload format",
            Self::Flag => c"flag or reserved byte",
            Self::Properties => c"properties",
            Self::DeviceId => c"device id",
            Self::Reading => c"reading",
            Self::ReadingName => c"reading's name",
            Self::ReadingUnit => c"reading's unit",
            Self::ReadingValue => c"reading's value",
            Self::ReadingTime => c"reading's time",
        }
    }
}

impl Reason {
    /// The reason in plain words, to follow the field's name.
    pub const fn text(self) -> &'static str {
        plain(self.c_text())
    }

    pub(crate) const fn c_text(self) -> &'static CStr {
        match self {
            Self::Missing => c"is missing",
            Self::TooLong => c"is longer than AWS allows",
            Self::Control => c"holds CR, LF, NUL or another control character",
            Self::Character => c"holds a character that it may not hold",
            Self::Wildcard => c"holds + or #, which only a topic filter may",
            Self::TooManyLevels => c"has more than seven slashes",
            Self::NotUtf8 => c"is not UTF-8",
            Self::NotOneLineOfBase64 => {
                c"is not one line of standard base64 (base64 wraps at 76 columns; use base64 -w0)"
            }
            Self::Reserved => c"is reserved (a header of the library's own, or $ without a service of AWS or a rule)",
            Self::OutOfRange => c"is out of range",
            Self::DotSegment => c"is . or .., which is removed from a path on its way",
            Self::Overlap => c"is stored in the buffer that it is to be written to",
            Self::NotOneValue => c"is not exactly one JSON value, or one CBOR data item",
            Self::TooDeep => c"is nested more than 16 levels deep",
        }
    }
}

/// The reason as it reads best for this field.
pub(crate) const fn refusal_text(field: Field, reason: Reason) -> &'static CStr {
    match (field, reason) {
        (Field::Endpoint, Reason::Character) => {
            c"holds a character that it may not hold: it is the host name alone, without https:// and path"
        }
        _ => reason.c_text(),
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { field, reason } => {
                write!(
                    f,
                    "{} {}",
                    field.name(),
                    plain(refusal_text(*field, *reason))
                )
            }
            Self::BufferTooSmall { needed } => write!(f, "the buffer must hold {needed} bytes"),
        }
    }
}

impl ExchangeError {
    /// The error in plain words.
    pub const fn text(self) -> &'static str {
        plain(self.c_text())
    }

    pub(crate) const fn c_text(self) -> &'static CStr {
        match self {
            Self::StatusLine => c"the peer's first line is not an HTTP/1.1 status line",
            Self::FieldLine => c"the peer sent a malformed field line",
            Self::Framing => c"the length of the response is not certain",
            Self::Chunk => c"the peer sent a malformed chunk",
            Self::HeadTooLong => c"the head of the response is longer than 65,535 bytes",
            Self::Closed => c"the peer closed before its response was complete",
            Self::BodyTooLong => c"the body of the response is too long",
            Self::Transport => c"the transport failed",
            Self::Overrun => c"the transport reported more bytes than it was offered",
        }
    }
}

impl fmt::Display for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encode(error) => error.fmt(f),
            Self::Exchange(error) => error.fmt(f),
            Self::Transport(error) => write!(f, "the transport failed: {error}"),
            Self::WriteZero => f.write_str("the transport accepts no bytes"),
            Self::PayloadUnsent => f.write_str("the payload is the caller's to send"),
            Self::TimedOut => f.write_str("the deadline has passed"),
        }
    }
}

impl core::error::Error for EncodeError {}
impl core::error::Error for ExchangeError {}
impl<E: fmt::Debug + fmt::Display> core::error::Error for Error<E> {}
