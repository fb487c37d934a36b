//! Faults at every byte: each exchange of `faults/subjects.rs`, with each thing that a transport can do wrong, before each
//! byte that is sent or received. Each time the status is the right one, nothing is written outside the buffer, the exchange
//! goes no further, and the same memory serves for a new exchange on a new connection.
//!
//! `cargo test --test faults -- --nocapture` prints the table.

#[path = "common/miri.rs"]
mod miri;
#[path = "common/requests.rs"]
mod requests;
#[path = "faults/subjects.rs"]
mod subjects;
#[path = "faults/wire.rs"]
mod wire;

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::collections::BTreeMap;

use miri::one_in;
use motepost::{Error, Exchange, ExchangeError, Response, Step, asynch, blocking};
use requests::PAYLOAD;
use subjects::{Answer, Seen, Subject};
use wire::{Broken, Fault, Later, Now, Wire};

/// What a caller gets.
type Outcome = Result<Seen, Error<Broken>>;

const CANARY: u8 = 0xc5;
const MARGIN: usize = 64;
/// Of the positions under Miri, in some of the subjects.
const STEP: usize = 331;
const SUBJECTS: usize = 7;
/// Of the responses, which are shorter than what `everywhere` goes through.
const ANSWER_STEP: usize = 89;
const ANSWERS: usize = 5;

/// A buffer between two margins.
struct Memory(Vec<u8>);

impl Memory {
    fn of(capacity: usize) -> Self {
        Self(vec![CANARY; MARGIN + capacity + MARGIN])
    }

    fn buffer(&mut self) -> &mut [u8] {
        let end = self.0.len() - MARGIN;
        &mut self.0[MARGIN..end]
    }

    fn is_whole(&self) -> bool {
        let margins = [&self.0[..MARGIN], &self.0[self.0.len() - MARGIN..]];
        margins.concat().iter().all(|byte| *byte == CANARY)
    }
}

/// What drives the exchange.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Face {
    /// The state machine, driven here.
    Exchange,
    /// `embedded-io`.
    Blocking,
    /// `embedded-io-async`.
    Async,
}

const ALL: [Face; 3] = [Face::Exchange, Face::Blocking, Face::Async];
const SHELLS: [Face; 2] = [Face::Blocking, Face::Async];

impl Face {
    fn run<'s>(
        self,
        subject: &'s Subject,
        wire: Wire<'s>,
        memory: &mut Memory,
    ) -> (Outcome, Wire<'s>) {
        let buffer = memory.buffer();
        let fill = |room: &mut [u8]| {
            room[..PAYLOAD.len()].copy_from_slice(PAYLOAD);
            PAYLOAD.len()
        };
        let exchange = if subject.composed {
            Exchange::compose(&subject.publish, buffer, fill)
        } else {
            Exchange::new(&subject.publish, buffer)
        };
        let mut exchange = exchange.expect("room enough");
        match self {
            Self::Exchange => {
                let mut wire = wire;
                (drive(exchange, &mut wire), wire)
            }
            Self::Blocking => {
                let mut wire = wire;
                let result = blocking::run(&mut wire, &mut exchange);
                (result.map(|()| whole(exchange)), wire)
            }
            Self::Async => {
                let mut wire = Later(wire);
                let result = block_on(asynch::run(&mut wire, &mut exchange));
                (result.map(|()| whole(exchange)), wire.0)
            }
        }
    }
}

fn whole(exchange: Exchange<'_>) -> Seen {
    seen(&exchange.into_response().expect("a whole answer"))
}

