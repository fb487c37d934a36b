//! Byte classes, and numbers as text.
//!
//! A class is a bit. One table of 95 bytes holds the classes of each printable character. [`OTHERS`]
//! is the grammar.

/// RFC 3986 section 2.3, unreserved.
pub(crate) const UNRESERVED: u8 = 1;
/// RFC 9110 section 5.6.2, tchar.
pub(crate) const TCHAR: u8 = 1 << 1;
/// A host name, or an address with a port, as a local emulator has (RFC 9110 section 7.2).
pub(crate) const HOST: u8 = 1 << 2;
/// `authorizerName`, AWS IoT API reference, CreateAuthorizer.
pub(crate) const AUTHORIZER: u8 = 1 << 3;
/// `tokenKeyName`, from the same page.
pub(crate) const TOKEN_KEY: u8 = 1 << 4;
/// RFC 4648 section 4, without the padding.
pub(crate) const BASE64: u8 = 1 << 5;
/// RFC 9110 section 5.5, VCHAR with SP and HTAB. Bytes above 0x7F (obs-text) are left out: AWS does not
/// document them, and proxies differ in how they read them.
pub(crate) const VISIBLE: u8 = 1 << 6;
/// Device ids: a whole topic level, without wildcards or variables of a policy.
pub(crate) const DEVICE_ID: u8 = 1 << 7;

/// What a class allows besides letters and digits.
const OTHERS: [(u8, &[u8]); 7] = [
    (UNRESERVED, b"-._~"),
    (TCHAR, b"-_.!#$%&'*+^`|~"),
    (HOST, b"-._~:[]"),
    (AUTHORIZER, b"-_=,@"),
    (TOKEN_KEY, b"-_"),
    (BASE64, b"+/"),
    (DEVICE_ID, b"-_.:"),
];

/// The classes of each character from the space to the tilde. DEL is left out: a table that ends in a
/// zero looks like a C string, and the linker would keep it in one section with unused texts.
static CLASSES: [u8; 95] = classes();

#[allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "evaluated at compile time"
)]
const fn classes() -> [u8; 95] {
    let mut classes = [0; 95];
    let mut byte = b' ';
    while byte < 0x7f {
        let mut of_byte = VISIBLE;
        let mut class = 0;
        while class < OTHERS.len() {
            let (bit, others) = OTHERS[class];
            let mut other = 0;
            while other < others.len() {
                if others[other] == byte {
                    of_byte |= bit;
                }
                other += 1;
            }
            if byte.is_ascii_alphanumeric() {
                of_byte |= bit;
            }
            class += 1;
        }
        classes[(byte - b' ') as usize] = of_byte;
        byte += 1;
    }
    classes
}

/// Whether the byte is in the class.
#[inline(always)]
pub(crate) fn is_in(byte: u8, class: u8) -> bool {
    match CLASSES.get(usize::from(byte).wrapping_sub(usize::from(b' '))) {
        Some(classes) => classes & class != 0,
        None => byte == b'\t' && class == VISIBLE,
    }
}

/// Whether a byte of the response is in the class, [`TCHAR`] or [`VISIBLE`]. Obs-text counts as
/// visible here: a peer may send it, and nothing depends on it.
#[inline(always)]
pub(crate) fn is_text(byte: u8, class: u8) -> bool {
    match CLASSES.get(usize::from(byte).wrapping_sub(usize::from(b' '))) {
        Some(classes) => classes & class != 0,
        None => class != TCHAR && (byte > 0x7f || byte == b'\t'),
    }
}

/// How many of the first bytes are in the class.
#[inline(never)]
pub(crate) fn span(text: &[u8], class: u8) -> usize {
    text.iter()
        .position(|byte| !is_in(*byte, class))
        .unwrap_or(text.len())
}

pub(crate) const fn is_control(byte: u8) -> bool {
    byte < b' ' || byte == 0x7f
}

/// Spaces and tabs around a field value are not part of it (RFC 9110 section 5.6.3).
#[inline(never)]
pub(crate) fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Radix {
    Decimal = 10,
    /// For the size of a chunk. Blanks may follow it, as load balancers pad it, and then extensions after
    /// a semicolon, which nobody uses (RFC 9112 section 7.1.1).
    Hexadecimal = 16,
}

/// Parses a number. `None` if the text is malformed or empty, and for numbers of 2^28 and above, far
/// beyond any response.
#[inline(never)]
pub(crate) fn number(text: &[u8], base: Radix) -> Option<u32> {
    let mut value: u32 = 0;
    let mut has_digits = false;
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        let byte = u32::from(*byte);
        let mut digit = byte.wrapping_sub(u32::from(b'0'));
        if digit > 9 {
            if base == Radix::Hexadecimal && matches!(trim(rest), [] | [b';', ..]) {
                break;
            }
            digit = (byte | 0x20).wrapping_sub(u32::from(b'a')).wrapping_add(10);
            if !(10..base as u32).contains(&digit) {
                return None;
            }
        }
        // No product can overflow.
        if value >= 1 << 24 {
            return None;
        }
        value = value.wrapping_mul(base as u32).wrapping_add(digit);
        has_digits = true;
        rest = after;
    }
    has_digits.then_some(value)
}

