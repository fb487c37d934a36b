//! What AWS takes as a topic to publish to, and its form in the request's path.
//!
//! Limits: "AWS IoT Core message broker limits" (256 bytes, seven slashes) and the page on Basic
//! Ingest, whose prefix counts towards neither.

use crate::ascii::is_control;
use crate::cursor::Cursor;
use crate::error::{Field, Reason};
use crate::percent;
use crate::words::{BASIC_INGEST, recognise};

const MAX_BYTES: usize = 256;
const MAX_SLASHES: isize = 7;
const BASIC_INGEST_LEN: usize = b"$aws/rules/".len();

/// Why AWS would refuse the topic.
pub(crate) fn fault(topic: &[u8]) -> Option<Reason> {
    path_fault(topic, &mut Cursor::new(&mut []))
}

/// Why a text is not one that MQTT may carry: UTF-8 without control characters.
#[inline(never)]
pub(crate) fn text_fault(text: &[u8]) -> Option<Reason> {
    let mut utf8 = Utf8::new();
    let mut before = 0;
    for byte in text {
        let byte = usize::from(*byte);
        if is_control(byte as u8) {
            return Some(Reason::Control);
        }
        if !utf8.may_follow(before, byte) {
            return Some(Reason::NotUtf8);
        }
        before = byte;
    }
    utf8.is_open().then_some(Reason::NotUtf8)
}

/// How far a character in UTF-8 has come, by the table of RFC 3629, section 4.
/// `core::str::from_utf8` would be several times larger than all of this.
struct Utf8 {
    /// A lead byte has a one at its beginning for itself and for each byte that follows. Here they
    /// are moved to the left with each that came: as long as the first bit is set, one is due.
    due: isize,
}

impl Utf8 {
    const fn new() -> Self {
        Self { due: 0 }
    }

    #[inline(always)]
    fn may_follow(&mut self, before: usize, byte: usize) -> bool {
        if self.is_open() {
            if byte & 0xc0 != 0x80 {
                return false;
            }
            self.due <<= 1;
            if before >= 0xc0 {
                let second = (before << 2).wrapping_add(byte >> 4).wrapping_sub(0x310);
                if second > 0xc8 || second >> 1 == 0x3c || second >> 1 == 0x57 || second == 0xb8 {
                    return false;
                }
            }
        } else if byte >= 0x80 {
            if byte < 0xc0 {
                return false;
            }
            self.due = (byte << (usize::BITS - 7)) as isize;
        }
        true
    }

    const fn is_open(&self) -> bool {
        self.due < 0
    }
}

/// Writes the topic as the last part of a path, and says why AWS would refuse it.
///
/// A slash between two levels stays raw, which is two
/// bytes shorter. It becomes `%2F` where a level is empty or begins or ends with a dot, because
/// clients, proxies and servers fold `//`, `/./` and `/../` (aws-sdk-go issue 4816) and the
/// message would reach another topic. `$` opens AWS's own topics and AWS's examples send it raw.
#[inline(never)]
pub(crate) fn write_path(topic: &[u8], cursor: &mut Cursor<'_>) {
    if let Some(reason) = path_fault(topic, cursor) {
        cursor.refuse(Field::Topic, reason);
    }
}

#[inline(always)]
fn path_fault(topic: &[u8], cursor: &mut Cursor<'_>) -> Option<Reason> {
    if topic.is_empty() {
        return Some(Reason::Missing);
    }
    let mut counted = topic.len();
    let mut slashes: isize = match topic.first_chunk::<12>() {
        Some([prefix @ .., rule]) if *rule != b'/' && recognise(prefix) == BASIC_INGEST => -3,
        _ => 0,
    };
    let mut utf8 = Utf8::new();
    let mut before = usize::from(b'/');
    let mut rest = topic.iter();
    while let Some(byte) = rest.next() {
        let byte = usize::from(*byte);
        if is_control(byte as u8) {
            return Some(Reason::Control);
        }
        if !utf8.may_follow(before, byte) {
            return Some(Reason::NotUtf8);
        }
        if matches!(byte as u8, b'+' | b'#') {
            return Some(Reason::Wildcard);
        }
        let mut raw = byte as u8 == b'$' && rest.len().wrapping_add(1) == counted;
        if byte as u8 == b'/' {
            slashes = slashes.wrapping_add(1);
            if slashes == 0 {
                counted = rest.len();
            }
            raw = is_plain(before as u8)
                && is_plain(rest.as_slice().first().copied().unwrap_or(b'/'));
        }
        if raw {
            cursor.byte(byte as u8);
        } else {
            percent::byte(cursor, byte as u8);
        }
        before = byte;
    }
    if utf8.is_open() {
        return Some(Reason::NotUtf8);
    }
    if counted > MAX_BYTES {
        return Some(Reason::TooLong);
    }
    if slashes > MAX_SLASHES {
        return Some(Reason::TooManyLevels);
    }
    None
}

const fn is_plain(beside_slash: u8) -> bool {
    !matches!(beside_slash, b'/' | b'.')
}

#[cfg(test)]
mod tests {
    use super::text_fault;

    fn assert_agrees(bytes: &[u8]) {
        let expected = core::str::from_utf8(bytes).is_ok();
        let is_control = bytes.iter().any(u8::is_ascii_control);
        let fault = text_fault(bytes);
        assert_eq!(
            fault.is_none(),
            expected && !is_control,
            "{}",
            bytes.escape_ascii()
        );
    }

    #[test]
    fn is_utf8_agrees_with_core_on_every_sequence_of_one_and_of_two_bytes() {
        assert_agrees(b"");
        for first in 0..=255 {
            assert_agrees(&[first]);
            for second in 0..=255 {
                assert_agrees(&[first, second]);
            }
        }
    }

    #[test]
    fn is_utf8_agrees_with_core_on_sequences_of_three_bytes() {
        // Every lead, every second byte, and the edges of a third.
        for first in 0..=255 {
            for second in 0..=255 {
                for third in [0x00, 0x7f, 0x80, 0x81, 0xa5, 0xbf, 0xc0, 0xff] {
                    assert_agrees(&[first, second, third]);
                }
            }
        }
        // And all there are, in steps.
        for code in (0..0x0100_0000_u32).step_by(61) {
            let [_, bytes @ ..] = code.to_be_bytes();
            assert_agrees(&bytes);
        }
    }

    #[test]
    fn is_utf8_agrees_with_core_on_sequences_of_four_bytes() {
        // Random ones (Numerical Recipes' generator), and as many that begin like four-byte ones.
        let mut state = 1_u32;
        for _ in 0..1_000_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let bytes @ [a, b, c, d] = state.to_be_bytes();
            assert_agrees(&bytes);
            assert_agrees(&[0xf0 | (a & 7), 0x80 | (b & 0x3f), 0x80 | (c & 0x3f), d]);
        }
        // The edges of what four bytes may say.
        for second in 0x80..=0xbf {
            for first in 0xef..=0xf8 {
                assert_agrees(&[first, second, 0x80, 0x80]);
                assert_agrees(&[first, second, 0xbf, 0xbf]);
                assert_agrees(&[first, second, 0xbf]);
            }
        }
    }
}
