//! What MQTT clients get at each door, with an authorizer over TLS and without one on the plain port, byte by byte.

use std::collections::BTreeMap;

use local_iot_core::{Limits, LocalIotCore};
use serde_json::json;

use crate::mqtt::{message, subscribe_at};
use crate::mqtt_tls::{Device, GOOD, packet, start_policy, statement, text};
use crate::support::*;
use crate::tls::{client, dial};

const DOORS: [&str; 2] = ["tls", "plain"];

fn start() -> LocalIotCore {
    start_policy(json!([statement("Allow", "iot:*", "*")]))
}

fn device(emulator: &LocalIotCore, door: &str, version: u8) -> Device {
    if door == "plain" {
        return Device::on(connect(emulator.mqtt_addr()), version);
    }
    let config = client(emulator, rustls::ALL_VERSIONS, &["mqtt"]);
    Device::on(dial(emulator, config, emulator.endpoint()), version)
}

/// The properties of a packet without any.
fn none(version: u8) -> &'static [u8] {
    if version == 5 { &[0] } else { &[] }
}

const WILL: u8 = 0x04;
const WILL_QOS_1: u8 = 0x08;
const WILL_QOS_2: u8 = 0x10;
const WILL_RETAIN: u8 = 0x20;

/// A CONNECT; with a last will on `d/will` if the flags have one.
fn connect_packet(version: u8, client_id: &str, flags: u8) -> Vec<u8> {
    connect_with(version, client_id, flags, none(version))
}

fn connect_with(version: u8, client_id: &str, flags: u8, properties: &[u8]) -> Vec<u8> {
    let will = match flags & WILL {
        0 => Vec::new(),
        _ => [none(version), &text("d/will"), &text("hello")].concat(),
    };
    let body = [
        &text("MQTT"),
        [version, 0b1000_0010 | flags, 0, 60].as_slice(),
        properties,
        &text(client_id),
        &will,
        &text(GOOD),
    ]
    .concat();
    packet(0x10, &body)
}

fn open(emulator: &LocalIotCore, door: &str, version: u8, flags: u8) -> Device {
    let mut device = device(emulator, door, version);
    device.send(&connect_packet(version, "d", flags));
    let connack = device.read().expect("a CONNACK");
    assert_eq!((connack[0], connack[3]), (0x20, 0), "{door} {version}");
    device
}

fn publish_packet(version: u8, topic: &str, id: u8) -> Vec<u8> {
    let body = [&text(topic), [0, id].as_slice(), none(version), b"hello"].concat();
    packet(0x32, &body)
}

fn subscribe_packet(version: u8, filter: &str, id: u8) -> Vec<u8> {
    let body = [&[0, id], none(version), &text(filter), &[1]].concat();
    packet(0x82, &body)
}

fn unsubscribe_packet(version: u8, filter: &str, id: u8) -> Vec<u8> {
    let body = [&[0, id], none(version), &text(filter)].concat();
    packet(0xA2, &body)
}

/// The next packet whose first four bits are these.
fn next(device: &mut Device, kind: u8) -> Vec<u8> {
    loop {
        let packet = device.read().expect("a packet");
        if packet[0] & 0xF0 == kind {
            return packet;
        }
    }
}

/// Topic and the rest of a short PUBLISH at QoS 1 behind its packet identifier.
fn parts(publish: &[u8]) -> (String, Vec<u8>) {
    assert_eq!(publish[0] & 0b110, 0b010, "{publish:?}");
    let end = 4 + usize::from(publish[3]);
    let topic = String::from_utf8(publish[4..end].to_vec()).unwrap();
    (topic, publish[end + 2..].to_vec())
}

/// The reason of the last entry of that operation, which was not accepted.
fn refusal(emulator: &LocalIotCore, operation: &str) -> String {
    let mut entries = emulator.trace().into_iter().rev();
    let entry = entries.find(|entry| entry.operation == Some(operation));
    let entry = entry.unwrap_or_else(|| panic!("no {operation}: {:?}", emulator.trace()));
    assert!(!entry.accepted, "{entry}");
    entry.reason
}

