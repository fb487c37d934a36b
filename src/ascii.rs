//! Byte classes, and numbers as text.
//!
//! A class is a bit, and one table of 95 bytes says for each printable character in which classes it
//! is. The grammar can be read off [`OTHERS`].

/// RFC 3986 section 2.3, unreserved.
pub(crate) const UNRESERVED: u8 = 1;
/// RFC 9110 section 5.6.2, tchar.
pub(crate) const TCHAR: u8 = 1 << 1;
/// A host name, or an address with a port, as a stand-in has it (RFC 9110 section 7.2).
pub(crate) const HOST: u8 = 1 << 2;
/// `authorizerName`, AWS IoT API reference, CreateAuthorizer.
pub(crate) const AUTHORIZER: u8 = 1 << 3;
/// `tokenKeyName`, likewise.
pub(crate) const TOKEN_KEY: u8 = 1 << 4;
/// RFC 4648 section 4, without the padding.
pub(crate) const BASE64: u8 = 1 << 5;
/// RFC 9110 section 5.5, VCHAR with SP and HTAB. Bytes above 0x7F (obs-text) are left out: AWS says
/// nothing of them, and a proxy may read them as it likes.
pub(crate) const VISIBLE: u8 = 1 << 6;

/// What a class allows beside letters and digits.
const OTHERS: [(u8, &[u8]); 6] = [
    (UNRESERVED, b"-._~"),
    (TCHAR, b"-_.!#$%&'*+^`|~"),
    (HOST, b"-._~:[]"),
    (AUTHORIZER, b"-_=,@"),
    (TOKEN_KEY, b"-_"),
    (BASE64, b"+/"),
];

/// The classes of each character from the space to the tilde. Not of DEL: with a zero at its end the
/// table would pass for a C string, and lie in one section with texts that nobody needs.
static CLASSES: [u8; 95] = classes();

#[allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "evaluated when it is compiled"
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

/// Whether the byte is in the class, which is [`TCHAR`] or [`VISIBLE`], to which obs-text counts here:
/// a peer may send it and nobody need understand it.
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

/// One or more digits, of which so many are letters (0 or 6), and nothing else, or `None`; `None` too
/// where the number does not fit. A chunk's size is the one with letters, and a semicolon ends it: what
/// follows are extensions that nobody uses.
#[inline(never)]
pub(crate) fn number(text: &[u8], letters: u32) -> Option<u32> {
    let mut value: u32 = 0;
    let mut has_digits = false;
    for byte in text {
        let byte = u32::from(*byte);
        let mut digit = byte.wrapping_sub(u32::from(b'0'));
        if digit > 9 {
            if byte == u32::from(b';') && letters != 0 {
                break;
            }
            let letter = (byte | 0x20).wrapping_sub(u32::from(b'a'));
            if letter >= letters {
                return None;
            }
            digit = letter.wrapping_add(10);
        }
        // Numbers stay below 2^28, far beyond any answer: no product can overflow.
        if value >= 1 << 24 {
            return None;
        }
        value = value
            .wrapping_mul(letters.wrapping_add(10))
            .wrapping_add(digit);
        has_digits = true;
    }
    has_digits.then_some(value)
}

#[cfg(test)]
mod tests {
    use super::{
        AUTHORIZER, BASE64, HOST, TCHAR, TOKEN_KEY, UNRESERVED, VISIBLE, is_text, number, span,
    };

    #[test]
    fn number_reads_digits_of_its_base_and_nothing_else() {
        let table: [(&[u8], u32, Option<u32>); 32] = [
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
            // What ends a chunk's size.
            (b"5;a=b", 16, Some(5)),
            (b"5 ;", 16, None),
            (b";", 16, None),
            (b"5;", 10, None),
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
            assert_eq!(number(text, base - 10), expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn every_byte_is_the_digit_that_core_says() {
        for byte in 0..=255 {
            for base in [10, 16] {
                let digit = char::from(byte).to_digit(base);
                assert_eq!(number(&[byte], base - 10), digit, "{byte}");
                let behind_one = match byte {
                    b';' if base == 16 => Some(1),
                    _ => digit.and_then(|digit| digit.checked_add(base)),
                };
                assert_eq!(number(&[b'1', byte], base - 10), behind_one, "{byte}");
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
            let beside_alphanumeric: [(u8, &[u8]); 5] = [
                (UNRESERVED, b"-._~"),
                (HOST, b"-._~:[]"),
                (AUTHORIZER, b"_=,@-"),
                (TOKEN_KEY, b"_-"),
                (BASE64, b"+/"),
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
