//! How many reports a batch makes.

use motepost_splitter::Message;
use serde_json::Value;

use crate::{messages, parsed};

/// The readings, and the reports.
fn split(topic: &str, payload: &str) -> (Vec<Value>, Vec<Value>) {
    let messages = messages(topic, payload.as_bytes());
    let (bad, good): (Vec<&Message>, Vec<_>) = messages
        .iter()
        .partition(|message| message.unreadable().is_some());
    let parsed = |messages: Vec<&Message>| messages.into_iter().map(parsed).collect();
    (parsed(good), parsed(bad))
}

/// Each report is a publish and two writes to the table.
#[test]
fn of_131_071_bad_elements_sixteen_are_reported_and_the_rest_counted() {
    let payload = format!("[{}]", ",".repeat(131_070));
    let (readings, reports) = split("a/batch", &payload);
    assert_eq!((readings.len(), reports.len()), (0, 17));
    for (index, report) in reports[..16].iter().enumerate() {
        assert_eq!(report["index"], index);
        assert!(
            report["reason"]
                .as_str()
                .unwrap()
                .starts_with("not one JSON value")
        );
    }
    assert_eq!(
        reports[16]["reason"],
        "more elements that cannot be read: 131055"
    );
    assert_eq!(reports[16]["index"], 16);
}

/// Each reading is one too.
#[test]
fn of_a_batch_16_384_readings_are_published_and_the_rest_counted() {
    let json =
        |sound: &str, count: usize| format!("[{sound}{}]", format!(",{sound}").repeat(count - 1));
    let cbor = [&[0x9f][..], &[7; 131_070], &[0xff]].concat();
    let bases = r#"{"n":"x","v":1,"bn":"y","bu":"Cel","bv":1}"#;
    let long_base = format!("[{bases}{}]", ",{}".repeat(43_000));
    for (what, topic, payload, readings) in [
        ("as many", "a/batch", json("7", 16_384).into_bytes(), 16_384),
        (
            "one more",
            "a/batch",
            json("7", 16_385).into_bytes(),
            16_385,
        ),
        ("JSON", "a/batch", json("7", 65_535).into_bytes(), 65_535),
        ("CBOR", "a/batch", cbor, 131_070),
        ("SenML", "a/senml", long_base.into_bytes(), 43_001),
    ] {
        let messages = messages(topic, &payload);
        let sound = messages
            .iter()
            .filter(|message| message.unreadable().is_none());
        assert_eq!(sound.count(), 16_384, "{what}");
        let more = readings - 16_384;
        assert_eq!(messages.len(), 16_384 + usize::from(more > 0), "{what}");
        let counted: usize = messages.iter().map(Message::unreadable_elements).sum();
        assert_eq!(counted, more, "{what}");
        if more > 0 {
            let last = parsed(messages.last().unwrap());
            let reason = format!(
                "more elements that cannot be read, or that come after 16,384 readings: {more}"
            );
            assert_eq!(last["reason"], reason, "{what}");
            assert_eq!(
                (&last["index"], &last["data"]),
                (&16_384.into(), &"".into()),
                "{what}"
            );
        }
    }
    // What cannot be read is still reported one by one.
    let (readings, reports) = split("a/batch", &format!("[{}nope,7]", "7,".repeat(16_384)));
    assert_eq!((readings.len(), reports.len()), (16_384, 2));
    assert_eq!(
        (&reports[0]["index"], &reports[1]["index"]),
        (&16_384.into(), &16_385.into())
    );
}

#[test]
fn as_many_as_are_reported_one_by_one_have_no_count() {
    for (bad, reports) in [(1, 1), (16, 16), (17, 17), (18, 17)] {
        let payload = format!("[{}0]", "nope,".repeat(bad));
        let (readings, found) = split("a/batch", &payload);
        assert_eq!((readings.len(), found.len()), (1, reports), "{bad}");
        let last = found.last().unwrap()["reason"].as_str().unwrap();
        assert_eq!(last.starts_with("more elements"), bad > 16, "{bad}: {last}");
    }
}

/// A SenML record after one that cannot be read counts like it.
#[test]
fn every_sound_reading_is_published() {
    for (topic, sound, expected) in [("a/batch", "7", 100), ("a/senml", r#"{"n":"x","v":1}"#, 1)] {
        let payload = format!("[{sound}{}]", format!(",nope,{sound}").repeat(99));
        let (readings, reports) = split(topic, &payload);
        assert_eq!((readings.len(), reports.len()), (expected, 17), "{topic}");
    }
}

/// What is counted has its length, and none of its bytes.
#[test]
fn the_count_names_the_bytes_that_are_not_shown() {
    let payload = format!("[{}]", vec!["nope"; 20].join(","));
    let (_, reports) = split("a/batch", &payload);
    let last = &reports[16];
    assert_eq!((&last["length"], &last["data"]), (&16.into(), &"".into()));
}

#[test]
fn each_report_has_a_key_of_its_own() {
    let payload = format!("[{}]", vec!["nope"; 20].join(","));
    let messages = messages("a/batch", payload.as_bytes());
    let mut keys: Vec<_> = messages.iter().map(Message::key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 17);
}

#[test]
fn the_log_counts_every_element() {
    let payload = format!("[0,{}]", vec!["nope"; 20].join(","));
    let messages = messages("a/batch", payload.as_bytes());
    let count: usize = messages.iter().map(Message::unreadable_elements).sum();
    assert_eq!(count, 20);
}
