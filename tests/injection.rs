//! No field can end early and smuggle in another: from Rust and from C.

#[path = "common/miri.rs"]
mod miri;

use miri::one_in;
use motepost::ffi::{
    MOTEPOST_E_OVERRUN, MOTEPOST_E_REFUSED, MOTEPOST_OK, motepost_bytes_t, motepost_copy_signature,
    motepost_credentials_in_query, motepost_encode_properties, motepost_encode_signature,
    motepost_field_name, motepost_pair_t, motepost_properties_t, motepost_publish_encode,
    motepost_publish_t, motepost_str_t, motepost_strerror,
};
use motepost::{
    CustomAuthorizer, EncodeError, Exchange, Field, Properties, Publish, Reason, ResponseReader,
};

/// One text of a request, with a sound value.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Endpoint,
    Topic,
    Authorizer,
    TokenKey,
    Token,
    Signature,
    HeaderName,
    HeaderValue,
    ContentType,
    ResponseTopic,
    UserName,
    UserValue,
}

const PLACES: [(Place, Field, &str); 12] = [
    (Place::Endpoint, Field::Endpoint, "host.example"),
    (Place::Topic, Field::Topic, "uniqueID/status"),
    (Place::Authorizer, Field::Authorizer, "unsignedAuthorizer"),
    (Place::TokenKey, Field::TokenKey, "token"),
    (Place::Token, Field::Token, "allow"),
    (Place::Signature, Field::Signature, "c2lnbmVk"),
    (Place::HeaderName, Field::HeaderName, "id"),
    (Place::HeaderValue, Field::HeaderValue, "uniqueID"),
    (Place::ContentType, Field::ContentType, "text/plain"),
    (Place::ResponseTopic, Field::ResponseTopic, "r/t"),
    (Place::UserName, Field::UserProperty, "sensor"),
    (Place::UserValue, Field::UserProperty, "roof"),
];

/// The request with `text` in `place`, and sound values in the other places.
struct Texts<'t>([&'t [u8]; 12]);

impl<'t> Texts<'t> {
    fn with(place: Place, text: &'t [u8]) -> Self {
        Self(PLACES.map(|(other, _, sound)| {
            if other == place {
                text
            } else {
                sound.as_bytes()
            }
        }))
    }

    /// What Rust makes of it, by every way there is to build it: the same.
    fn in_rust(&self, in_query: bool) -> Result<(), EncodeError> {
        let text = |place: Place| {
            core::str::from_utf8(self.0[place as usize]).expect("Rust's texts are UTF-8")
        };
        let mut authorizer = CustomAuthorizer::named(text(Place::Authorizer))
            .token(text(Place::TokenKey), text(Place::Token))
            .signature(text(Place::Signature));
        if in_query {
            authorizer = authorizer.in_query();
        }
        let headers = [(text(Place::HeaderName), text(Place::HeaderValue))];
        let user = [(text(Place::UserName), text(Place::UserValue))];
        let properties = Properties::new()
            .content_type(text(Place::ContentType))
            .response_topic(text(Place::ResponseTopic))
            .user_properties(&user);
        let publish = Publish::new(text(Place::Endpoint), text(Place::Topic), b"{}")
            .authorizer(authorizer)
            .headers(&headers)
            .properties(&properties);

        let made = publish.encode(&mut [0; 1024]).map(|_| ());
        assert_eq!(publish.encode_head(&mut [0; 1024]).map(|_| ()), made);
        assert_eq!(publish.head_len().map(|_| ()), made);
        assert_eq!(publish.compose(&mut [0; 1024], |_| 0).map(|_| ()), made);
        assert_eq!(Exchange::new(&publish, &mut [0; 1024]).map(|_| ()), made);
        // Each refusal shows in one of the parts, but for the endpoint's, which is in neither.
        let target = publish.encode_target(&mut [0; 1024]).map(|_| ());
        let lines = publish.encode_field_lines(&mut [0; 1024]).map(|_| ());
        if !matches!(
            made,
            Err(EncodeError::Refused {
                field: Field::Endpoint,
                ..
            })
        ) {
            assert_eq!(target.and(lines), made);
        }
        made
    }

