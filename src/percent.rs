//! Percent-encoding (RFC 3986 section 2.1).

use crate::ascii::{UNRESERVED, is_in};
use crate::cursor::Cursor;

/// Everything but unreserved bytes becomes `%XX`, in capitals as RFC 3986 asks.
#[inline(never)]
pub(crate) fn byte<'c, 'b>(cursor: &'c mut Cursor<'b>, byte: u8) -> &'c mut Cursor<'b> {
    if is_in(byte, UNRESERVED) {
        return cursor.byte(byte);
    }
    cursor
        .byte(b'%')
        .byte(hex(byte >> 4))
        .byte(hex(byte & 15))
}

pub(crate) fn encode(cursor: &mut Cursor<'_>, text: &[u8]) {
    for each in text {
        byte(cursor, *each);
    }
}

const fn hex(nibble: u8) -> u8 {
    let zero = if nibble > 9 { b'A' - 10 } else { b'0' };
    nibble.wrapping_add(zero)
}
