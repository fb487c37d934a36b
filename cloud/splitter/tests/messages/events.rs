//! What the function is invoked with.

use base64ct::{Base64, Encoding};
use motepost_splitter::Batch;
use serde_json::{Value, json};

use crate::event;

#[test]
fn an_event_that_is_no_batch_is_refused_entire() {
    let sound = event("a/batch", b"[1]");
    assert!(Batch::read(&sound).is_ok());
    let with = |name: &str, value: Value| {
        let mut event = sound.clone();
        event[name] = value;
        event
    };
    let payload = |bytes: &[u8]| with("data", Base64::encode_string(bytes).into());
    let topic = "the topic is not <id>/batch, <id>/batch/<epoch> or <id>/senml";
    let rows = [
        (json!({}), "the event is not of the rule's statement"),
        (json!([1]), "the event is not of the rule's statement"),
        (with("data", json!(7)), "the event is not"),
        (with("received", json!("now")), "the event is not"),
        (with("data", json!("W#")), "data is not base64"),
        (with("topic", json!("a")), topic),
        (with("topic", json!("a/readings")), topic),
        (with("topic", json!("/batch")), topic),
        (with("topic", json!("a/batch/")), topic),
        (with("topic", json!("a/batch/x")), topic),
        (with("topic", json!("a/batch/+7")), topic),
        (with("topic", json!("a/batch/4294967296")), topic),
        (with("topic", json!("a/batch/7/8")), topic),
        (with("topic", json!("a/senml/7")), topic),
        (with("topic", json!("a+/batch")), topic),
        (payload(b""), "the payload begins neither"),
        (payload(b"{\"a\":1}"), "the payload begins neither"),
        (payload(b"\xa1\x01\x02"), "the payload begins neither"),
        (payload(b"\x9c"), "the payload begins neither"),
        (payload(b"hello"), "the payload begins neither"),
    ];
    for (event, expected) in rows {
        let error = Batch::read(&event).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{event}: {error}");
    }
}
