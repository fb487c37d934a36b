//! MQTT with custom authorizers over TLS, byte by byte. What other projects' clients see is in `tests/mqtt_clients.rs`.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use local_iot_core::{Authorizer, Config, Limits, LocalIotCore};
use serde_json::{Value, json};

use crate::authorizers::{KEY, public, recorder, sign};
use crate::mqtt::{message, subscribe_at};
use crate::support::*;
use crate::tls::{client, dial};

const ARN: &str = "arn:aws:iot:eu-central-1:123456789012:";

/// An emulator whose authorizer `A` returns this policy to the token `good` and does not know any other.
pub fn start_policy(statements: Value) -> LocalIotCore {
    start_limited(statements, Limits::default())
}

fn start_limited(statements: Value, limits: Limits) -> LocalIotCore {
    let function = Arc::new(move |event: &Value| match event["token"].as_str() {
        Some("good") => Ok(json!({
            "isAuthenticated": true,
            "principalId": "device",
            "policyDocuments": [{"Version": "2012-10-17", "Statement": statements}],
            "disconnectAfterInSeconds": 300,
            "refreshAfterInSeconds": 300,
        })),
        Some("throw") => Err("no such token: throw".to_owned()),
        _ => Ok(json!({"isAuthenticated": false})),
    });
    LocalIotCore::start(Config {
        authorizers: vec![Authorizer::unsigned("A", "token", function)],
        limits,
        ..Config::default()
    })
    .unwrap()
}

pub fn statement(effect: &str, action: &str, resource: &str) -> Value {
    json!({"Effect": effect, "Action": action, "Resource": format!("{ARN}{resource}")})
}

/// All that the client `d` may do under `d/`.
fn own() -> Value {
    json!([
        statement("Allow", "iot:Connect", "client/${iot:ClientId}"),
        statement("Allow", "iot:Publish", "topic/d/*"),
        statement("Allow", "iot:RetainPublish", "topic/d/kept"),
        statement("Allow", "iot:Receive", "topic/d/*"),
        statement("Deny", "iot:Receive", "topic/d/secret"),
        statement("Allow", "iot:Subscribe", "topicfilter/d/*"),
    ])
}

pub const GOOD: &str = "name?x-amz-customauthorizer-name=A&token=good";

pub trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

pub struct Device {
    stream: Box<dyn Stream>,
    version: u8,
}

pub fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    [&length, text.as_bytes()].concat()
}

/// A packet of less than 128 bytes, or of two bytes of length.
pub fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let length = match u8::try_from(length) {
        Ok(short @ 0..128) => vec![short],
        _ => vec![(length % 128) as u8 | 0x80, (length / 128) as u8],
    };
    [&[first], length.as_slice(), body].concat()
}

impl Device {
    /// Sends a CONNECT and returns what comes back.
    pub fn connect(
        emulator: &LocalIotCore,
        version: u8,
        username: &str,
        will: Option<&str>,
    ) -> (Self, Vec<u8>) {
        let config = client(emulator, rustls::ALL_VERSIONS, &["mqtt"]);
        let stream = dial(emulator, config, emulator.endpoint());
        Self::connect_on(stream, version, username, will)
    }

    pub fn on(stream: impl Stream + 'static, version: u8) -> Self {
        let stream = Box::new(stream);
        Self { stream, version }
    }

    pub fn connect_on(
        stream: impl Stream + 'static,
        version: u8,
        username: &str,
        will: Option<&str>,
    ) -> (Self, Vec<u8>) {
        let mut device = Self::on(stream, version);
        let properties: &[u8] = if version == 5 { &[0] } else { &[] };
        let flags = 0b1100_0010 | if will.is_some() { 4 } else { 0 };
        let will = will.map_or(Vec::new(), |topic| {
            [properties, &text(topic), &text("gone")].concat()
        });
        let body = [
            &text("MQTT"),
            [version, flags, 0, 60].as_slice(),
            properties,
            &text("d"),
            &will,
            &text(username),
            &text("p\u{e4}ss"),
        ]
        .concat();
        device.send(&packet(0x10, &body));
        let connack = device.read().expect("a CONNACK");
        assert_eq!(connack[0], 0x20);
        (device, connack)
    }

