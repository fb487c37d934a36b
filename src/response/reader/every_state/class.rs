//! The classes that the reader's states fall into, by what can matter later.

extern crate std;

use std::vec;
use std::vec::Vec;

use crate::ascii::{TCHAR, VISIBLE, is_in, trim};
use crate::response::body::Part;
use crate::response::reader::ResponseReader;
use crate::response::text::Text;
use crate::words;

/// How much of a text is kept.
const KEPT: usize = 64;

/// A number from here on is one of many.
const MANY: u32 = 3;

/// The reader takes no digit after a number of this size.
const LARGE: u32 = 1 << 24;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Class {
    pub(super) part: (u8, u8),
    at_cr: bool,
    /// The field whose value is read.
    name: u8,
    text: Reads,
    /// Whether there is room for more of the text: 0 yes, 1 just filled, 2 cut.
    room: u8,
    /// 0 before a final status, 2 for a status without a body, 1 for the others.
    status: u8,
    framing: u8,
    is_http_1_1: bool,
    remaining: u32,
    truncated: bool,
    body_len: usize,
    closing: bool,
    /// One more byte of text is too many.
    head_is_full: bool,
    /// One more byte of a body that is thrown away is too many.
    dropped_is_full: bool,
}

/// What a text can still become.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Reads {
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

impl Class {
    pub(super) fn of(reader: &ResponseReader) -> Self {
        let head = &reader.head;
        let (text, room) = match &reader.part {
            part if part.is_text() => Reads::of(reader),
            _ => (Reads::Nothing, 0),
        };
        let class = Self {
            part: number_of(reader.part),
            at_cr: reader.at_cr,
            name: if reader.part == Part::Value {
                known(reader.name)
            } else {
                0
            },
            text,
            room,
            status: status_class(head.status),
            framing: head.framing as u8,
            is_http_1_1: head.is_http_1_1(),
            remaining: head.remaining.min(MANY),
            truncated: head.truncated,
            body_len: reader.body_len,
            closing: reader.details.closing,
            head_is_full: reader.head_len == u16::MAX,
            dropped_is_full: reader.dropped == u16::MAX,
        };
        match reader.part {
            // After a failure nothing else is looked at.
            Part::Failed(_) => Self {
                text: Reads::Nothing,
                at_cr: false,
                name: 0,
                room: 0,
                status: 0,
                framing: 0,
                is_http_1_1: false,
                remaining: 0,
                truncated: false,
                body_len: 0,
                closing: false,
                head_is_full: false,
                dropped_is_full: false,
                ..class
            },
            _ => class,
        }
    }

    /// One less than many may still be many; one digit more may be many or large.
    pub(super) fn coarse(&self) -> Self {
        let mut class = self.clone();
        class.remaining = class.remaining.min(MANY - 1);
        if let Reads::Number(value, _) = &mut class.text {
            *value = (*value).min(MANY);
        }
        class
    }
}

pub(super) fn number_of(part: Part) -> (u8, u8) {
    match part {
        Part::Name => (0, 0),
        Part::Value => (1, 0),
        Part::ChunkEnd => (2, 0),
        Part::StatusLine => (3, 0),
        Part::ChunkSize => (4, 0),
        Part::UntilClose => (5, 0),
        Part::Body => (6, 0),
        Part::Done => (7, 0),
        Part::Chunk => (8, 0),
        Part::Failed(failure) => (9, failure as u8),
    }
}

pub(super) fn status_class(status: u16) -> u8 {
    match status {
        0..200 => 0,
        204 | 304 => 2,
        _ => 1,
    }
}

/// The name's number if its value matters.
fn known(name: u8) -> u8 {
    match usize::from(name) {
        words::CONTENT_LENGTH | words::TRANSFER_ENCODING | words::CONNECTION => name,
        _ => words::UNKNOWN as u8,
    }
}

fn small(text: &[u8]) -> Vec<u8> {
    text.to_ascii_lowercase()
}

fn trim_start(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
    &text[blanks.count()..]
}

impl Reads {
    /// Also whether there is room for more, where that matters.
    fn of(reader: &ResponseReader) -> (Self, u8) {
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

/// States that are reached like this one, by more bytes than a walk can take: with a full head, a full text, a long number, a
/// body that is nearly over or was thrown away for too long.
pub(super) fn others(reader: &ResponseReader) -> Vec<ResponseReader> {
    let mut others = Vec::new();
    let mut add = |change: &dyn Fn(&mut ResponseReader)| {
        let mut other = reader.clone();
        change(&mut other);
        others.push(other);
    };
    if reader.part.is_text() && reader.head_len > 0 {
        add(&|other| other.head_len = u16::MAX);
    }
    if reader.head.remaining >= MANY {
        add(&|other| other.head.remaining = MANY - 1);
    }
    if reader.head.truncated {
        add(&|other| other.dropped = u16::MAX);
    }
    let mut text = reader.text.clone();
    let text = text.take();
    let padding = match (reader.part, usize::from(reader.name)) {
        (Part::ChunkSize, _) if !text.is_empty() => b'0',
        (Part::Value, words::CONTENT_LENGTH | words::TRANSFER_ENCODING | words::CONNECTION) => b' ',
        _ => return others,
    };
    if text.len() < KEPT {
        let padded = [&vec![padding; KEPT - text.len()], text].concat();
        add(&|other| other.text = of_bytes(&padded));
    }
    if let (Reads::Number(MANY, 0), _) = Reads::of(reader) {
        let large: &[u8] = if padding == b'0' {
            b"1000000"
        } else {
            b"16777216"
        };
        add(&|other| other.text = of_bytes(large));
    }
    others
}

fn of_bytes(bytes: &[u8]) -> Text {
    let mut text = Text::new();
    assert_eq!(text.fill(&mut bytes.iter(), VISIBLE), None);
    text
}
