//! What the wire says of the fields of a sound request, and where it says it.

use crate::fields::{Fields, Pairs, text};
use crate::request::payload_format;
use motepost::PayloadFormat;

/// A value before it is written.
pub enum Value<'a> {
    Text(&'a [u8]),
    Number(usize),
    /// Standard base64 of these bytes.
    Base64(&'a [u8]),
    /// Standard base64 of a JSON array of one object for each pair.
    Objects(&'a Pairs<'a>),
}

/// The field lines, in their order.
pub fn field_lines<'a>(fields: &'a Fields<'a>, each: &mut impl FnMut(&'a str, Value<'a>)) {
    each("host", Value::Text(text(fields.endpoint).as_bytes()));
    if !fields.flag(b'y') {
        credentials(fields, each);
    }
    let format = match payload_format(fields) {
        Some(PayloadFormat::Unspecified) => "UNSPECIFIED_BYTES",
        Some(PayloadFormat::Utf8) => "UTF8_DATA",
        None => "",
    };
    if !format.is_empty() {
        let name = "x-amz-mqtt5-payload-format-indicator";
        each(name, Value::Text(format.as_bytes()));
    }
    if !fields.correlation_data.is_empty() {
        let value = Value::Base64(fields.correlation_data);
        each("x-amz-mqtt5-correlation-data", value);
    }
    if !fields.user.is_empty() {
        let value = Value::Objects(&fields.user);
        each("x-amz-mqtt5-user-properties", value);
    }
    for [name, value] in &fields.headers {
        each(text(name), Value::Text(text(value).as_bytes()));
    }
    each("content-length", Value::Number(fields.payload.len()));
}

/// What is in the query, in its order.
pub fn query<'a>(fields: &'a Fields<'a>, each: &mut impl FnMut(&'a str, Value<'a>)) {
    if fields.flag(b'q') {
        each("qos", Value::Text(b"1"));
    }
    if fields.flag(b'r') {
        each("retain", Value::Text(b"true"));
    }
    for (name, bytes) in [
        ("contentType", fields.content_type),
        ("responseTopic", fields.response_topic),
    ] {
        if !text(bytes).is_empty() {
            each(name, Value::Text(text(bytes).as_bytes()));
        }
    }
    if fields.message_expiry != 0 {
        let seconds = fields.message_expiry as usize;
        each("messageExpiry", Value::Number(seconds));
    }
    if fields.flag(b'y') {
        credentials(fields, each);
    }
}

fn credentials<'a>(fields: &'a Fields<'a>, each: &mut impl FnMut(&'a str, Value<'a>)) {
    let texts = [
        ("x-amz-customauthorizer-name", fields.authorizer),
        (text(fields.token_key), fields.token),
    ];
    for (name, bytes) in texts {
        let is_there = !name.is_empty() && !text(bytes).is_empty();
        if is_there {
            each(name, Value::Text(text(bytes).as_bytes()));
        }
    }
    let signature = if fields.signature_is_raw {
        Value::Base64(fields.signature)
    } else {
        Value::Text(text(fields.signature).as_bytes())
    };
    if !matches!(signature, Value::Base64(b"") | Value::Text(b"")) {
        each("x-amz-customauthorizer-signature", signature);
    }
}

/// The target names the topic and says what is in the query, and nothing else.
pub fn check_target(fields: &Fields<'_>, target: &[u8]) {
    let mut halves = target.splitn(2, |byte| *byte == b'?');
    let path = halves.next().unwrap_or_default();
    let topic = path.strip_prefix(b"/topics/").expect("the path of a topic");
    let names = text(fields.topic).bytes();
    assert!(percent_decoded(topic).eq(names), "another topic");
    // Folding `//`, `/./` or `/../` leaves the path what it is. The topics `.` and `..` hold no slash that could be hidden:
    // folded they leave `/topics/`, and so reach no topic instead of another one.
    let is_folded = |level: &[u8]| matches!(level, b"" | b"." | b"..");
    let is_dots = matches!(topic, b"." | b"..");
    assert!(is_dots || !topic.split(|byte| *byte == b'/').any(is_folded));

    let mut parts = halves.flat_map(|query| query.split(|byte| *byte == b'&'));
    query(fields, &mut |name, value| {
        let part = parts.next().expect("a part of the query");
        let rest = part.strip_prefix(name.as_bytes());
        let found = rest.and_then(|rest| rest.strip_prefix(b"="));
        let found = percent_decoded(found.expect("its name"));
        assert!(value.is(found), "another value of {name}");
    });
    assert_eq!(parts.next(), None);
}

