//! The field names that mean something to the library, on the way out and on the way back.

use crate::ascii::is_word;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldName {
    ContentLength,
    TransferEncoding,
    Connection,
    Date,
    ErrorType,
    Host,
    Other,
}

pub(crate) fn recognise(name: &[u8]) -> FieldName {
    const KNOWN: [(&[u8], FieldName); 6] = [
        (b"content-length", FieldName::ContentLength),
        (b"transfer-encoding", FieldName::TransferEncoding),
        (b"connection", FieldName::Connection),
        (b"date", FieldName::Date),
        (b"x-amzn-errortype", FieldName::ErrorType),
        (b"host", FieldName::Host),
    ];
    KNOWN
        .iter()
        .find(|(known, _)| is_word(name, known))
        .map_or(FieldName::Other, |(_, field)| *field)
}

/// A second `content-length` or a `transfer-encoding` would let a payload pass for a request of its
/// own (RFC 9112 section 11.2): the caller may not add these.
pub(crate) fn frames_the_message(name: &[u8]) -> bool {
    matches!(
        recognise(name),
        FieldName::ContentLength
            | FieldName::TransferEncoding
            | FieldName::Connection
            | FieldName::Host
    )
}