fn seen(response: &Response<'_>) -> Seen {
    Seen {
        status: response.status(),
        error_type: String::from_utf8_lossy(response.error_type()).into_owned(),
        body: response.body().to_vec(),
        truncated: response.truncated(),
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..10_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("the future is never ready");
}

/// Moves what the exchange asks for, and looks that it refuses to go on after an error.
fn drive(mut exchange: Exchange<'_>, wire: &mut Wire<'_>) -> Outcome {
    let error = loop {
        let moved = match exchange.step() {
            Ok(Step::Send(bytes)) => match wire.now(bytes.len()) {
                Now::Move(count) => {
                    wire.send(&bytes[..count]);
                    exchange.sent(count)
                }
                Now::Strike => match wire.fault {
                    Fault::Close => exchange.closed(),
                    Fault::Again => exchange.sent(0).and_then(|()| exchange.received(0)),
                    Fault::TooMany(more) => {
                        let count = bytes.len().saturating_add(more);
                        exchange.sent(count)
                    }
                    Fault::Unasked => exchange.received(1),
                    _ => {
                        wire.send(&bytes[..1]);
                        exchange.sent(1)
                    }
                },
            },
            Ok(Step::Payload(len)) => {
                panic!("{len} bytes of payload to send, in an exchange that has it")
            }
            Ok(Step::Receive(window)) => match wire.now(window.len()) {
                Now::Move(count) => match wire.receive(&mut window[..count]) {
                    0 => exchange.closed(),
                    count => exchange.received(count),
                },
                Now::Strike => match wire.fault {
                    Fault::Close => exchange.closed(),
                    Fault::Again => exchange.received(0).and_then(|()| exchange.sent(0)),
                    Fault::TooMany(more) => {
                        window.fill(b'\r');
                        let count = window.len().saturating_add(more);
                        exchange.received(count)
                    }
                    Fault::Unasked => exchange.sent(1),
                    _ => {
                        let count = wire.receive(&mut window[..1]);
                        exchange.received(count)
                    }
                },
            },
            Ok(Step::Done) => {
                let response = exchange.into_response().expect("a whole answer");
                return Ok(seen(&response));
            }
            Err(error) => break error,
        };
        if let Err(error) = moved {
            break error;
        }
    };
    for again in [
        exchange.step().map(drop),
        exchange.sent(0),
        exchange.sent(1),
        exchange.received(0),
        exchange.received(1),
        exchange.received(usize::MAX),
        exchange.closed(),
        exchange.step().map(drop),
    ] {
        assert_eq!(again, Err(error), "the exchange went on");
    }
    assert!(
        exchange.into_response().is_none(),
        "half an answer was given"
    );
    Err(error.into())
}

/// A row of the table.
struct Row {
    name: String,
    positions: usize,
    exchanges: usize,
    outcomes: BTreeMap<String, usize>,
    violations: Vec<String>,
}

impl Row {
    fn new(fault: &str, face: Face) -> Self {
        Self {
            name: format!("fault={fault} face={face:?}").to_lowercase(),
            positions: 0,
            exchanges: 0,
            outcomes: BTreeMap::new(),
            violations: Vec::new(),
        }
    }

    /// One exchange with a fault in it, and one without in the same memory.
    fn try_at(
        &mut self,
        face: Face,
        (subject, sound): (&Subject, &Subject),
        (fault, at, most): (Fault, usize, usize),
        is_right: impl FnOnce(&Outcome) -> bool,
    ) {
        let mut memory = Memory::of(subject.capacity);
        let wire = Wire::new(subject, fault, at, most);
        let (outcome, wire) = face.run(subject, wire, &mut memory);

        self.exchanges += 1;
        let name = outcome.as_ref().map_or_else(name_of, |_| "whole".into());
        *self.outcomes.entry(name).or_default() += 1;

        let next = Wire::new(sound, Fault::None, 0, usize::MAX);
        let (next, _) = face.run(sound, next, &mut memory);
        let sent = at.min(subject.request.len());
        for (holds, rule) in [
            (is_right(&outcome), "the status"),
            (fault == Fault::None || wire.struck, "the fault is met"),
            (wire.sent[..sent] == subject.request[..sent], "what is sent"),
            (wire.calls_behind == 0, "the transport is left alone"),
            (memory.is_whole(), "the margins"),
            (agrees(&next, sound), "the next exchange"),
        ] {
            if !holds {
                self.violations.push(format!(
                    "{} {fault:?} behind {at} bytes, {most} at once: {rule}: {outcome:?}",
                    subject.name
                ));
            }
        }
    }

    fn finish(self) {
        let outcomes = self.outcomes.iter();
        let outcomes: String = outcomes
            .map(|(name, count)| format!(" {name}={count}"))
            .collect();
        println!(
            "{} positions={} exchanges={}{outcomes} violations={}",
            self.name,
            self.positions,
            self.exchanges,
            self.violations.len()
        );
        assert!(
            self.positions > 1000 / one_in(2 * STEP),
            "{} was hardly tried",
            self.name
        );
        assert_eq!(self.violations, Vec::<String>::new());
    }
}

fn name_of(error: &Error<Broken>) -> String {
    match error {
        Error::Exchange(error) => format!("{error:?}").to_lowercase(),
        Error::Transport(Broken) => "transport".into(),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// Of a body that does not fit, it is not said how much is kept.
fn agrees(outcome: &Outcome, subject: &Subject) -> bool {
    let Ok(seen) = outcome else {
        return false;
    };
    let mut kept = subject.seen();
    if kept.truncated {
        kept.body.truncate(seen.body.len());
    }
    *seen == kept && (!seen.truncated || seen.body.len() + 64 >= subject.capacity)
}

/// The rule for a fault between two bytes: `None` is that the exchange goes on as if it had not been.
type Rule = fn(&Subject, usize) -> Option<Outcome>;

fn everywhere(name: &str, faces: &[Face], fault: Fault, rule: Rule) {
    for face in faces {
        let mut row = Row::new(name, *face);
        for subject in subjects::all().into_iter().step_by(one_in(SUBJECTS)) {
            for at in (0..subject.len()).step_by(one_in(STEP)) {
                row.positions += 1;
                for most in pieces(*face) {
                    let expected = rule(&subject, at);
                    row.try_at(*face, (&subject, &subject), (fault, at, most), |outcome| {
                        expected.as_ref().map_or_else(
                            || agrees(outcome, &subject),
                            |expected| outcome == expected,
                        )
                    });
                }
            }
        }
        row.finish();
    }
}

/// The shells do no more than hand on what the state machine asks for.
fn pieces(face: Face) -> Vec<usize> {
    match face {
        Face::Exchange => vec![usize::MAX, 7, 1],
        Face::Blocking | Face::Async => vec![usize::MAX],
    }
}

const fn fails(error: ExchangeError) -> Option<Outcome> {
    Some(Err(Error::Exchange(error)))
}

/// Some bodies end with the connection; all else is cut by it.
fn closed(subject: &Subject, at: usize) -> Option<Outcome> {
    match at.checked_sub(subject.request.len()) {
        Some(at) if subject.answer.may_end_at(at) => {
            Some(Ok(subject.answer.seen(at, subject.capacity)))
        }
        _ => fails(ExchangeError::Closed),
    }
}

#[test]
fn an_error_of_the_transport_is_passed_on() {
    everywhere("error", &SHELLS, Fault::Error, |_, _| {
        Some(Err(Error::Transport(Broken)))
    });
}

#[test]
fn an_error_of_the_flush_is_passed_on() {
    for face in SHELLS {
        for subject in subjects::all() {
            let mut memory = Memory::of(subject.capacity);
            let wire = Wire::new(&subject, Fault::Flush, 0, usize::MAX);
            let (outcome, wire) = face.run(&subject, wire, &mut memory);
            assert_eq!(outcome, Err(Error::Transport(Broken)), "{}", subject.name);
            assert_eq!((&wire.sent, wire.calls_behind), (&subject.request, 0));
        }
    }
}

#[test]
fn a_close_ends_the_exchange() {
    everywhere("close", &[Face::Exchange], Fault::Close, closed);
}

#[test]
fn a_zero_is_a_close_to_embedded_io() {
    everywhere("zero", &SHELLS, Fault::Close, |subject, at| {
        if at < subject.request.len() {
            Some(Err(Error::WriteZero))
        } else {
            closed(subject, at)
        }
    });
}

#[test]
fn to_move_nothing_yet_changes_nothing() {
    everywhere(
        "again",
        &[Face::Exchange, Face::Async],
        Fault::Again,
        |_, _| None,
    );
}

#[test]
fn a_short_count_changes_nothing() {
    everywhere("short", &ALL, Fault::Short, |_, _| None);
}

#[test]
fn a_count_beyond_what_was_offered_ends_the_exchange() {
    for (name, more) in [("one-too-many", 1), ("far-too-many", usize::MAX)] {
        everywhere(name, &ALL, Fault::TooMany(more), |_, _| {
            fails(ExchangeError::Overrun)
        });
    }
}

#[test]
fn bytes_that_were_not_asked_for_end_the_exchange() {
    everywhere("unasked", &[Face::Exchange], Fault::Unasked, |_, _| {
        fails(ExchangeError::Overrun)
    });
}

/// The answer with garbage in it. An error is the one to be met; `None` is that the answer stays whole, with what was put
/// into its body.
fn garbled(name: &str, garble: impl Fn(&Answer, usize) -> Vec<(Answer, Option<ExchangeError>)>) {
    for face in ALL {
        let mut row = Row::new(name, face);
        for sound in subjects::of_each_answer()
            .into_iter()
            .step_by(one_in(ANSWERS))
        {
            for at in (0..sound.answer.bytes().len()).step_by(one_in(ANSWER_STEP)) {
                row.positions += 1;
                for (answer, broken) in garble(&sound.answer, at) {
                    let garbled = sound.with_answer(answer);
                    for most in [usize::MAX, 1] {
                        let subjects = (&garbled, &sound);
                        row.try_at(
                            face,
                            subjects,
                            (Fault::None, 0, most),
                            |outcome| match broken {
                                Some(error) => *outcome == Err(error.into()),
                                None => agrees(outcome, &garbled),
                            },
                        );
                    }
                }
            }
        }
        row.finish();
    }
}

#[test]
fn a_control_character_breaks_what_it_is_put_into() {
    garbled("control", |answer, at| {
        let controls = [b'\0', b'\r', b'\n', 0x7f].into_iter();
        let others = controls.filter(|control| *control != answer.bytes()[at]);
        let changed =
            others.map(|control| (answer.changed(at, &[control]), answer.broken_at(at, false)));
        changed.collect()
    });
}

#[test]
fn nothing_but_garbage_breaks_the_first_line_that_it_meets() {
    garbled("garbage", |answer, at| {
        let garbage = vec![0; answer.bytes().len() - at];
        vec![(answer.changed(at, &garbage), answer.broken_at(at, true))]
    });
}

/// Most flips make another sound answer, or break it in a way that only a second parser could foretell
/// (`httparse_agrees.rs`). What they may not do is depend on how the bytes are cut.
#[test]
fn a_flipped_bit_is_seen_alike_however_the_bytes_are_cut() {
    let mut row = Row::new("flip", Face::Exchange);
    for sound in subjects::of_each_answer()
        .into_iter()
        .step_by(one_in(ANSWERS))
    {
        for (at, byte) in sound
            .answer
            .bytes()
            .iter()
            .enumerate()
            .step_by(one_in(ANSWER_STEP))
        {
            row.positions += 1;
            for bit in 0..8 {
                let flipped = sound.with_answer(sound.answer.changed(at, &[byte ^ (1 << bit)]));
                let mut first = None;
                for most in [1, usize::MAX] {
                    let subjects = (&flipped, &sound);
                    let no_fault = (Fault::None, 0, most);
                    row.try_at(Face::Exchange, subjects, no_fault, |outcome| {
                        let first = first.get_or_insert_with(|| outcome.clone());
                        is_the_peers(outcome) && outcome == first
                    });
                }
            }
        }
    }
    row.finish();
}

/// An answer, or a fault that the peer alone can be blamed for.
fn is_the_peers(outcome: &Outcome) -> bool {
    use ExchangeError::{Chunk, Closed, FieldLine, Framing, StatusLine};
    match outcome {
        Ok(_) => true,
        Err(Error::Exchange(error)) => {
            [StatusLine, FieldLine, Framing, Chunk, Closed].contains(error)
        }
        Err(_) => false,
    }
}
