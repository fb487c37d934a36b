//! What goes on the wire, byte for byte.

#[path = "common/miri.rs"]
mod miri;
#[path = "common/percent.rs"]
mod percent;
#[path = "common/requests.rs"]
mod requests;

use miri::one_in;
use motepost::{
    CustomAuthorizer, EncodeError, Field, MAX_PAYLOAD, PayloadFormat, Properties, Publish, QoS,
    Reason,
};
use percent::decoded;
use requests::{HOST, ID, PAYLOAD, TOPIC, UNSIGNED, article};

fn encode(publish: &Publish<'_>) -> Result<Vec<u8>, EncodeError> {
    let mut buffer = vec![0; 200_000];
    publish.encode(&mut buffer).map(<[u8]>::to_vec)
}

fn encoded(publish: &Publish<'_>) -> String {
    String::from_utf8(encode(publish).expect("a sound request")).expect("text")
}

fn target(publish: &Publish<'_>) -> String {
    let mut buffer = [0; 8192];
    let target = publish.encode_target(&mut buffer).expect("a sound target");
    String::from_utf8(target.to_vec()).expect("text")
}

fn field_lines(publish: &Publish<'_>) -> String {
    let mut buffer = [0; 8192];
    let lines = publish
        .encode_field_lines(&mut buffer)
        .expect("sound field lines");
    String::from_utf8(lines.to_vec()).expect("text")
}

fn refusal(publish: &Publish<'_>) -> Option<(Field, Reason)> {
    match encode(publish) {
        Ok(_) => None,
        Err(EncodeError::Refused { field, reason }) => Some((field, reason)),
        Err(error) => panic!("the buffer is large enough: {error}"),
    }
}

fn to(topic: &str) -> Publish<'_> {
    Publish::new("host.example", topic, b"")
}

fn signed_by(authorizer: CustomAuthorizer<'_>) -> Publish<'_> {
    Publish::new("host.example", "t", b"").authorizer(authorizer)
}

// The blog post's request.

#[test]
fn the_articles_request_takes_246_bytes_at_most() {
    assert_eq!(HOST.len(), 49);
    let request = encoded(&article());
    assert_eq!(
        request,
        "POST /topics/uniqueID/status?qos=1 HTTP/1.1\r\n\
         host:a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com\r\n\
         x-amz-customauthorizer-name:unsignedAuthorizer\r\n\
         token:allow\r\n\
         id:uniqueID\r\n\
         content-length:45\r\n\
         \r\n\
         {\"message\":\"Hello from unsigned custom auth\"}"
    );
    assert!(request.len() <= 246, "{} bytes", request.len());
}

#[test]
fn with_the_endpoints_default_authorizer_it_takes_197_bytes_at_most() {
    let default = CustomAuthorizer::endpoint_default().token("token", "allow");
    // The default authorizer saves its name's line. Nothing else differs, qos neither.
    let request = encoded(&article().authorizer(default));
    assert_eq!(
        request,
        "POST /topics/uniqueID/status?qos=1 HTTP/1.1\r\n\
         host:a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com\r\n\
         token:allow\r\n\
         id:uniqueID\r\n\
         content-length:45\r\n\
         \r\n\
         {\"message\":\"Hello from unsigned custom auth\"}"
    );
    assert!(request.len() <= 197, "{} bytes", request.len());
}

#[test]
fn with_query_credentials_it_takes_240_bytes_at_most() {
    let request = encoded(&article().authorizer(UNSIGNED.in_query()));
    assert_eq!(
        request,
        "POST /topics/uniqueID/status?qos=1&x-amz-customauthorizer-name=unsignedAuthorizer&token=allow HTTP/1.1\r\n\
         host:a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com\r\n\
         id:uniqueID\r\n\
         content-length:45\r\n\
         \r\n\
         {\"message\":\"Hello from unsigned custom auth\"}"
    );
    assert!(request.len() <= 240, "{} bytes", request.len());
}

#[test]
fn a_bare_message_says_nothing_the_server_does_not_need() {
    assert_eq!(
        encoded(&Publish::new("host.example", "t", b"21.5")),
        "POST /topics/t HTTP/1.1\r\nhost:host.example\r\ncontent-length:4\r\n\r\n21.5"
    );
}

// Signed credentials.

const SIGNED: CustomAuthorizer<'_> =
    CustomAuthorizer::named("signedAuthorizer").token("token", "deviceToken");

#[test]
fn the_signature_is_the_last_of_the_credentials() {
    let signed = SIGNED.signature("ab+/cd==");
    assert_eq!(
        field_lines(&signed_by(signed).headers(ID)),
        "x-amz-customauthorizer-name:signedAuthorizer\r\n\
         token:deviceToken\r\n\
         x-amz-customauthorizer-signature:ab+/cd==\r\n\
         id:uniqueID\r\n"
    );
    assert_eq!(
        target(&signed_by(signed.in_query()).headers(ID)),
        "/topics/t?x-amz-customauthorizer-name=signedAuthorizer&token=deviceToken\
         &x-amz-customauthorizer-signature=ab%2B%2Fcd%3D%3D"
    );
}

/// RFC 4648, written apart from the library.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let mut bits = 0_u32;
        for index in 0..3 {
            bits = bits << 8 | u32::from(group.get(index).copied().unwrap_or(0));
        }
        for index in 0..4 {
            let sextet = bits >> (18 - 6 * index) & 63;
            text.push(if index > group.len() {
                '='
            } else {
                char::from(ALPHABET[sextet as usize])
            });
        }
    }
    text
}

