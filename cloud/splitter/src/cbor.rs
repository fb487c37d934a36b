//! The elements of a CBOR array as JSON, by the advice of RFC 8949 section 6.1.

mod item;

use base64ct::{Base64UrlUnpadded, Encoding};
use ciborium::Value as Cbor;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Number, Value as Json};

use crate::message::Unreadable;
use item::Head;

const ARRAY: u8 = 4 << 5;
const BREAK: u8 = 0xff;
/// RFC 8949 section 3.4.4.
const DECIMAL_FRACTION: u64 = 4;

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
        let reason = "there is something behind the array's end";
        elements.push(Err(Unreadable::new(reason, rest)));
    }
    elements
}

/// What is well-formed may hold text that is not UTF-8, a simple value that nothing defines, or too many levels.
fn read(item: &[u8]) -> Result<Box<RawValue>, String> {
    let value = ciborium::from_reader::<Cbor, _>(item);
    let value = value.map_err(|error| format!("well-formed CBOR that cannot be read: {error}"))?;
    Ok(raw(&json(&value)?))
}

pub(crate) fn raw(value: &Json) -> Box<RawValue> {
    // A JSON value is JSON.
    to_raw_value(value).unwrap_or_default()
}

fn json(item: &Cbor) -> Result<Json, &'static str> {
    Ok(match item {
        Cbor::Null => Json::Null,
        Cbor::Bool(value) => (*value).into(),
        Cbor::Integer(integer) => integer_of(i128::from(*integer)),
        // JSON has no NaN and no infinity.
        Cbor::Float(float) => Number::from_f64(*float).map_or(Json::Null, Json::Number),
        Cbor::Text(text) => text.as_str().into(),
        Cbor::Bytes(bytes) => Base64UrlUnpadded::encode_string(bytes).into(),
        Cbor::Array(items) => items
            .iter()
            .map(json)
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        Cbor::Map(pairs) => {
            let mut object = Map::new();
            for (key, value) in pairs {
                let key = match key {
                    Cbor::Text(text) => text.clone(),
                    Cbor::Integer(integer) => i128::from(*integer).to_string(),
                    _ => return Err("a map has a key that is neither a text nor an integer"),
                };
                if object.insert(key, json(value)?).is_some() {
                    return Err("a map has the same key twice");
                }
            }
            object.into()
        }
        Cbor::Tag(DECIMAL_FRACTION, content) => decimal(content)?,
        Cbor::Tag(_, content) => json(content)?,
        _ => return Err("there is an item that JSON has nothing for"),
    })
}

fn integer_of(integer: i128) -> Json {
    u64::try_from(integer)
        .map(Json::from)
        .or_else(|_| i64::try_from(integer).map(Json::from))
        .unwrap_or_else(|_| (integer as f64).into())
}

/// The float nearest to it, which prints the same digits up to fifteen of them.
fn decimal(content: &Cbor) -> Result<Json, &'static str> {
    let fault = "a decimal fraction is not two integers";
    let Cbor::Array(parts) = content else {
        return Err(fault);
    };
    let [Cbor::Integer(exponent), Cbor::Integer(mantissa)] = parts.as_slice() else {
        return Err(fault);
    };
    let text = format!("{}e{}", i128::from(*mantissa), i128::from(*exponent));
    let number = text.parse().ok().and_then(Number::from_f64);
    number
        .map(Json::Number)
        .ok_or("a decimal fraction is too large")
}