    /// What C makes of it: the status, and the length that it gives.
    fn in_c(&self, in_query: bool) -> i32 {
        let text = |place: Place| motepost_str_t {
            ptr: self.0[place as usize].as_ptr().cast(),
            len: self.0[place as usize].len(),
        };
        let pair = |name, value| motepost_pair_t {
            name: text(name),
            value: text(value),
        };
        let user = pair(Place::UserName, Place::UserValue);
        let header = pair(Place::HeaderName, Place::HeaderValue);
        // SAFETY: as in C, both structs start from zeros, and zeros are a value of each.
        let mut properties: motepost_properties_t = unsafe { core::mem::zeroed() };
        properties.content_type = text(Place::ContentType);
        properties.response_topic = text(Place::ResponseTopic);
        properties.user = &user;
        properties.user_count = 1;
        let mut publish = zeroed();
        publish.endpoint = text(Place::Endpoint);
        publish.topic = text(Place::Topic);
        publish.payload = bytes(b"{}");
        publish.authorizer = text(Place::Authorizer);
        publish.token_key = text(Place::TokenKey);
        publish.token = text(Place::Token);
        publish.signature = text(Place::Signature);
        publish.properties = &properties;
        publish.encode_properties = Some(motepost_encode_properties);
        publish.headers = &header;
        publish.header_count = 1;
        publish.encode_signature = Some(motepost_copy_signature);
        if in_query {
            publish.credentials_in_query = Some(motepost_credentials_in_query);
        }
        encode_in_c(&publish)
    }
}

fn zeroed() -> motepost_publish_t {
    // SAFETY: zeros are a value of every member.
    unsafe { core::mem::zeroed() }
}

fn bytes(bytes: &[u8]) -> motepost_bytes_t {
    motepost_bytes_t {
        ptr: bytes.as_ptr(),
        len: bytes.len(),
    }
}

fn encode_in_c(publish: &motepost_publish_t) -> i32 {
    let mut buffer = [0; 1024];
    let mut len = usize::MAX;
    // SAFETY: every pointer of the struct is good for its length, and so are the two here.
    let status =
        unsafe { motepost_publish_encode(publish, buffer.as_mut_ptr(), buffer.len(), &mut len) };
    assert_eq!(len == 0, status < 0, "a length comes with success alone");
    status
}

const fn status(field: Field, reason: Reason) -> i32 {
    -(100 * field as i32 + reason as i32)
}

/// `text` in `place` is refused for `reason`, from Rust and from C, in headers and in the query.
fn assert_refused(place: Place, field: Field, text: &[u8], reason: Reason) {
    for in_query in [false, true] {
        let texts = Texts::with(place, text);
        let shown = text.escape_ascii();
        let note = format!("{place:?} {shown}, in the query: {in_query}");
        // Under Miri from C alone: there is no `unsafe` in the other way.
        if core::str::from_utf8(text).is_ok() && !cfg!(miri) {
            assert_eq!(
                texts.in_rust(in_query),
                Err(EncodeError::Refused { field, reason }),
                "{note}"
            );
        }
        assert_eq!(
            texts.in_c(in_query),
            status(field, reason),
            "{note}, from C"
        );
    }
}

fn assert_accepted(place: Place, text: &[u8]) {
    for in_query in [false, true] {
        let texts = Texts::with(place, text);
        let shown = text.escape_ascii();
        let note = format!("{place:?} {shown}, in the query: {in_query}");
        // Under Miri from C alone: there is no `unsafe` in the other way.
        if core::str::from_utf8(text).is_ok() && !cfg!(miri) {
            assert_eq!(texts.in_rust(in_query), Ok(()), "{note}");
        }
        assert_eq!(texts.in_c(in_query), MOTEPOST_OK, "{note}, from C");
    }
}

/// `sound` with `extra` at its start, in its middle and at its end.
fn spoilt<'s>(sound: &'s str, extra: &'s [u8]) -> impl Iterator<Item = Vec<u8>> + 's {
    [0, sound.len() / 2, sound.len()]
        .into_iter()
        .map(move |at| {
            let (before, after) = sound.as_bytes().split_at(at);
            [before, extra, after].concat()
        })
}

#[test]
fn the_sound_values_are_accepted() {
    for (place, _, sound) in PLACES {
        assert_accepted(place, sound.as_bytes());
    }
}