#[test]
fn a_signature_gives_the_same_bytes_as_text_and_raw() {
    for len in (0..=9).chain([256, 384, 512]) {
        // Every alphabet character comes up, `+` and `/` too.
        let raw: Vec<u8> = (0..len).map(|index| (index * 167 + 251) as u8).collect();
        let text = base64(&raw);
        for in_query in [false, true] {
            let [as_text, as_raw] =
                [SIGNED.signature(&text), SIGNED.signature_bytes(&raw)].map(|signed| {
                    encoded(&signed_by(if in_query {
                        signed.in_query()
                    } else {
                        signed
                    }))
                });
            assert_eq!(as_text, as_raw, "{len} bytes, in the query: {in_query}");
            let on_the_wire = if in_query {
                text.replace('+', "%2B")
                    .replace('/', "%2F")
                    .replace('=', "%3D")
            } else {
                text.clone()
            };
            assert!(as_raw.contains(&on_the_wire), "{len} bytes");
            assert_eq!(as_raw.contains("signature"), len > 0, "{len} bytes");
        }
    }
}

#[test]
fn an_rsa_signature_has_the_lengths_that_aws_documents() {
    for (bytes, characters) in [(256, 344), (384, 512), (512, 684)] {
        let raw = vec![0x5a; bytes];
        let lines = field_lines(&signed_by(SIGNED.signature_bytes(&raw)));
        let (_, signature) = lines.split_once("signature:").expect("a signature");
        assert_eq!(signature.trim_end().len(), characters);
    }
}

#[test]
fn the_later_of_two_signatures_counts() {
    let raw_last = SIGNED.signature("AAAA").signature_bytes(b"\xff");
    let text_last = SIGNED.signature_bytes(b"\xff").signature("AAAA");
    assert!(field_lines(&signed_by(raw_last)).ends_with("signature:/w==\r\n"));
    assert!(field_lines(&signed_by(text_last)).ends_with("signature:AAAA\r\n"));
}

#[test]
fn the_limits_of_the_credentials_are_those_of_the_api_reference() {
    let [n128, n129, n2560, n2564, n6144, n6145] =
        [128, 129, 2560, 2564, 6144, 6145].map(|len| "a".repeat(len));
    let [raw, raw_over] = [1920, 1921].map(|len| vec![0; len]);
    let named = CustomAuthorizer::named;
    let too_long = |field| Some((field, Reason::TooLong));
    let table = [
        (named(&n128), None),
        (named(&n129), too_long(Field::Authorizer)),
        (named("a").token(&n128, "t"), None),
        (named("a").token(&n129, "t"), too_long(Field::TokenKey)),
        (named("a").token("t", &n6144), None),
        (named("a").token("t", &n6145), too_long(Field::Token)),
        (SIGNED.signature(&n2560), None),
        (SIGNED.signature(&n2564), too_long(Field::Signature)),
        (SIGNED.signature_bytes(&raw), None),
        (
            SIGNED.signature_bytes(&raw_over),
            too_long(Field::Signature),
        ),
    ];
    for (authorizer, expected) in table {
        for authorizer in [authorizer, authorizer.in_query()] {
            assert_eq!(refusal(&signed_by(authorizer)), expected, "{authorizer:?}");
        }
    }
}

