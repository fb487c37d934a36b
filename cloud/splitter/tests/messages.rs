//! What becomes of a batch: the elements that are readings, and those that are not.

mod support;

use base64ct::{Base64, Encoding};
use motepost::batch::{Base, Batch as Writer, Decimal, Pack, Record};
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
    assert_eq!(
        keys("a/senml", absolute),
        ["a/x@1780000000", "a/x@1780000000#2", "a/x@1780000060"]
    );
    // Without a clock nothing tells it from another.
    assert_eq!(
        keys("a/senml", br#"[{"n":"x","v":1,"t":-60}]"#),
        ["a/1790000000000-c0cabda3/0"]
    );
}

/// The records of RFC 8428 section 5.1.3 and 5.1.4 and what its section 5.1.4 resolves them to, and CBOR.
#[test]
fn senml_is_resolved() {
    let resolved = |payload: &[u8]| -> Vec<Value> {
        let messages = messages("a/senml", payload);
        messages
            .iter()
            .map(|message| parsed(message)["reading"].clone())
            .collect()
    };
    let pack = br#"[
        {"bn":"urn:dev:ow:10e2073a01080063:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},
        {"n":"current","t":-5,"v":1.2},
        {"n":"current","t":-4,"v":1.3},
        {"bv":100,"bs":7,"bu":"m3","bn":"urn:x:","n":"water","v":1.5,"s":1},
        {"n":"text","vs":"open"},
        {"n":"bool","vb":false},
        {"n":"base"}
    ]"#;
    let name = |name: &str| format!("urn:dev:ow:10e2073a01080063:{name}");
    assert_eq!(
        resolved(pack),
        [
            json!({"n": name("voltage"), "u": "V", "v": 120.1, "t": 1_276_020_076.001}),
            json!({"n": name("current"), "u": "A", "v": 1.2, "t": 1_276_020_071.001}),
            json!({"n": name("current"), "u": "A", "v": 1.3, "t": 1_276_020_072.001}),
            json!({"n": "urn:x:water", "u": "m3", "v": 101.5, "s": 8.0, "t": 1_276_020_076.001}),
            json!({"n": "urn:x:text", "u": "m3", "vs": "open", "s": 7.0, "t": 1_276_020_076.001}),
            json!({"n": "urn:x:bool", "u": "m3", "vb": false, "s": 7.0, "t": 1_276_020_076.001}),
            json!({"n": "urn:x:base", "u": "m3", "v": 100.0, "s": 7.0, "t": 1_276_020_076.001}),
        ]
    );
    let mut room = [0; 256];
    let mut pack = Pack::cbor(&mut room, Base::new().name("m:").time(1_780_000_000)).unwrap();
    let record = Record::new("temp", Decimal::new(215, 1)).unit("Cel");
    pack.push(&record).unwrap();
    pack.push(&record.time(Decimal::new(5, 1))).unwrap();
    let celsius = |time: f64| json!({"n": "m:temp", "u": "Cel", "v": 21.5, "t": time});
    assert_eq!(
        resolved(pack.as_bytes()),
        [celsius(1_780_000_000.0), celsius(1_780_000_000.5)]
    );
}

/// RFC 8949 section 6.1.
#[test]
fn cbor_becomes_json() {
    let rows: &[(&[u8], Value)] = &[
        (b"\x18\x64", json!(100)),
        (b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", json!(u64::MAX)),
        (b"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff", json!(i64::MIN)),
        (b"\xf5", json!(true)),
        (b"\xf6", json!(null)),
        (b"\xf9\x3e\x00", json!(1.5)),
        (b"\xf9\x7e\x00", json!(null)),
        (b"\x62\xc3\xa4", json!("\u{e4}")),
        (b"\x43\xfb\xff\xfe", json!("-__-")),
        (b"\xc4\x82\x20\x18\xd7", json!(21.5)),
        (b"\xc1\x1a\x51\x4b\x67\xb0", json!(1_363_896_240)),
        (b"\x82\x01\x80", json!([1, []])),
        (b"\xbf\x61\x61\x01\x20\x02\xff", json!({"a": 1, "-1": 2})),
    ];
    for (item, expected) in rows {
        let payload = [&[0x81], *item].concat();
        let message = &messages("a/batch", &payload)[0];
        assert_eq!(parsed(message)["reading"], *expected, "{item:02x?}");
    }
}

/// One row: the topic, the payload, the readings that come through, and why the others do not.
type Row = (
    &'static str,
    Vec<u8>,
    &'static [&'static str],
    &'static [&'static str],
);