#[test]
fn every_control_character_is_refused_in_every_field_wherever_it_stands() {
    for (place, field, sound) in PLACES {
        let reason = match place {
            // Whatever spoils it, the advice is the same: one line of base64.
            Place::Signature => Reason::NotOneLineOfBase64,
            _ => Reason::Control,
        };
        // All but the tab, which some values may hold.
        let controls = (0..b' ').chain([0x7f]).filter(|byte| *byte != b'\t');
        for control in controls.step_by(one_in(13)) {
            for text in spoilt(sound, &[control]) {
                assert_refused(place, field, &text, reason);
            }
        }
    }
}

#[test]
fn a_smuggled_field_or_request_is_refused() {
    let smuggled: [&[u8]; 5] = [
        b"\r\nx-amz-customauthorizer-name:other",
        b"\nhost:evil.example",
        b"\r\n\r\nPOST /topics/evil HTTP/1.1\r\n",
        b"\r\ncontent-length:0\r\n",
        b" HTTP/1.1\r\nhost:evil.example\r\n\r\n",
    ];
    for (place, field, sound) in PLACES {
        for extra in smuggled {
            for text in spoilt(sound, extra) {
                let made = Texts::with(place, &text).in_c(false);
                let reasons = [
                    Reason::Control,
                    Reason::Character,
                    Reason::NotOneLineOfBase64,
                ];
                assert!(
                    reasons.iter().any(|reason| status(field, *reason) == made),
                    "{place:?} {}: {made}",
                    text.escape_ascii()
                );
            }
        }
    }
}

#[test]
fn a_tab_may_stand_inside_a_token_and_a_header_value_and_nowhere_else() {
    for (place, field, sound) in PLACES {
        let mut texts = spoilt(sound, b"\t");
        let [start, middle, end] = core::array::from_fn(|_| texts.next().expect("three texts"));
        if matches!(place, Place::Token | Place::HeaderValue) {
            assert_refused(place, field, &start, Reason::Character);
            assert_accepted(place, &middle);
            assert_refused(place, field, &end, Reason::Character);
        } else {
            let reason = match place {
                Place::Signature => Reason::NotOneLineOfBase64,
                _ => Reason::Control,
            };
            for text in [start, middle, end] {
                assert_refused(place, field, &text, reason);
            }
        }
    }
}

#[test]
fn blanks_around_a_value_are_refused_because_the_receiver_strips_them() {
    for (place, field) in [
        (Place::Token, Field::Token),
        (Place::HeaderValue, Field::HeaderValue),
    ] {
        for text in [" a", "a ", " a ", "\ta", "a\t", " ", "\t", "  "] {
            assert_refused(place, field, text.as_bytes(), Reason::Character);
        }
        assert_accepted(place, b"a b");
    }
}

#[test]
fn a_field_holds_only_what_its_grammar_allows() {
    let table = [
        (Place::Endpoint, "a b"),
        (Place::Endpoint, "a/b"),
        (Place::Endpoint, "a?b"),
        (Place::Endpoint, "a#b"),
        (Place::Endpoint, "a@b"),
        (Place::Endpoint, "\u{e9}"),
        (Place::Authorizer, "a b"),
        (Place::Authorizer, "a:b"),
        (Place::Authorizer, "a&b"),
        (Place::Authorizer, "\u{e9}"),
        (Place::TokenKey, "a b"),
        (Place::TokenKey, "a:b"),
        (Place::TokenKey, "a=b"),
        (Place::TokenKey, "a.b"),
        (Place::TokenKey, "\u{e9}"),
        (Place::Token, "\u{e9}"),
        (Place::HeaderName, "a b"),
        (Place::HeaderName, "a:b"),
        (Place::HeaderName, "id:"),
        (Place::HeaderName, " id"),
        (Place::HeaderName, "id "),
        (Place::HeaderName, "a\"b"),
        (Place::HeaderName, "\u{e9}"),
        (Place::HeaderValue, "\u{e9}"),
    ];
    for (place, text) in table {
        let (_, field, _) = PLACES[place as usize];
        assert_refused(place, field, text.as_bytes(), Reason::Character);
    }
}