    fn open(emulator: &LocalIotCore, version: u8) -> Self {
        let (device, connack) = Self::connect(emulator, version, GOOD, None);
        assert_eq!(connack[3], 0, "{:?}", emulator.trace());
        device
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The next packet; `None` when the connection is closed.
    pub fn read(&mut self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; 2];
        self.stream.read_exact(&mut bytes).ok()?;
        let mut length = usize::from(bytes[1]);
        if length >= 128 {
            bytes.push(0);
            self.stream.read_exact(&mut bytes[2..]).ok()?;
            length = length - 128 + 128 * usize::from(bytes[2]);
        }
        let head = bytes.len();
        bytes.resize(head + length, 0);
        self.stream.read_exact(&mut bytes[head..]).ok()?;
        Some(bytes)
    }

    pub fn publish(&mut self, topic: &str, qos: u8, retain: bool) {
        let id: &[u8] = if qos > 0 { &[0, 7] } else { &[] };
        let properties: &[u8] = if self.version == 5 { &[0] } else { &[] };
        let body = [&text(topic), id, properties, b"hello"].concat();
        self.send(&packet(0x30 | qos << 1 | u8::from(retain), &body));
    }

    fn subscribe(&mut self, filter: &str) -> u8 {
        let properties: &[u8] = if self.version == 5 { &[0] } else { &[] };
        let body = [&[0, 9], properties, &text(filter), &[1]].concat();
        self.send(&packet(0x82, &body));
        let suback = self.read().expect("a SUBACK");
        assert_eq!(suback[0], 0x90);
        suback[suback.len() - 1]
    }
}

/// The last entry of that operation, as it is told to a person.
pub fn reason(emulator: &LocalIotCore, operation: &str) -> String {
    let entries = emulator.trace().into_iter().rev();
    let mut entries = entries.filter(|entry| entry.operation == Some(operation));
    let entry = entries.next().expect("an entry");
    assert_eq!(entry.client_id.as_deref(), Some("d"));
    format!(
        "{} {}",
        if entry.accepted { "yes:" } else { "no:" },
        entry.reason
    )
}

#[test]
fn the_authorizer_decides_over_connect_and_the_trace_has_its_reason() {
    let emulator = start_policy(own());
    let rows = [
        (
            GOOD,
            true,
            "yes: statement 1 of document 1 allows iot:Connect",
        ),
        ("?token=good&x-amz-customauthorizer-name=A", true, "yes: "),
        (
            "x?x-amz-customauthorizer-name=A&token=bad",
            false,
            "no: the function returned isAuthenticated false",
        ),
        (
            "x?x-amz-customauthorizer-name=A&token=throw",
            false,
            "no: the function failed: no such token: <redacted>",
        ),
        (
            "x?x-amz-customauthorizer-name=B&token=good",
            false,
            "no: no authorizer of that name",
        ),
        ("x?token=good", false, "no: the request names no authorizer"),
        (
            "x",
            false,
            "no: the request names no authorizer (x-amz-customauthorizer-name) and there is no default: an MQTT client's credentials stand in its user name",
        ),
    ];
    for version in [4, 5] {
        for (username, accepted, expected) in rows {
            let (mut device, connack) = Device::connect(&emulator, version, username, None);
            let code = match (accepted, version) {
                (true, _) => 0,
                // Section 3.2.2.3 of MQTT 3.1.1, and 3.2.2.2 of MQTT 5.
                (false, 4) => 5,
                (false, _) => 0x87,
            };
            assert_eq!((connack[0], connack[3]), (0x20, code), "{username}");
            let found = reason(&emulator, "MQTT CONNECT");
            assert!(found.starts_with(expected), "{username}: {found}");
            if !accepted {
                assert!(device.read().is_none());
            }
        }
    }
}

