//! Protocol words: header names, codings, versions. Each has a number, so that a word is compared once
//! and then handled as a byte.

// What frames a message comes first.
const WORDS: [&str; 10] = [
    "HTTP/1.0 ",
    "HTTP/1.1 ",
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "date",
    "x-amzn-errortype",
    "chunked",
    "close",
];

pub(crate) const CONTENT_LENGTH: usize = number_of("content-length");
pub(crate) const TRANSFER_ENCODING: usize = number_of("transfer-encoding");
pub(crate) const CONNECTION: usize = number_of("connection");
pub(crate) const DATE: usize = number_of("date");
pub(crate) const ERROR_TYPE: usize = number_of("x-amzn-errortype");
pub(crate) const CHUNKED: usize = number_of("chunked");
pub(crate) const CLOSE: usize = number_of("close");
pub(crate) const HTTP_1_0: usize = number_of("HTTP/1.0 ");
pub(crate) const HTTP_1_1: usize = number_of("HTTP/1.1 ");
/// Every other word.
#[cfg(test)]
pub(crate) const UNKNOWN: usize = WORDS.len();

/// The words one after another, each after its length: a table of slices would take more flash than
/// the words themselves.
static PACKED: [u8; packed_len()] = pack();

/// The number of a word that carries this text, or the build stops.
#[allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "evaluated at compile time"
)]
const fn number_of(text: &str) -> usize {
    let mut number = 0;
    while number < WORDS.len() {
        let (word, text) = (WORDS[number].as_bytes(), text.as_bytes());
        if word.len() == text.len() {
            let mut at = 0;
            while at < text.len() && word[at] == text[at] {
                at += 1;
            }
            if at == text.len() {
                return number;
            }
        }
        number += 1;
    }
    panic!("no such word");
}

#[allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "evaluated at compile time"
)]
const fn packed_len() -> usize {
    let mut len = WORDS.len();
    let mut number = 0;
    while number < WORDS.len() {
        len += WORDS[number].len();
        number += 1;
    }
    len
}

#[allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "evaluated at compile time"
)]
const fn pack() -> [u8; packed_len()] {
    let mut packed = [0; packed_len()];
    let mut end = 0;
    let mut number = 0;
    while number < WORDS.len() {
        let word = WORDS[number].as_bytes();
        packed[end] = word.len() as u8;
        end += 1;
        let mut at = 0;
        while at < word.len() {
            packed[end] = word[at];
            end += 1;
            at += 1;
        }
        number += 1;
    }
    packed
}

/// A word's number. A capital in the list matches itself; a small letter matches both cases.
#[inline(never)]
pub(crate) fn recognise(word: &[u8]) -> usize {
    let mut number: usize = 0;
    let mut words: &[u8] = &PACKED;
    while let Some((len, rest)) = words.split_first() {
        let Some((known, rest)) = rest.split_at_checked(usize::from(*len)) else {
            break;
        };
        if known.len() == word.len()
            && known
                .iter()
                .zip(word)
                .all(|(known, byte)| byte == known || byte | 0x20 == *known)
        {
            break;
        }
        words = rest;
        number = number.wrapping_add(1);
    }
    number
}

/// What the names of the authorizer's own headers start with.
pub(crate) const AUTHORIZER_PREFIX: &[u8] = b"x-amz-customauthorizer-";

/// Whether the caller may not add a header of this name: it would change the framing, so that a payload
/// could pass for a second request (RFC 9112 section 11.2), or it carries a credential a second time.
#[inline(always)]
pub(crate) fn is_reserved(name: &[u8]) -> bool {
    let start = name.get(..AUTHORIZER_PREFIX.len());
    // No header has the name of a version.
    recognise(name) <= CONNECTION || is_same_name(start, Some(AUTHORIZER_PREFIX))
}

/// Whether two header names are the same. Case does not matter (RFC 9110 section 5.1): it is one bit of a
/// letter, and the other characters that differ in it are no part of a name.
#[inline(never)]
pub(crate) fn is_same_name(name: Option<&[u8]>, other: Option<&[u8]>) -> bool {
    let (Some(name), Some(other)) = (name, other) else {
        return false;
    };
    !name.is_empty()
        && name.len() == other.len()
        && name
            .iter()
            .zip(other)
            .all(|(name, other)| name | 0x20 == other | 0x20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_recognised_whole_and_whatever_its_case() {
        for (word, number) in [
            (&b"host"[..], 2),
            (b"Content-Length", CONTENT_LENGTH),
            (b"transfer-encoding", TRANSFER_ENCODING),
            (b"CONNECTION", CONNECTION),
            (b"dAtE", DATE),
            (b"x-amzn-ErrorType", ERROR_TYPE),
            (b"Chunked", CHUNKED),
            (b"close", CLOSE),
            (b"HTTP/1.0 ", HTTP_1_0),
            (b"HTTP/1.1 ", HTTP_1_1),
            (b"http/1.1 ", UNKNOWN),
            (b"HTTp/1.1 ", UNKNOWN),
            (b"HTTP/1.1", UNKNOWN),
            (b"dat", UNKNOWN),
            (b"dates", UNKNOWN),
            (b"", UNKNOWN),
            (b"d\x01te", UNKNOWN),
            // Not the letters' neighbours, 32 further on.
            (b"D\x81te", UNKNOWN),
            // Nor the table's own bytes.
            (b"\x04host", UNKNOWN),
            (b"host\n", UNKNOWN),
            (b"\n", UNKNOWN),
            (b"hos\xf4", UNKNOWN),
        ] {
            assert_eq!(recognise(word), number, "{}", word.escape_ascii());
        }
    }

    #[test]
    fn the_packed_list_is_each_word_after_its_length() {
        let mut rest: &[u8] = &pack();
        for (number, word) in WORDS.iter().enumerate() {
            let (len, after) = rest.split_first().unwrap_or((&0, &[]));
            let (packed, after) = after.split_at(usize::from(*len));
            assert_eq!((packed, number_of(word)), (word.as_bytes(), number));
            rest = after;
        }
        assert_eq!((rest, packed_len()), (&b""[..], PACKED.len()));
    }

    #[test]
    #[should_panic(expected = "no such word")]
    fn a_word_that_is_not_in_the_list_stops_the_build() {
        number_of("hos");
    }

    #[test]
    fn a_header_that_frames_the_message_or_carries_a_credential_is_reserved() {
        for (name, reserved) in [
            (&b"Host"[..], true),
            (b"content-length", true),
            (b"Transfer-Encoding", true),
            (b"connection", true),
            (b"x-amz-customauthorizer-name", true),
            (b"X-AMZ-CustomAuthorizer-Signature", true),
            (b"x-amz-customauthorizer", false),
            (b"x-amz-mqtt5-user-properties", false),
            (b"date", false),
            (b"id", false),
        ] {
            assert_eq!(is_reserved(name), reserved, "{}", name.escape_ascii());
        }
    }
}