#[test]
fn text_from_c_that_is_not_utf8_is_refused() {
    let not_utf8: [&[u8]; 8] = [
        b"\xff",
        b"a\x80",
        b"\xc3",
        b"\xc0\x80",
        b"\xe2\x82",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
    ];
    for (place, field, _) in PLACES {
        let reason = match place {
            Place::Topic
            | Place::ContentType
            | Place::ResponseTopic
            | Place::UserName
            | Place::UserValue => Reason::NotUtf8,
            Place::Signature => Reason::NotOneLineOfBase64,
            _ => Reason::Character,
        };
        for text in not_utf8 {
            assert_refused(place, field, text, reason);
        }
    }
}

#[test]
fn a_header_that_the_library_writes_itself_is_refused_in_any_case() {
    for name in [
        "host",
        "Host",
        "HOST",
        "content-length",
        "Content-Length",
        "CONTENT-LENGTH",
        "transfer-encoding",
        "Transfer-Encoding",
        "tRANSFER-eNCODING",
        "connection",
        "Connection",
    ] {
        assert_refused(
            Place::HeaderName,
            Field::HeaderName,
            name.as_bytes(),
            Reason::Reserved,
        );
        // A token under such a name would be such a header.
        assert_refused(
            Place::TokenKey,
            Field::TokenKey,
            name.as_bytes(),
            Reason::Reserved,
        );
    }
    for name in ["hosts", "ghost", "content-type", "Connection-Id", "date"] {
        assert_accepted(Place::HeaderName, name.as_bytes());
        assert_accepted(Place::TokenKey, name.as_bytes());
    }
}

#[test]
fn the_name_of_such_a_header_is_a_word_like_any_other_elsewhere() {
    for (place, _, _) in PLACES {
        if !matches!(place, Place::HeaderName | Place::TokenKey) {
            assert_accepted(place, b"host");
        }
    }
    assert_accepted(Place::HeaderValue, b"transfer-encoding");
}

#[test]
fn a_signature_is_one_line_of_standard_base64_with_padding() {
    let line = "A".repeat(344);
    let wrapped: Vec<u8> = line.as_bytes().chunks(76).collect::<Vec<_>>().join(&b'\n');
    let wrapped_by_windows = line
        .as_bytes()
        .chunks(76)
        .collect::<Vec<_>>()
        .join(&b"\r\n"[..]);
    let ends_in_lf = format!("{line}\n");
    for sound in [&*line, "AA==", "AAA=", "ab+/", "09azAZ+/"] {
        assert_accepted(Place::Signature, sound.as_bytes());
    }
    let refused: [&[u8]; 15] = [
        &wrapped,
        &wrapped_by_windows,
        ends_in_lf.as_bytes(),
        b"ab-_",
        b"ab%2B",
        b"AA%3D%3D",
        b"AA",
        b"AAA",
        b"AA=",
        b"A===",
        b"====",
        b"=AAA",
        b"AA==AAAA",
        b" AAA",
        b"AAA ",
    ];
    for text in refused {
        assert_refused(
            Place::Signature,
            Field::Signature,
            text,
            Reason::NotOneLineOfBase64,
        );
    }
}

#[test]
fn a_raw_signature_from_c_may_hold_any_byte() {
    let all: Vec<u8> = (0..=255).collect();
    let mut publish = zeroed();
    let [host, topic, key, token] =
        ["host.example", "t", "token", "allow"].map(|text| motepost_str_t {
            ptr: text.as_ptr().cast(),
            len: text.len(),
        });
    publish.endpoint = host;
    publish.topic = topic;
    publish.token_key = key;
    publish.token = token;
    publish.signature = motepost_str_t {
        ptr: all.as_ptr().cast(),
        len: all.len(),
    };
    publish.encode_signature = Some(motepost_encode_signature);
    assert_eq!(encode_in_c(&publish), MOTEPOST_OK);
    publish.encode_signature = Some(motepost_copy_signature);
    assert_eq!(
        encode_in_c(&publish),
        status(Field::Signature, Reason::NotOneLineOfBase64)
    );
}

