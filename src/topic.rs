//! Topics that AWS accepts for a publish, and their form in the path of a request.
//!
//! Limits: "AWS IoT Core message broker limits" (256 bytes, seven slashes), and the page on Basic Ingest,
//! whose prefix counts towards neither.

use crate::ascii::is_control;
use crate::cursor::Cursor;
use crate::error::{Field, Reason};
use crate::percent;
use crate::utf8::Utf8;

const MAX_BYTES: usize = 256;
const MAX_SLASHES: isize = 7;
/// In `$aws/rules/<rule>/`.
const BASIC_INGEST_SLASHES: isize = 3;
const BASIC_INGEST: &[u8; BASIC_INGEST_LEN] = b"$aws/rules/";
const BASIC_INGEST_LEN: usize = 11;

/// Why AWS would refuse the topic.
pub(crate) fn fault(topic: &[u8]) -> Option<Reason> {
    path_fault(topic, &mut Cursor::new(&mut []))
}

/// Why MQTT may not carry a text: it must be UTF-8 without control characters.
#[inline(never)]
pub(crate) fn text_fault(text: &[u8]) -> Option<Reason> {
    let mut character = Utf8::new();
    let mut before = 0;
    for byte in text {
        if is_control(*byte) {
            return Some(Reason::Control);
        }
        let byte = usize::from(*byte);
        if !character.may_go_on(before, byte) {
            return Some(Reason::NotUtf8);
        }
        before = byte;
    }
    character.is_open().then_some(Reason::NotUtf8)
}

/// Writes the topic as the last part of a path, and refuses a topic that AWS would refuse.
///
/// A slash between two levels stays raw, which is two bytes shorter. It becomes `%2F` next to an empty
/// level and next to a dot, because clients, proxies and servers fold `//`, `/./` and `/../`
/// (aws-sdk-go issue 4816) and the message would reach another topic. `$` starts AWS's own topics, and
/// AWS's examples send it raw.
#[inline(never)]
pub(crate) fn write_path(topic: &[u8], cursor: &mut Cursor<'_>) {
    if let Some(reason) = path_fault(topic, cursor) {
        cursor.refuse(Field::Topic, reason);
    }
}

#[inline(always)]
fn path_fault(topic: &[u8], cursor: &mut Cursor<'_>) -> Option<Reason> {
    match topic {
        [] => return Some(Reason::Missing),
        [b'.'] | [b'.', b'.'] => return Some(Reason::DotSegment),
        _ => {}
    }
    let mut counted = topic.len();
    // The slashes of Basic Ingest's prefix are counted below zero. After the last of them, the rest of the
    // topic counts.
    let mut slashes = match shared_with_basic_ingest(topic) {
        // No rule, or `$` and not `$aws/`.
        (10.., []) | (BASIC_INGEST_LEN, [b'/', ..]) | (1..5, _) => return Some(Reason::Reserved),
        (BASIC_INGEST_LEN, _) => -BASIC_INGEST_SLASHES,
        _ => 0,
    };
    let mut character = Utf8::new();
    // A topic may not hold zero, so zero stands before its first byte.
    let mut before = 0;
    let mut rest = topic.iter();
    while let Some(byte) = rest.next() {
        let byte = *byte;
        if is_control(byte) {
            return Some(Reason::Control);
        }
        if !character.may_go_on(before, usize::from(byte)) {
            return Some(Reason::NotUtf8);
        }
        if matches!(byte, b'+' | b'#') {
            return Some(Reason::Wildcard);
        }
        let mut is_raw = byte == b'$' && before == 0;
        if byte == b'/' {
            slashes = slashes.wrapping_add(1);
            if slashes == 0 {
                counted = rest.len();
            }
            let after = rest.as_slice().first();
            is_raw = before != 0
                && is_plain(before)
                && after.is_some_and(|after| is_plain(usize::from(*after)));
        }
        percent::byte(byte, is_raw, cursor);
        before = usize::from(byte);
    }
    if character.is_open() {
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

/// How much of `$aws/rules/` the topic starts with, and what follows.
#[inline(always)]
fn shared_with_basic_ingest(mut topic: &[u8]) -> (usize, &[u8]) {
    let mut shared: usize = 0;
    while let [byte, rest @ ..] = topic
        && BASIC_INGEST.get(shared) == Some(byte)
    {
        topic = rest;
        shared = shared.wrapping_add(1);
    }
    (shared, topic)
}

/// Whether a slash next to this byte separates two levels that nobody folds.
const fn is_plain(byte: usize) -> bool {
    byte != b'/' as usize && byte != b'.' as usize
}

#[cfg(test)]
mod tests {
    use super::{fault, text_fault};

    /// One in so many: Miri is some thousand times slower.
    const STEP: usize = if cfg!(miri) { 83 } else { 1 };

    fn assert_agrees(bytes: &[u8]) {
        let expected = core::str::from_utf8(bytes).is_ok();
        let is_control = bytes.iter().any(u8::is_ascii_control);
        let is_text = expected && !is_control;
        let is_wild = bytes.iter().any(|byte| b"+#".contains(byte));
        let is_reserved = bytes.starts_with(b"$") && !bytes.starts_with(b"$aws/");
        let is_folded = matches!(bytes, b"." | b"..");
        assert_eq!(
            [text_fault(bytes).is_none(), fault(bytes).is_none()],
            [
                is_text,
                is_text && !is_wild && !is_reserved && !is_folded && !bytes.is_empty(),
            ],
            "{}",
            bytes.escape_ascii()
        );
    }

    #[test]
    fn text_fault_agrees_with_core_on_every_sequence_of_one_and_of_two_bytes() {
        assert_agrees(b"");
        for first in 0..=255 {
            assert_agrees(&[first]);
            for second in (0..=255).step_by(STEP) {
                assert_agrees(&[first, second]);
            }
        }
    }

    #[test]
    fn text_fault_agrees_with_core_on_sequences_of_three_bytes() {
        // Every lead, every second byte, and the edges of a third.
        for first in (0..=255).step_by(STEP) {
            for second in (0..=255).step_by(STEP) {
                for third in [0x00, 0x7f, 0x80, 0x81, 0xa5, 0xbf, 0xc0, 0xff] {
                    assert_agrees(&[first, second, third]);
                }
            }
        }
        // And all there are, in steps.
        for code in (0..0x0100_0000_u32).step_by(61 * STEP * STEP) {
            let [_, bytes @ ..] = code.to_be_bytes();
            assert_agrees(&bytes);
        }
    }

    #[test]
    fn text_fault_agrees_with_core_on_sequences_of_four_bytes() {
        // Random ones (Numerical Recipes' generator), and as many that begin like four-byte ones.
        let mut state = 1_u32;
        for _ in 0..1_000_000 / (STEP * STEP) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let bytes @ [a, b, c, d] = state.to_be_bytes();
            assert_agrees(&bytes);
            assert_agrees(&[0xf0 | (a & 7), 0x80 | (b & 0x3f), 0x80 | (c & 0x3f), d]);
        }
        // The edges of what four bytes may say.
        for second in (0x80..=0xbf).step_by(STEP) {
            for first in 0xef..=0xf8 {
                assert_agrees(&[first, second, 0x80, 0x80]);
                assert_agrees(&[first, second, 0xbf, 0xbf]);
                assert_agrees(&[first, second, 0xbf]);
            }
        }
    }
}
