//! The function against the local emulator and moto's DynamoDB: repeats, retries, a kill in the middle.

#![cfg(feature = "aws")]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::SystemTime;

use local_iot_core::LocalIotCore;
use motepost_splitter::Outcome;
use serde_json::{Value, json};
use support::runtime::Invocation;
use support::services::{Services, Subscriber, block_on, event, far, splitter};

/// Readings of these numbers, each of which says its own.
fn batch(numbers: std::ops::Range<u32>) -> Value {
    let readings: Vec<_> = numbers
        .map(|number| json!([number, {"c": number}]))
        .collect();
    event("uniqueID/batch/7", json!(readings).to_string().as_bytes())
}

fn start() -> Option<(Services, Subscriber)> {
    let services =
        Services::start(LocalIotCore::start(local_iot_core::Config::default()).unwrap())?;
    let subscriber = Subscriber::start(&services.emulator);
    Some((services, subscriber))
}

fn with(services: &Services, more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut variables = services.environment();
    variables.extend(
        more.iter()
            .map(|(name, value)| (*name, (*value).to_owned())),
    );
    variables
}

fn split(variables: &[(&'static str, String)], event: &Value) -> Outcome {
    block_on(splitter(variables).split(event, far()))
}

/// How often each number arrived, and how often marked.
fn counts(messages: &[Value]) -> BTreeMap<u64, (usize, usize)> {
    let mut counts = BTreeMap::new();
    for message in messages {
        let number = message["number"].as_u64().unwrap();
        assert_eq!(message["reading"], json!({"c": number}));
        let (times, marked) = counts.entry(number).or_default();
        *times += 1;
        *marked += usize::from(message["repeat"] == true);
    }
    counts
}

#[test]
fn a_batch_that_is_sent_again_is_dropped_and_its_new_readings_are_not() {
    let Some((services, subscriber)) = start() else {
        return;
    };
    let variables = with(&services, &[]);
    let first = split(&variables, &batch(1..5));
    assert_eq!(
        (first.published, first.dropped, first.failed),
        (4, 0, 0),
        "{first:?}"
    );
    let second = split(&variables, &batch(1..7));
    assert_eq!(
        (second.published, second.dropped, second.failed),
        (2, 4, 0),
        "{second:?}"
    );
    let counts = counts(&subscriber.rest(&services));
    assert_eq!(counts, (1..7).map(|number| (number, (1, 0))).collect());
    assert_eq!(block_on(services.claims()), 6);
}

/// Lambda may run two batches of one device in the other order: the highest number tells nothing.
#[test]
fn an_earlier_batch_that_comes_late_is_not_taken_for_a_repeat() {
    let Some((services, subscriber)) = start() else {
        return;
    };
    let variables = with(&services, &[]);
    for numbers in [5..9, 1..5] {
        assert_eq!(split(&variables, &batch(numbers)).published, 4);
    }
    let counts = counts(&subscriber.rest(&services));
    assert_eq!(counts, (1..9).map(|number| (number, (1, 0))).collect());
}

#[test]
fn another_epoch_and_another_device_are_other_readings() {
    let Some((services, subscriber)) = start() else {
        return;
    };
    let variables = with(&services, &[]);
    for topic in ["uniqueID/batch/7", "uniqueID/batch/8", "other/batch/7"] {
        assert_eq!(
            split(&variables, &event(topic, b"[[1,{\"c\":1}]]")).published,
            1
        );
    }
    assert_eq!(subscriber.rest(&services).len(), 3);
}

#[test]
fn repeats_are_marked_by_choice() {
    let Some((services, subscriber)) = start() else {
        return;
    };
    let splitter = splitter(&with(&services, &[("REPEATS", "mark")]));
    let split = |event: &Value| block_on(splitter.split(event, far()));
    split(&batch(1..4));
    let second = batch(1..4);
    let again = split(&second);
    assert_eq!((again.published, again.marked), (3, 3), "{again:?}");
    // Not a repeat of the device's, but a further try of the second.
    let further = split(&second);
    assert_eq!((further.published, further.dropped), (0, 3), "{further:?}");
    let counts = counts(&subscriber.rest(&services));
    assert_eq!(counts, (1..4).map(|number| (number, (2, 1))).collect());
}

/// Two invocations at once, as when Lambda hands the same event to two: between them each is published once.
#[test]
fn of_two_at_once_one_publishes() {
    let Some((services, subscriber)) = start() else {
        return;
    };
    let variables = with(&services, &[]);
    let (one, other, event) = (splitter(&variables), splitter(&variables), batch(1..30));
    let (one, other) = block_on(async {
        futures_util::future::join(one.split(&event, far()), other.split(&event, far())).await
    });
    assert_eq!(one.published + other.published, 29, "{one:?} {other:?}");
    assert_eq!(one.dropped + one.failed + other.dropped + other.failed, 29);
    let counts = counts(&subscriber.rest(&services));
    assert_eq!(counts, (1..30).map(|number| (number, (1, 0))).collect());
}

/// What was published before the kill is not published again, what was not is, and what was in doubt is marked.
#[test]
fn a_kill_in_the_middle_loses_nothing() {
    const READINGS: u64 = 40;
    let Some((services, subscriber)) = start() else {
        return;
    };
    for (device, parallel, seen) in [
        ("a", 1, 1),
        ("b", 1, 20),
        ("c", 4, 7),
        ("d", 4, 39),
        ("e", 8, 13),
    ] {
        let parallel_text = parallel.to_string();
        let variables = with(
            &services,
            &[("PARALLEL", &parallel_text), ("CLAIM_SECONDS", "0")],
        );
        let mut event = batch(0..u32::try_from(READINGS).unwrap());
        event["topic"] = format!("{device}/batch/7").into();
        let invocation = Invocation::start(&variables, "request", &event);
        let mut messages = subscriber.take(seen);
        invocation.kill();
        let ended = Invocation::start(&variables, "request", &event)
            .end()
            .unwrap();
        messages.extend(subscriber.rest(&services));
        let counts = counts(&messages);
        assert_eq!(counts.len() as u64, READINGS, "{device}: none is lost");
        let twice = counts.values().filter(|(times, _)| *times > 1).count();
        assert!(twice <= parallel, "{device}: {twice} twice");
        for (number, (times, marked)) in counts {
            assert!(
                times == 1 || (times, marked) == (2, 1),
                "{device}: {number} {times} {marked}"
            );
        }
        assert_eq!(ended["failed"], 0, "{device}: {ended}");
        assert!(
            ended["dropped"].as_u64().unwrap() as usize + parallel >= seen,
            "{device}: {ended}"
        );
    }
}

/// Lambda tries the batch again when the function fails.
#[test]
fn a_failure_in_the_middle_is_an_error_and_the_retry_publishes_the_rest() {
    let Some((services, subscriber)) = start() else {
        return;
    };
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let rows = [
        ("AWS_ENDPOINT_URL_DYNAMODB", "the table"),
        ("AWS_ENDPOINT_URL_IOT_DATA_PLANE", "publish"),
    ];
    for ((variable, reason), device) in rows.into_iter().zip(["a", "b"]) {
        let broken = with(&services, &[(variable, &nowhere)]);
        let mut event = batch(1..4);
        event["topic"] = format!("{device}/batch/7").into();
        let error = Invocation::start(&broken, "request", &event)
            .end()
            .unwrap_err();
        let text = error["errorMessage"].as_str().unwrap();
        assert!(
            text.contains("3 not published") && text.contains(reason),
            "{text}"
        );
        let working = with(&services, &[("CLAIM_SECONDS", "0")]);
        let ended = Invocation::start(&working, "request", &event)
            .end()
            .unwrap();
        assert_eq!(ended["published"], 3, "{ended}");
        assert_eq!(counts(&subscriber.rest(&services)).len(), 3);
    }
}

/// A publish endpoint that takes each request and gives these responses, one a connection; an empty one is no response.
/// Returns its address, and what was published to it once somebody connects and says nothing.
fn peer(responses: &[&'static str]) -> (String, std::thread::JoinHandle<Vec<Value>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let responses = responses.to_vec();
    let taken = std::thread::spawn(move || {
        let mut taken = Vec::new();
        for connection in listener.incoming() {
            let mut reader = BufReader::new(connection.unwrap());
            let (mut length, mut line) = (0, String::new());
            while line != "\r\n" {
                line.clear();
                if reader.read_line(&mut line).unwrap() == 0 {
                    return taken;
                }
                let line = line.to_ascii_lowercase();
                if let Some(of) = line.strip_prefix("content-length:") {
                    length = of.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            taken.push(serde_json::from_slice(&body).unwrap());
            let response = responses.get(taken.len() - 1).unwrap_or(&"");
            reader.get_mut().write_all(response.as_bytes()).unwrap();
        }
        taken
    });
    (address, taken)
}

/// A publish whose response is lost may have arrived.
#[test]
fn a_publish_in_doubt_is_sent_once_more_and_marked() {
    let services =
        Services::without_table(LocalIotCore::start(local_iot_core::Config::default()).unwrap());
    let ok = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let cut = "HTTP/1.1 200 OK\r\ncontent-le";
    let busy = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let throttled = "HTTP/1.1 429 Slow\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let refused = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    for (what, responses, sent, published) in [
        ("at once", vec![ok], 1, 1),
        ("no response", vec!["", ok], 2, 1),
        ("half a response", vec![cut, ok], 2, 1),
        ("an error of the service", vec![busy, ok], 2, 1),
        ("throttled", vec![throttled, ok], 2, 1),
        ("never a response", vec![""; 5], 2, 0),
        ("refused", vec![refused, ok], 1, 0),
        ("refused the second time", vec!["", refused, ok], 2, 0),
    ] {
        let (address, taken) = peer(&responses);
        let endpoint = format!("http://{address}");
        let variables = with(&services, &[("AWS_ENDPOINT_URL_IOT_DATA_PLANE", &endpoint)]);
        let outcome = split(&variables, &batch(1..2));
        drop(TcpStream::connect(address).unwrap());
        let marks: Vec<_> = taken
            .join()
            .unwrap()
            .iter()
            .map(|message| message["repeat"] == true)
            .collect();
        assert_eq!(
            marks,
            (0..sent).map(|nth| nth > 0).collect::<Vec<_>>(),
            "{what}"
        );
        assert_eq!(
            (outcome.published, outcome.marked, outcome.failed),
            (
                published,
                usize::from(published == 1 && sent == 2),
                1 - published
            ),
            "{what}: {outcome:?}"
        );
    }
}

#[test]
fn after_the_deadline_no_message_is_begun() {
    let Some((services, subscriber)) = start() else {
        return;
    };
    let splitter = splitter(&services.environment());
    let outcome = block_on(splitter.split(&batch(1..4), SystemTime::UNIX_EPOCH));
    assert_eq!((outcome.published, outcome.failed), (0, 3), "{outcome:?}");
    assert_eq!(block_on(services.claims()), 0);
    assert!(subscriber.rest(&services).is_empty());
}

#[test]
fn what_is_unreadable_is_reported_once_and_the_function_does_not_fail() {
    let Some((services, subscriber)) = start() else {
        return;
    };
    let event = event("uniqueID/batch/7", b"[[1,{\"c\":1}],nope,[2,{\"c\":2}]]");
    for unreadable in [1, 1] {
        let outcome = split(&services.environment(), &event);
        assert_eq!(
            (outcome.unreadable, outcome.failed),
            (unreadable, 0),
            "{outcome:?}"
        );
        assert!(outcome.reasons[0].starts_with("not one JSON value"));
    }
    let messages = subscriber.rest(&services);
    let reports = messages
        .iter()
        .filter(|message| message.get("reason").is_some());
    // The retry, which has the same request id, reports nothing new.
    assert_eq!(reports.count(), 1);
    assert_eq!(messages.len(), 3);
}

#[test]
fn an_event_that_is_no_batch_fails_so_that_it_reaches_the_queue() {
    let services =
        Services::without_table(LocalIotCore::start(local_iot_core::Config::default()).unwrap());
    let variables = services.environment();
    let event = event("uniqueID/batch", b"{}");
    let error = Invocation::start(&variables, "request", &event)
        .end()
        .unwrap_err();
    let text = error["errorMessage"].as_str().unwrap();
    assert!(text.contains("begins neither as a JSON array"), "{text}");
}
