//! What a subscriber receives, by way of a client that is another project's.

use std::net::SocketAddr;
use std::time::Duration;

use rumqttc::v5;
use rumqttc::{Client, Event, MqttOptions, Packet, QoS};

use crate::support::*;
use local_iot_core::LocalIotCore;

fn subscribe(emulator: &LocalIotCore, filter: &str) -> (Client, rumqttc::Connection) {
    subscribe_as("watcher", emulator, filter)
}

pub fn subscribe_as(
    client_id: &str,
    emulator: &LocalIotCore,
    filter: &str,
) -> (Client, rumqttc::Connection) {
    subscribe_at(client_id, emulator.mqtt_addr(), filter)
}

/// An MQTT 3.1.1 subscriber, as `mosquitto_sub` is by default, but at QoS 1. It returns once its subscription is in
/// force, and reads nothing more until it is asked for it.
pub fn subscribe_at(
    client_id: &str,
    broker: SocketAddr,
    filter: &str,
) -> (Client, rumqttc::Connection) {
    let mut options = MqttOptions::new(client_id, "127.0.0.1", broker.port());
    options
        .set_keep_alive(Duration::from_secs(30))
        .set_max_packet_size(256 * 1024, 256 * 1024);
    let (client, mut connection) = Client::new(options, 10);
    client.subscribe(filter, QoS::AtLeastOnce).unwrap();
    wait(&mut connection, |packet| {
        matches!(packet, Packet::SubAck(_))
    });
    (client, connection)
}

fn wait(connection: &mut rumqttc::Connection, wanted: impl Fn(&Packet) -> bool) -> Packet {
    loop {
        let event = connection
            .recv_timeout(TIMEOUT)
            .expect("a packet in time")
            .expect("a working connection");
        match event {
            Event::Incoming(packet) if wanted(&packet) => return packet,
            _ => {}
        }
    }
}

pub fn message(connection: &mut rumqttc::Connection) -> rumqttc::Publish {
    match wait(connection, |packet| matches!(packet, Packet::Publish(_))) {
        Packet::Publish(publish) => publish,
        _ => unreachable!("only a publish is waited for"),
    }
}

fn subscribe_v5(emulator: &LocalIotCore, filter: &str) -> (v5::Client, v5::Connection) {
    let options = v5::MqttOptions::new("watcher5", "127.0.0.1", emulator.mqtt_addr().port());
    let (client, mut connection) = v5::Client::new(options, 10);
    client
        .subscribe(filter, v5::mqttbytes::QoS::AtLeastOnce)
        .unwrap();
    wait_v5(&mut connection, |packet| {
        matches!(packet, v5::mqttbytes::v5::Packet::SubAck(_))
    });
    (client, connection)
}

fn wait_v5(
    connection: &mut v5::Connection,
    wanted: impl Fn(&v5::mqttbytes::v5::Packet) -> bool,
) -> v5::mqttbytes::v5::Packet {
    loop {
        match connection
            .recv_timeout(TIMEOUT)
            .expect("a packet in time")
            .expect("a working connection")
        {
            v5::Event::Incoming(packet) if wanted(&packet) => return packet,
            _ => {}
        }
    }
}

fn message_v5(connection: &mut v5::Connection) -> v5::mqttbytes::v5::Publish {
    match wait_v5(connection, |packet| {
        matches!(packet, v5::mqttbytes::v5::Packet::Publish(_))
    }) {
        v5::mqttbytes::v5::Packet::Publish(publish) => publish,
        _ => unreachable!("only a publish is waited for"),
    }
}

#[test]
fn an_mqtt_3_1_1_subscriber_receives_what_was_published() {
    let emulator = start();
    let (_client, mut connection) = subscribe(&emulator, "uniqueID/#");
    for (target, qos) in [
        ("/topics/uniqueID/status", QoS::AtMostOnce),
        ("/topics/uniqueID%2Fa?qos=1", QoS::AtLeastOnce),
    ] {
        assert_eq!(ask(&emulator, publish(target, "")).status, 200);
        let received = message(&mut connection);
        assert_eq!(
            emulator.trace().last().unwrap().topic.as_deref(),
            Some(received.topic.as_str())
        );
        assert_eq!(
            (received.payload.as_ref(), received.qos, received.retain),
            (b"{}".as_slice(), qos, false)
        );
    }
}

