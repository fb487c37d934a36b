//! What is saved of a malformed batch, and what is reported.

use crate::{messages, parsed};

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
            &["there is something after"],
        ),
        (
            "a/batch",
            json("[1][2]"),
            &["1"],
            &["there is something after"],
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
            &["its number is already in this batch"],
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
            &["there is something after"],
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
            &["3"],
            &["well-formed CBOR that cannot be read"],
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
