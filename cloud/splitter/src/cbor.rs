//! The elements of a CBOR array as JSON.

mod convert;
mod item;

use ciborium::Value as Cbor;
use serde_json::Value as Json;
use serde_json::value::{RawValue, to_raw_value};

use crate::message::Unreadable;
use item::Head;

const ARRAY: u8 = 4 << 5;
const BREAK: u8 = 0xff;

pub(crate) fn is_array(payload: &[u8]) -> bool {
    // 28 to 30 are reserved.
    matches!(payload.first(), Some(first) if first & 0xe0 == ARRAY && !(28..31).contains(&(first & 0x1f)))
}

/// An item that is well-formed has an end, even if it cannot be read: it is reported, and the next is read. One that is not
/// hides where the next begins (RFC 8949 appendix F). With what comes after it, it is one element that cannot be read.
pub(crate) fn elements(payload: &[u8]) -> Vec<Result<Box<RawValue>, Unreadable>> {
    let mut elements = Vec::new();
    let Ok((Head { argument, .. }, mut rest)) = Head::read(payload) else {
        let reason = "the head of the array is cut off";
        return vec![Err(Unreadable::new(reason, payload))];
    };
    loop {
        match argument {
            Some(count) if count == elements.len() as u64 => break,
            None if rest.first() == Some(&BREAK) => {
                rest = &rest[1..];
                break;
            }
            _ => {}
        }
        match item::split(rest) {
            Ok((item, after)) => {
                elements.push(read(item).map_err(|reason| Unreadable::new(reason, item)));
                rest = after;
            }
            Err(fault) => {
                let reason = format!("not one CBOR data item: {fault}");
                elements.push(Err(Unreadable::new(reason, rest)));
                return elements;
            }
        }
    }
    if !rest.is_empty() {
        let reason = "there is something after the array's end";
        elements.push(Err(Unreadable::new(reason, rest)));
    }
    elements
}

/// What is well-formed may hold text that is not UTF-8, a simple value that nothing defines, or too many levels.
fn read(item: &[u8]) -> Result<Box<RawValue>, String> {
    let value = ciborium::from_reader::<Cbor, _>(item);
    let value = value.map_err(|error| format!("well-formed CBOR that cannot be read: {error}"))?;
    Ok(raw(&convert::json(&value)?))
}

pub(crate) fn raw(value: &Json) -> Box<RawValue> {
    // A JSON value is JSON.
    to_raw_value(value).unwrap_or_default()
}
