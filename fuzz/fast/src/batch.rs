//! Batches: a copy that grows next to it is always the same; what is refused or does not fit changes nothing; a value
//! stays a value with blanks or an array around it; cut or longer, it is refused.
//!
//! Input: flags in a byte (1 CBOR, 2 as it is, 4 SenML, 8 and 16 its base), the room's size in two bytes, little end first, then the
//! values, with 0xFE between them (0xFE is in no UTF-8, and no well-formed item begins with it).

use motepost::batch::Batch;
use motepost::{EncodeError, Field, Reason};

use crate::array::{Copy, ROOM, begun_in};
use crate::rng::Rng;
use crate::senml;

const BEHIND: [u8; 8] = [0xa5; 8];

/// `run` is what the target calls.
pub fn run(data: &[u8]) {
    let [flags, low, high, values @ ..] = data else {
        return;
    };
    let size = usize::from(u16::from_le_bytes([*low, *high])) % ROOM;
    let mut memory = [0xa5; ROOM + BEHIND.len()];
    let (room, behind) = memory.split_at_mut(size);
    if flags & 4 != 0 {
        senml::run(*flags, room, values);
    } else {
        values_in(room, *flags, values, &mut Rng::of(data));
    }
    assert!(behind.starts_with(&BEHIND), "written behind the room");
}

fn values_in(room: &mut [u8], flags: u8, values: &[u8], rng: &mut Rng) {
    let (in_cbor, as_is) = (flags & 1 != 0, flags & 2 != 0);
    let size = room.len();
    let begun = match (in_cbor, as_is) {
        (false, false) => Batch::json(room),
        (false, true) => Batch::json_as_is(room),
        (true, false) => Batch::cbor(room),
        (true, true) => Batch::cbor_as_is(room),
    };
    let Some(mut batch) = begun_in(size, begun) else {
        return;
    };
    let mut copy = Copy::new(in_cbor);
    for value in values.split(|byte| *byte == 0xfe) {
        let whole = copy.try_push(value);
        let pushed = batch.push(value);
        copy.end(pushed.is_ok(), whole);
        match pushed {
            Ok(()) => assert!(whole <= size && !value.is_empty()),
            Err(EncodeError::BufferTooSmall { needed }) => {
                assert!(
                    needed == whole && whole > size,
                    "{needed}, {whole} in {size}"
                );
            }
            Err(EncodeError::Refused { field, reason }) => {
                assert_eq!(field, Field::Reading);
                assert_eq!(reason == Reason::Missing, value.is_empty());
                assert!(!as_is || value.is_empty());
            }
            Err(other) => panic!("{other:?}"),
        }
        assert_eq!(batch.as_bytes(), copy.as_bytes());
        if !as_is && !value.is_empty() {
            looked_at_again(in_cbor, value, rng);
        }
    }
    assert_eq!(batch.is_empty(), copy.as_bytes().len() == 2);
    assert_eq!(batch.finish(), copy.as_bytes().len());
}

/// What the check says of a value.
fn fault(in_cbor: bool, value: &[u8]) -> Option<Reason> {
    let mut room = [0; 2];
    let begun = if in_cbor {
        Batch::cbor(&mut room)
    } else {
        Batch::json(&mut room)
    };
    match begun.expect("room for an empty array").push(value) {
        Err(EncodeError::Refused { reason, .. }) => Some(reason),
        Err(EncodeError::BufferTooSmall { .. }) => None,
        other => panic!("{other:?}"),
    }
}

/// The same value in another form, which the check must judge as it judged this one.
fn looked_at_again(in_cbor: bool, value: &[u8], rng: &mut Rng) {
    let first = fault(in_cbor, value);
    let mut memory = [0; ROOM];
    let mut between = |before: &[u8], after: &[u8]| {
        let len = before.len() + value.len() + after.len();
        let parts = before.iter().chain(value).chain(after);
        for (slot, byte) in memory.iter_mut().zip(parts) {
            *slot = *byte;
        }
        fault(in_cbor, &memory[..len])
    };
    match (rng.below(4), in_cbor) {
        (0, false) => assert_eq!(between(b" \n", b"\r\t"), first, "with blanks around it"),
        (0 | 1, _) => {
            let wrapped = if in_cbor {
                between(b"\x81", b"")
            } else {
                between(b"{\"k\":", b"}")
            };
            match first {
                None => assert!(matches!(wrapped, None | Some(Reason::TooDeep))),
                Some(Reason::TooDeep) => assert!(wrapped.is_some()),
                Some(_) => assert!(!in_cbor || wrapped.is_some()),
            }
        }
        (2, _) => {
            let longer = between(b"", if in_cbor { b"\0" } else { b"," });
            let was_whole = first.is_none() || !in_cbor;
            assert!(longer.is_some() || !was_whole, "with a byte behind it");
        }
        _ => {
            let is_closed = in_cbor || matches!(value[0], b'[' | b'{' | b'"' | b't' | b'f' | b'n');
            let whole = if in_cbor {
                value
            } else {
                value.trim_ascii_end()
            };
            if first.is_none() && is_closed && whole.len() > 1 {
                let cut = &whole[..1 + rng.below(whole.len() - 1)];
                assert!(fault(in_cbor, cut).is_some(), "cut");
            }
        }
    }
}
