//! A CBOR data item as JSON, by the advice of RFC 8949 section 6.1.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use ciborium::Value as Cbor;
use serde_json::{Map, Number, Value as Json};

/// RFC 8949 section 3.4.3.
const POSITIVE_BIGNUM: u64 = 2;
const NEGATIVE_BIGNUM: u64 = 3;
/// RFC 8949 section 3.4.4.
const DECIMAL_FRACTION: u64 = 4;

/// How byte strings are written: RFC 8949 section 3.4.5.2. Without a tag that names one it is the first.
#[derive(Clone, Copy)]
enum Text {
    Base64Url,
    Base64,
    Base16,
}

pub(super) fn json(item: &Cbor) -> Result<Json, &'static str> {
    with(item, Text::Base64Url)
}

fn with(item: &Cbor, bytes_as: Text) -> Result<Json, &'static str> {
    Ok(match item {
        Cbor::Null => Json::Null,
        Cbor::Bool(value) => (*value).into(),
        Cbor::Integer(integer) => integer_of(i128::from(*integer)),
        // JSON has no NaN and no infinity.
        Cbor::Float(float) => Number::from_f64(*float).map_or(Json::Null, Json::Number),
        Cbor::Text(text) => text.as_str().into(),
        Cbor::Bytes(bytes) => bytes_as.of(bytes).into(),
        Cbor::Array(items) => items
            .iter()
            .map(|item| with(item, bytes_as))
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        Cbor::Map(pairs) => object(pairs, bytes_as)?.into(),
        Cbor::Tag(tag, content) => tagged(*tag, content, bytes_as)?,
        _ => return Err("there is an item that JSON has nothing for"),
    })
}

fn object(pairs: &[(Cbor, Cbor)], bytes_as: Text) -> Result<Map<String, Json>, &'static str> {
    let mut object = Map::new();
    for (key, value) in pairs {
        let key = match key {
            Cbor::Text(text) => text.clone(),
            Cbor::Integer(integer) => i128::from(*integer).to_string(),
            _ => return Err("a map has a key that is neither a text nor an integer"),
        };
        if object.insert(key, with(value, bytes_as)?).is_some() {
            return Err("a map has the same key twice");
        }
    }
    Ok(object)
}

fn tagged(tag: u64, content: &Cbor, bytes_as: Text) -> Result<Json, &'static str> {
    match tag {
        // ciborium has made an integer of one that fits.
        POSITIVE_BIGNUM | NEGATIVE_BIGNUM => {
            let Cbor::Bytes(bytes) = content else {
                return Err("a bignum is not a byte string");
            };
            let sign = if tag == NEGATIVE_BIGNUM { "~" } else { "" };
            Ok(format!("{sign}{}", Text::Base64Url.of(bytes)).into())
        }
        DECIMAL_FRACTION => decimal(content),
        21 => with(content, Text::Base64Url),
        22 => with(content, Text::Base64),
        23 => with(content, Text::Base16),
        _ => with(content, bytes_as),
    }
}

impl Text {
    fn of(self, bytes: &[u8]) -> String {
        match self {
            Self::Base64Url => Base64UrlUnpadded::encode_string(bytes),
            Self::Base64 => Base64::encode_string(bytes),
            Self::Base16 => bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
        }
    }
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
