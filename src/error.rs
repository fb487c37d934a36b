//! Errors, by who must act: the caller (a field was refused, or the buffer is too small), the peer (its
//! response cannot be trusted) or the transport.

/// A field of the request, as an error names it. The numbers are those of the C API.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u8)]
pub enum Field {
    /// The host name of the account's data endpoint.
    Endpoint = 1,
    /// The topic to publish to.
    Topic = 2,
    /// The message itself.
    Payload = 3,
    /// The authorizer's name.
    Authorizer = 4,
    /// The authorizer's token key name: the name of the header or parameter that carries the token.
    TokenKey = 5,
    /// The token.
    Token = 6,
    /// The token's signature.
    Signature = 7,
    /// The name of one of your own headers.
    HeaderName = 8,
    /// The value of one of your own headers.
    HeaderValue = 9,
    /// The quality of service. Only C can give a wrong one.
    QoS = 10,
    /// The MQTT 5 content type.
    ContentType = 11,
    /// The MQTT 5 response topic.
    ResponseTopic = 12,
    /// The name or the value of an MQTT 5 user property.
    UserProperty = 13,
    /// The MQTT 5 correlation data.
    CorrelationData = 14,
    /// The MQTT 5 payload format indicator. Only C can give a wrong one.
    PayloadFormat = 15,
    /// A flag or a reserved byte of a C struct.
    Flag = 16,
    /// The MQTT 5 properties as a whole.
    Properties = 17,
    /// The device id that a token is minted for.
    DeviceId = 18,
    /// A reading for a batch.
    Reading = 19,
    /// The name of a SenML record, together with the base name.
    ReadingName = 20,
    /// The unit of a SenML record.
    ReadingUnit = 21,
    /// The value of a SenML record.
    ReadingValue = 22,
    /// The time of a SenML record.
    ReadingTime = 23,
}

/// Why a field was refused. The numbers are those of the C API.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u8)]
pub enum Reason {
    /// It is empty, but it is required, or another field needs it.
    Missing = 1,
    /// It is longer than AWS allows.
    TooLong = 2,
    /// It contains CR, LF, NUL or another control character, which could end the field early and smuggle
    /// in another one.
    Control = 3,
    /// It contains a byte that this field must not contain.
    Character = 4,
    /// It contains `+` or `#`, which only a topic filter may contain.
    Wildcard = 5,
    /// It has more than seven slashes.
    TooManyLevels = 6,
    /// It is not UTF-8.
    NotUtf8 = 7,
    /// It is not one line of standard base64 with padding. `base64` wraps at 76 columns on Linux:
    /// use `base64 -w0`.
    NotOneLineOfBase64 = 8,
    /// It is a header that the library writes itself (`host`, `content-length`, the token key, the
    /// authorizer's headers, or one that would change the framing), or a topic that AWS reserves: one that
    /// starts with `$` and not with `$aws/`, or with `$aws/rules/` and no rule.
    Reserved = 9,
    /// It is a number out of its range.
    OutOfRange = 10,
    /// It is `.` or `..`. Clients and proxies remove such a path segment, and percent-encoding does not
    /// protect it (RFC 3986 section 6.2.2.3).
    DotSegment = 11,
    /// It is stored in the buffer that it is to be written to. Only C can do that.
    Overlap = 12,
    /// It is not exactly one JSON value (RFC 8259), or not exactly one well-formed CBOR data item (RFC 8949).
    NotOneValue = 13,
    /// Its arrays and objects are nested more than 16 levels deep.
    TooDeep = 14,
}

/// A request could not be built. Nothing was sent.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// This field must not go on the wire, for this reason. Correct it.
    Refused {
        /// Which field.
        field: Field,
        /// Why.
        reason: Reason,
    },
    /// The buffer is too small.
    BufferTooSmall {
        /// Exactly how many bytes the call needs. `usize::MAX` if that does not fit a `usize`.
        needed: usize,
    },
}

/// The exchange failed. Close the connection: its state is unknown. The numbers are those of the C API.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u8)]
pub enum ExchangeError {
    /// The peer's first line is not an HTTP/1.0 or HTTP/1.1 status line with a status of 100 to
    /// 999. 101 counts as none: a connection that changes its protocol has no response.
    StatusLine = 20,
    /// A line of the response is malformed: bare LF, folding, a control character, a blank before the
    /// colon, no colon, no name.
    FieldLine = 21,
    /// The length of the body is not certain: two lengths, a length that is not a number or is 2^28 or
    /// more, a length next to chunks, a transfer coding other than `chunked`.
    Framing = 22,
    /// The chunked body is malformed.
    Chunk = 23,
    /// The head, with chunk lines and trailer, is longer than 65,535 bytes.
    HeadTooLong = 24,
    /// The peer closed before the response was complete.
    Closed = 25,
    /// The body is more than 65,535 bytes longer than the buffer.
    BodyTooLong = 26,
    /// The transport failed. Only C reports it so; in Rust it is [`Error::Transport`].
    Transport = 30,
    /// The transport reported more bytes than it was offered, or bytes that were not asked for.
    Overrun = 31,
}

/// A publish over a transport failed.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error<E> {
    /// The request could not be built. Nothing was sent.
    Encode(EncodeError),
    /// The peer or the transport broke the rules. Close the connection.
    Exchange(ExchangeError),
    /// The transport's own error. Close the connection.
    Transport(E),
    /// The transport accepted no bytes and gave no error. Close the connection.
    WriteZero,
    /// The exchange was made by [`Exchange::new_head`](crate::Exchange::new_head): its payload is yours to
    /// send, so drive it step by step.
    PayloadUnsent,
    /// The caller's deadline has passed. Close the connection. Whether AWS has the message is not known.
    TimedOut,
}

impl<E> From<EncodeError> for Error<E> {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl<E> From<ExchangeError> for Error<E> {
    fn from(error: ExchangeError) -> Self {
        Self::Exchange(error)
    }
}