#[cfg(test)]
mod tests {
    use super::{
        AUTHORIZER, BASE64, DEVICE_ID, HOST, Radix, TCHAR, TOKEN_KEY, UNRESERVED, VISIBLE, is_text,
        number, span,
    };

    #[test]
    fn number_reads_digits_of_its_base_and_nothing_else() {
        use Radix::{Decimal, Hexadecimal};
        let table: [(&[u8], Radix, Option<u32>); 38] = [
            (b"0", Decimal, Some(0)),
            (b"9", Decimal, Some(9)),
            (b"10", Decimal, Some(10)),
            (b"0065", Decimal, Some(65)),
            (b"131072", Decimal, Some(131_072)),
            (b"f", Hexadecimal, Some(15)),
            (b"F", Hexadecimal, Some(15)),
            (b"fF", Hexadecimal, Some(255)),
            (b"0", Hexadecimal, Some(0)),
            (b"a", Decimal, None),
            (b"g", Hexadecimal, None),
            (b"G", Hexadecimal, None),
            (b"", Decimal, None),
            (b"", Hexadecimal, None),
            (b"+5", Decimal, None),
            (b"-5", Decimal, None),
            (b" 5", Decimal, None),
            (b"5 ", Decimal, None),
            (b"5_0", Decimal, None),
            (b"0x5", Hexadecimal, None),
            // What ends a chunk's size.
            (b"5;a=b", Hexadecimal, Some(5)),
            (b"5 ;a", Hexadecimal, Some(5)),
            (b"5 ", Hexadecimal, Some(5)),
            (b"5 \t ", Hexadecimal, Some(5)),
            (b"5 5", Hexadecimal, None),
            (b" 5", Hexadecimal, None),
            (b" ", Hexadecimal, None),
            (b"5 \x0b", Hexadecimal, None),
            (b";", Hexadecimal, None),
            (b"5;", Decimal, None),
            // The largest that fit, and the next.
            (b"167772159", Decimal, Some(167_772_159)),
            (b"167772160", Decimal, None),
            (b"fffffff", Hexadecimal, Some(0x0fff_ffff)),
            (b"10000000", Hexadecimal, None),
            (b"4294967295", Decimal, None),
            (b"4294967296", Decimal, None),
            (b"18446744073709551621", Decimal, None),
            (b"10000000000000005", Hexadecimal, None),
        ];
        for (text, base, expected) in table {
            assert_eq!(number(text, base), expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn every_byte_is_the_digit_that_core_says() {
        for byte in 0..=255 {
            for base in [Radix::Decimal, Radix::Hexadecimal] {
                let digit = char::from(byte).to_digit(base as u32);
                assert_eq!(number(&[byte], base), digit, "{byte}");
                let after_one = match byte {
                    b';' | b' ' | b'\t' if base == Radix::Hexadecimal => Some(1),
                    _ => digit.and_then(|digit| digit.checked_add(base as u32)),
                };
                assert_eq!(number(&[b'1', byte], base), after_one, "{byte}");
            }
        }
    }

    #[test]
    fn the_classes_are_those_of_the_rfcs() {
        for byte in 0..=255_u8 {
            let is_in = |class| span(&[byte], class) == 1;
            let visible = matches!(byte, b'!'..=b'~' | b' ' | b'\t');
            assert_eq!(is_in(VISIBLE), visible, "{byte}");
            assert_eq!(is_text(byte, VISIBLE), visible || byte > 0x7f, "{byte}");
            // RFC 9110 section 5.6.2: VCHAR without delimiters.
            let token = matches!(byte, b'!'..=b'~') && !b"\"(),/:;<=>?@[\\]{}".contains(&byte);
            assert_eq!(
                (is_in(TCHAR), is_text(byte, TCHAR)),
                (token, token),
                "{byte}"
            );
            let beside_alphanumeric: [(u8, &[u8]); 6] = [
                (UNRESERVED, b"-._~"),
                (HOST, b"-._~:[]"),
                (AUTHORIZER, b"_=,@-"),
                (TOKEN_KEY, b"_-"),
                (BASE64, b"+/"),
                (DEVICE_ID, b"-_.:"),
            ];
            for (class, others) in beside_alphanumeric {
                let expected = byte.is_ascii_alphanumeric() || others.contains(&byte);
                assert_eq!(is_in(class), expected, "{byte}");
            }
        }
    }

    #[test]
    fn a_span_ends_before_the_first_byte_outside() {
        for (text, len) in [
            (&b""[..], 0),
            (b"a", 1),
            (b":", 0),
            (b"ab:cd", 2),
            (b"ab\x80", 2),
        ] {
            assert_eq!(span(text, TCHAR), len, "{}", text.escape_ascii());
        }
    }
}