#[test]
fn the_event_has_what_the_client_sent() {
    let (function, seen) = recorder();
    let emulator = LocalIotCore::start(Config {
        authorizers: vec![Authorizer::unsigned("A", "token", function)],
        ..Config::default()
    })
    .unwrap();
    Device::connect(&emulator, 4, GOOD, None);
    let mut event = seen.lock().unwrap().remove(0);
    event.as_object_mut().unwrap().remove("connectionMetadata");
    assert_eq!(
        event,
        json!({
            "token": "good",
            "signatureVerified": false,
            "protocols": ["tls", "mqtt"],
            "protocolData": {
                "tls": {"serverName": "localhost"},
                // The password in base64, the user name complete.
                "mqtt": {"username": GOOD, "password": "cMOkc3M=", "clientId": "d"},
            },
        })
    );
}

#[test]
fn a_policy_that_does_not_allow_the_client_id_lets_nobody_connect() {
    let emulator = start_policy(json!([statement("Allow", "iot:Connect", "client/other")]));
    let (_, connack) = Device::connect(&emulator, 5, GOOD, None);
    assert_eq!(connack[3], 0x87);
    assert_eq!(
        reason(&emulator, "MQTT CONNECT"),
        format!(
            "no: no statement allows iot:Connect on {ARN}client/d: the nearest is statement 1 of document 1 with Resource \"{ARN}client/other\""
        )
    );
}

#[test]
fn without_sni_there_is_no_mqtt() {
    let emulator = start_policy(own());
    let config = client(&emulator, rustls::ALL_VERSIONS, &["mqtt"]);
    let mut stream = dial(&emulator, config, "127.0.0.1");
    let body = [
        &text("MQTT"),
        [4, 0x82, 0, 60].as_slice(),
        &text("d"),
        &text(GOOD),
    ]
    .concat();
    stream.write_all(&packet(0x10, &body)).unwrap();
    let mut connack = [0; 4];
    stream.read_exact(&mut connack).unwrap();
    assert_eq!(connack, [0x20, 2, 0, 5]);
    assert!(reason(&emulator, "MQTT CONNECT").starts_with("no: no SNI"));
}

#[test]
fn what_is_published_arrives_and_is_acknowledged() {
    let emulator = start_policy(own());
    let (_client, mut watcher) = subscribe_at("watcher", emulator.mqtt_addr(), "#");
    for version in [4, 5] {
        let mut device = Device::open(&emulator, version);
        device.publish("d/a", 1, false);
        assert_eq!(device.read().unwrap(), [0x40, 2, 0, 7]);
        let found = reason(&emulator, "MQTT PUBLISH");
        assert_eq!(
            found,
            "yes: statement 2 of document 1 allows iot:Publish; the broker took it"
        );
        assert_eq!(message(&mut watcher).topic, "d/a");
        device.publish("d/b", 0, false);
        let received = message(&mut watcher);
        assert_eq!(
            (received.topic.as_str(), received.payload.as_ref()),
            ("d/b", b"hello".as_slice())
        );
    }
}

#[test]
fn a_publish_outside_the_policy_is_refused_and_reaches_nobody() {
    let emulator = start_policy(own());
    let (_client, mut watcher) = subscribe_at("watcher", emulator.mqtt_addr(), "#");
    let rows = [
        // Without a way to say no, the connection ends.
        (4, "e/a", 1, false, None, "topic/e/a"),
        (4, "e/a", 0, false, None, "topic/e/a"),
        (4, "d/a", 1, true, None, "iot:RetainPublish"),
        (
            5,
            "e/a",
            1,
            false,
            Some(vec![0x40, 3, 0, 7, 0x87]),
            "topic/e/a",
        ),
        (5, "e/a", 0, false, Some(vec![0xE0, 1, 0x87]), "topic/e/a"),
        (5, "d/a", 2, false, Some(vec![0xE0, 1, 0x9B]), "QoS 2"),
        (
            5,
            "d/+",
            0,
            false,
            Some(vec![0xE0, 1, 0x90]),
            "subscribing only",
        ),
        (4, "$aws/events/x", 0, false, None, "reserved by AWS"),
    ];
    for (version, topic, qos, retain, answer, expected) in rows {
        let mut device = Device::open(&emulator, version);
        device.publish(topic, qos, retain);
        assert_eq!(device.read(), answer, "{version} {topic} {qos}");
        let found = reason(&emulator, "MQTT PUBLISH");
        assert!(
            found.starts_with("no: ") && found.contains(expected),
            "{found}"
        );
    }
    let mut device = Device::open(&emulator, 4);
    device.publish("d/end", 0, false);
    assert_eq!(message(&mut watcher).topic, "d/end");
}

