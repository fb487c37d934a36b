//! CBOR as JSON.

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use crate::{messages, parsed};

/// What becomes of one item.
fn reading(item: &[u8]) -> Value {
    let payload = [&[0x81], item].concat();
    parsed(&messages("a/batch", &payload)[0])["reading"].clone()
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
        assert_eq!(reading(item), *expected, "{item:02x?}");
    }
}

/// An array of 1, the item, and 3.
fn between(item: &[u8]) -> Vec<u8> {
    [b"\x83\x01", item, b"\x03"].concat()
}

/// RFC 8949 section 1.2: what is well-formed has an end, valid or not.
#[test]
fn an_item_that_cannot_be_read_does_not_stop_the_others() {
    let deep = [vec![0x81; 1000], vec![0]].concat();
    let rows: &[(&str, &[u8])] = &[
        ("text that is not UTF-8", b"\x61\xff"),
        ("it in a chunk", b"\x7f\x61\x61\x61\xff\xff"),
        ("it in an array", b"\x82\x01\x61\xff"),
        ("it in an array without a length", b"\x9f\x61\xff\x01\xff"),
        ("it in a map without a length", b"\xbf\x61\xff\x01\xff"),
        (
            "it in arrays of both kinds",
            b"\x82\x9f\x82\x01\x61\xff\xff\x9f\xff",
        ),
        ("it in a tag", b"\xc1\x61\xff"),
        ("a simple value that nothing defines", b"\xe0"),
        ("the last of them", b"\xf8\xff"),
        ("it as a key", b"\xa1\xe0\x01"),
        ("more levels than ciborium reads", &deep),
    ];
    for (what, item) in rows {
        let messages = messages("a/batch", &between(item));
        let [one, bad, three] = messages.as_slice() else {
            panic!("{what}: {messages:?}");
        };
        assert_eq!(parsed(one)["reading"], 1, "{what}");
        assert_eq!(parsed(three)["reading"], 3, "{what}");
        let report = parsed(bad);
        let reason = report["reason"].as_str().unwrap();
        assert!(reason.starts_with("well-formed CBOR"), "{what}: {reason}");
        assert_eq!(report["length"], item.len(), "{what}");
        assert_eq!(report["data"], Base64::encode_string(item), "{what}");
    }
}

/// RFC 8949 appendix F: nobody knows where the next item begins.
#[test]
fn an_item_that_is_not_well_formed_ends_the_batch() {
    let rows: &[(&str, &[u8])] = &[
        ("a reserved length", b"\x1c"),
        ("a break that ends nothing", b"\xff"),
        ("a break in an array with a length", b"\x81\xff"),
        ("a break instead of a value", b"\xbf\x01\xff"),
        ("a break in a tag", b"\x9f\xc1\xff"),
        ("an integer without a length", b"\x1f"),
        ("a tag without a number", b"\xdf\x00"),
        ("a chunk of another kind", b"\x7f\x41\x61\xff"),
        ("a chunk without a length", b"\x5f\x5f\xff\xff"),
        ("a short simple value in two bytes", b"\xf8\x18"),
        (
            "text that is cut off",
            b"\x7b\xff\xff\xff\xff\xff\xff\xff\xff",
        ),
        (
            "an array that is cut off",
            b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        ),
        (
            "a map that is cut off",
            b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
        ),
        ("an argument that is cut off", b"\x1b\x00"),
    ];
    for (what, item) in rows {
        let messages = messages("a/batch", &between(item));
        let [one, bad] = messages.as_slice() else {
            panic!("{what}: {messages:?}");
        };
        assert_eq!(parsed(one)["reading"], 1, "{what}");
        let report = parsed(bad);
        let reason = report["reason"].as_str().unwrap();
        assert!(
            reason.starts_with("not one CBOR data item"),
            "{what}: {reason}"
        );
        assert_eq!(report["length"], item.len() + 1, "{what}");
    }
}

/// RFC 8949 section 6.1.
#[test]
fn a_negative_bignum_is_told_from_a_positive_one() {
    let rows: &[(&[u8], &str)] = &[
        (
            b"\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00",
            "AQAAAAAAAAAA",
        ),
        (
            b"\xc3\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00",
            "~AQAAAAAAAAAA",
        ),
        // Longer than any integer of Rust.
        (
            &[b"\xc2\x58\x20".as_slice(), &[1; 32]].concat(),
            "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",
        ),
        (
            &[b"\xc3\x58\x20".as_slice(), &[1; 32]].concat(),
            "~AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",
        ),
    ];
    for (item, expected) in rows {
        assert_eq!(reading(item), *expected, "{item:02x?}");
    }
    assert_eq!(reading(b"\xc2\x41\x05"), 5);
    assert_eq!(reading(b"\xc3\x41\x05"), -6);
}

/// RFC 8949 section 3.4.5.2: the tag holds for all byte strings in it, but for those in another such tag.
#[test]
fn a_byte_string_is_written_as_its_tag_expects() {
    let rows: &[(&[u8], Value)] = &[
        (b"\xd5\x44\xfb\xff\xfe\x00", json!("-__-AA")),
        (b"\xd6\x44\xfb\xff\xfe\x00", json!("+//+AA==")),
        (b"\xd7\x44\xfb\xff\xfe\x00", json!("FBFFFE00")),
        (
            b"\xd7\x82\x41\xfb\xa1\x61\x61\x41\xfc",
            json!(["FB", {"a": "FC"}]),
        ),
        (b"\xd7\x82\x41\xfb\xd5\x41\xfb", json!(["FB", "-w"])),
        (b"\xd7\xc1\x41\xfb", json!("FB")),
        (b"\xd7\x63abc", json!("abc")),
    ];
    for (item, expected) in rows {
        assert_eq!(reading(item), *expected, "{item:02x?}");
    }
}

/// RFC 8949 section 6.1: a substitute value.
#[test]
fn what_json_has_nothing_for_becomes_null() {
    for item in [
        b"\xf7".as_slice(),
        b"\xf9\x7e\x00",
        b"\xf9\x7c\x00",
        b"\xfa\xff\x80\x00\x00",
        b"\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00",
    ] {
        assert_eq!(reading(item), Value::Null, "{item:02x?}");
    }
}

#[test]
fn a_map_that_json_has_no_keys_for_is_reported() {
    let rows: &[(&[u8], &str)] = &[
        (b"\xa1\x41\x61\x01", "a map has a key that is neither"),
        (b"\xa1\xf5\x01", "a map has a key that is neither"),
        (b"\xa2\x01\x01\x61\x31\x02", "a map has the same key twice"),
        (b"\xc2\x01", "a bignum is not a byte string"),
    ];
    for (item, expected) in rows {
        let messages = messages("a/batch", &between(item));
        assert_eq!(messages.len(), 3);
        let reason = messages[1].unreadable().unwrap();
        assert!(reason.starts_with(expected), "{item:02x?}: {reason}");
    }
}
