//! Percent-encoding (RFC 3986 section 2.1).

use crate::ascii::{UNRESERVED, is_in};
use crate::cursor::Cursor;

/// Writes an unreserved byte, or one that must stay raw, as it is, and every other byte as `%XX` in
/// capitals (RFC 3986 section 2.1).
#[inline(never)]
pub(crate) fn byte<'c, 'b>(
    byte: u8,
    is_raw: bool,
    cursor: &'c mut Cursor<'b>,
) -> &'c mut Cursor<'b> {
    if is_raw || is_in(byte, UNRESERVED) {
        return cursor.byte(byte);
    }
    cursor.byte(b'%').byte(hex(byte >> 4)).byte(hex(byte & 15))
}

pub(crate) fn encode(cursor: &mut Cursor<'_>, text: &[u8]) {
    for each in text {
        byte(*each, false, cursor);
    }
}

const fn hex(nibble: u8) -> u8 {
    let zero = if nibble > 9 { b'A' - 10 } else { b'0' };
    nibble.wrapping_add(zero)
}