#[test]
fn an_mqtt_5_subscriber_receives_the_properties_too() {
    let emulator = start();
    let (_client, mut connection) = subscribe_v5(&emulator, "uniqueID/status");
    let target = "/topics/uniqueID/status?qos=1&contentType=text%2Fplain&responseTopic=r%2Ft&messageExpiry=60";
    let fields = "x-amz-mqtt5-user-properties:W3siYSI6ImIifV0=\r\nx-amz-mqtt5-payload-format-indicator:UTF8_DATA\r\n\
                  x-amz-mqtt5-correlation-data:AAH/\r\n";
    assert_eq!(ask(&emulator, publish(target, fields)).status, 200);
    let received = message_v5(&mut connection);
    assert_eq!(
        (received.topic.as_ref(), received.payload.as_ref()),
        (b"uniqueID/status".as_slice(), b"{}".as_slice())
    );
    assert_eq!(received.qos, v5::mqttbytes::QoS::AtLeastOnce);
    let properties = received.properties.unwrap();
    assert_eq!(properties.content_type.as_deref(), Some("text/plain"));
    assert_eq!(properties.response_topic.as_deref(), Some("r/t"));
    assert!(matches!(properties.message_expiry_interval, Some(1..=60)));
    assert_eq!(properties.payload_format_indicator, Some(1));
    assert_eq!(
        properties.correlation_data.as_deref(),
        Some([0, 1, 255].as_slice())
    );
    assert!(
        properties
            .user_properties
            .contains(&("a".to_owned(), "b".to_owned()))
    );
}

#[test]
fn the_payload_is_any_bytes_up_to_the_largest() {
    let emulator = start();
    let (_client, mut connection) = subscribe(&emulator, "#");
    let payload: Vec<u8> = (0..131_072_u32).map(|i| i as u8).collect();
    for payload in [&payload[..], &payload[..256], &[]] {
        let head = format!(
            "POST /topics/uniqueID/a HTTP/1.1\r\nhost:localhost\r\n{ALLOWED}content-length:{}\r\n\r\n",
            payload.len()
        );
        assert_eq!(
            ask(&emulator, [head.as_bytes(), payload].concat()).status,
            200
        );
        assert_eq!(message(&mut connection).payload, payload);
    }
}

#[test]
fn a_retained_message_reaches_a_late_subscriber_and_an_empty_one_deletes_it() {
    let emulator = start();
    assert_eq!(
        ask(&emulator, publish("/topics/uniqueID/kept?retain=true", "")).status,
        200
    );
    assert_eq!(
        ask(&emulator, publish("/topics/uniqueID/lost", "")).status,
        200
    );
    let (client, mut connection) = subscribe(&emulator, "uniqueID/#");
    let received = message(&mut connection);
    assert_eq!(
        (received.topic.as_str(), received.retain),
        ("uniqueID/kept", true)
    );
    client.disconnect().unwrap();
    while connection
        .recv_timeout(TIMEOUT)
        .is_ok_and(|event| event.is_ok())
    {}

    let empty = publish("/topics/uniqueID/kept?retain=true", "")
        .replace("content-length:2\r\n\r\n{}", "content-length:0\r\n\r\n");
    assert_eq!(ask(&emulator, empty).status, 200);
    let (_client, mut connection) = subscribe(&emulator, "uniqueID/#");
    // Whatever came for the subscription would have come before this.
    assert_eq!(
        ask(&emulator, publish("/topics/uniqueID/next", "")).status,
        200
    );
    assert_eq!(message(&mut connection).topic, "uniqueID/next");
}

#[test]
fn what_was_refused_and_basic_ingest_reach_nobody() {
    let everything = std::sync::Arc::new(|event: &serde_json::Value| {
        let allow = event["token"] == "allow";
        Ok(crate::authorizers::grant(
            "*",
            if allow { "*" } else { "nothing" },
        ))
    });
    let emulator = crate::authorizers::start_unsigned(everything);
    let (_client, mut connection) = subscribe(&emulator, "#");
    let (_other, mut aws) = subscribe_v5(&emulator, "$aws/#");
    let refused = publish("/topics/refused", "").replace("token:allow", "token:other");
    assert_eq!(ask(&emulator, refused).status, 403);
    assert_eq!(
        ask(&emulator, publish("/topics/$aws/rules/r/a", "")).status,
        200
    );
    assert_eq!(ask(&emulator, publish("/topics/next", "")).status, 200);
    assert_eq!(message(&mut connection).topic, "next");
    let none = aws.recv_timeout(Duration::ZERO);
    assert!(!matches!(
        none,
        Ok(Ok(v5::Event::Incoming(v5::mqttbytes::v5::Packet::Publish(
            _
        ))))
    ));
}

#[test]
fn a_subscriber_s_death_does_not_hold_up_publishing() {
    let emulator = start();
    let subscribed = subscribe(&emulator, "#");
    drop(subscribed);
    assert_eq!(
        ask(&emulator, publish("/topics/uniqueID/a?qos=1", "")).status,
        200
    );
}