/// The bytes that a target's text stands for (RFC 3986 section 2.1). No other text than in these characters.
fn percent_decoded(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut bytes = text.iter().copied();
    std::iter::from_fn(move || {
        let byte = bytes.next()?;
        if byte != b'%' {
            assert!(byte.is_ascii_graphic() && !b"?#&\"<>\\^`{|}".contains(&byte));
            return Some(byte);
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (high, low) = digit().zip(digit()).expect("two digits");
        u8::try_from(high * 16 + low).ok()
    })
}

impl Value<'_> {
    /// Whether this is what was written.
    pub fn is(&self, mut written: impl Iterator<Item = u8>) -> bool {
        match self {
            Self::Text(text) => written.eq(text.iter().copied()),
            Self::Number(number) => {
                let digit = |number: Option<usize>, byte: u8| {
                    let digit = char::from(byte).to_digit(10)? as usize;
                    // No zero stands before another digit.
                    number
                        .filter(|number| *number != 0)?
                        .checked_mul(10)?
                        .checked_add(digit)
                };
                let first = written
                    .next()
                    .and_then(|byte| char::from(byte).to_digit(10));
                let first = first.map(|digit| digit as usize);
                written.fold(first, digit) == Some(*number)
            }
            Self::Base64(bytes) => base64_decoded(written).eq(bytes.iter().copied()),
            Self::Objects(pairs) => is_objects(base64_decoded(written), pairs),
        }
    }
}

/// RFC 4648 section 4, padding included.
fn base64_decoded(mut text: impl Iterator<Item = u8>) -> impl Iterator<Item = u8> {
    let (mut group, mut left) = ([0; 3], 0);
    std::iter::from_fn(move || {
        if left == 0 {
            let mut bits = 0;
            let mut padding = 0;
            for at in 0..4 {
                let byte = match (at, text.next()) {
                    (0, None) => return None,
                    (_, byte) => byte.expect("four characters at a time"),
                };
                if byte == b'=' {
                    padding += 1;
                } else {
                    assert_eq!(padding, 0, "padding stands at the end");
                }
                bits = bits << 6 | sextet(byte);
            }
            assert!(padding <= 2);
            let [_, bytes @ ..] = u32::to_be_bytes(bits);
            (group, left) = (bytes, 3 - padding);
            assert!(group[left..].iter().all(|bits| *bits == 0));
            if padding > 0 {
                assert_eq!(text.next(), None, "padding stands at the end");
            }
            group.rotate_left(left);
        }
        let byte = group[3 - left];
        left -= 1;
        Some(byte)
    })
}

fn sextet(byte: u8) -> u32 {
    u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        b'=' => 0,
        _ => panic!("no character of base64"),
    })
}

fn is_objects(mut json: impl Iterator<Item = u8>, pairs: &Pairs<'_>) -> bool {
    let mut is = |expected: &[u8]| expected.iter().all(|byte| json.next() == Some(*byte));
    let mut before: &[u8] = b"[{\"";
    for [name, value] in pairs {
        for (start, bytes) in [(before, name), (b"\":\"", value)] {
            let is_started = is(start);
            let mut escaped = text(bytes).bytes().map(|byte| match byte {
                b'"' => is(b"\\\""),
                b'\\' => is(b"\\\\"),
                _ => is(&[byte]),
            });
            if !is_started || !escaped.all(|is_same| is_same) {
                return false;
            }
        }
        before = b"\"},{\"";
    }
    is(b"\"}]") && json.next().is_none()
}