#[test]
fn credentials_that_need_each_other_come_together() {
    let none = CustomAuthorizer::named("a");
    let missing = |field| {
        Err(EncodeError::Refused {
            field,
            reason: Reason::Missing,
        })
    };
    let table = [
        (none, Ok(())),
        (none.token("", ""), Ok(())),
        (none.token("token", "allow"), Ok(())),
        (none.token("", "allow"), missing(Field::TokenKey)),
        (none.token("token", ""), missing(Field::Token)),
        (none.signature("AAAA"), missing(Field::TokenKey)),
        (none.signature_bytes(b"raw"), missing(Field::TokenKey)),
        (
            none.token("token", "").signature("AAAA"),
            missing(Field::Token),
        ),
        (
            none.token("", "allow").signature("AAAA"),
            missing(Field::TokenKey),
        ),
    ];
    for (authorizer, expected) in table {
        for authorizer in [authorizer, authorizer.in_query()] {
            let publish = Publish::new("host.example", "t", b"").authorizer(authorizer);
            let made = publish.encode(&mut [0; 512]).map(|_| ());
            assert_eq!(made, expected, "{authorizer:?}");
        }
    }
}

#[test]
fn a_header_needs_a_name_and_a_value() {
    assert_refused(Place::HeaderName, Field::HeaderName, b"", Reason::Missing);
    assert_refused(Place::HeaderValue, Field::HeaderValue, b"", Reason::Missing);
}

#[test]
fn every_header_is_looked_into_as_the_first_is() {
    for (name, value, field, reason) in [
        ("", "a", Field::HeaderName, Reason::Missing),
        ("a b", "a", Field::HeaderName, Reason::Character),
        ("a:b", "a", Field::HeaderName, Reason::Character),
        ("host", "a", Field::HeaderName, Reason::Reserved),
        ("id", "", Field::HeaderValue, Reason::Missing),
        ("id", "a\r\nb:c", Field::HeaderValue, Reason::Control),
    ] {
        for index in 0..4 {
            let mut headers = [("id", "host: a b"); 4];
            let publish = Publish::new("host.example", "t", b"");
            assert!(publish.headers(&headers).head_len().is_ok());
            headers[index] = (name, value);
            assert_eq!(
                publish.headers(&headers).head_len(),
                Err(EncodeError::Refused { field, reason }),
                "{index}: {name:?}: {value:?}"
            );
        }
    }
}

#[test]
fn what_rust_cannot_get_wrong_is_refused_in_c() {
    let mut sound = zeroed();
    let [host, topic] = ["host.example", "t"].map(|text| motepost_str_t {
        ptr: text.as_ptr().cast(),
        len: text.len(),
    });
    sound.endpoint = host;
    sound.topic = topic;
    assert_eq!(encode_in_c(&sound), MOTEPOST_OK);

    type Spoil = fn(&mut motepost_publish_t);
    let table: [(Spoil, i32); 5] = [
        (|it| it.qos = 2, status(Field::QoS, Reason::OutOfRange)),
        (|it| it.retain = 2, status(Field::Flag, Reason::OutOfRange)),
        (
            |it| it.reserved[1] = 1,
            status(Field::Flag, Reason::OutOfRange),
        ),
        (
            |it| it.encode_properties = Some(motepost_encode_properties),
            status(Field::Properties, Reason::Missing),
        ),
        // A signature, and no word of what it is.
        (
            |it| (it.token_key, it.token, it.signature) = (it.topic, it.topic, it.topic),
            status(Field::Signature, Reason::Missing),
        ),
    ];
    for (spoil, expected) in table {
        let mut publish = sound;
        spoil(&mut publish);
        assert_eq!(encode_in_c(&publish), expected);
    }

    type SpoilProperties = fn(&mut motepost_properties_t);
    let table: [(SpoilProperties, i32); 4] = [
        (|_| (), MOTEPOST_OK),
        (
            |it| it.payload_format = 3,
            status(Field::PayloadFormat, Reason::OutOfRange),
        ),
        (
            |it| it.reserved[0] = 1,
            status(Field::Flag, Reason::OutOfRange),
        ),
        (
            |it| it.user_count = 1,
            status(Field::Properties, Reason::Missing),
        ),
    ];
    for (spoil, expected) in table {
        // SAFETY: zeros are a value of every member.
        let mut properties: motepost_properties_t = unsafe { core::mem::zeroed() };
        spoil(&mut properties);
        let mut publish = sound;
        publish.properties = &properties;
        publish.encode_properties = Some(motepost_encode_properties);
        assert_eq!(encode_in_c(&publish), expected);
        publish.encode_properties = None;
        assert_eq!(
            encode_in_c(&publish),
            status(Field::Properties, Reason::Missing)
        );
    }
}