#[test]
fn a_message_of_basic_ingest_cannot_be_retained() {
    let emulator = start_policy(json!([statement("Allow", "iot:*", "*")]));
    for (version, last) in [(4, None), (5, Some(vec![0xE0, 1, 0x90]))] {
        let mut device = Device::open(&emulator, version);
        device.publish("$aws/rules/r/a", 1, true);
        assert_eq!(device.read(), last, "{version}");
        assert_eq!(
            reason(&emulator, "MQTT PUBLISH"),
            "no: a message to a reserved topic cannot be retained"
        );
    }
}

#[test]
fn basic_ingest_is_accepted_and_goes_to_no_subscriber() {
    let emulator = start_policy(json!([statement("Allow", "iot:*", "*")]));
    let (_client, mut watcher) = subscribe_at("watcher", emulator.mqtt_addr(), "#");
    let mut device = Device::open(&emulator, 4);
    device.publish("$aws/rules/r/a", 1, false);
    assert_eq!(device.read().unwrap(), [0x40, 2, 0, 7]);
    device.publish("a", 0, false);
    assert_eq!(message(&mut watcher).topic, "a");
    let entries = emulator.trace();
    let entry = entries
        .iter()
        .find(|entry| entry.topic.as_deref() == Some("$aws/rules/r/a"));
    assert!(entry.unwrap().notes[0].starts_with("RuleNotFound"));
}

#[test]
fn a_topic_alias_stands_for_its_topic() {
    let emulator = start_policy(own());
    let (_client, mut watcher) = subscribe_at("watcher", emulator.mqtt_addr(), "#");
    let mut device = Device::open(&emulator, 5);
    for topic in ["d/a", ""] {
        let body = [&text(topic), [3, 0x23, 0, 1].as_slice(), b"x"].concat();
        device.send(&packet(0x30, &body));
        assert_eq!(message(&mut watcher).topic, "d/a");
    }
    // Unknown, and larger than AWS allows.
    for alias in [2, 9] {
        let mut device = Device::open(&emulator, 5);
        let topic = if alias == 9 { "d/a" } else { "" };
        let body = [&text(topic), [3, 0x23, 0, alias].as_slice(), b"x"].concat();
        device.send(&packet(0x30, &body));
        assert_eq!(device.read().unwrap(), [0xE0, 1, 0x94]);
    }
}

#[test]
fn a_subscription_needs_the_policy_and_so_does_each_message() {
    let emulator = start_policy(own());
    for version in [4, 5] {
        let mut device = Device::open(&emulator, version);
        assert_eq!(
            device.subscribe("e/#"),
            if version == 4 { 0x80 } else { 0x87 }
        );
        assert!(reason(&emulator, "MQTT SUBSCRIBE").contains("no statement allows iot:Subscribe"));
        assert_eq!(device.subscribe("d/#"), 1);
        assert_eq!(
            reason(&emulator, "MQTT SUBSCRIBE"),
            "yes: statement 6 of document 1 allows iot:Subscribe"
        );
        for topic in ["d/secret", "d/open"] {
            let target = format!("/topics/{topic}?qos=1");
            let bytes = request("POST", &target, &sigv4("iotdata"));
            assert_eq!(ask(&emulator, bytes).status, 200);
        }
        let received = device.read().unwrap();
        assert_eq!(
            (received[0], &received[4..10]),
            (0x32, b"d/open".as_slice())
        );
        assert_eq!(
            reason(&emulator, "MQTT RECEIVE"),
            format!("no: statement 5 of document 1 denies iot:Receive on {ARN}topic/d/secret")
        );
    }
}

