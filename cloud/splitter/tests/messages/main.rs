//! What becomes of a batch: the elements that are readings, and those that are not.

mod cbor;
mod events;
mod malformed;
mod reports;
mod senml;
#[path = "../support/mod.rs"]
mod support;

use base64ct::{Base64, Encoding};
use motepost::batch::Batch as Writer;
use motepost_splitter::{Batch, Message};
use serde_json::{Value, json};
use support::random::{Numbered, RandomBatch};

const RECEIVED: u64 = 1_790_000_000_000;

fn event(topic: &str, payload: &[u8]) -> Value {
    json!({"topic": topic, "received": RECEIVED, "data": Base64::encode_string(payload)})
}

fn messages(topic: &str, payload: &[u8]) -> Vec<Message> {
    let batch = Batch::read(&event(topic, payload)).unwrap();
    batch.messages()
}

fn parsed(message: &Message) -> Value {
    serde_json::from_str(&message.payload(false)).unwrap()
}

/// What the library writes, in each format.
#[test]
fn a_random_batch_comes_out_as_it_went_in() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..2000 {
        let batch = RandomBatch::new(&mut random);
        let messages = messages(&batch.topic("uniqueID"), &batch.payload);
        assert_eq!(messages.len(), batch.readings.len());
        for (message, expected) in messages.iter().zip(&batch.readings) {
            assert_eq!(message.unreadable(), None);
            assert_eq!(message.topic(), "uniqueID/readings");
            expected.check(&parsed(message), RECEIVED);
        }
    }
}

#[test]
fn json_is_passed_on_byte_for_byte() {
    let reading = r#"{"a" : 1.10, "b":"\u00e4,]", "c":12345678901234567890123}"#;
    let payload = format!("[ [7,{reading}] , [9,[]]\n]");
    let messages = messages("uniqueID/batch/3", payload.as_bytes());
    let payloads: Vec<_> = messages
        .iter()
        .map(|message| message.payload(true))
        .collect();
    assert_eq!(
        payloads,
        [
            format!(
                r#"{{"epoch":3,"number":7,"received":1790000000.0,"repeat":true,"reading":{reading}}}"#
            ),
            r#"{"epoch":3,"number":9,"received":1790000000.0,"repeat":true,"reading":[]}"#
                .to_owned(),
        ]
    );
}

/// A time without a date counts from when the batch was received, as in SenML.
#[test]
fn times_are_absolute_or_count_from_now() {
    for (time, expected) in [
        ("1780000000", 1_780_000_000.0),
        ("1780000000.25", 1_780_000_000.25),
        ("-90", 1_789_999_910.0),
        ("0", 1_790_000_000.0),
        ("268435455", 2_058_435_455.0),
        ("268435456", 268_435_456.0),
    ] {
        let payload = format!("[[1,{time},0]]");
        let message = &messages("uniqueID/batch/1", payload.as_bytes())[0];
        assert_eq!(parsed(message)["time"], expected, "{time}");
    }
}

#[test]
fn a_reading_is_known_by_what_its_device_knows_it_by() {
    let keys = |topic: &str, payload: &[u8]| -> Vec<String> {
        let messages = messages(topic, payload);
        messages
            .iter()
            .map(|message| message.key().to_owned())
            .collect()
    };
    assert_eq!(keys("a/batch/7", b"[[1,0],[5,0]]"), ["a/7/1", "a/7/5"]);
    assert_eq!(
        keys("a/batch", b"[1,1]"),
        ["a/1790000000000-e61b9f58/0", "a/1790000000000-e61b9f58/1"]
    );
    let absolute = br#"[{"bn":"x","bt":1780000000,"v":1},{"v":2},{"v":1,"t":60}]"#;
    // Other keys in a next release would let the repeats of a month pass.
    assert_eq!(
        keys("a/senml", absolute),
        [
            "a/x@1780000000-5dc8291ef2aa9b8a",
            "a/x@1780000000-21e357477a0efa2a",
            "a/x@1780000060-19ba13f2268f8ede"
        ]
    );
    // Without a clock nothing tells it from another.
    assert_eq!(
        keys("a/senml", br#"[{"n":"x","v":1,"t":-60}]"#),
        ["a/1790000000000-c0cabda3/0"]
    );
}

/// 128 KB with all that stands around it.
#[test]
fn no_message_is_longer_than_aws_takes() {
    for length in [130_900, 131_020, 131_060] {
        let payload = format!("[[7,\"{}\"],[8,0]]", "x".repeat(length));
        let messages = messages("uniqueID/batch/7", payload.as_bytes());
        let fits = length == 130_900;
        assert_eq!(messages[0].unreadable().is_none(), fits, "{length}");
        assert!(messages.iter().all(|m| m.payload(true).len() <= 128 * 1024));
        assert!(messages[1].unreadable().is_none());
    }
    let report = &messages(
        "a/batch",
        &[b"[nope", "x".repeat(100_000).as_bytes(), b"]"].concat(),
    )[0];
    let text = report.payload(false);
    assert!(text.len() < 5 * 1024, "one unit");
    assert_eq!(parsed(report)["length"], 100_004);
}

#[test]
fn an_empty_batch_is_no_message() {
    let mut room = [0; 2];
    for payload in [
        b"[]".to_vec(),
        b"[ ]".to_vec(),
        vec![0x80],
        vec![0x9f, 0xff],
    ] {
        assert!(messages("a/batch", &payload).is_empty());
    }
    assert_eq!(Writer::json(&mut room).unwrap().finish(), 2);
}

#[test]
fn the_random_batches_are_of_every_form() {
    let mut random = fastrand::Rng::with_seed(1);
    let batches: Vec<_> = (0..100).map(|_| RandomBatch::new(&mut random)).collect();
    for form in ["batch", "batch/", "senml"] {
        for first in [b'[', 0x9f] {
            let mut all = batches.iter();
            assert!(all.any(|batch| batch.form.starts_with(form) && batch.payload[0] == first));
        }
    }
    let mut all = batches.iter().flat_map(|batch| &batch.readings);
    assert!(all.any(|reading| matches!(reading.number, Some(Numbered { .. }))));
}
