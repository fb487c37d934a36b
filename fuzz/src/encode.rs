//! Requests: what is accepted says exactly what went in, to two other parsers; what is refused breaks a rule.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use motepost::{EncodeError, Exchange, Field, Publish, Step};
use motepost_fuzz_fast::expected::{Value, check_target, field_lines};
use motepost_fuzz_fast::fields::{Fields, text};
use motepost_fuzz_fast::request::with_publish;
use motepost_fuzz_fast::rng::Rng;
use motepost_fuzz_fast::rules::{field_is_sound, is_sound};
use serde_json::json;

use crate::peers;

const CANARY: u8 = 0xc5;

pub fn run(data: &[u8]) {
    let fields = Fields::of(data);
    with_publish(&fields, |publish| {
        check(&fields, publish, &mut Rng::of(data))
    });
}

fn check(fields: &Fields<'_>, publish: &Publish<'_>, rng: &mut Rng) {
    let head_len = match publish.head_len() {
        Ok(head_len) => head_len,
        Err(error) => return refused(fields, publish, error, rng),
    };
    assert!(is_sound(fields), "accepted against the rules");
    let total = head_len + fields.payload.len();

    let request = in_exact_room(total, |buffer| publish.encode(buffer).map(<[u8]>::to_vec))
        .expect("room enough");
    assert_eq!(request.len(), total);
    assert_eq!(&request[head_len..], fields.payload);
    parses_back(fields, &request, head_len);

    let head = in_exact_room(head_len, |buffer| {
        publish.encode_head(buffer).map(<[u8]>::to_vec)
    });
    assert_eq!(head.as_deref(), Ok(&request[..head_len]));
    let short = rng.below(total);
    let too_small = in_exact_room(short, |buffer| publish.encode(buffer).map(<[u8]>::len));
    assert_eq!(
        too_small,
        Err(EncodeError::BufferTooSmall { needed: total })
    );
    let short = rng.below(head_len);
    let too_small = in_exact_room(short, |buffer| publish.encode_head(buffer).map(<[u8]>::len));
    assert_eq!(
        too_small,
        Err(EncodeError::BufferTooSmall { needed: head_len })
    );

    let composed = in_exact_room(total, |buffer| compose(publish, fields.payload, buffer));
    assert_eq!(composed.as_ref(), Ok(&request));
    let shortest = head_len - digits(fields.payload.len()) + 1;
    let small = rng.below(total);
    let needed = if small < shortest { shortest } else { total };
    let too_small = in_exact_room(small, |buffer| compose(publish, fields.payload, buffer));
    assert_eq!(too_small, Err(EncodeError::BufferTooSmall { needed }));

    let target = in_exact_room(total, |buffer| {
        publish.encode_target(buffer).map(<[u8]>::to_vec)
    })
    .expect("a part");
    let lines = in_exact_room(total, |buffer| {
        publish.encode_field_lines(buffer).map(<[u8]>::to_vec)
    })
    .expect("a part");
    let length = format!("content-length:{}\r\n\r\n", fields.payload.len());
    let whole = [
        b"POST ",
        &target[..],
        b" HTTP/1.1\r\nhost:",
        text(fields.endpoint).as_bytes(),
        b"\r\n",
        &lines,
        length.as_bytes(),
    ];
    assert_eq!(whole.concat(), &request[..head_len]);
    match publish.encode_vec::<256>() {
        Ok(vec) => assert_eq!(vec, &request[..]),
        Err(error) => assert_eq!(error, EncodeError::BufferTooSmall { needed: total }),
    }
    let mut buffer = vec![0; total];
    let mut exchange = Exchange::new(publish, &mut buffer).expect("room enough");
    assert_eq!(exchange.step(), Ok(Step::Send(&request)));
}