#[test]
fn an_authorizers_name_may_hold_what_aws_allows_and_is_encoded_in_a_query() {
    let odd = CustomAuthorizer::named("we=ird,@x-y_z");
    assert_eq!(
        field_lines(&signed_by(odd)),
        "x-amz-customauthorizer-name:we=ird,@x-y_z\r\n"
    );
    assert_eq!(
        target(&signed_by(odd.in_query())),
        "/topics/t?x-amz-customauthorizer-name=we%3Dird%2C%40x-y_z"
    );
}

#[test]
fn a_token_may_hold_every_visible_character_and_is_encoded_in_a_query() {
    let visible: String = (b'!'..=b'~').map(char::from).collect();
    let authorizer = CustomAuthorizer::endpoint_default().token("token", &visible);
    assert_eq!(
        field_lines(&signed_by(authorizer)),
        format!("token:{visible}\r\n")
    );
    assert_eq!(
        target(&signed_by(authorizer.in_query())),
        "/topics/t?token=%21%22%23%24%25%26%27%28%29%2A%2B%2C-.%2F0123456789%3A%3B%3C%3D%3E%3F\
         %40ABCDEFGHIJKLMNOPQRSTUVWXYZ%5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B%7C%7D~"
    );
}

#[test]
fn a_blank_inside_a_value_stays() {
    let bearer = [("authorization", "Bearer a\tb c")];
    assert_eq!(
        field_lines(&to("t").headers(&bearer)),
        "authorization:Bearer a\tb c\r\n"
    );
}

// The topic.

#[test]
fn a_topic_becomes_a_path() {
    let table = [
        // Unreserved bytes as they are, and a slash between two levels.
        ("uniqueID/status", "uniqueID/status"),
        ("AZaz09-._~", "AZaz09-._~"),
        ("a/b/c/d/e/f/g/h", "a/b/c/d/e/f/g/h"),
        // Every other class, in capitals.
        (" ", "%20"),
        ("!\"$%&'()*", "%21%22%24%25%26%27%28%29%2A"),
        (",:;<=>?@", "%2C%3A%3B%3C%3D%3E%3F%40"),
        ("[\\]^`{|}", "%5B%5C%5D%5E%60%7B%7C%7D"),
        ("100%", "100%25"),
        ("a%2Fb", "a%252Fb"),
        ("a?qos=0", "a%3Fqos%3D0"),
        // UTF-8, as the AWS CLI encodes it.
        ("status é", "status%20%C3%A9"),
        ("\u{20ac}/\u{1f321}", "%E2%82%AC/%F0%9F%8C%A1"),
        ("\u{85}", "%C2%85"),
        // Empty levels: clients and servers fold two slashes into one.
        ("/", "%2F"),
        ("/a", "%2Fa"),
        ("a/", "a%2F"),
        ("a//b", "a%2F%2Fb"),
        ("a/b//c/d", "a/b%2F%2Fc/d"),
        ("///////", "%2F%2F%2F%2F%2F%2F%2F"),
        // Dots next to a slash: they fold `/./` and `/../` too.
        ("a/./b", "a%2F.%2Fb"),
        ("a/../b", "a%2F..%2Fb"),
        ("../a", "..%2Fa"),
        ("a/..", "a%2F.."),
        ("a/.hidden", "a%2F.hidden"),
        ("a./b", "a.%2Fb"),
        ("a.b/c.d", "a.b/c.d"),
        ("$aws/rules/..", "$aws/rules%2F.."),
        ("$aws/rules/./a", "$aws/rules%2F.%2Fa"),
        ("$aws/rules/rule/..", "$aws/rules/rule%2F.."),
        // A dollar opens the topics of AWS itself.
        ("$aws/rules/device_events", "$aws/rules/device_events"),
        ("$aws/things/a/shadow/update", "$aws/things/a/shadow/update"),
        ("a$b", "a%24b"),
        ("$aws/$b$", "$aws/%24b%24"),
        ("a/$b$", "a/%24b%24"),
    ];
    for (topic, path) in table {
        assert_eq!(target(&to(topic)), format!("/topics/{path}"), "{topic:?}");
    }
}