#[test]
fn a_topic_filter_is_held_to_the_limits_of_aws() {
    let emulator = start_policy(json!([statement("Allow", "iot:*", "*")]));
    let (longest, long) = ("x".repeat(256), "x".repeat(257));
    let rows = [
        (longest.as_str(), None),
        (&long, Some("the topic filter has 257 bytes of at most 256")),
        ("1/2/3/4/5/6/7/#", None),
        (
            "1/2/3/4/5/6/7/8/#",
            Some("the topic filter has 8 slashes of at most 7"),
        ),
        ("$share/g/1/2/3/4/5/6/7/8", None),
        (
            "$share/g/1/2/3/4/5/6/7/8/9",
            Some("the topic filter has 8 slashes of at most 7"),
        ),
        ("$aws/rules/r/a", Some("one of Basic Ingest")),
        ("$aws/rules/#", Some("one of Basic Ingest")),
        ("$share/g/$aws/rules/#", Some("one of Basic Ingest")),
        ("$aws/#", None),
    ];
    for version in [4, 5] {
        for (filter, fault) in &rows {
            let mut device = Device::open(&emulator, version);
            let refused = if version == 4 { 0x80 } else { 0x87 };
            let code = device.subscribe(filter);
            assert_eq!(code, if fault.is_some() { refused } else { 1 }, "{filter}");
            let found = reason(&emulator, "MQTT SUBSCRIBE");
            assert!(found.contains(fault.unwrap_or("yes: ")), "{found}");
        }
    }
}

#[test]
fn subscriptions_are_held_to_the_numbers_of_aws() {
    let emulator = start_policy(json!([statement("Allow", "iot:*", "*")]));
    for (version, last) in [(4, None), (5, Some(vec![0xE0, 1, 0x97]))] {
        let mut device = Device::open(&emulator, version);
        let properties: &[u8] = if version == 5 { &[0] } else { &[] };
        let filters = |count: usize| -> Vec<u8> {
            let filters = (0..count).map(|number| [text(&format!("f/{number}")), vec![1]].concat());
            [&[0, 9], properties, &filters.collect::<Vec<_>>().concat()].concat()
        };
        device.send(&packet(0x82, &filters(8)));
        assert!(device.read().unwrap().ends_with(&[1; 8]));
        for number in 8..50 {
            assert_eq!(device.subscribe(&format!("f/{number}")), 1);
        }
        // One more is refused, and one that is there is not one more.
        let refused = if version == 4 { 0x80 } else { 0x97 };
        assert_eq!(device.subscribe("f/50"), refused);
        assert_eq!(device.subscribe("f/7"), 1);
        let mut trace = emulator.trace().into_iter();
        let said = "\"d\" has 50 subscriptions, and AWS IoT Core takes no more on a connection: \"f/50\" is refused";
        assert!(trace.any(|entry| entry.reason.contains(said)));

        device.send(&packet(0x82, &filters(9)));
        assert_eq!(device.read(), last, "{version}");
        assert!(device.read().is_none());
        assert!(reason(&emulator, "MQTT DISCONNECT").contains("with 9 topic filters"));
    }
}

#[test]
fn a_last_will_needs_the_policy_and_comes_when_the_connection_is_lost() {
    let emulator = start_policy(own());
    let (_, connack) = Device::connect(&emulator, 4, GOOD, Some("e/will"));
    assert_eq!(connack[3], 5);
    assert!(
        reason(&emulator, "MQTT CONNECT")
            .starts_with("no: the last will: no statement allows iot:Publish")
    );
    let (_client, mut watcher) = subscribe_at("watcher", emulator.mqtt_addr(), "#");
    let (device, connack) = Device::connect(&emulator, 5, GOOD, Some("d/will"));
    assert_eq!(connack[3], 0);
    drop(device);
    assert_eq!(message(&mut watcher).topic, "d/will");
}

