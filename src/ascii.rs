//! Byte classes, case-blind comparison, and decimal numbers.
//!
//! A class is the list of the bytes it allows beside letters and digits, so that the grammar can be
//! read off the constant and no table of 256 entries goes into flash.

/// RFC 3986 section 2.3, unreserved.
pub(crate) const UNRESERVED: &[u8] = b"-._~";

/// RFC 9110 section 5.6.2, tchar.
pub(crate) const TCHAR: &[u8] = b"-_.!#$%&'*+^`|~";

/// RFC 9110 section 5.5, VCHAR with SP and HTAB. Bytes above 0x7F (obs-text) are left out: AWS says
/// nothing of them, and a proxy may read them as it likes.
pub(crate) const VISIBLE: &[u8] = b"-_.=:/ ,;@\"{}+!#$%&'()*<>?[\\]^`|~\t";

#[allow(
    clippy::manual_contains,
    reason = "a search by whole words is larger than all of this"
)]
pub(crate) fn is_in(byte: u8, others: &[u8]) -> bool {
    byte.is_ascii_alphanumeric() || others.iter().any(|other| *other == byte)
}

pub(crate) const fn is_control(byte: u8) -> bool {
    byte < b' ' || byte == 0x7f
}

/// Spaces and tabs around a field value are not part of it (RFC 9110 section 5.6.3).
pub(crate) const fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Whether `text` is `lower` in any case; `lower` must have no capitals.
pub(crate) fn is_word(text: &[u8], lower: &[u8]) -> bool {
    text.len() == lower.len()
        && text
            .iter()
            .zip(lower)
            .all(|(byte, expected)| byte.to_ascii_lowercase() == *expected)
}

const POWERS_OF_TEN: [u32; 9] = [
    1_000_000_000,
    100_000_000,
    10_000_000,
    1_000_000,
    100_000,
    10_000,
    1_000,
    100,
    10,
];

/// The digits of `value`, most significant first. Counts down by subtraction, because a Cortex-M0
/// and an AVR have no division and would link a routine for it.
pub(crate) fn decimal(mut value: u32, mut digit: impl FnMut(u8)) {
    let mut leading = true;
    for power in &POWERS_OF_TEN {
        let mut count = b'0';
        while value >= *power {
            value = value.wrapping_sub(*power);
            count = count.wrapping_add(1);
        }
        leading &= count == b'0';
        if !leading {
            digit(count);
        }
    }
    digit((value as u8).wrapping_add(b'0'));
}

/// One or more digits of the given base (10 or 16) and nothing else, or `None`; `None` too where
/// the number does not fit.
pub(crate) fn number(text: &[u8], base: u8) -> Option<u32> {
    let mut value: u32 = 0;
    for byte in text {
        let digit = match *byte {
            byte @ b'0'..=b'9' => byte.wrapping_sub(b'0'),
            byte => (byte | 0x20).wrapping_sub(b'a').saturating_add(10),
        };
        // Numbers stay below 2^28, far beyond any answer: no product can overflow.
        if digit >= base || value >= 1 << 24 {
            return None;
        }
        value = value
            .wrapping_mul(u32::from(base))
            .wrapping_add(u32::from(digit));
    }
    (!text.is_empty()).then_some(value)
}
