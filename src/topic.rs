//! What AWS takes as a topic to publish to, and its form in the request's path.
//!
//! Limits: "AWS IoT Core message broker limits" (256 bytes, seven slashes) and the page on Basic
//! Ingest, whose prefix counts towards neither.

use crate::ascii::is_control;
use crate::cursor::Cursor;
use crate::error::Reason;
use crate::percent;
use crate::words::{BASIC_INGEST, recognise};

const MAX_BYTES: usize = 256;
const MAX_SLASHES: usize = 7;
const BASIC_INGEST_LEN: usize = b"$aws/rules/".len();
/// Two in the name above, one behind the rule.
const BASIC_INGEST_SLASHES: usize = 3;

/// Why AWS would refuse the topic.
pub(crate) fn fault(topic: &[u8]) -> Option<Reason> {
    write_path(&mut Cursor::new(&mut []), topic)
}

/// Why a text is not one that MQTT may carry: UTF-8 without control characters, by the table of RFC
/// 3629, section 4. `core::str::from_utf8` would be several times larger than all of this.
#[inline(never)]
pub(crate) fn text_fault(text: &[u8]) -> Option<Reason> {
    let mut more: u8 = 0;
    let mut tail = 0x80..=0xbf_u8;
    for byte in text {
        if more != 0 {
            if !tail.contains(byte) {
                return Some(Reason::NotUtf8);
            }
            more = more.wrapping_sub(1);
            tail = 0x80..=0xbf;
            continue;
        }
        match *byte {
            0..0x80 if is_control(*byte) => return Some(Reason::Control),
            0..0x80 => continue,
            0xc2..0xe0 => more = 1,
            0xe0..0xf0 => more = 2,
            0xf0..0xf5 => more = 3,
            _ => return Some(Reason::NotUtf8),
        }
        match *byte {
            0xe0 => tail = 0xa0..=0xbf,
            0xed => tail = 0x80..=0x9f,
            0xf0 => tail = 0x90..=0xbf,
            0xf4 => tail = 0x80..=0x8f,
            _ => {}
        }
    }
    (more != 0).then_some(Reason::NotUtf8)
}

/// Writes the topic as the last part of a path, and says why AWS would refuse it.
///
/// A slash between two levels stays raw, which is two
/// bytes shorter. It becomes `%2F` where a level is empty or begins or ends with a dot, because
/// clients, proxies and servers fold `//`, `/./` and `/../` (aws-sdk-go issue 4816) and the
/// message would reach another topic. `$` opens AWS's own topics and AWS's examples send it raw.
#[inline(never)]
pub(crate) fn write_path(cursor: &mut Cursor<'_>, topic: &[u8]) -> Option<Reason> {
    let uncounted = basic_ingest(topic);
    let mut fault = text_fault(topic);
    if topic.is_empty() {
        fault = Some(Reason::Missing);
    }
    if topic.len().wrapping_sub(uncounted) > MAX_BYTES {
        fault = Some(Reason::TooLong);
    }
    let mut slashes: usize = 0;
    let mut before = b'/';
    let mut rest = topic;
    while let [byte, after @ ..] = rest {
        let mut raw = *byte == b'$' && slashes == 0 && before == b'/';
        if *byte == b'/' {
            slashes = slashes.wrapping_add(1);
            raw = is_plain(before) && is_plain(after.first().copied().unwrap_or(b'/'));
        }
        if matches!(byte, b'+' | b'#') {
            fault = Some(Reason::Wildcard);
        }
        if raw {
            cursor.byte(*byte);
        } else {
            percent::byte(cursor, *byte);
        }
        before = *byte;
        rest = after;
    }
    if uncounted != 0 {
        slashes = slashes.wrapping_sub(BASIC_INGEST_SLASHES);
    }
    if slashes > MAX_SLASHES {
        fault = Some(Reason::TooManyLevels);
    }
    fault
}

/// How long `$aws/rules/<rule>/` is at the beginning of the topic; 0 if it is not there.
fn basic_ingest(topic: &[u8]) -> usize {
    match topic.split_at_checked(BASIC_INGEST_LEN) {
        Some((prefix, rest)) if recognise(prefix) == BASIC_INGEST => {
            match rest.iter().position(|byte| *byte == b'/') {
                None | Some(0) => 0,
                Some(slash) => prefix.len().wrapping_add(slash).wrapping_add(1),
            }
        }
        _ => 0,
    }
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
