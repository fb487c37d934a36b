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

/// As the queue's message has it, with the time of AWS's clock.
const SENT: u64 = 1_790_000_123_456;

/// A message of the queue as `aws sqs receive-message` shows it (Amazon SQS API Reference, "Message").
fn queued(body: &Value) -> Value {
    json!({
        "MessageId": "19dd0b57-b21e-4ac1-bd88-01bbb068cb78",
        "ReceiptHandle": "MbZj6wDWli+JvwwJaBV+3dcjk2YW2vA3",
        "MD5OfBody": "098f6bcd4621d373cade4e832627b4f6",
        "Body": body.to_string(),
        "Attributes": {"SentTimestamp": SENT.to_string()},
    })
}

/// Lambda's record of a failed invocation (AWS Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations").
fn record(event: &Value) -> Value {
    json!({
        "version": "1.0",
        "timestamp": "2026-09-21T14:13:25.651Z",
        "requestContext": {
            "requestId": "c2a6f2ae-7dbb-4d22-8782-d0485c9877e2",
            "functionArn": "arn:aws:lambda:eu-central-1:123456789012:function:splitter:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "Error", "errorMessage": "3 not published: the table"},
    })
}

/// What the rule's error action sends (AWS IoT Developer Guide, "Error handling (error action)").
fn rule_error(topic: &str, payload: &[u8]) -> Value {
    json!({
        "ruleName": "readings",
        "topic": topic,
        "cloudwatchTraceId": "7e146a2c-95b5-6caf-98b9-50e3969734c7",
        "clientId": "n/a",
        "base64OriginalPayload": Base64::encode_string(payload),
        "failures": [{
            "failedAction": "LambdaAction",
            "failedResource": "arn:aws:lambda:eu-central-1:123456789012:function:splitter",
            "errorMessage": "Failed to invoke lambda function.",
        }],
    })
}

/// The keys and payloads of what an event becomes, and its identity.
fn outcome(event: &Value) -> (String, Vec<(String, String)>) {
    let batch = Batch::read(event).unwrap_or_else(|error| panic!("{event}: {error}"));
    let messages = batch.messages();
    let messages = messages
        .iter()
        .map(|message| (message.key().to_owned(), message.payload(false)));
    (batch.event().to_owned(), messages.collect())
}

/// With the same identity, so that what was published is not published again.
#[test]
fn an_event_from_the_queue_is_the_event_that_failed() {
    for (topic, payload) in [
        ("a/batch", "[1,nope,3]"),
        ("a/batch/7", "[[1,-60,0]]"),
        ("a/senml", r#"[{"n":"x","t":-60,"v":1}]"#),
    ] {
        let failed = event(topic, payload.as_bytes());
        let expected = outcome(&failed);
        for (what, sent) in [
            ("Lambda's record", record(&failed)),
            ("the queue's message", queued(&record(&failed))),
            ("the event in a message", queued(&failed)),
            (
                "a message that failed again",
                queued(&record(&queued(&record(&failed)))),
            ),
        ] {
            assert_eq!(outcome(&sent), expected, "{topic}: {what}");
        }
    }
}

/// It was never an event. Its time is when the queue got it, right after the rule.
#[test]
fn what_the_rule_could_not_hand_over_is_read_from_its_error_message() {
    let payload = b"[[1,-60,0]]";
    let mut expected = event("a/batch/7", payload);
    expected["received"] = SENT.into();
    let expected = outcome(&expected);
    for topic in ["a/batch/7", "$aws/rules/readings/a/batch/7"] {
        let error = rule_error(topic, payload);
        for (what, sent) in [
            ("the queue's message", queued(&error)),
            (
                "a message that failed again",
                queued(&record(&queued(&error))),
            ),
        ] {
            assert_eq!(outcome(&sent), expected, "{topic}: {what}");
        }
    }
}

#[test]
fn a_message_of_the_queue_that_holds_no_batch_is_refused() {
    let error = rule_error("a/batch", b"[1]");
    let mut timeless = queued(&error);
    timeless["Attributes"] = json!({});
    let mut text = queued(&json!({}));
    text["Body"] = "hello".into();
    let no_time = "the rule's error message has no time";
    let no_event = "the event is not of the rule's statement";
    for (sent, expected) in [
        (error.clone(), no_time),
        (timeless, no_time),
        (text, no_event),
        (queued(&json!({})), no_event),
        (record(&Value::Null), no_event),
        (json!({"requestPayload": record(&json!([1]))}), no_event),
        (
            queued(&rule_error("$aws/rules/other/a/batch", b"[1]")),
            "the topic is not",
        ),
        (
            queued(&rule_error("a/batch", b"hello")),
            "the payload begins neither",
        ),
    ] {
        let error = Batch::read(&sent).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{sent}: {error}");
    }
}