#[test]
fn a_session_ends_with_its_time() {
    let limits = Limits {
        mqtt_session_time: Some(Duration::ZERO),
        ..Limits::default()
    };
    let emulator = start_limited(own(), limits);
    let last = |version| {
        let mut device = Device::connect(&emulator, version, GOOD, None);
        let mut last = Some(device.1);
        while let Some(next) = device.0.read() {
            last = Some(next);
        }
        last.unwrap()
    };
    assert_eq!(last(5), [0xE0, 1, 0xA0], "maximum connect time");
    last(4);
    assert_eq!(
        reason(&emulator, "MQTT DISCONNECT"),
        "no: the session's time is over: 0ns (--mqtt-session-time), where the function's disconnectAfterInSeconds grants 300"
    );
}

#[test]
fn a_second_connection_of_the_client_id_ends_the_first() {
    let emulator = start_policy(own());
    let mut first = Device::open(&emulator, 5);
    let _second = Device::open(&emulator, 5);
    assert_eq!(first.read().unwrap(), [0xE0, 1, 0x8E]);
    assert!(first.read().is_none());
}

#[test]
fn what_is_not_mqtt_is_told_apart() {
    let emulator = start_policy(own());
    for (sent, expected) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], "MQTT: "),
        (&[0xC0, 0], "MQTT: the first packet is not a CONNECT"),
    ] {
        let config = client(&emulator, rustls::ALL_VERSIONS, &["mqtt"]);
        let mut stream = dial(&emulator, config, emulator.endpoint());
        stream.write_all(sent).unwrap();
        assert!(!matches!(stream.read(&mut [0]), Ok(1..)));
        let entry = emulator.trace().pop().unwrap();
        assert!(entry.reason.starts_with(expected), "{}", entry.reason);
    }
}

#[test]
fn the_plain_port_says_that_it_asked_nobody() {
    let emulator = start_policy(own());
    let (client, mut connection) = subscribe_at("watcher", emulator.mqtt_addr(), "#");
    client
        .publish("x/y", rumqttc::QoS::AtMostOnce, false, b"z")
        .unwrap();
    assert_eq!(message(&mut connection).topic, "x/y");
    let entries = emulator.trace();
    let operations: Vec<_> = entries.iter().map(|entry| entry.operation).collect();
    assert_eq!(operations, [Some("MQTT CONNECT"), Some("MQTT PUBLISH")]);
    for entry in &entries {
        assert!(entry.reason.contains("it asks no authorizer and no policy"));
    }
}

#[test]
fn a_signature_in_the_user_name_is_verified() {
    let keys = vec![public("K1", &KEY)];
    let emulator =
        LocalIotCore::start(Config::default().with_signed_authorizer("S", keys)).unwrap();
    let signature = sign(&KEY, "allow");
    let encoded = signature
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let rows = [
        ("allow", encoded.as_str(), 0, "yes: "),
        ("deny", &encoded, 5, "no: "),
        ("allow", "AAAA", 5, "no: "),
    ];
    for (token, signature, code, expected) in rows {
        let username = format!(
            "d?x-amz-customauthorizer-name=S&token={token}&x-amz-customauthorizer-signature={signature}"
        );
        let (_, connack) = Device::connect(&emulator, 4, &username, None);
        assert_eq!(connack[3], code);
        let found = reason(&emulator, "MQTT CONNECT");
        assert!(found.starts_with(expected), "{found}");
        // What does not verify never reaches the function. The end of the connection may be in the trace already.
        let mut entries = emulator.trace().into_iter();
        let entry = entries.rfind(|entry| entry.operation == Some("MQTT CONNECT"));
        let entry = entry.unwrap();
        assert_eq!(entry.invocation.is_some(), code == 0);
    }
}
