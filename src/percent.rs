//! Percent-encoding (RFC 3986 section 2.1).

use crate::ascii::{UNRESERVED, span};
use crate::cursor::Cursor;

/// Everything but unreserved bytes becomes `%XX`, in capitals as RFC 3986 asks.
#[inline(never)]
pub(crate) fn encode(cursor: &mut Cursor<'_>, mut text: &[u8]) {
    while let Some((plain, rest)) = text.split_at_checked(span(text, UNRESERVED)) {
        cursor.bytes(plain);
        let Some((byte, rest)) = rest.split_first() else {
            return;
        };
        cursor.bytes(&[b'%', hex(byte >> 4), hex(byte & 15)]);
        text = rest;
    }
}

const fn hex(nibble: u8) -> u8 {
    let zero = if nibble > 9 { b'A' - 10 } else { b'0' };
    nibble.wrapping_add(zero)
}
