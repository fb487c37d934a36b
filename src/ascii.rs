//! Byte classes, case-blind comparison, and decimal numbers.
//!
//! A class is the list of the bytes it allows beside letters and digits, so that the grammar can be
//! read off the constant and no table of 256 entries goes into flash.

/// RFC 3986 section 2.3, unreserved.
pub(crate) const UNRESERVED: &[u8] = b"-._~";

/// RFC 9110 section 5.6.2, tchar.
pub(crate) const TCHAR: &[u8] = b"-_.!#$%&'*+^`|~";

/// RFC 9110 section 5.5, VCHAR with SP and HTAB: too many for a list. Bytes above 0x7F (obs-text)
/// are left out: AWS says nothing of them, and a proxy may read them as it likes.
pub(crate) const VISIBLE: &[u8] = b"";

#[allow(
    clippy::manual_contains,
    reason = "a search by whole words is larger than all of this"
)]
#[inline(never)]
pub(crate) fn is_in(byte: u8, others: &[u8]) -> bool {
    if others.is_empty() {
        return !is_control(byte) && byte.is_ascii() || byte == b'\t';
    }
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
#[inline(never)]
pub(crate) fn is_word(text: &[u8], lower: &[u8]) -> bool {
    text.len() == lower.len()
        && text
            .iter()
            .zip(lower)
            .all(|(byte, expected)| byte.to_ascii_lowercase() == *expected)
}

/// The powers of ten that a length below a million has, and all that a `u32` has.
pub(crate) const SIX_DIGITS: &[u32] = &[100_000, 10_000, 1_000, 100, 10];
pub(crate) const TEN_DIGITS: &[u32] = &[
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
pub(crate) fn decimal(mut value: u32, powers: &[u32], mut digit: impl FnMut(u8)) {
    let mut leading = true;
    for power in powers {
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
#[inline(never)]
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

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::string::String;

    use super::{TCHAR, TEN_DIGITS, VISIBLE, decimal, is_in, is_word, number};

    #[test]
    fn decimal_writes_what_core_fmt_writes() {
        let edges = [0, 1, 9, 10, 11, 99, 100, 101, 65_535, 65_536, 131_072];
        let powers = (0..10).flat_map(|exponent| {
            let power = 10_u32.pow(exponent);
            [power.wrapping_sub(1), power, power.wrapping_add(1)]
        });
        let swept = (0..=u32::MAX).step_by(999_983);
        let last = [4_294_967_290, u32::MAX];
        for value in edges.into_iter().chain(powers).chain(swept).chain(last) {
            let mut written = String::new();
            decimal(value, TEN_DIGITS, |digit| written.push(char::from(digit)));
            assert_eq!(written, format!("{value}"));
        }
    }

    #[test]
    fn number_reads_digits_of_its_base_and_nothing_else() {
        let table: [(&[u8], u8, Option<u32>); 28] = [
            (b"0", 10, Some(0)),
            (b"9", 10, Some(9)),
            (b"10", 10, Some(10)),
            (b"0065", 10, Some(65)),
            (b"131072", 10, Some(131_072)),
            (b"f", 16, Some(15)),
            (b"F", 16, Some(15)),
            (b"fF", 16, Some(255)),
            (b"0", 16, Some(0)),
            (b"a", 10, None),
            (b"g", 16, None),
            (b"G", 16, None),
            (b"", 10, None),
            (b"", 16, None),
            (b"+5", 10, None),
            (b"-5", 10, None),
            (b" 5", 10, None),
            (b"5 ", 10, None),
            (b"5_0", 10, None),
            (b"0x5", 16, None),
            // The largest that fit, and the next.
            (b"167772159", 10, Some(167_772_159)),
            (b"167772160", 10, None),
            (b"fffffff", 16, Some(0x0fff_ffff)),
            (b"10000000", 16, None),
            (b"4294967295", 10, None),
            (b"4294967296", 10, None),
            (b"18446744073709551621", 10, None),
            (b"10000000000000005", 16, None),
        ];
        for (text, base, expected) in table {
            assert_eq!(number(text, base), expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn every_byte_is_the_digit_that_core_says() {
        for byte in 0..=255 {
            for base in [10, 16] {
                let digit = char::from(byte).to_digit(u32::from(base));
                assert_eq!(number(&[byte], base), digit, "{byte}");
                let behind_one = digit.and_then(|digit| digit.checked_add(u32::from(base)));
                assert_eq!(number(&[b'1', byte], base), behind_one, "{byte}");
            }
        }
    }

    #[test]
    fn the_classes_are_those_of_the_rfcs() {
        for byte in 0..=255_u8 {
            let visible = matches!(byte, b'!'..=b'~' | b' ' | b'\t');
            assert_eq!(is_in(byte, VISIBLE), visible, "{byte}");
            // RFC 9110 section 5.6.2: VCHAR without delimiters.
            let token = matches!(byte, b'!'..=b'~') && !b"\"(),/:;<=>?@[\\]{}".contains(&byte);
            assert_eq!(is_in(byte, TCHAR), token, "{byte}");
        }
    }

    #[test]
    fn a_word_is_compared_without_its_case_and_whole() {
        for (text, same) in [
            (&b"date"[..], true),
            (b"DATE", true),
            (b"dAtE", true),
            (b"dat", false),
            (b"dates", false),
            (b"", false),
            (b"d\x01te", false),
            // Not the letters' neighbours, 32 further on.
            (b"D\x81te", false),
        ] {
            assert_eq!(is_word(text, b"date"), same, "{}", text.escape_ascii());
        }
    }
}
