//! Batches: what is in one is what was taken; what is refused is no value, too deep or too long; nothing is
//! written past the room.
//!
//! Input: flags in a byte (1 CBOR, 2 as it is), the room's size in two bytes, little end first, then the values, with 0xFE between
//! them (0xFE is in no UTF-8, and no well-formed item begins with it).

use motepost::batch::{Batch, MAX_DEPTH};
use motepost::{EncodeError, Field, Reason};
use readings::{cbor, json};

const BEHIND: [u8; 8] = [0xa5; 8];

pub fn run(data: &[u8]) {
    let [flags, low, high, values @ ..] = data else {
        return;
    };
    let (in_cbor, as_is) = (flags & 1 != 0, flags & 2 != 0);
    let size = usize::from(u16::from_le_bytes([*low, *high])) % 2048;
    let mut memory = vec![0; size];
    memory.extend(BEHIND);
    let (room, behind) = memory.split_at_mut(size);
    let begun = match (in_cbor, as_is) {
        (false, false) => Batch::json(room),
        (false, true) => Batch::json_as_is(room),
        (true, false) => Batch::cbor(room),
        (true, true) => Batch::cbor_as_is(room),
    };
    let mut batch = match begun {
        Ok(batch) => batch,
        Err(error) => {
            assert_eq!(
                (error, size < 2),
                (EncodeError::BufferTooSmall { needed: 2 }, true)
            );
            return;
        }
    };
    let mut taken: Vec<&[u8]> = Vec::new();
    for value in values.split(|byte| *byte == 0xfe) {
        let whole = array(in_cbor, &[&taken[..], &[value]].concat()).len();
        let fault = fault(in_cbor, as_is, value);
        match batch.push(value) {
            Ok(()) => {
                assert!(
                    fault.is_none() && whole <= size,
                    "{fault:?}, {whole} in {size}"
                );
                taken.push(value);
            }
            Err(EncodeError::BufferTooSmall { needed }) => {
                assert!(
                    fault.is_none() && needed == whole && whole > size,
                    "{needed}, {whole} in {size}"
                );
            }
            Err(EncodeError::Refused {
                field: Field::Reading,
                reason,
            }) => {
                let expected = fault.expect("it is refused, and a value");
                // Nested too deep before it turns out to be no value.
                let is_deep = reason == Reason::TooDeep && expected == Reason::NotOneValue;
                assert!(reason == expected || is_deep, "{reason:?} {expected:?}");
            }
            Err(other) => panic!("{other:?}"),
        }
        assert_eq!(batch.as_bytes(), array(in_cbor, &taken));
    }
    let len = batch.finish();
    assert_eq!(behind, BEHIND);
    let array = &memory[..len];
    if !as_is && in_cbor {
        assert!(cbor::depth(array).is_some(), "{array:02x?}");
    } else if !as_is {
        assert!(
            json::is_one_value(array),
            "{:?}",
            String::from_utf8_lossy(array)
        );
    }
}

fn fault(in_cbor: bool, as_is: bool, value: &[u8]) -> Option<Reason> {
    if value.is_empty() {
        return Some(Reason::Missing);
    }
    if as_is {
        return None;
    }
    let depth = if in_cbor {
        cbor::depth(value)
    } else {
        json::is_one_value(value).then(|| json::depth(value))
    };
    match depth {
        None => Some(Reason::NotOneValue),
        Some(depth) => (depth > MAX_DEPTH).then_some(Reason::TooDeep),
    }
}

fn array(in_cbor: bool, values: &[&[u8]]) -> Vec<u8> {
    if in_cbor {
        [b"\x9f", &values.concat()[..], b"\xff"].concat()
    } else {
        [b"[", &values.join(&b',')[..], b"]"].concat()
    }
}