#[test]
fn what_was_retained_reaches_each_version_of_mqtt_in_its_own_form() {
    let emulator = start();
    let (_client, mut watcher) = subscribe_at("watcher", emulator.mqtt_addr(), "d/will");
    let http = request(
        "POST",
        "/topics/d/http?qos=1&retain=true&contentType=x",
        &sigv4("iotdata"),
    );
    assert_eq!(ask(&emulator, http).status, 200);
    let mut publisher = open(&emulator, "tls", 5, WILL | WILL_QOS_1 | WILL_RETAIN);
    publisher.publish("d/mqtt", 1, true);
    next(&mut publisher, 0x40);
    drop(publisher);
    assert_eq!(message(&mut watcher).topic, "d/will");
    for door in DOORS {
        for (version, http) in [(4, b"{}".as_slice()), (5, b"\x04\x03\0\x01x{}")] {
            let mut subscriber = device(&emulator, door, version);
            subscriber.send(&connect_packet(version, "subscriber", 0));
            subscriber.send(&subscribe_packet(version, "d/#", 1));
            let received: BTreeMap<_, _> = (0..3)
                .map(|_| parts(&next(&mut subscriber, 0x30)))
                .collect();
            assert_eq!(received["d/http"], http, "{door} {version}");
            for topic in ["d/mqtt", "d/will"] {
                // Without properties, even if it is a last will.
                let expected = [none(version), b"hello"].concat();
                assert_eq!(received[topic], expected, "{door} {version} {topic}");
            }
        }
    }
}

#[test]
fn a_last_will_says_no_more_than_its_client_did() {
    let emulator = start();
    for version in [4, 5] {
        let mut subscriber = open(&emulator, "plain", 5, 0);
        subscriber.send(&subscribe_packet(5, "d/will", 1));
        next(&mut subscriber, 0x90);
        let mut client = device(&emulator, "tls", version);
        client.send(&connect_packet(version, "dying", WILL | WILL_QOS_1));
        next(&mut client, 0x20);
        drop(client);
        let (topic, rest) = parts(&next(&mut subscriber, 0x30));
        assert_eq!(
            (topic.as_str(), rest.as_slice()),
            ("d/will", b"\0hello".as_slice())
        );
    }
}

#[test]
fn retained_messages_at_qos_0_beyond_the_queue_are_said_to_be_lost() {
    let emulator = start_within(Limits {
        mqtt_queue: 5,
        ..Limits::default()
    });
    for number in 0..6 {
        let target = format!("/topics/d/{number}?retain=true&qos=1");
        let bytes = request("POST", &target, &sigv4("iotdata"));
        assert_eq!(ask(&emulator, bytes).status, 200);
    }
    for (filter, qos, said) in [("d/0", 0, false), ("d/#", 1, false), ("d/#", 0, true)] {
        let mut client = open(&emulator, "plain", 4, 0);
        let before = emulator.trace().len();
        client.send(&packet(
            0x82,
            &[&[0, 1], text(filter).as_slice(), &[qos]].concat(),
        ));
        next(&mut client, 0x90);
        // What comes after the SUBACK is in the trace before the next PUBACK.
        client.send(&publish_packet(4, "e", 2));
        next(&mut client, 0x40);
        let entries = emulator.trace().split_off(before);
        let lost = "6 retained messages at QoS 0 under \"d/#\"";
        let found = entries.iter().any(|entry| entry.reason.contains(lost));
        assert_eq!(found, said, "{filter} {qos}: {entries:?}");
    }
}

#[test]
fn a_publish_waits_for_what_was_sent_before_it() {
    let emulator = start();
    for door in DOORS {
        for version in [4, 5] {
            for _ in 0..10 {
                let mut client = device(&emulator, door, version);
                let sent = [
                    connect_packet(version, "d", 0),
                    publish_packet(version, "d/a", 7),
                ];
                client.send(&sent.concat());
                assert_eq!(client.read().unwrap()[0], 0x20, "{door} {version}");
                assert_eq!(client.read().unwrap()[0], 0x40, "{door} {version}");

                let sent = [
                    subscribe_packet(version, "d/a", 8),
                    subscribe_packet(version, "d/b", 9),
                    publish_packet(version, "d/a", 10),
                ];
                client.send(&sent.concat());
                let (topic, _) = parts(&next(&mut client, 0x30));
                assert_eq!(topic, "d/a", "{door} {version}");

                let sent = [
                    unsubscribe_packet(version, "d/a", 11),
                    publish_packet(version, "d/a", 12),
                    publish_packet(version, "d/b", 13),
                ];
                client.send(&sent.concat());
                let (topic, _) = parts(&next(&mut client, 0x30));
                assert_eq!(topic, "d/b", "{door} {version}");
            }
        }
    }
}

