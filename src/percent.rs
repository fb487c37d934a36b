//! Percent-encoding (RFC 3986 section 2.1).

use crate::ascii::{UNRESERVED, is_in};
use crate::cursor::Cursor;

/// Everything but unreserved bytes becomes `%XX`, in capitals as RFC 3986 asks.
pub(crate) fn encode(cursor: &mut Cursor<'_>, byte: u8) {
    if is_in(byte, UNRESERVED) {
        cursor.byte(byte);
    } else {
        escape(cursor, byte);
    }
}

/// `%XX`, whatever the byte.
pub(crate) fn escape(cursor: &mut Cursor<'_>, byte: u8) {
    cursor.byte(b'%');
    for nibble in [byte >> 4, byte & 15] {
        let letter = if nibble > 9 { b'A' - 10 } else { b'0' };
        cursor.byte(nibble.wrapping_add(letter));
    }
}
