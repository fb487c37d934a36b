//! What the text that the reader is in the middle of can still become.

extern crate std;

use std::vec::Vec;

use crate::ascii::{TCHAR, is_in, trim};
use crate::response::part::Part;
use crate::response::reader::ResponseReader;
use crate::words;

/// How much of a text is kept.
pub(super) const KEPT: usize = 64;

/// A number from here on is one of many.
pub(super) const MANY: u32 = 3;

/// The reader takes no digit after a number of this size.
const LARGE: u32 = 1 << 24;

/// What a text can still become.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reads {
    /// Nothing yet, or blanks that do not count.
    Nothing,
    /// What it says does not matter.
    Anything,
    /// It is wrong, or a word that nobody knows.
    Lost,
    /// The start of a known word, in small letters.
    Start(Vec<u8>),
    /// The version's digit and the class of the status.
    Status(u8, u8),
    /// A number, and what follows its digits: 0 nothing, 1 blanks, 2 an extension.
    Number(u32, u8),
    /// One of the options was `close`.
    Closing,
    /// None was; the option that is read.
    Option(Vec<u8>),
}

impl Reads {
    /// Also whether there is room for more, where that matters.
    pub(super) fn of(reader: &ResponseReader) -> (Self, u8) {
        let mut text = reader.text.clone();
        let text = text.take();
        let room = match text.len() {
            0..KEPT => 0,
            KEPT if !reader.at_cr => 1,
            KEPT => 0,
            _ => 2,
        };
        let head = &reader.head;
        let reads = match (reader.part, usize::from(reader.name)) {
            (Part::StatusLine, _) => Self::status_line(text),
            (Part::Name, _) => Self::name(text),
            (Part::ChunkSize, _) => Self::size(text),
            (Part::ChunkEnd, _) if text.is_empty() => Self::Nothing,
            (Part::ChunkEnd, _) => Self::Lost,
            _ if head.framing.is_silent() => Self::Anything,
            (_, words::CONNECTION) if reader.details.closing => Self::Anything,
            (_, words::CONNECTION) => Self::options(text),
            (_, words::CONTENT_LENGTH) => Self::length(text),
            (_, words::TRANSFER_ENCODING) => Self::coding(text),
            _ => Self::Anything,
        };
        let room_matters = match reader.part {
            Part::Value | Part::ChunkSize => {
                !matches!(reads, Self::Anything | Self::Lost | Self::Closing)
            }
            _ => false,
        };
        (reads, if room_matters { room } else { 0 })
    }

    fn status_line(text: &[u8]) -> Self {
        let starts = |version: &[u8]| version.starts_with(&text[..text.len().min(9)]);
        if !starts(b"HTTP/1.0 ") && !starts(b"HTTP/1.1 ") {
            return Self::Lost;
        }
        let digits = text.get(9..text.len().min(12)).unwrap_or_default();
        if !digits.iter().all(u8::is_ascii_digit) || !matches!(text.get(12), None | Some(b' ')) {
            return Self::Lost;
        }
        if text.len() < 12 {
            return Self::Start(text.to_vec());
        }
        let status = digits
            .iter()
            .fold(0, |status, digit| status * 10 + u16::from(digit - b'0'));
        match status {
            ..=99 | 101 => Self::Lost,
            _ => Self::Status(
                text[7],
                status_class(status) + 3 * u8::from(text.len() > 12),
            ),
        }
    }

    fn name(text: &[u8]) -> Self {
        let text = small(text);
        let words = [&b"content-length"[..], b"transfer-encoding", b"connection"];
        match &text[..] {
            [] => Self::Nothing,
            text if words.iter().any(|word| word.starts_with(text)) => Self::Start(text.to_vec()),
            _ => Self::Lost,
        }
    }

    fn number(text: &[u8], base: u32) -> (Option<u32>, &[u8]) {
        let digits = text
            .iter()
            .take_while(|byte| char::from(**byte).is_digit(base))
            .count();
        let value = text[..digits].iter().try_fold(0_u32, |value, digit| {
            (value < LARGE).then(|| value * base + char::from(*digit).to_digit(base).unwrap_or(0))
        });
        (value.filter(|_| digits > 0), &text[digits..])
    }

    fn bucket(value: u32) -> u32 {
        if value < LARGE {
            value.min(MANY)
        } else {
            MANY + 1
        }
    }

    fn length(text: &[u8]) -> Self {
        let text = trim_start(text);
        match Self::number(text, 10) {
            _ if text.is_empty() => Self::Nothing,
            (Some(value), []) => Self::Number(Self::bucket(value), 0),
            (Some(value), after) if trim(after).is_empty() => Self::Number(Self::bucket(value), 1),
            _ => Self::Lost,
        }
    }

    fn size(text: &[u8]) -> Self {
        match Self::number(text, 16) {
            _ if text.is_empty() => Self::Nothing,
            (Some(value), []) => Self::Number(Self::bucket(value), 0),
            (Some(value), after) => match trim_start(after) {
                [] => Self::Number(Self::bucket(value), 1),
                [b';', ..] => Self::Number(Self::bucket(value), 2),
                _ => Self::Lost,
            },
            _ => Self::Lost,
        }
    }

    fn coding(text: &[u8]) -> Self {
        let text = small(trim_start(text));
        match text.strip_prefix(b"chunked") {
            _ if text.is_empty() => Self::Nothing,
            Some(after) if !after.is_empty() && trim(after).is_empty() => {
                Self::Start(b"chunked ".to_vec())
            }
            _ if b"chunked".starts_with(&text) => Self::Start(text),
            _ => Self::Lost,
        }
    }

    fn options(text: &[u8]) -> Self {
        let text = small(text);
        let mut options: Vec<_> = text.split(|byte| !is_in(*byte, TCHAR)).collect();
        let last = options.pop().unwrap_or_default();
        if options.contains(&&b"close"[..]) {
            return Self::Closing;
        }
        let last = if b"close".starts_with(last) {
            last
        } else {
            b"?"
        };
        Self::Option(last.to_vec())
    }
}

pub(super) fn status_class(status: u16) -> u8 {
    match status {
        0..200 => 0,
        204 | 304 => 2,
        _ => 1,
    }
}

fn small(text: &[u8]) -> Vec<u8> {
    text.to_ascii_lowercase()
}

fn trim_start(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
    &text[blanks.count()..]
}