#[test]
fn what_follows_a_connect_that_the_broker_refuses_is_not_published() {
    let emulator = start();
    let (_client, mut watcher) = subscribe_at("watcher", emulator.mqtt_addr(), "#");
    for door in DOORS {
        let mut client = device(&emulator, door, 5);
        // A maximum packet size of 0, which MQTT forbids.
        let connect = connect_with(5, "d", 0, &[5, 0x27, 0, 0, 0, 0]);
        client.send(&[connect, publish_packet(5, "d/lost", 7)].concat());
        assert_eq!(client.read().unwrap()[..4], [0x20, 3, 0, 0x82], "{door}");
        assert!(client.read().is_none(), "{door}");
        let reason = refusal(&emulator, "MQTT CONNECT");
        assert!(reason.contains("the broker refused it"), "{reason}");
        open(&emulator, door, 4, 0).publish("d/end", 0, false);
        assert_eq!(message(&mut watcher).topic, "d/end", "{door}");
    }
}

#[test]
fn a_publish_at_qos_2_ends_the_connection_and_reaches_nobody() {
    let emulator = start();
    let (_client, mut watcher) = subscribe_at("watcher", emulator.mqtt_addr(), "#");
    for door in DOORS {
        for (version, last) in [(4, None), (5, Some(vec![0xE0, 1, 0x9B]))] {
            let mut client = open(&emulator, door, version, 0);
            client.publish("d/twice", 2, false);
            assert_eq!(client.read(), last, "{door} {version}");
            assert!(client.read().is_none(), "{door} {version}");
            let reason = refusal(&emulator, "MQTT PUBLISH");
            assert_eq!(reason, "AWS IoT Core has no QoS 2", "{door} {version}");
        }
        open(&emulator, door, 4, 0).publish("d/end", 0, false);
        assert_eq!(message(&mut watcher).topic, "d/end", "{door}");
    }
}

#[test]
fn a_connect_that_nobody_may_send_is_refused_in_its_own_version() {
    let emulator = start();
    let (long, slashes) = ("x".repeat(129), "/".repeat(43));
    let rows = [
        (4, long.as_str(), 0, vec![0x20, 2, 0, 2], "has 129 bytes"),
        (5, &long, 0, vec![0x20, 3, 0, 0x85, 0], "has 129 bytes"),
        (
            4,
            &slashes,
            0,
            vec![0x20, 2, 0, 2],
            "too long for this broker",
        ),
        (4, "$GEN/1", 0, vec![0x20, 2, 0, 2], "begins with $"),
        (4, "d", WILL | WILL_QOS_2, vec![0x20, 2, 0, 5], "no QoS 2"),
        (
            5,
            "d",
            WILL | WILL_QOS_2,
            vec![0x20, 3, 0, 0x9B, 0],
            "no QoS 2",
        ),
        (3, "d", 0, vec![0x20, 2, 0, 1], "version 3"),
        (6, "d", 0, vec![0x20, 2, 0, 1], "version 6"),
    ];
    for door in DOORS {
        for (version, client_id, flags, connack, expected) in &rows {
            let mut client = device(&emulator, door, *version);
            client.send(&connect_packet(*version, client_id, *flags));
            assert_eq!(client.read().as_ref(), Some(connack), "{door} {expected}");
            assert!(client.read().is_none(), "{door} {expected}");
            let reason = refusal(&emulator, "MQTT CONNECT");
            assert!(reason.contains(expected), "{door}: {reason}");
        }
    }
}

