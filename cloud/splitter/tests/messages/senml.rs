//! What becomes of SenML records.

use motepost::batch::{Base, Decimal, Pack, Record};
use serde_json::{Value, json};

use crate::{messages, parsed};

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

/// RFC 8428 section 4.6 adds bases to values. A sum that a float cannot hold is no value, and JSON would show it as null.
#[test]
fn a_record_whose_numbers_overflow_is_reported_and_the_next_is_not() {
    for (what, record) in [
        ("time", r#"{"bn":"a","bt":1.7e308,"t":1.7e308,"v":1}"#),
        (
            "negative time",
            r#"{"bn":"a","bt":-1.7e308,"t":-1.7e308,"v":1}"#,
        ),
        ("value", r#"{"bn":"a","bv":1.7e308,"v":1.7e308}"#),
        ("sum", r#"{"bn":"a","bs":1.7e308,"s":1.7e308}"#),
    ] {
        let pack = format!(r#"[{record},{{"bt":0,"bv":0,"bs":0,"v":2}}]"#);
        let messages = messages("a/senml", pack.as_bytes());
        let reason = messages[0].unreadable().expect(what);
        assert_eq!(reason, "with its base a number is too large", "{what}");
        assert_eq!(parsed(&messages[1])["reading"]["v"], 2.0, "{what}");
    }
}

/// Every record after it would get a copy.
#[test]
fn a_long_base_unit_is_reported_and_with_it_the_rest() {
    for (length, is_read) in [(0, true), (100, true), (101, false), (60_000, false)] {
        let unit = "x".repeat(length);
        let pack = format!(r#"[{{"n":"a","v":1}},{{"bn":"b","bu":"{unit}","v":1}},{{"v":2}}]"#);
        let messages = messages("a/senml", pack.as_bytes());
        assert_eq!(messages[0].unreadable(), None, "{length}");
        let reason = (!is_read).then_some("its base unit is longer than 100 bytes");
        assert_eq!(messages[1].unreadable(), reason, "{length}");
        assert_eq!(messages[2].unreadable().is_none(), is_read, "{length}");
    }
}

/// As CBOR may have them, and JSON not.
#[test]
fn a_number_that_is_not_finite_is_reported() {
    for label in [2, 5, 6] {
        for float in [b"\xf9\x7e\x00", b"\xf9\x7c\x00", b"\xf9\xfc\x00"] {
            let record = [b"\x81\xa3\x00\x61a\x03\x61b", [label].as_slice(), float].concat();
            let messages = messages("a/senml", &record);
            let reason = messages[0].unreadable().expect("a reason");
            assert_eq!(reason, "a value that must be a number is not one");
        }
    }
}

fn keys(pack: &str) -> Vec<String> {
    let messages = messages("a/senml", pack.as_bytes());
    let keys = messages.iter().map(|message| message.key().to_owned());
    keys.collect()
}

#[test]
fn the_same_record_in_another_batch_is_a_repeat() {
    let first = keys(r#"[{"n":"x","t":1780000000,"v":1,"u":"Cel"}]"#);
    for again in [
        r#"[{"u":"Cel","v":1,"t":1780000000,"n":"x"}]"#,
        r#"[{"bn":"x","bt":1780000000,"bu":"Cel","v":1}]"#,
        r#"[{"n":"y","t":1780000000,"v":1},{"n":"x","t":1780000000,"v":1,"u":"Cel"}]"#,
    ] {
        assert_eq!(keys(again).last(), first.last(), "{again}");
    }
}

/// Two sensors' values of one name and second are two readings, in whichever batches they come.
#[test]
fn another_content_of_the_same_name_and_time_is_no_repeat() {
    let records = [
        r#"{"n":"x","t":1780000000,"v":1}"#,
        r#"{"n":"x","t":1780000000,"v":2}"#,
        r#"{"n":"x","t":1780000000,"vs":"1"}"#,
        r#"{"n":"x","t":1780000000,"v":1,"u":"Cel"}"#,
        r#"{"n":"x","t":1780000000.5,"v":1}"#,
        r#"{"n":"xy","t":1780000000,"v":1}"#,
    ];
    let mut all: Vec<_> = records
        .iter()
        .flat_map(|record| keys(&format!("[{record}]")))
        .collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), records.len(), "{all:?}");
    assert_eq!(
        keys(&format!("[{}]", records.join(","))).len(),
        records.len()
    );
}

/// A device that measures the same twice in a second has two readings. The pack sent again has the same two.
#[test]
fn equal_records_of_one_batch_are_counted() {
    let pack = r#"[{"bn":"x","bt":1780000000,"v":1},{"v":2},{"v":1}]"#;
    let [one, two, three] = keys(pack).try_into().unwrap();
    assert_ne!(one, two);
    assert_eq!(three, format!("{one}#2"));
    assert_eq!(keys(pack), [one, two, three]);
}