#[test]
fn an_encoded_path_decodes_to_the_topic() {
    let topic: String = (' '..='~')
        .filter(|letter| !"+#".contains(*letter))
        .chain("é€🌡".chars())
        .collect();
    let path = target(&to(&topic));
    let topic_again = decoded(path.trim_start_matches("/topics/"));
    assert_eq!(String::from_utf8(topic_again).as_deref(), Ok(&*topic));
}

#[test]
fn a_topic_that_aws_refuses_is_refused_here() {
    let long = |prefix: &str, len: usize| format!("{prefix}{}", "a".repeat(len));
    let table = [
        (String::new(), Some(Reason::Missing)),
        ("a+b".into(), Some(Reason::Wildcard)),
        ("+".into(), Some(Reason::Wildcard)),
        ("a/#".into(), Some(Reason::Wildcard)),
        ("$aws/rules/a+b/c".into(), Some(Reason::Wildcard)),
        ("a\0b".into(), Some(Reason::Control)),
        ("a\tb".into(), Some(Reason::Control)),
        // 256 bytes, and bytes they are, not characters.
        (long("", 256), None),
        (long("", 257), Some(Reason::TooLong)),
        ("é".repeat(128), None),
        ("é".repeat(128) + "a", Some(Reason::TooLong)),
        // Seven slashes.
        ("a/b/c/d/e/f/g/h".into(), None),
        ("a/b/c/d/e/f/g/h/".into(), Some(Reason::TooManyLevels)),
        ("a/b/c/d/e/f/g/h/i".into(), Some(Reason::TooManyLevels)),
        ("/".repeat(7), None),
        ("/".repeat(8), Some(Reason::TooManyLevels)),
        // The prefix of Basic Ingest counts towards neither, in any case of its letters.
        (long("$aws/rules/rule/", 256), None),
        (long("$aws/rules/rule/", 257), Some(Reason::TooLong)),
        // AWS reserves what starts with `$`. Topics are case-sensitive.
        ("$".into(), Some(Reason::Reserved)),
        ("$a/b".into(), Some(Reason::Reserved)),
        ("$aws".into(), Some(Reason::Reserved)),
        ("$AWS/rules/rule/a".into(), Some(Reason::Reserved)),
        (
            "$AWS/rules/rule/1/2/3/4/5/6/7/8".into(),
            Some(Reason::Reserved),
        ),
        (
            "$aws/Rules/rule/1/2/3/4/5/6".into(),
            Some(Reason::TooManyLevels),
        ),
        // Basic Ingest needs a rule.
        ("$aws/rules/".into(), Some(Reason::Reserved)),
        ("$aws/rules//x".into(), Some(Reason::Reserved)),
        ("$aws/rules".into(), Some(Reason::Reserved)),
        // A path segment that is removed.
        (".".into(), Some(Reason::DotSegment)),
        ("..".into(), Some(Reason::DotSegment)),
        ("...".into(), None),
        ("./a".into(), None),
        ("a/..".into(), None),
        ("$aws/rules/rule/a/b/c/d/e/f/g/h".into(), None),
        (
            "$aws/rules/rule/a/b/c/d/e/f/g/h/i".into(),
            Some(Reason::TooManyLevels),
        ),
        (format!("$aws/rules/{}/a", "r".repeat(300)), None),
        ("$aws/rules/rule/".into(), None),
        // Without a slash behind the rule there is no prefix: the topic is whole.
        ("$aws/rules/foo".into(), None),
        (long("$aws/rules/", 245), None),
        (long("$aws/rules/", 246), Some(Reason::TooLong)),
        // Without a rule it is no topic.
        ("$aws/rules//a/b/c/d/e".into(), Some(Reason::Reserved)),
        ("$aws/rules//a/b/c/d/e/f".into(), Some(Reason::Reserved)),
        (long("$aws/rules//", 245), Some(Reason::Reserved)),
        // Another topic of AWS's has no prefix that would not count.
        (long("$aws/things/a/", 256), Some(Reason::TooLong)),
        (
            "$aws/things/a/b/c/d/e/f/g".into(),
            Some(Reason::TooManyLevels),
        ),
    ];
    for (topic, reason) in table {
        let expected = reason.map(|reason| (Field::Topic, reason));
        assert_eq!(refusal(&to(&topic)), expected, "{topic:?}");
    }
}