#[test]
fn a_client_id_may_have_what_aws_takes() {
    let emulator = start();
    for door in DOORS {
        for id in ["a/b", "a\\b", "a%b", "..", "cert:a", "a\u{7}b"] {
            let mut first = device(&emulator, door, 5);
            first.send(&connect_packet(5, id, 0));
            assert_eq!(first.read().unwrap()[3], 0, "{door} {id}");
            let entry = emulator.trace().pop().unwrap();
            assert_eq!(entry.client_id.as_deref(), Some(id));
            // It is the same client that takes its connection over.
            let mut second = device(&emulator, door, 5);
            second.send(&connect_packet(5, id, 0));
            assert_eq!(second.read().unwrap()[3], 0, "{door} {id}");
            assert_eq!(first.read(), Some(vec![0xE0, 1, 0x8E]), "{door} {id}");
        }
    }
}

#[test]
fn a_client_without_an_id_gets_the_one_that_the_policy_has() {
    let emulator = start();
    for door in DOORS {
        let mut client = device(&emulator, door, 5);
        client.send(&connect_packet(5, "", 0));
        let connack = client.read().unwrap();
        assert_eq!(connack[3], 0, "{door}");
        let entry = emulator.trace().pop().unwrap();
        let id = entry.client_id.unwrap();
        assert!(id.starts_with("$GEN/"), "{id}");
        let property = [[0x12].as_slice(), &text(&id)].concat();
        let has = |bytes: &[u8]| bytes.windows(property.len()).any(|part| part == property);
        assert!(has(&connack), "{door} {connack:?}");
    }
}

#[test]
fn only_a_client_that_goes_without_disconnect_has_a_line_in_the_trace() {
    for door in DOORS {
        let emulator = start();
        let (_client, mut watcher) = subscribe_at("watcher", emulator.mqtt_addr(), "#");
        let mut leaving = open(&emulator, door, 4, WILL);
        leaving.send(&[0xE0, 0]);
        assert!(leaving.read().is_none(), "{door}");
        let entries = emulator.trace();
        assert!(entries.iter().all(|entry| entry.accepted), "{entries:?}");
        drop(open(&emulator, door, 4, WILL));
        assert_eq!(message(&mut watcher).topic, "d/will");
        let entry = emulator.wait_for_trace(4, TIMEOUT).pop().unwrap();
        assert_eq!(entry.operation, Some("MQTT DISCONNECT"));
        assert_eq!(
            entry.reason,
            "the client closed without DISCONNECT, so its last will is published"
        );
    }
}

#[test]
fn a_packet_identifier_of_0_ends_the_connection() {
    let emulator = start();
    for door in DOORS {
        for (version, last) in [(4, None), (5, Some(vec![0xE0, 1, 0x82]))] {
            for sent in [
                publish_packet(version, "d/a", 0),
                subscribe_packet(version, "d/a", 0),
                unsubscribe_packet(version, "d/a", 0),
            ] {
                let mut client = open(&emulator, door, version, 0);
                client.send(&sent);
                assert_eq!(client.read(), last, "{door} {version} {sent:?}");
                let reason = refusal(&emulator, "MQTT DISCONNECT");
                assert!(reason.contains("packet identifier is 0"), "{reason}");
            }
        }
    }
}

#[test]
fn a_publish_with_a_property_that_mqtt_forbids_ends_the_connection() {
    let emulator = start();
    // A subscription identifier, and `a/#` as the response topic.
    let rows = [
        (b"\x0B\x01".as_slice(), "subscription identifier"),
        (b"\x08\0\x03a/#", "response topic"),
    ];
    for door in DOORS {
        for (properties, expected) in rows {
            let mut client = open(&emulator, door, 5, 0);
            let length = properties.len() as u8;
            let body = [&text("d/a"), [0, 7, length].as_slice(), properties].concat();
            client.send(&packet(0x32, &body));
            assert_eq!(client.read(), Some(vec![0xE0, 1, 0x82]), "{door}");
            let reason = refusal(&emulator, "MQTT PUBLISH");
            assert!(reason.contains(expected), "{reason}");
        }
    }
}

#[test]
fn the_plain_port_takes_what_only_aws_may_publish() {
    let emulator = start();
    let topic = "$aws/things/d/shadow/update/delta";
    let (_client, mut watcher) = subscribe_at("watcher", emulator.mqtt_addr(), "$aws/#");
    let mut client = open(&emulator, "plain", 4, 0);
    client.publish(topic, 1, false);
    assert_eq!(client.read().unwrap(), [0x40, 2, 0, 7]);
    assert_eq!(message(&mut watcher).topic, topic);
}
