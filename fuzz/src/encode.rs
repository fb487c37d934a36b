//! Requests: what is accepted says exactly what went in, to two other parsers; what is refused breaks a rule.

use arbitrary::{Arbitrary, Unstructured};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use motepost::{
    CustomAuthorizer, EncodeError, Exchange, Field, MAX_PAYLOAD, PayloadFormat, Properties,
    Publish, QoS, Reason, Step,
};

use crate::fields::{Fields, text};
use crate::peers;
use crate::rng::Rng;

const CANARY: u8 = 0xc5;

pub fn run(data: &[u8]) {
    let Ok(fields) = Fields::arbitrary(&mut Unstructured::new(data)) else {
        return;
    };
    with_publish(&fields, |publish| {
        check(&fields, publish, &mut Rng::of(data))
    });
}

/// The request that the fields describe, through the Rust API.
pub(crate) fn with_publish<T>(fields: &Fields<'_>, then: impl FnOnce(&Publish<'_>) -> T) -> T {
    let mut authorizer = CustomAuthorizer::named(text(fields.authorizer))
        .token(text(fields.token_key), text(fields.token));
    authorizer = if fields.signature_is_raw {
        authorizer.signature_bytes(fields.signature)
    } else {
        authorizer.signature(text(fields.signature))
    };
    if fields.flag(b'y') {
        authorizer = authorizer.in_query();
    }
    let texts = |pairs: &[[&'_ [u8]; 2]]| -> Vec<(String, String)> {
        let owned = |bytes| text(bytes).to_owned();
        pairs
            .iter()
            .map(|[name, value]| (owned(name), owned(value)))
            .collect()
    };
    let (headers, user) = (texts(&fields.headers), texts(&fields.user));
    let headers: Vec<_> = headers
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let user: Vec<_> = user.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let mut properties = Properties::new()
        .content_type(text(fields.content_type))
        .response_topic(text(fields.response_topic))
        .correlation_data(fields.correlation_data)
        .message_expiry(fields.message_expiry)
        .user_properties(&user);
    if let Some(format) = payload_format(fields) {
        properties = properties.payload_format(format);
    }
    let mut publish = Publish::new(text(fields.endpoint), text(fields.topic), fields.payload)
        .authorizer(authorizer)
        .headers(&headers)
        .properties(&properties)
        .retain(fields.flag(b'r'));
    if fields.flag(b'q') {
        publish = publish.qos(QoS::AtLeastOnce);
    }
    then(&publish)
}

fn payload_format(fields: &Fields<'_>) -> Option<PayloadFormat> {
    if fields.flag(b'1') {
        Some(PayloadFormat::Unspecified)
    } else if fields.flag(b'2') {
        Some(PayloadFormat::Utf8)
    } else {
        None
    }
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

    // Room for the digits of the longest length that could be composed.
    let roomy = total + 5;
    let composed = in_exact_room(roomy, |buffer| compose(publish, fields.payload, buffer));
    assert_eq!(composed.as_ref(), Ok(&request));
    let shortest = head_len - digits(fields.payload.len()) + 1;
    let small = rng.below(roomy);
    match in_exact_room(small, |buffer| compose(publish, fields.payload, buffer)) {
        Ok(composed) => assert_eq!(composed, request),
        Err(EncodeError::BufferTooSmall { needed }) => {
            assert_eq!(needed, shortest);
            assert!(small < shortest);
        }
        Err(error) => {
            assert_eq!(
                error,
                EncodeError::Refused {
                    field: Field::Payload,
                    reason: Reason::TooLong
                }
            );
            assert!(small >= shortest && small < roomy);
        }
    }

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
    check_target(fields, target);
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

fn expected_fields(fields: &Fields<'_>) -> Vec<Pair> {
    let pair = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
    let mut all = vec![pair("host", text(fields.endpoint).as_bytes())];
    if !fields.flag(b'y') {
        all.extend(credentials(fields));
    }
    match payload_format(fields) {
        Some(PayloadFormat::Unspecified) => all.push(pair(
            "x-amz-mqtt5-payload-format-indicator",
            b"UNSPECIFIED_BYTES",
        )),
        Some(PayloadFormat::Utf8) => {
            all.push(pair("x-amz-mqtt5-payload-format-indicator", b"UTF8_DATA"))
        }
        None => {}
    }
    if !fields.correlation_data.is_empty() {
        let value = STANDARD.encode(fields.correlation_data);
        all.push(pair("x-amz-mqtt5-correlation-data", value.as_bytes()));
    }
    if !fields.user.is_empty() {
        let objects: Vec<_> = fields
            .user
            .iter()
            .map(|[name, value]| serde_json::json!({ text(name): text(value) }))
            .collect();
        let json = serde_json::Value::from(objects).to_string();
        all.push(pair(
            "x-amz-mqtt5-user-properties",
            STANDARD.encode(json).as_bytes(),
        ));
    }
    all.extend(
        fields
            .headers
            .iter()
            .map(|[name, value]| pair(text(name), text(value).as_bytes())),
    );
    all.push(pair(
        "content-length",
        fields.payload.len().to_string().as_bytes(),
    ));
    all
}

fn credentials(fields: &Fields<'_>) -> Vec<Pair> {
    let mut all = Vec::new();
    if !text(fields.authorizer).is_empty() {
        all.push((
            "x-amz-customauthorizer-name".to_owned(),
            text(fields.authorizer).into(),
        ));
    }
    if !text(fields.token_key).is_empty() {
        all.push((text(fields.token_key).to_owned(), text(fields.token).into()));
    }
    let signature = if fields.signature_is_raw {
        STANDARD.encode(fields.signature)
    } else {
        text(fields.signature).to_owned()
    };
    if !signature.is_empty() {
        all.push((
            "x-amz-customauthorizer-signature".to_owned(),
            signature.into_bytes(),
        ));
    }
    all
}

fn check_target(fields: &Fields<'_>, target: &str) {
    let (path, query) = target
        .split_once('?')
        .map_or((target, None), |(path, query)| (path, Some(query)));
    let topic = path.strip_prefix("/topics/").expect("the path of a topic");
    assert_eq!(percent_decoded(topic), text(fields.topic).as_bytes());
    // Folding `//`, `/./` or `/../` leaves the path what it is. The topics `.` and `..` hold no slash that could be hidden:
    // folded they leave `/topics/`, and so reach no topic instead of another one.
    let is_folded = |level| matches!(level, "" | "." | "..");
    assert!(
        matches!(topic, "." | "..") || !topic.split('/').any(is_folded),
        "{topic}"
    );
    let mut expected: Vec<Pair> = Vec::new();
    let mut push = |name: &str, value: &[u8]| expected.push((name.to_owned(), value.to_vec()));
    if fields.flag(b'q') {
        push("qos", b"1");
    }
    if fields.flag(b'r') {
        push("retain", b"true");
    }
    if !text(fields.content_type).is_empty() {
        push("contentType", text(fields.content_type).as_bytes());
    }
    if !text(fields.response_topic).is_empty() {
        push("responseTopic", text(fields.response_topic).as_bytes());
    }
    if fields.message_expiry != 0 {
        push(
            "messageExpiry",
            fields.message_expiry.to_string().as_bytes(),
        );
    }
    if fields.flag(b'y') {
        expected.extend(credentials(fields));
    }
    let found: Vec<Pair> = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .map(|pair| {
            let (name, value) = pair.split_once('=').expect("a name and a value");
            (name.to_owned(), percent_decoded(value))
        })
        .collect();
    assert_eq!(found, expected);
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            decoded.push(*first);
            continue;
        }
        let (digits, after) = after.split_at(2);
        let digits = str::from_utf8(digits).expect("two digits");
        decoded.push(u8::from_str_radix(digits, 16).expect("two digits"));
        rest = after;
    }
    decoded
}