// The payload.

#[test]
fn a_payload_may_have_131_072_bytes_and_no_more() {
    assert_eq!(MAX_PAYLOAD, 131_072);
    let payload = vec![b'x'; 131_073];
    let most = Publish::new("host.example", "t", &payload[1..]);
    let request = encoded(&most);
    assert!(request.contains("content-length:131072\r\n\r\nx"));
    assert!(request.ends_with('x'));
    let over = Publish::new("host.example", "t", &payload);
    let expected = EncodeError::Refused {
        field: Field::Payload,
        reason: Reason::TooLong,
    };
    assert_eq!(over.head_len(), Err(expected));
    assert_eq!(over.encode(&mut [0; 200]), Err(expected));
    assert_eq!(over.encode_head(&mut [0; 200]), Err(expected));
}

#[test]
fn a_payload_is_bytes() {
    let all: Vec<u8> = (0..=255).collect();
    let request = encode(&Publish::new("host.example", "t", &all)).expect("a sound request");
    assert!(request.ends_with(&all));
    assert!(encoded(&to("t")).ends_with("content-length:0\r\n\r\n"));
}

// What MQTT 5 subscribers learn.

const EVERYTHING: Properties<'_> = Properties::new()
    .content_type("text/plain")
    .response_topic("r/t")
    .correlation_data(b"\x00\xff42")
    .message_expiry(60)
    .payload_format(PayloadFormat::Utf8)
    .user_properties(&[("a", "b")]);

#[test]
fn three_properties_travel_in_the_query_in_the_order_of_the_aws_cli() {
    let publish = to("t").qos(QoS::AtLeastOnce).retain(true);
    assert_eq!(
        target(&publish.properties(&EVERYTHING)),
        "/topics/t?qos=1&retain=true&contentType=text%2Fplain&responseTopic=r%2Ft&messageExpiry=60"
    );
}

#[test]
fn three_properties_travel_in_field_lines() {
    assert_eq!(
        field_lines(&to("t").properties(&EVERYTHING)),
        "x-amz-mqtt5-payload-format-indicator:UTF8_DATA\r\n\
         x-amz-mqtt5-correlation-data:AP80Mg==\r\n\
         x-amz-mqtt5-user-properties:W3siYSI6ImIifV0=\r\n"
    );
}

#[test]
fn the_fields_have_one_order() {
    let publish = article().retain(true).properties(&EVERYTHING);
    let in_headers = "POST /topics/uniqueID/status?qos=1&retain=true&contentType=text%2Fplain\
         &responseTopic=r%2Ft&messageExpiry=60 HTTP/1.1\r\n\
         host:a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com\r\n\
         x-amz-customauthorizer-name:signedAuthorizer\r\n\
         token:deviceToken\r\n\
         x-amz-customauthorizer-signature:AAAA\r\n\
         x-amz-mqtt5-payload-format-indicator:UTF8_DATA\r\n\
         x-amz-mqtt5-correlation-data:AP80Mg==\r\n\
         x-amz-mqtt5-user-properties:W3siYSI6ImIifV0=\r\n\
         id:uniqueID\r\n\
         content-length:45\r\n\
         \r\n\
         {\"message\":\"Hello from unsigned custom auth\"}";
    let signed = SIGNED.signature("AAAA");
    assert_eq!(encoded(&publish.authorizer(signed)), in_headers);
    assert_eq!(
        target(&publish.authorizer(signed.in_query())),
        "/topics/uniqueID/status?qos=1&retain=true&contentType=text%2Fplain&responseTopic=r%2Ft\
         &messageExpiry=60&x-amz-customauthorizer-name=signedAuthorizer&token=deviceToken\
         &x-amz-customauthorizer-signature=AAAA"
    );
}

