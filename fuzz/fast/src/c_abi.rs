//! Sequences of C calls: the input is a program, a byte for each call and bytes for its arguments. What the calls return is held
//! against a model of what was sent and received.
//!
//! Each file of the folder begins with what its calls take.

mod begin;
mod exchange;
mod message;
mod peer;
mod pieces;

use std::ffi::CStr;

use motepost::ffi::*;

use exchange::Exchanged;
use message::Message;
use pieces::Pieces;

use crate::program::Program;

/// Programs that are longer say no more.
const MOST_CALLS: usize = 16;

/// `run` is what the target calls.
pub fn run(data: &[u8]) {
    let mut program = Program(data);
    let mut message = Message::new();
    let mut exchanged = Exchanged::new();
    let mut pieces = Pieces::new();
    for _ in 0..MOST_CALLS {
        let Some(call) = program.next() else {
            return;
        };
        // SAFETY: each pointer is NULL or to memory of this function that is as long as it says, which is what C has to see to.
        unsafe {
            match call % 16 {
                0..5 => message.set(&mut program),
                5 => exchanged.build(&message, &mut program),
                6 | 7 => exchanged.begin(&message, &mut program),
                8 => exchanged.set_response(&mut program),
                9 | 10 => exchanged.run(&mut program),
                11 => exchanged.move_by_hand(&mut program),
                12 => exchanged.ask(&mut program),
                13 | 14 => pieces.call(&mut program),
                _ => check_words(&mut program),
            }
        }
    }
}

/// A status is one of the header's.
pub(crate) fn check_status(status: i32) {
    let is_known =
        matches!(status, -3..=2 | -26..=-20 | -31 | -30 | -45..=-40) || is_refused(status);
    assert!(is_known, "{status}");
}

fn is_refused(status: i32) -> bool {
    status <= MOTEPOST_E_REFUSED
        && (1..=MOTEPOST_FIELD_READING_TIME).contains(&(-status / 100))
        && (1..=MOTEPOST_REASON_TOO_DEEP).contains(&(-status % 100))
}

/// A refusal of a field.
fn refused(field: i32, reason: i32) -> i32 {
    -(100 * field + reason)
}

/// Every status has words, and those of a refusal name a field.
fn check_words(program: &mut Program<'_>) {
    let status = 2 - program.number() as i32;
    let (text, field) = (motepost_strerror(status), motepost_field_name(status));
    // SAFETY: the header promises strings that end in NUL.
    let (text, field) = unsafe { (CStr::from_ptr(text), CStr::from_ptr(field)) };
    if is_refused(status) {
        assert!(
            !field.is_empty() && text != c"not a status of this library",
            "{status}"
        );
    }
    assert!(status <= MOTEPOST_E_REFUSED || field.is_empty(), "{status}");
}
