//! Walks the reader through every byte in every state, and through the end of the connection, to a fixpoint.
//!
//! There are too many states to list: texts, lengths and counters. So states fall into classes ([`Class`]) by what can
//! matter later: a text by what it can still become, a counter by whether it is about to end. The walk takes the first
//! state of each class through all bytes. That the classes are right is checked too: later states of a class must lead to
//! the same classes, byte by byte.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test"
)]

extern crate std;

use std::collections::HashMap;
use std::time::Instant;
use std::vec::Vec;
use std::{eprintln, vec};

use super::ResponseReader;
use crate::ascii::{TCHAR, VISIBLE, is_in, trim};
use crate::error::ExchangeError;
use crate::response::body::{Framing, Part};
use crate::response::text::Text;
use crate::response::verdict::Verdict;
use crate::words;

/// After the bytes 0 to 255, the end of the connection.
const END: usize = 256;

/// How many more states of a class are compared with its first.
const COMPARED: usize = 2;

/// How much of a text is kept.
const KEPT: usize = 64;

/// A number from here on is one of many.
const MANY: u32 = 3;

/// The reader takes no digit after a number of this size.
const LARGE: u32 = 1 << 24;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Class {
    part: (u8, u8),
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
    fn of(reader: &ResponseReader) -> Self {
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
    fn coarse(&self) -> Self {
        let mut class = self.clone();
        class.remaining = class.remaining.min(MANY - 1);
        if let Reads::Number(value, _) = &mut class.text {
            *value = (*value).min(MANY);
        }
        class
    }
}

fn number_of(part: Part) -> (u8, u8) {
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

fn status_class(status: u16) -> u8 {
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
fn others(reader: &ResponseReader) -> Vec<ResponseReader> {
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

/// The reader after these bytes, all at once. `None` if there is no room for them.
fn after(reader: &ResponseReader, capacity: usize, bytes: &[u8]) -> Option<ResponseReader> {
    let mut reader = reader.clone();
    let mut buffer = vec![0; capacity];
    let window = reader.window(&mut buffer);
    window.get_mut(..bytes.len())?.copy_from_slice(bytes);
    let _ = reader.received(&mut buffer, bytes.len());
    assert!(reader.body_len <= capacity);
    Some(reader)
}

/// The reader after one byte or the end.
fn step(reader: &ResponseReader, capacity: usize, input: usize) -> Option<ResponseReader> {
    let next = match u8::try_from(input) {
        Ok(byte) => after(reader, capacity, &[byte])?,
        Err(_) => {
            let mut next = reader.clone();
            let _ = next.closed();
            assert!(next.is_done() || next.result().is_err(), "the end ends it");
            next
        }
    };
    check(reader, &next, input);
    Some(next)
}

/// What must hold from each state to the next.
fn check(before: &ResponseReader, now: &ResponseReader, input: usize) {
    if let Part::Failed(failure) = before.part {
        assert_eq!(now.result(), Err(failure), "a failure stays");
    }
    if before.is_done() {
        assert!(
            now.is_done() && now.details.closing,
            "what follows a response only spoils the connection"
        );
    }
    if now.is_done() && !before.is_done() {
        let head = &before.head;
        assert!((200..=999).contains(&head.status));
        assert_eq!(now.verdict(), Verdict::of(head.status.into()));
        let is_right = match before.part {
            Part::Name => {
                let no_body = head.framing == Framing::Length && head.remaining == 0
                    || status_class(head.status) == 2;
                before.at_cr
                    && input == usize::from(b'\n')
                    && (no_body || head.framing == Framing::Trailer)
            }
            Part::Body => head.framing == Framing::Length && head.remaining == 1 && input != END,
            Part::UntilClose => head.framing == Framing::UntilClose && input == END,
            _ => false,
        };
        assert!(is_right, "done too early");
    }
    let frames_again = before.part == Part::Value
        && matches!(
            usize::from(before.name),
            words::CONTENT_LENGTH | words::TRANSFER_ENCODING
        )
        && matches!(before.head.framing, Framing::Length | Framing::Chunks);
    assert!(
        !frames_again || now.part == Part::Value || now.result().is_err(),
        "the body is framed twice"
    );
    if now.result().is_ok() {
        lines_end_as_they_must(before, now, input);
        let frames = (before.head.framing, now.head.framing);
        let is_right = match frames {
            (Framing::Interim, Framing::UntilClose) => before.part == Part::StatusLine,
            (Framing::UntilClose, Framing::Length) => before.part == Part::Value,
            (Framing::UntilClose, Framing::Chunks) => now.head.is_http_1_1(),
            (Framing::Chunks, Framing::Trailer) => now.head.remaining == 0,
            (before, now) => before == now,
        };
        assert!(is_right, "the frame of the body changed");
    }
}

/// With CRLF, and a name with its colon; and no control character is read over (RFC 9112 sections 2.2 and 5).
fn lines_end_as_they_must(before: &ResponseReader, now: &ResponseReader, input: usize) {
    let Some(byte) = u8::try_from(input).ok().filter(|_| before.part.is_text()) else {
        return;
    };
    let is_value_next = before.part == Part::Name && now.part == Part::Value;
    assert_eq!(
        is_value_next,
        byte == b':' && before.part == Part::Name,
        "a colon ends a name"
    );
    if is_value_next {
        assert!(before.text.clone().take() != b"", "a field without a name");
    } else if now.part != before.part || byte == b'\n' {
        assert!(before.at_cr && byte == b'\n', "a line without its CRLF");
    }
    assert!(
        !byte.is_ascii_control() || b"\t\r\n".contains(&byte),
        "a control character"
    );
}

struct Walk {
    capacity: usize,
    ids: HashMap<Class, usize>,
    first: Vec<ResponseReader>,
    later: Vec<Vec<ResponseReader>>,
}

impl Walk {
    fn new(capacity: usize) -> Self {
        let mut walk = Self {
            capacity,
            ids: HashMap::new(),
            first: Vec::new(),
            later: Vec::new(),
        };
        walk.id(&ResponseReader::new());
        walk
    }

    /// The number of the state's class. A new one waits for its turn.
    fn id(&mut self, reader: &ResponseReader) -> usize {
        let class = Class::of(reader);
        if let Some(id) = self.ids.get(&class) {
            if self.later[*id].len() < COMPARED {
                self.later[*id].push(reader.clone());
            }
            return *id;
        }
        let id = self.first.len();
        self.ids.insert(class, id);
        self.first.push(reader.clone());
        self.later.push(Vec::new());
        for other in others(reader) {
            self.id(&other);
        }
        id
    }

    fn steps(&self, reader: &ResponseReader) -> Vec<Option<ResponseReader>> {
        (0..=END)
            .map(|input| step(reader, self.capacity, input))
            .collect()
    }

    /// Until no class is new. Returns how many there are.
    fn walk(&mut self) -> usize {
        let mut at = 0;
        while at < self.first.len() {
            let reader = self.first[at].clone();
            let steps = self.steps(&reader);
            assert!(
                steps[0].is_some() || reader.is_done() || reader.result().is_err(),
                "no room, and not complete"
            );
            let mut seen = Vec::new();
            for (input, next) in steps.iter().enumerate() {
                let Some(next) = next else { continue };
                let id = self.id(next);
                if input != END && !seen.contains(&id) {
                    seen.push(id);
                    self.a_split_changes_nothing(&reader, next, input as u8);
                }
            }
            at += 1;
        }
        self.first.len()
    }

    fn a_split_changes_nothing(&self, reader: &ResponseReader, next: &ResponseReader, first: u8) {
        for second in 0..=u8::MAX {
            let at_once = after(reader, self.capacity, &[first, second]);
            let one_by_one = after(next, self.capacity, &[second]);
            if let (Some(at_once), Some(one_by_one)) = (at_once, one_by_one) {
                assert_eq!(Class::of(&at_once), Class::of(&one_by_one));
            }
        }
    }

    /// Whether states of one class lead to the same classes.
    fn the_classes_are_right(&self) {
        for (first, later) in self.first.iter().zip(&self.later) {
            let expected = self.steps(first);
            for reader in later {
                for (input, next) in self.steps(reader).iter().enumerate() {
                    let class = |next: &Option<ResponseReader>| {
                        next.as_ref().map(|next| Class::of(next).coarse())
                    };
                    assert_eq!(
                        class(next),
                        class(&expected[input]),
                        "byte {input} in {:?}",
                        Class::of(reader)
                    );
                }
            }
        }
    }
}

#[test]
#[ignore = "a minute without optimisation: `. .ci/steps; the_reader_in_every_state`"]
fn every_byte_in_every_state_keeps_what_is_promised() {
    // With a window that is full at once, and one as large as what a body is thrown away through.
    for capacity in [2, 34] {
        let begun = Instant::now();
        let mut walk = Walk::new(capacity);
        let classes = walk.walk();
        walk.the_classes_are_right();
        let (compared, seconds) = (
            walk.later.iter().flatten().count(),
            begun.elapsed().as_secs_f32(),
        );
        eprintln!(
            "buffer of {capacity}: {classes} classes of states, each with 257 inputs; {compared} more states compared; {seconds:.1} s"
        );
        for failure in [
            ExchangeError::StatusLine,
            ExchangeError::FieldLine,
            ExchangeError::Framing,
            ExchangeError::Chunk,
            ExchangeError::HeadTooLong,
            ExchangeError::Closed,
            ExchangeError::BodyTooLong,
        ] {
            let part = number_of(Part::Failed(failure));
            assert!(
                walk.ids.keys().any(|class| class.part == part),
                "{failure:?} was not reached"
            );
        }
    }
}