/// Runs with a buffer of just this size, and finds what was written behind it.
fn in_exact_room<T>(len: usize, run: impl FnOnce(&mut [u8]) -> T) -> T {
    let mut memory = vec![CANARY; len + 8];
    let (buffer, behind) = memory.split_at_mut(len);
    let result = run(buffer);
    assert!(
        behind.iter().all(|byte| *byte == CANARY),
        "written behind the buffer"
    );
    result
}

fn compose(
    publish: &Publish<'_>,
    payload: &[u8],
    buffer: &mut [u8],
) -> Result<Vec<u8>, EncodeError> {
    let fill = |room: &mut [u8]| {
        let count = room.len().min(payload.len());
        room[..count].copy_from_slice(&payload[..count]);
        payload.len()
    };
    publish.compose(buffer, fill).map(<[u8]>::to_vec)
}

fn digits(number: usize) -> usize {
    number.to_string().len()
}

/// Every way to build it refuses alike, for a rule that is broken indeed.
fn refused(fields: &Fields<'_>, publish: &Publish<'_>, error: EncodeError, rng: &mut Rng) {
    let EncodeError::Refused { field, reason } = error else {
        panic!("a size was asked for: {error}");
    };
    assert!(!field.name().is_empty() && !reason.text().is_empty());
    assert!(!is_sound(fields), "{error}, and no rule is broken");
    assert!(
        !field_is_sound(fields, field),
        "{error}: another field's fault"
    );
    let len = rng.below(2048);
    let again = in_exact_room(len, |buffer| publish.encode(buffer).map(|_| ()));
    assert_eq!(again, Err(error));
    let again = in_exact_room(len, |buffer| publish.encode_head(buffer).map(|_| ()));
    assert_eq!(again, Err(error));
    let mut asked = false;
    let again = in_exact_room(len, |buffer| {
        publish
            .compose(buffer, |_| {
                asked = true;
                0
            })
            .map(|_| ())
    });
    assert!(again == Err(error) || field == Field::Payload);
    assert!(
        !asked || field == Field::Payload,
        "a payload was asked for, for nothing"
    );
}

/// Both other parsers find the target, the fields and the body that went in, and nothing else.
fn parses_back(fields: &Fields<'_>, request: &[u8], head_len: usize) {
    let expected = expected_fields(fields);
    let mut found = vec![httparse::EMPTY_HEADER; expected.len() + 1];
    let mut parsed = httparse::Request::new(&mut found);
    let parsed_len = parsed.parse(request).expect("httparse takes it");
    assert_eq!(parsed_len, httparse::Status::Complete(head_len));
    assert_eq!((parsed.method, parsed.version), (Some("POST"), Some(1)));
    let target = parsed.path.expect("a target");
    check_target(fields, target.as_bytes());
    let found: Vec<_> = parsed
        .headers
        .iter()
        .map(|h| (h.name.to_owned(), h.value.to_vec()))
        .collect();
    assert_eq!(found, expected);

    let seen = peers::server(request);
    let [seen] = seen.as_slice() else {
        panic!("hyper sees {} requests", seen.len());
    };
    let mut expected: Vec<_> = expected
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    expected.sort();
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str()),
        ("POST", target)
    );
    assert_eq!(
        (&seen.headers, seen.body.as_slice()),
        (&expected, fields.payload)
    );
}

type Pair = (String, Vec<u8>);

/// As kept crates write them.
fn expected_fields(fields: &Fields<'_>) -> Vec<Pair> {
    let mut all = Vec::new();
    field_lines(fields, &mut |name, value| {
        let value = match value {
            Value::Text(text) => text.to_vec(),
            Value::Number(number) => number.to_string().into_bytes(),
            Value::Base64(bytes) => STANDARD.encode(bytes).into_bytes(),
            Value::Objects(pairs) => {
                let object = |[name, value]: &[&[u8]; 2]| json!({ text(name): text(value) });
                let json = pairs.iter().map(object).collect::<serde_json::Value>();
                STANDARD.encode(json.to_string()).into_bytes()
            }
        };
        all.push((name.to_owned(), value));
    });
    all
}