#[test]
fn a_status_names_its_field_and_its_reason_in_the_same_words_as_rust() {
    let text = |pointer: *const core::ffi::c_char| {
        // SAFETY: the two functions give constant strings that end in NUL.
        unsafe { core::ffi::CStr::from_ptr(pointer) }
            .to_str()
            .expect("plain words")
    };
    let reasons = [
        Reason::Missing,
        Reason::TooLong,
        Reason::Control,
        Reason::Character,
        Reason::Wildcard,
        Reason::TooManyLevels,
        Reason::NotUtf8,
        Reason::NotOneLineOfBase64,
        Reason::Reserved,
        Reason::OutOfRange,
        Reason::DotSegment,
        Reason::Overlap,
    ];
    let others = [
        Field::Payload,
        Field::QoS,
        Field::CorrelationData,
        Field::PayloadFormat,
        Field::Flag,
        Field::Properties,
        Field::DeviceId,
    ];
    for field in PLACES.map(|(_, field, _)| field).into_iter().chain(others) {
        for reason in reasons {
            let status = status(field, reason);
            assert!(status <= MOTEPOST_E_REFUSED, "{status}");
            assert_eq!(text(motepost_field_name(status)), field.name());
            let said = text(motepost_strerror(status));
            assert!(!reason.text().is_empty(), "{reason:?}");
            assert!(said.starts_with(reason.text()), "{said}");
            let shown = EncodeError::Refused { field, reason }.to_string();
            assert_eq!(shown, format!("{} {said}", field.name()));
        }
    }
    // The lowest of the others.
    const { assert!(MOTEPOST_E_OVERRUN > MOTEPOST_E_REFUSED) };
}

#[test]
fn debug_output_shows_no_secret() {
    let user = [("sensor", "S3CRET")];
    let properties = Properties::new()
        .content_type("S3CRET")
        .response_topic("S3CRET")
        .correlation_data(b"S3CRET")
        .user_properties(&user);
    let authorizer = CustomAuthorizer::named("shown")
        .token("token", "S3CRET")
        .signature("S3CRETS3");
    let headers = [("authorization", "Bearer S3CRET")];
    let publish = Publish::new("host.example", "uniqueID/status", b"S3CRET")
        .authorizer(authorizer)
        .headers(&headers)
        .properties(&properties);
    let raw = authorizer.signature_bytes(b"S3CRET");

    let answer = b"HTTP/1.1 403 No\r\nx-amzn-errortype:S3CRET\r\ncontent-length:6\r\n\r\nS3CRET";
    let mut buffer = [0; 128];
    let mut reader = ResponseReader::new();
    reader.window(&mut buffer)[..answer.len()].copy_from_slice(answer);
    reader
        .received(&mut buffer, answer.len())
        .expect("a sound answer");
    let response = reader.into_response(&buffer).expect("a whole answer");

    let shown = [
        format!("{authorizer:?}"),
        format!("{authorizer:#?}"),
        format!("{raw:?}"),
        format!("{publish:?}"),
        format!("{publish:#?}"),
        format!("{properties:?}"),
        format!("{response:?}"),
    ];
    let as_numbers = format!("{:?}", b"S3CRET");
    let as_numbers = as_numbers.trim_matches(['[', ']']);
    for text in shown {
        assert!(!text.contains("S3C"), "{text}");
        assert!(!text.contains(as_numbers), "{text}");
    }
    for (text, parts) in [
        (
            format!("{publish:?}"),
            &["host.example", "uniqueID/status", "shown", "payload_len: 6"][..],
        ),
        (format!("{authorizer:?}"), &["shown", "token_len: 6"]),
        (
            format!("{properties:?}"),
            &["correlation_data_len: 6", "user_properties: 1"],
        ),
        (format!("{response:?}"), &["403"]),
    ] {
        for part in parts {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
