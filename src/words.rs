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

/// The words in the order of their numbers. A capital stands for itself, a small letter for both.
const PLAIN: &[u8; 117] = b"HTTP/1.0 \nHTTP/1.1 \nhost\ncontent-length\ntransfer-encoding\nconnection\ndate\nx-amzn-errortype\nchunked\nclose\n$aws/rules/\n";

/// The same without what is between them: each word's last byte has [`LAST`] set. A table of slices
/// would take more flash than the words themselves.
static WORDS: [u8; PLAIN.len() - UNKNOWN] = words();

const LAST: u8 = 0x80;

#[allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "evaluated when it is compiled"
)]
const fn words() -> [u8; PLAIN.len() - UNKNOWN] {
    let mut words = [0; PLAIN.len() - UNKNOWN];
    let mut from = 0;
    let mut to = 0;
    while from < PLAIN.len() {
        if PLAIN[from] == b'\n' {
            words[to - 1] |= LAST;
        } else {
            words[to] = PLAIN[from];
            to += 1;
        }
        from += 1;
    }
    words
}

/// A word's number.
#[inline(never)]
pub(crate) fn recognise(word: &[u8]) -> usize {
    let mut number: usize = 0;
    let mut at: usize = 0;
    for known in &WORDS {
        let letter = known & !LAST;
        at = match word.get(at) {
            Some(byte) if *byte == letter || byte | 0x20 == letter => at.wrapping_add(1),
            // Beyond every word's end, and so until the next known one.
            _ => usize::MAX,
        };
        if known & LAST != 0 {
            if at == word.len() {
                break;
            }
            number = number.wrapping_add(1);
            at = 0;
        }
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