#[test]
fn what_is_not_set_is_not_sent() {
    let nothing = Properties::new();
    let table = [
        (to("t"), "/topics/t"),
        (to("t").qos(QoS::AtMostOnce), "/topics/t"),
        (to("t").retain(false), "/topics/t"),
        (to("t").properties(&nothing), "/topics/t"),
        (to("t").qos(QoS::AtLeastOnce), "/topics/t?qos=1"),
        (to("t").retain(true), "/topics/t?retain=true"),
    ];
    for (publish, expected) in table {
        assert_eq!(target(&publish), expected);
        assert_eq!(field_lines(&publish), "");
    }
}

#[test]
fn each_property_stands_alone() {
    let table = [
        (
            Properties::new().content_type("a b/ü"),
            "?contentType=a%20b%2F%C3%BC",
            "",
        ),
        (
            Properties::new().response_topic("$aws/b"),
            "?responseTopic=%24aws%2Fb",
            "",
        ),
        (Properties::new().message_expiry(1), "?messageExpiry=1", ""),
        (
            Properties::new().message_expiry(u32::MAX),
            "?messageExpiry=4294967295",
            "",
        ),
        (
            Properties::new().payload_format(PayloadFormat::Unspecified),
            "",
            "x-amz-mqtt5-payload-format-indicator:UNSPECIFIED_BYTES\r\n",
        ),
        (
            Properties::new().payload_format(PayloadFormat::Utf8),
            "",
            "x-amz-mqtt5-payload-format-indicator:UTF8_DATA\r\n",
        ),
        (
            Properties::new().correlation_data(b"\r\n"),
            "",
            "x-amz-mqtt5-correlation-data:DQo=\r\n",
        ),
    ];
    for (properties, query, lines) in table {
        let publish = to("t").properties(&properties);
        assert_eq!(target(&publish), format!("/topics/t{query}"));
        assert_eq!(field_lines(&publish), lines);
    }
}