#[test]
fn forty_malformed_batches_and_what_is_saved_of_each() {
    const NUMBERED: &str = "a/batch/7";
    const NOT_JSON: &str = "not one JSON value";
    const CUT: &str = "the array does not end";
    const LOST: &str = "a record before it";
    let json = |text: &str| text.as_bytes().to_vec();
    let rows: Vec<Row> = vec![
        ("a/batch", json("[1,nope,3]"), &["1", "3"], &[NOT_JSON]),
        ("a/batch", json("[1,,3]"), &["1", "3"], &[NOT_JSON]),
        ("a/batch", json("[1,]"), &["1"], &[NOT_JSON]),
        ("a/batch", json("[,1]"), &["1"], &[NOT_JSON]),
        ("a/batch", json("[1 2,3]"), &["3"], &[NOT_JSON]),
        ("a/batch", json("[01,3]"), &["3"], &[NOT_JSON]),
        ("a/batch", json("[1.,3]"), &["3"], &[NOT_JSON]),
        ("a/batch", json("[+1,NaN,3]"), &["3"], &[NOT_JSON, NOT_JSON]),
        ("a/batch", json(r#"['x',3]"#), &["3"], &[NOT_JSON]),
        ("a/batch", json("[\"\u{1}\",3]"), &["3"], &[NOT_JSON]),
        ("a/batch", json(r#"["\x",3]"#), &["3"], &[NOT_JSON]),
        ("a/batch", b"[\"\xff\",3]".to_vec(), &["3"], &[NOT_JSON]),
        ("a/batch", json(r#"[{"c":1,},3]"#), &["3"], &[NOT_JSON]),
        ("a/batch", json(r#"[{c:1},3]"#), &["3"], &[NOT_JSON]),
        (
            "a/batch",
            json(r#"[{"c":},{"c":2}]"#),
            &[r#"{"c":2}"#],
            &[NOT_JSON],
        ),
        ("a/batch", json(r#"[[1,{"a":[}],3]"#), &[], &[CUT]),
        ("a/batch", json("[1,2"), &["1"], &[CUT]),
        ("a/batch", json("[1,"), &["1"], &[CUT]),
        ("a/batch", json("["), &[], &[CUT]),
        ("a/batch", json(r#"[1,"2]"#), &["1"], &[CUT]),
        ("a/batch", json(r#"[1,{"c":2]"#), &["1"], &[CUT]),
        (
            "a/batch",
            json("[1]]"),
            &["1"],
            &["there is something behind"],
        ),
        (
            "a/batch",
            json("[1][2]"),
            &["1"],
            &["there is something behind"],
        ),
        ("a/batch", json("[1}"), &["1"], &["the array ends with }"]),
        (
            NUMBERED,
            json("[1,[2,0]]"),
            &["0"],
            &["not [number, reading]"],
        ),
        (
            NUMBERED,
            json("[[1],[2,0]]"),
            &["0"],
            &["not two or three values"],
        ),
        (
            NUMBERED,
            json("[[1,2,3,4],[2,0]]"),
            &["0"],
            &["not two or three values"],
        ),
        (
            NUMBERED,
            json(r#"[["1",9],[-1,9],[4294967296,9],[1.5,9],[2,0]]"#),
            &["0"],
            &[
                "its number is not",
                "its number is not",
                "its number is not",
                "its number is not",
            ],
        ),
        (
            NUMBERED,
            json("[[1,9],[1,8],[2,0]]"),
            &["9", "0"],
            &["its number stands in this batch"],
        ),
        (
            NUMBERED,
            json(r#"[[1,"now",9],[2,0]]"#),
            &["0"],
            &["its time is not a number"],
        ),
        (
            NUMBERED,
            json(r#"[{"n":1,"r":9},[2,0]]"#),
            &["0"],
            &["not [number, reading]"],
        ),
        (
            "a/batch",
            b"\x83\x01\xfc\x03".to_vec(),
            &["1"],
            &["not one CBOR data item"],
        ),
        (
            "a/batch",
            b"\x83\x01\x02".to_vec(),
            &["1", "2"],
            &["not one CBOR data item"],
        ),
        (
            "a/batch",
            b"\x9f\x01".to_vec(),
            &["1"],
            &["not one CBOR data item"],
        ),
        (
            "a/batch",
            b"\x81\x01\x02".to_vec(),
            &["1"],
            &["there is something behind"],
        ),
        (
            "a/batch",
            b"\x9a\x00\x00".to_vec(),
            &[],
            &["the head of the array"],
        ),
        (
            "a/batch",
            b"\x83\x01\xa1\x80\x02\x03".to_vec(),
            &["1", "3"],
            &["a map has a key that"],
        ),
        (
            "a/batch",
            b"\x82\xa2\x61\x61\x01\x61\x61\x02\x03".to_vec(),
            &["3"],
            &["a map has the same key"],
        ),
        (
            "a/batch",
            b"\x82\xc4\x81\x01\x03".to_vec(),
            &["3"],
            &["a decimal fraction is not"],
        ),
        (
            "a/batch",
            b"\x82\x61\xff\x03".to_vec(),
            &[],
            &["not one CBOR data item"],
        ),
        (
            NUMBERED,
            b"\x82\x82\x01\x09\x82\x61\x31\x09".to_vec(),
            &["9"],
            &["its number is not"],
        ),
        (
            "a/senml",
            json(r#"[{"n":"x","v":1,"t":1},nope,{"n":"x","v":2}]"#),
            &["*"],
            &[NOT_JSON, LOST],
        ),
        (
            "a/senml",
            json(r#"[{"n":"x","v":1},{"v":2},{"n":"y","v":3}]"#),
            &["*", "*"],
            &["it has no name"],
        ),
        (
            "a/senml",
            json(r#"[{"n":"x","v":"1"},{"n":"y","v":3}]"#),
            &["*"],
            &["a value that must be a number is not one"],
        ),
        (
            "a/senml",
            json(r#"[{"n":"x"},{"n":"y","v":3}]"#),
            &["*"],
            &["it has no value"],
        ),
        (
            "a/senml",
            json(r#"[{"bver":11,"n":"x","v":1},{"n":"y","v":3}]"#),
            &[],
            &["it is of a later version", LOST],
        ),
        (
            "a/senml",
            json(r#"[{"n":"x","v":1,"z_":1},{"n":"y","v":3}]"#),
            &[],
            &["it has a label", LOST],
        ),
        (
            "a/senml",
            json(r#"[{"bn":1,"n":"x","v":1},{"n":"y","v":3}"#),
            &[],
            &["a value that must be text is not", CUT],
        ),
    ];
    assert!(rows.len() >= 40);
    for (topic, payload, readings, reasons) in rows {
        let shown = String::from_utf8_lossy(&payload).into_owned();
        let messages = messages(topic, &payload);
        let (bad, good): (Vec<_>, Vec<_>) = messages
            .iter()
            .partition(|message| message.unreadable().is_some());
        assert_eq!(good.len(), readings.len(), "{shown}: {good:?}");
        for (message, expected) in good.iter().zip(readings) {
            let payload = parsed(message);
            assert!(
                *expected == "*" || format!("{}", payload["reading"]) == *expected,
                "{shown}: {payload}"
            );
        }
        assert_eq!(bad.len(), reasons.len(), "{shown}: {bad:?}");
        for (message, expected) in bad.iter().zip(reasons) {
            let report = parsed(message);
            assert_eq!(message.topic(), "a/unreadable");
            let reason = report["reason"].as_str().unwrap();
            assert!(reason.starts_with(expected), "{shown}: {reason}");
        }
    }
}

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
