//! The field names that mean something to the library, on the way out and on the way back.

use crate::ascii::is_word;

// The first is `host`.
pub(crate) const CONTENT_LENGTH: u8 = 1;
pub(crate) const TRANSFER_ENCODING: u8 = 2;
pub(crate) const CONNECTION: u8 = 3;
pub(crate) const DATE: u8 = 4;
pub(crate) const ERROR_TYPE: u8 = 5;

/// The names in the order of their numbers, each behind its length: a table of slices would take
/// more flash than the names themselves.
const NAMES: &[u8] =
    b"\x04host\x0econtent-length\x11transfer-encoding\x0aconnection\x04date\x10x-amzn-errortype";

/// A name's number; another one for a name without.
#[inline(never)]
pub(crate) fn recognise(name: &[u8]) -> u8 {
    let mut number: u8 = 0;
    let mut names = NAMES;
    while let Some((len, rest)) = names.split_first()
        && let Some((known, rest)) = rest.split_at_checked(usize::from(*len))
    {
        if is_word(name, known) {
            break;
        }
        names = rest;
        number = number.wrapping_add(1);
    }
    number
}

/// A second `content-length` or a `transfer-encoding` would let a payload pass for a request of its
/// own (RFC 9112 section 11.2): the caller may not add these.
pub(crate) fn frames_the_message(name: &[u8]) -> bool {
    recognise(name) <= CONNECTION
}