// The rules again, as the documentation of each setter has them.

fn is_sound(fields: &Fields<'_>) -> bool {
    [
        Field::Endpoint,
        Field::Topic,
        Field::Payload,
        Field::Authorizer,
        Field::TokenKey,
        Field::Token,
        Field::Signature,
        Field::HeaderName,
        Field::HeaderValue,
        Field::ContentType,
        Field::ResponseTopic,
        Field::UserProperty,
        Field::CorrelationData,
    ]
    .into_iter()
    .all(|field| field_is_sound(fields, field))
}

fn field_is_sound(fields: &Fields<'_>, field: Field) -> bool {
    let absent_or = |bytes, sound: fn(&str) -> bool| text(bytes).is_empty() || sound(text(bytes));
    let signature_is_empty = if fields.signature_is_raw {
        fields.signature.is_empty()
    } else {
        text(fields.signature).is_empty()
    };
    let has_token =
        !(text(fields.token_key).is_empty() && text(fields.token).is_empty() && signature_is_empty);
    match field {
        Field::Endpoint => made_of(text(fields.endpoint), "-._~:[]", 253),
        Field::Topic => is_topic(text(fields.topic)),
        Field::Payload => fields.payload.len() <= MAX_PAYLOAD as usize,
        Field::Authorizer => absent_or(fields.authorizer, |name| made_of(name, "-_=,@", 128)),
        Field::TokenKey => !has_token || is_name(text(fields.token_key), "-_", 128),
        Field::Token => !has_token || is_value(text(fields.token), 6144),
        Field::Signature if fields.signature_is_raw => fields.signature.len() <= 1920,
        Field::Signature => absent_or(fields.signature, |signature| {
            // The crate judges the shape of base64 and leaves bits that no byte reached to AWS.
            let data = signature.trim_end_matches('=');
            signature.len() <= 2560
                && signature.len() % 4 == 0
                && signature.len() - data.len() <= 2
                && data
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
        }),
        Field::HeaderName => fields.headers.iter().all(|[name, _]| {
            let key = text(fields.token_key);
            let repeats = !key.is_empty() && text(name).eq_ignore_ascii_case(key);
            !repeats && is_name(text(name), "-_.!#$%&'*+^`|~", 8192)
        }),
        Field::HeaderValue => fields
            .headers
            .iter()
            .all(|[_, value]| is_value(text(value), 8192)),
        Field::ContentType => absent_or(fields.content_type, |text| {
            !text.contains(|c: char| c.is_ascii_control())
        }),
        Field::ResponseTopic => absent_or(fields.response_topic, is_topic),
        Field::UserProperty => fields.user.iter().all(|[name, value]| {
            let is_plain = |bytes| !text(bytes).contains(|c: char| c.is_ascii_control());
            !text(name).is_empty() && is_plain(name) && is_plain(value)
        }),
        Field::CorrelationData => fields.correlation_data.len() <= 6144,
        _ => true,
    }
}

fn made_of(text: &str, others: &str, max: usize) -> bool {
    (1..=max).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

fn is_name(text: &str, others: &str, max: usize) -> bool {
    let framing = ["host", "content-length", "transfer-encoding", "connection"];
    let lower = text.to_ascii_lowercase();
    made_of(text, others, max)
        && !framing.contains(&lower.as_str())
        && !lower.starts_with("x-amz-customauthorizer-")
}

fn is_value(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len())
        && text.chars().all(|c| matches!(c, ' '..='~' | '\t'))
        && text.trim_matches([' ', '\t']) == text
}

fn is_topic(topic: &str) -> bool {
    let ingest = topic.strip_prefix("$aws/rules/");
    let counted = match ingest.and_then(|rest| rest.split_once('/')) {
        Some((_, rest)) => rest,
        None => topic,
    };
    let has_no_rule = ingest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let is_reserved = has_no_rule || topic.starts_with('$') && !topic.starts_with("$aws/");
    !topic.is_empty()
        && !is_reserved
        && !matches!(topic, "." | "..")
        && counted.len() <= 256
        && counted.matches('/').count() <= 7
        && !topic.contains(|c: char| c.is_ascii_control() || c == '+' || c == '#')
}
