//! What AWS takes as a topic to publish to, and its form in the request's path.
//!
//! Limits: "AWS IoT Core message broker limits" (256 bytes, seven slashes) and the page on Basic
//! Ingest, whose prefix counts towards neither.

use crate::ascii::{is_control, is_word};
use crate::cursor::Cursor;
use crate::error::Reason;
use crate::percent;

const MAX_BYTES: usize = 256;
const MAX_SLASHES: usize = 7;
const BASIC_INGEST: &[u8] = b"$aws/rules/";

pub(crate) fn check(topic: &[u8]) -> Result<(), Reason> {
    if topic.is_empty() {
        return Err(Reason::Missing);
    }
    let counted = counted(topic);
    if counted.len() > MAX_BYTES {
        return Err(Reason::TooLong);
    }
    if counted.iter().filter(|byte| **byte == b'/').count() > MAX_SLASHES {
        return Err(Reason::TooManyLevels);
    }
    if topic.iter().any(|byte| matches!(byte, b'+' | b'#')) {
        return Err(Reason::Wildcard);
    }
    check_text(topic)
}

/// UTF-8 without control characters: the rule for every MQTT string that we send.
pub(crate) fn check_text(text: &[u8]) -> Result<(), Reason> {
    if text.iter().any(|byte| is_control(*byte)) {
        return Err(Reason::Control);
    }
    if is_utf8(text) {
        Ok(())
    } else {
        Err(Reason::NotUtf8)
    }
}

/// The part of the topic that AWS's limits apply to: without `$aws/rules/<rule>/`.
fn counted(topic: &[u8]) -> &[u8] {
    let Some((prefix, rest)) = topic.split_at_checked(BASIC_INGEST.len()) else {
        return topic;
    };
    if !is_word(prefix, BASIC_INGEST) {
        return topic;
    }
    match rest.iter().position(|byte| *byte == b'/') {
        None | Some(0) => topic,
        Some(slash) => rest.split_at_checked(slash).map_or(topic, |(_, tail)| {
            tail.split_first().map_or(topic, |(_, counted)| counted)
        }),
    }
}

/// Writes the topic as the last part of a path. A slash between two levels stays raw, which is two
/// bytes shorter. It becomes `%2F` where a level is empty or begins or ends with a dot, because
/// clients, proxies and servers fold `//`, `/./` and `/../` (aws-sdk-go issue 4816) and the
/// message would reach another topic. `$` opens AWS's own topics and AWS's examples send it raw.
pub(crate) fn write_path(cursor: &mut Cursor<'_>, topic: &[u8]) {
    let mut before = b'/';
    let mut rest = topic.iter();
    while let Some(&byte) = rest.next() {
        let after = rest.as_slice().first().copied().unwrap_or(b'/');
        match byte {
            b'/' if is_plain(before) && is_plain(after) => cursor.byte(byte),
            b'$' if rest.len().wrapping_add(1) == topic.len() => cursor.byte(byte),
            _ => percent::encode(cursor, byte),
        }
        before = byte;
    }
}

const fn is_plain(beside_slash: u8) -> bool {
    !matches!(beside_slash, b'/' | b'.')
}

/// RFC 3629, by decoding: `core::str::from_utf8` would be several times larger than all of this.
fn is_utf8(text: &[u8]) -> bool {
    let mut bytes = text.iter();
    while let Some(&lead) = bytes.next() {
        let (more, least) = match lead {
            0..=0x7f => continue,
            0xc0..=0xdf => (1, 0x80),
            0xe0..=0xef => (2, 0x800),
            0xf0..=0xf7 => (3, 0x1_0000),
            _ => return false,
        };
        let mut code = u32::from(lead) & (0x3f >> more);
        for _ in 0..more {
            match bytes.next() {
                Some(byte @ 0x80..=0xbf) => code = (code << 6) | u32::from(byte & 0x3f),
                _ => return false,
            }
        }
        if code < least || char::from_u32(code).is_none() {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_utf8;

    fn assert_agrees(bytes: &[u8]) {
        let expected = core::str::from_utf8(bytes).is_ok();
        assert_eq!(is_utf8(bytes), expected, "{}", bytes.escape_ascii());
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
