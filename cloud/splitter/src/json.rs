//! The elements of a JSON array, each judged by itself.

use serde_json::value::RawValue;

use crate::message::Unreadable;

/// RFC 8259 section 2.
fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

pub(crate) fn is_array(payload: &[u8]) -> bool {
    payload.iter().find(|byte| !is_space(byte)) == Some(&b'[')
}

/// A comma between two elements is one outside of strings and brackets. So a value that is malformed costs itself and not
/// the others, as long as its own quotes and brackets are in pairs.
pub(crate) fn elements(payload: &[u8]) -> Vec<Result<Box<RawValue>, Unreadable>> {
    let (mut elements, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for (at, byte) in payload.iter().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                depth += 1;
                if depth == 1 {
                    start = at + 1;
                }
            }
            b',' if depth == 1 => {
                elements.push(element(&payload[start..at]));
                start = at + 1;
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let last = &payload[start..at];
                    // `[]` has no element, and `[1,]` an empty one.
                    if !elements.is_empty() || !last.iter().all(is_space) {
                        elements.push(element(last));
                    }
                    let rest = &payload[at + 1..];
                    if *byte == b'}' {
                        elements.push(Err(Unreadable::new("the array ends with }", rest)));
                    } else if !rest.iter().all(is_space) {
                        let reason = "there is something after the array's end";
                        elements.push(Err(Unreadable::new(reason, rest)));
                    }
                    return elements;
                }
            }
            _ => {}
        }
    }
    let reason = "the array does not end: it was cut off, or a quote or a bracket is missing";
    elements.push(Err(Unreadable::new(reason, &payload[start..])));
    elements
}

fn element(bytes: &[u8]) -> Result<Box<RawValue>, Unreadable> {
    serde_json::from_slice::<&RawValue>(bytes)
        .map(ToOwned::to_owned)
        .map_err(|error| Unreadable::new(format!("not one JSON value: {error}"), bytes))
}
