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

mod class;
mod reads;

extern crate std;

use std::collections::HashMap;
use std::time::Instant;
use std::vec::Vec;
use std::{eprintln, vec};

use class::{Class, number_of, others};
use reads::status_class;

use super::ResponseReader;
use crate::error::ExchangeError;
use crate::response::part::{Framing, Part};
use crate::response::verdict::Verdict;
use crate::words;

/// After the bytes 0 to 255, the end of the connection.
const END: usize = 256;

/// How many more states of a class are compared with its first.
const COMPARED: usize = 2;

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
#[ignore = "a minute without optimisation: `. .ci/steps; every_state_and_topic`"]
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
