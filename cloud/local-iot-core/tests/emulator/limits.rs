//! The bounds, each made small enough to reach.

use std::io::Write;
use std::time::Duration;

use crate::support::*;
use local_iot_core::Limits;

const MOMENT: Duration = Duration::from_millis(50);

#[test]
fn a_head_over_8_kib_is_refused() {
    let emulator = start();
    let (status, reason) = judge(
        &emulator,
        publish("/topics/uniqueID/a", &format!("x:{}\r\n", "x".repeat(8192))),
    );
    assert_eq!(status, 400);
    assert!(reason.contains("8192 bytes"), "{reason}");
    assert_eq!(ask(&emulator, "x".repeat(20_000)).status, 400);
}

#[test]
fn more_than_64_fields_are_refused() {
    let emulator = start();
    let (status, reason) = judge(
        &emulator,
        publish("/topics/uniqueID/a", &"x:y\r\n".repeat(60)),
    );
    assert_eq!(status, 400);
    assert!(reason.contains("64 header fields"), "{reason}");
    assert_eq!(
        ask(
            &emulator,
            publish("/topics/uniqueID/a", &"x:y\r\n".repeat(59))
        )
        .status,
        200
    );
}

#[test]
fn a_connection_over_the_limit_is_closed_at_once() {
    let emulator = start_within(Limits {
        connections: 1,
        ..Limits::default()
    });
    let mut first = connect(emulator.http_addr());
    first
        .write_all(publish("/topics/uniqueID/a", "").as_bytes())
        .unwrap();
    assert_eq!(read_response(&mut first).status, 200);
    let mut second = connect(emulator.http_addr());
    assert!(closed(&mut second));
    assert!(
        emulator.wait_for_trace(2, TIMEOUT)[1]
            .reason
            .contains("1 connections are open")
    );
    first
        .write_all(publish("/topics/uniqueID/a", "").as_bytes())
        .unwrap();
    assert_eq!(read_response(&mut first).status, 200);
}

#[test]
fn an_mqtt_client_over_the_limit_is_closed_at_once() {
    let emulator = start_within(Limits {
        mqtt_clients: 1,
        ..Limits::default()
    });
    let first = crate::mqtt::subscribe_at("first", emulator.mqtt_addr(), "#");
    assert!(closed(&mut connect(emulator.mqtt_addr())));
    let entry = emulator.wait_for_trace(2, TIMEOUT).pop().unwrap();
    assert!(entry.reason.contains("1 connections are open"), "{entry}");
    drop(first);
}

#[test]
fn a_silent_connection_is_closed_without_an_entry() {
    let emulator = start_within(Limits {
        idle_time: MOMENT,
        ..Limits::default()
    });
    assert!(closed(&mut connect(emulator.http_addr())));
    assert!(emulator.trace().is_empty());
}

#[test]
fn a_head_that_takes_too_long_is_cut_off() {
    let emulator = start_within(Limits {
        head_time: MOMENT,
        ..Limits::default()
    });
    let mut stream = connect(emulator.http_addr());
    stream.write_all(b"POST /topics/a HTTP/1.1\r\n").unwrap();
    assert!(closed(&mut stream));
    assert!(
        emulator.trace()[0]
            .reason
            .contains("the head took longer than 50ms")
    );
}

#[test]
fn a_body_that_takes_too_long_is_cut_off() {
    let emulator = start_within(Limits {
        body_time: MOMENT,
        ..Limits::default()
    });
    let mut stream = connect(emulator.http_addr());
    stream
        .write_all(b"POST /topics/a HTTP/1.1\r\nhost:x\r\ncontent-length:9\r\n\r\nabc")
        .unwrap();
    assert!(closed(&mut stream));
    assert!(
        emulator.trace()[0]
            .reason
            .contains("the body took longer than 50ms")
    );
}

#[test]
fn a_handshake_that_takes_too_long_is_cut_off() {
    let emulator = start_within(Limits {
        head_time: MOMENT,
        ..Limits::default()
    });
    assert!(closed(&mut connect(emulator.https_addr())));
    assert!(
        emulator.wait_for_trace(1, TIMEOUT)[0]
            .reason
            .contains("handshake took longer")
    );
}

#[test]
fn the_trace_forgets_its_oldest_entries() {
    let emulator = start_within(Limits {
        trace_entries: 2,
        ..Limits::default()
    });
    for topic in ["a", "b", "c"] {
        ask(&emulator, publish(&format!("/topics/uniqueID/{topic}"), ""));
    }
    let topics: Vec<_> = emulator
        .trace()
        .into_iter()
        .map(|entry| entry.topic.unwrap())
        .collect();
    assert_eq!(topics, ["uniqueID/b", "uniqueID/c"]);
    assert_eq!(emulator.wait_for_trace(3, Duration::ZERO).len(), 2);
}

#[test]
fn retained_messages_are_bounded_by_number() {
    let emulator = start_within(Limits {
        retained_messages: 1,
        ..Limits::default()
    });
    let statuses = ["a", "a", "b"].map(|topic| {
        ask(
            &emulator,
            publish(&format!("/topics/uniqueID/{topic}?retain=true"), ""),
        )
        .status
    });
    assert_eq!(statuses, [200, 200, 500]);
    assert_eq!(
        ask(&emulator, publish("/topics/uniqueID/b", "")).status,
        200
    );
}

#[test]
fn dropping_it_closes_its_ports() {
    let emulator = start();
    let addresses = [
        emulator.https_addr(),
        emulator.http_addr(),
        emulator.mqtt_addr(),
    ];
    let mut open = connect(addresses[1]);
    drop(emulator);
    assert!(closed(&mut open));
    for address in addresses {
        assert!(std::net::TcpStream::connect(address).is_err(), "{address}");
    }
}

#[test]
fn a_port_that_is_taken_is_an_error_that_names_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for field in 0..3 {
        let mut config = local_iot_core::Config::default();
        *[
            &mut config.https_port,
            &mut config.http_port,
            &mut config.mqtt_port,
        ][field] = port;
        let error = local_iot_core::LocalIotCore::start(config)
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(&port.to_string()), "{error}");
    }
}
