//! The classes that the reader's states fall into, by what can matter later.

extern crate std;

use std::vec;
use std::vec::Vec;

use super::reads::{KEPT, MANY, Reads, status_class};
use crate::ascii::VISIBLE;
use crate::response::part::Part;
use crate::response::reader::ResponseReader;
use crate::response::text::Text;
use crate::words;

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

/// The name's number if its value matters.
fn known(name: u8) -> u8 {
    match usize::from(name) {
        words::CONTENT_LENGTH | words::TRANSFER_ENCODING | words::CONNECTION => name,
        _ => words::UNKNOWN as u8,
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
