//! Subscribers that read slowly or not at all: no message that was acknowledged is lost to a session that lasts, and
//! a client that cannot keep up is disconnected, so that it knows.

use rumqttc::{Connection, Event, Packet, QoS};

use crate::mqtt::{message, subscribe_as, subscribe_at};
use crate::process::Process;
use crate::support::*;
use local_iot_core::{Limits, LocalIotCore};

/// What the broker sends without an acknowledgement, besides what waits in the queue.
const IN_FLIGHT: usize = 64;

fn start(mqtt_queue: usize) -> LocalIotCore {
    start_within(Limits {
        mqtt_queue,
        ..Limits::default()
    })
}

/// Publishes messages that tell their number, and returns the numbers of those that were acknowledged.
fn publish_numbered(emulator: &LocalIotCore, topic: &str, count: usize) -> Vec<usize> {
    let mut stream = connect(emulator.http_addr());
    let acknowledged = (0..count).filter(|number| {
        let bytes = publish_with(
            &format!("/topics/uniqueID/{topic}?qos=1"),
            &number.to_string(),
        );
        std::io::Write::write_all(&mut stream, bytes.as_bytes()).unwrap();
        read_response(&mut stream).status == 200
    });
    acknowledged.collect()
}

fn number(publish: &rumqttc::Publish) -> usize {
    assert_eq!(publish.qos, QoS::AtLeastOnce);
    let text = std::str::from_utf8(&publish.payload).unwrap();
    text.parse()
        .unwrap_or_else(|_| panic!("{publish:?} {text:?}"))
}

/// What comes until the broker closes.
fn rest(connection: &mut Connection) -> Vec<usize> {
    let mut numbers = Vec::new();
    while let Ok(event) = connection.recv_timeout(TIMEOUT).expect("an end in time") {
        if let Event::Incoming(Packet::Publish(publish)) = event {
            numbers.push(number(&publish));
        }
    }
    numbers
}

#[test]
fn a_subscriber_that_pauses_gets_all_that_was_acknowledged_meanwhile() {
    let emulator = start(100);
    let (_client, mut connection) = subscribe_as("pausing", &emulator, "uniqueID/#");
    let acknowledged = publish_numbered(&emulator, "a", IN_FLIGHT + 100);
    assert_eq!(acknowledged.len(), IN_FLIGHT + 100);
    let received: Vec<_> = acknowledged
        .iter()
        .map(|_| number(&message(&mut connection)))
        .collect();
    assert_eq!(received, acknowledged);
}

#[test]
fn one_that_acknowledges_gets_more_retained_messages_than_its_queue_has_room_for() {
    const RETAINED: usize = 500;
    let emulator = start(5);
    let mut stream = connect(emulator.http_addr());
    for number in 0..RETAINED {
        let target = format!("/topics/uniqueID/{number}?qos=1&retain=true&contentType=x");
        let bytes = publish_with(&target, &number.to_string());
        std::io::Write::write_all(&mut stream, bytes.as_bytes()).unwrap();
        assert_eq!(read_response(&mut stream).status, 200);
    }
    let (_client, mut connection) = subscribe_as("restoring", &emulator, "uniqueID/#");
    // What comes while it takes them has to wait for its turn.
    let live = publish_numbered(&emulator, "live", 5);
    let mut received: Vec<_> = (0..RETAINED + live.len())
        .map(|_| number(&message(&mut connection)))
        .collect();
    assert_eq!(received.split_off(RETAINED), live);
    received.sort_unstable();
    assert_eq!(received, (0..RETAINED).collect::<Vec<_>>());
    let mut trace = emulator.trace().into_iter();
    assert!(trace.all(|entry| !entry.reason.contains("disconnected")));
}

#[test]
fn one_that_never_reads_is_disconnected_and_the_others_get_everything() {
    let emulator = start(100);
    let (_client, mut never) = subscribe_as("never", &emulator, "uniqueID/#");
    let (_client, mut reading) = subscribe_as("reading", &emulator, "uniqueID/#");
    let reader = std::thread::spawn(move || {
        (0..1000)
            .map(|_| number(&message(&mut reading)))
            .collect::<Vec<_>>()
    });
    let acknowledged = publish_numbered(&emulator, "a", 1000);
    assert_eq!(acknowledged.len(), 1000);
    assert_eq!(reader.join().unwrap(), acknowledged);

    let said: Vec<_> = emulator
        .trace()
        .into_iter()
        .filter(|entry| entry.reason.contains("\"never\" was disconnected"))
        .collect();
    assert_eq!(said.len(), 1);
    // Without a gap up to where its connection ends.
    let received = rest(&mut never);
    assert_eq!(received, (0..received.len()).collect::<Vec<_>>());
}

#[test]
fn one_that_never_reads_does_not_hold_up_other_topics() {
    let emulator = start(200);
    let (_client, _never) = subscribe_as("never", &emulator, "uniqueID/busy");
    let (_client, mut reading) = subscribe_as("reading", &emulator, "uniqueID/other");
    std::thread::scope(|scope| {
        let flood = scope.spawn(|| publish_numbered(&emulator, "busy", IN_FLIGHT + 400));
        let acknowledged = publish_numbered(&emulator, "other", 200);
        let received: Vec<_> = acknowledged
            .iter()
            .map(|_| number(&message(&mut reading)))
            .collect();
        assert_eq!(received, (0..200).collect::<Vec<_>>());
        assert_eq!(flood.join().unwrap().len(), IN_FLIGHT + 400);
    });
}

#[test]
fn one_that_was_disconnected_may_come_back() {
    let emulator = start(1);
    let (_client, never) = subscribe_as("never", &emulator, "uniqueID/#");
    publish_numbered(&emulator, "a", 200);
    drop(never);
    let (_client, mut connection) = subscribe_as("never", &emulator, "uniqueID/#");
    let acknowledged = publish_numbered(&emulator, "a", 1);
    assert_eq!(number(&message(&mut connection)), acknowledged[0]);
}

#[test]
fn what_an_mqtt_client_publishes_cannot_fill_the_memory_either() {
    let emulator = start(10);
    let (_client, mut never) = subscribe_as("never", &emulator, "a");
    let (publisher, mut connection) = subscribe_as("publisher", &emulator, "b");
    let sending = std::thread::spawn(move || {
        for _ in 0..500 {
            publisher
                .publish("a", QoS::AtLeastOnce, false, "0")
                .unwrap();
        }
        publisher
            .publish("b", QoS::AtLeastOnce, false, "1")
            .unwrap();
    });
    assert_eq!(number(&message(&mut connection)), 1);
    sending.join().unwrap();
    assert!(rest(&mut never).len() <= IN_FLIGHT + 10);
}

#[test]
fn what_waits_for_one_that_never_reads_takes_no_more_memory_than_its_queue() {
    const MESSAGES: usize = 1000;
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path(), &["--quiet", "--mqtt-queue", "100"]);
    let Some(before) = process.peak_memory_kib() else {
        return;
    };
    let (_client, _never) = subscribe_at("never", process.mqtt, "#");
    let bytes = publish_with("/topics/uniqueID/a?qos=1", &"x".repeat(131_072));
    let mut stream = connect(process.http);
    for _ in 0..MESSAGES {
        std::io::Write::write_all(&mut stream, bytes.as_bytes()).unwrap();
        assert_eq!(read_response(&mut stream).status, 200);
    }
    let grown = process.peak_memory_kib().unwrap() - before;
    // All of them would be 125 MiB.
    assert!(grown < 64 * 1024, "{grown} KiB");
}