#[test]
fn user_properties_are_base64_of_a_json_array_of_one_pair_objects() {
    let table: [(&[(&str, &str)], &str); 6] = [
        (&[("a", "b")], r#"[{"a":"b"}]"#),
        (&[("a", "b"), ("a", "c")], r#"[{"a":"b"},{"a":"c"}]"#),
        (&[("sensor", "")], r#"[{"sensor":""}]"#),
        (&[("say \"hi\"", "C:\\")], r#"[{"say \"hi\"":"C:\\"}]"#),
        (
            &[("\"},{\"x\":\"", "\\\"")],
            r#"[{"\"},{\"x\":\"":"\\\""}]"#,
        ),
        (&[("größe", "21 °C")], r#"[{"größe":"21 °C"}]"#),
    ];
    for (pairs, json) in table {
        let properties = Properties::new().user_properties(pairs);
        assert_eq!(
            field_lines(&to("t").properties(&properties)),
            format!(
                "x-amz-mqtt5-user-properties:{}\r\n",
                base64(json.as_bytes())
            )
        );
    }
}

#[test]
fn a_property_that_mqtt_forbids_is_refused() {
    let long = "a".repeat(257);
    let table = [
        (
            Properties::new().response_topic("a/+"),
            Field::ResponseTopic,
            Reason::Wildcard,
        ),
        (
            Properties::new().response_topic("#"),
            Field::ResponseTopic,
            Reason::Wildcard,
        ),
        (
            Properties::new().response_topic(&long),
            Field::ResponseTopic,
            Reason::TooLong,
        ),
        (
            Properties::new().response_topic("////////"),
            Field::ResponseTopic,
            Reason::TooManyLevels,
        ),
        (
            Properties::new().user_properties(&[("a", "b"), ("", "c")]),
            Field::UserProperty,
            Reason::Missing,
        ),
    ];
    for (properties, field, reason) in table {
        assert_eq!(
            refusal(&to("t").properties(&properties)),
            Some((field, reason)),
            "{properties:?}"
        );
    }
}

// The same request, in other ways.

fn several(payload: &[u8]) -> [(&'static str, Publish<'_>); 5] {
    static RAW: [u8; 256] = [0xa5; 256];
    let article = Publish::new(HOST, TOPIC, payload)
        .qos(QoS::AtLeastOnce)
        .authorizer(UNSIGNED)
        .headers(ID);
    [
        ("bare", Publish::new(HOST, "t", payload)),
        ("unsigned", article),
        ("query", article.authorizer(UNSIGNED.in_query())),
        ("signed", article.authorizer(SIGNED.signature_bytes(&RAW))),
        ("properties", article.properties(&EVERYTHING)),
    ]
}

#[test]
fn the_head_and_the_payload_are_the_request() {
    for (name, publish) in several(PAYLOAD) {
        let mut buffer = [0; 1024];
        let head = publish
            .encode_head(&mut buffer)
            .expect("a sound head")
            .to_vec();
        let request = encode(&publish).expect("a sound request");
        assert_eq!(Ok(head.len()), publish.head_len(), "{name}");
        let (front, payload) = request.split_at(head.len());
        assert_eq!(front, head, "{name}");
        assert!(head.ends_with(b"\r\n\r\n"), "{name}");
        assert_eq!(
            head.windows(4).filter(|four| four == b"\r\n\r\n").count(),
            1,
            "{name}"
        );
        let length = format!("content-length:{}\r\n\r\n", payload.len());
        assert!(head.ends_with(length.as_bytes()), "{name}");
    }
}

#[test]
fn the_parts_for_a_modem_are_parts_of_the_request() {
    for (name, publish) in several(PAYLOAD) {
        let target = target(&publish);
        let lines = field_lines(&publish);
        let payload = String::from_utf8_lossy(PAYLOAD);
        assert_eq!(
            encoded(&publish),
            format!(
                "POST {target} HTTP/1.1\r\nhost:{HOST}\r\n{lines}content-length:45\r\n\r\n{payload}"
            ),
            "{name}"
        );
    }
}

#[test]
fn a_composed_request_is_the_encoded_one() {
    for len in [0, 1, 9, 10, 99, 100, 999, 1000]
        .into_iter()
        .step_by(one_in(3))
    {
        let payload = vec![b'p'; len];
        let models = several(b"the model's own payload is not used");
        for ((name, model), (_, same)) in models.iter().zip(several(&payload)) {
            let expected = encode(&same).expect("a sound request");
            for spare in [2, 3, 10, 100, 1000, 10_000, 150_000]
                .into_iter()
                .step_by(one_in(5))
            {
                let mut buffer = vec![0xee; expected.len() + spare];
                let composed = model.compose(&mut buffer, |room| {
                    room[..len].copy_from_slice(&payload);
                    len
                });
                assert_eq!(composed, Ok(&*expected), "{name}, {len} and {spare} bytes");
            }
        }
    }
}

#[test]
fn one_spare_byte_is_room_for_any_payload_to_compose() {
    // With none, a length that gains a digit may take the byte before the payload.
    for len in [0, 1, 9, 10, 98, 99, 100, 998, 999, 1000] {
        let payload = vec![b'p'; len];
        let expected = encode(&article_with(&payload)).expect("a sound request");
        let mut buffer = vec![0; expected.len() + 1];
        let composed = article().compose(&mut buffer, |room| {
            room[..len].copy_from_slice(&payload);
            len
        });
        assert_eq!(composed, Ok(&*expected), "{len} bytes");
    }
}

fn article_with(payload: &[u8]) -> Publish<'_> {
    let [_, (_, unsigned), ..] = several(payload);
    unsigned
}

#[test]
fn a_composed_payload_has_room_for_what_aws_takes_and_no_more() {
    let mut buffer = vec![0; 200_000];
    let mut offered = 0;
    let composed = to("t")
        .compose(&mut buffer, |room| {
            offered = room.len();
            room.len()
        })
        .expect("a sound request");
    assert_eq!(offered, 131_072);
    assert!(composed.starts_with(b"POST /topics/t "));
}

#[test]
fn a_composed_payload_that_claims_more_than_its_room_is_refused() {
    let mut buffer = [0; 256];
    let refused = to("t").compose(&mut buffer, |room| room.len() + 1);
    assert_eq!(refused, Err(EncodeError::BufferTooSmall { needed: 257 }));
}

#[test]
fn a_refused_request_asks_for_no_payload() {
    let mut buffer = [0; 256];
    let refused = to("a/#").compose(&mut buffer, |_| panic!("asked for a payload"));
    assert!(matches!(refused, Err(EncodeError::Refused { .. })));
}

#[test]
fn a_vector_holds_a_request_that_fits_exactly() {
    let request = encode(&article()).expect("a sound request");
    const LEN: usize = 241;
    assert_eq!(request.len(), LEN);
    assert_eq!(
        article().encode_vec::<LEN>().as_deref(),
        Ok(request.as_slice())
    );
    assert_eq!(
        article().encode_vec::<1024>().as_deref(),
        Ok(request.as_slice())
    );
    assert_eq!(
        article().encode_vec::<{ LEN - 1 }>(),
        Err(EncodeError::BufferTooSmall { needed: LEN })
    );
}

// The endpoint and the caller's own headers.

#[test]
fn an_endpoint_is_a_host_name_perhaps_with_a_port() {
    let n253 = "h".repeat(253);
    let n254 = "h".repeat(254);
    let table = [
        ("localhost:8080", None),
        ("127.0.0.1:8443", None),
        ("[::1]:8443", None),
        (HOST, None),
        (&n253, None),
        (&n254, Some(Reason::TooLong)),
        ("", Some(Reason::Missing)),
        ("https://host.example", Some(Reason::Character)),
        ("host.example/path", Some(Reason::Character)),
        ("user@host.example", Some(Reason::Character)),
        (" host.example", Some(Reason::Character)),
        ("host.example ", Some(Reason::Character)),
        ("h\u{f6}st.example", Some(Reason::Character)),
    ];
    for (endpoint, reason) in table {
        let expected = reason.map(|reason| (Field::Endpoint, reason));
        assert_eq!(
            refusal(&Publish::new(endpoint, "t", b"")),
            expected,
            "{endpoint:?}"
        );
    }
}

#[test]
fn headers_keep_their_order_their_case_and_their_number() {
    let headers = [("B", "2"), ("a", "1"), ("B", "3"), ("!#$%&'*+-.^_`|~", "x")];
    assert_eq!(
        field_lines(&to("t").headers(&headers)),
        "B:2\r\na:1\r\nB:3\r\n!#$%&'*+-.^_`|~:x\r\n"
    );
}

#[test]
fn a_header_value_may_have_8192_bytes() {
    let value = "v".repeat(8193);
    let table = [
        (&value[1..], None),
        (&value, Some((Field::HeaderValue, Reason::TooLong))),
    ];
    for (value, expected) in table {
        let headers = [("id", value)];
        assert_eq!(refusal(&to("t").headers(&headers)), expected);
    }
}

#[test]
fn the_first_refusal_is_the_one_that_is_reported() {
    let headers = [("a b", "")];
    let publish = Publish::new("", "", b"").headers(&headers);
    assert_eq!(refusal(&publish), Some((Field::Topic, Reason::Missing)));
    let publish = Publish::new("", "t", b"").headers(&headers);
    assert_eq!(refusal(&publish), Some((Field::Endpoint, Reason::Missing)));
    let publish = Publish::new("h", "t", b"").headers(&headers);
    assert_eq!(
        refusal(&publish),
        Some((Field::HeaderName, Reason::Character))
    );
}

#[test]
fn a_refusal_names_the_part_of_a_reading() {
    for (field, words) in [
        (Field::Reading, "reading is missing"),
        (Field::ReadingName, "reading's name is missing"),
        (Field::ReadingUnit, "reading's unit is missing"),
        (Field::ReadingValue, "reading's value is missing"),
        (Field::ReadingTime, "reading's time is missing"),
    ] {
        let refused = EncodeError::Refused {
            field,
            reason: Reason::Missing,
        };
        assert!(refused.to_string().contains(words), "{refused}");
    }
}
