//! The words that mean something to the library, on the way out and on the way back.

pub(crate) const HTTP_1_0: usize = 0;
pub(crate) const HTTP_1_1: usize = 1;
// `host` comes next.
pub(crate) const CONTENT_LENGTH: usize = 3;
pub(crate) const TRANSFER_ENCODING: usize = 4;
pub(crate) const CONNECTION: usize = 5;
pub(crate) const DATE: usize = 6;
pub(crate) const ERROR_TYPE: usize = 7;
pub(crate) const CHUNKED: usize = 8;
pub(crate) const CLOSE: usize = 9;
/// What Basic Ingest's topics begin with.
pub(crate) const BASIC_INGEST: usize = 10;
/// Every other word.
pub(crate) const UNKNOWN: usize = 11;

/// The words in the order of their numbers, each behind its length: a table of slices would take more
/// flash than the words themselves. A capital stands for itself, a small letter for both.
const WORDS: &[u8] = b"\x09HTTP/1.0 \x09HTTP/1.1 \x04host\x0econtent-length\x11transfer-encoding\x0aconnection\x04date\x10x-amzn-errortype\x07chunked\x05close\x0b$aws/rules/";

/// A word's number.
#[inline(never)]
pub(crate) fn recognise(word: &[u8]) -> usize {
    let mut number: usize = 0;
    let mut words = WORDS;
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

/// A second `content-length` or a `transfer-encoding` would let a payload pass for a request of its
/// own (RFC 9112 section 11.2): the caller may not add these.
#[inline(always)]
pub(crate) fn frames_the_message(name: &[u8]) -> bool {
    recognise(name) <= CONNECTION
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
            (b"$AWS/rules/", BASIC_INGEST),
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
    fn what_frames_the_message_is_not_the_callers_to_add() {
        for (name, frames) in [
            (&b"Host"[..], true),
            (b"content-length", true),
            (b"Transfer-Encoding", true),
            (b"connection", true),
            (b"date", false),
            (b"id", false),
        ] {
            assert_eq!(frames_the_message(name), frames, "{}", name.escape_ascii());
        }
    }
}
