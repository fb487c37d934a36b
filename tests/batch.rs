//! Batches: arrays that grow in the caller's room. What other readers make of them is in `tests/readings`.

use motepost::batch::{Base, Batch, Decimal, MAX_DEPTH, Pack, Record};
use motepost::{EncodeError, Exchange, Field, Publish, Reason, Step};

type Begin = for<'b> fn(&'b mut [u8]) -> Result<Batch<'b>, EncodeError>;

const KINDS: [(&str, Begin); 4] = [
    ("json", |room| Batch::json(room)),
    ("json as is", |room| Batch::json_as_is(room)),
    ("cbor", |room| Batch::cbor(room)),
    ("cbor as is", |room| Batch::cbor_as_is(room)),
];

fn is_json(kind: &str) -> bool {
    kind.starts_with("json")
}

/// The array of some values, by hand.
fn array(kind: &str, values: &[&[u8]]) -> Vec<u8> {
    if is_json(kind) {
        [&b"["[..], &values.join(&b','), b"]"].concat()
    } else {
        [&b"\x9f"[..], &values.concat(), b"\xff"].concat()
    }
}

fn values_of(kind: &str) -> [&'static [u8]; 5] {
    if is_json(kind) {
        [b"7", b"\"a\"", b"21", b"{}", b"[1,2,3]"]
    } else {
        [b"\x07", b"\x61a", b"\x18\x21", b"\xa0", b"\x83\x01\x02\x03"]
    }
}

const fn refused(field: Field, reason: Reason) -> EncodeError {
    EncodeError::Refused { field, reason }
}

const fn too_small(needed: usize) -> EncodeError {
    EncodeError::BufferTooSmall { needed }
}

#[test]
fn every_size_of_room_gives_a_complete_array_or_a_refusal() {
    for (kind, begin) in KINDS {
        let values = values_of(kind);
        let longest = array(kind, &values).len();
        for size in 0..=longest + 1 {
            // What is behind the room is not touched.
            let mut memory = vec![0xa5; size + 8];
            let (room, behind) = memory.split_at_mut(size);
            match begin(room) {
                Err(error) => {
                    assert!(size < 2, "{kind} in {size}");
                    assert_eq!(error, too_small(2), "{kind} in {size}");
                }
                Ok(mut batch) => {
                    let mut taken = Vec::new();
                    assert_eq!(batch.as_bytes(), array(kind, &taken));
                    for value in values {
                        let whole = array(kind, &[&taken[..], &[value]].concat());
                        let pushed = batch.push(value);
                        if whole.len() <= size {
                            assert_eq!(pushed, Ok(()), "{kind} in {size}");
                            taken.push(value);
                        } else {
                            assert_eq!(pushed, Err(too_small(whole.len())), "{kind} in {size}");
                        }
                        assert_eq!(batch.as_bytes(), array(kind, &taken), "{kind} in {size}");
                        assert_eq!(batch.is_empty(), taken.is_empty());
                    }
                    assert_eq!(batch.finish(), array(kind, &taken).len());
                }
            }
            assert_eq!(behind, [0xa5; 8], "{kind} in {size}");
        }
    }
}

#[test]
fn a_value_that_does_not_fit_leaves_room_for_a_shorter_one() {
    let mut room = [0; 8];
    let mut batch = Batch::json(&mut room).unwrap();
    batch.push(b"100").unwrap();
    assert_eq!(batch.push(b"2000"), Err(too_small(10)));
    batch.push(b"30").unwrap();
    assert_eq!(batch.as_bytes(), b"[100,30]");
}

#[test]
fn a_refused_value_leaves_the_batch_as_it_was() {
    for (kind, begin) in KINDS {
        let mut room = [0; 32];
        let mut batch = begin(&mut room).unwrap();
        let [first, second, ..] = values_of(kind);
        batch.push(first).unwrap();
        let missing = refused(Field::Reading, Reason::Missing);
        assert_eq!(batch.push(b""), Err(missing), "{kind}");
        // Two values, in JSON and in CBOR.
        let two = if is_json(kind) {
            &b"1 2"[..]
        } else {
            b"\x01\x02"
        };
        if !kind.ends_with("as is") {
            let no_value = refused(Field::Reading, Reason::NotOneValue);
            assert_eq!(batch.push(two), Err(no_value), "{kind}");
        }
        assert_eq!(batch.as_bytes(), array(kind, &[first]), "{kind}");
        batch.push(second).unwrap();
        assert_eq!(batch.as_bytes(), array(kind, &[first, second]), "{kind}");
    }
}

#[test]
fn values_that_are_taken_as_they_are_are_not_looked_at() {
    let mut room = [0; 8];
    let mut batch = Batch::json_as_is(&mut room).unwrap();
    batch.push(b"no,").unwrap();
    assert_eq!(batch.as_bytes(), b"[no,]");
}

fn json(text: &[u8]) -> Option<Reason> {
    reason(text, |room| Batch::json(room))
}

fn cbor(item: &[u8]) -> Option<Reason> {
    reason(item, |room| Batch::cbor(room))
}

/// Why a batch refuses a value.
fn reason(value: &[u8], begin: Begin) -> Option<Reason> {
    let mut room = vec![0; value.len() + 2];
    let mut batch = begin(&mut room).unwrap();
    match batch.push(value) {
        Ok(()) => None,
        Err(EncodeError::Refused {
            field: Field::Reading,
            reason,
        }) => Some(reason),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn json_values_are_taken() {
    for text in [
        // RFC 8259 section 3.
        "true",
        "false",
        "null",
        // Section 2: blanks around the structure.
        " 1\n",
        "\t[\r1 , 2\n]\t",
        "{ \"a\" : { } , \"b\" : [ ] }",
        // Section 6.
        "0",
        "-0",
        "10",
        "-1",
        "1.5",
        "0.25",
        "-0.0",
        "1e5",
        "1E+5",
        "1e-05",
        "1.25e0",
        "123456789012345678901234567890",
        // Section 7.
        "\"\"",
        "\"a\"",
        "\"\u{7f}\"",
        r#""\"\\\/\b\f\n\r\t""#,
        r#""\u00e9\uABCD""#,
        "\"é€😀\"",
        "\"\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}\"",
        // RFC 8259 section 8.2 leaves half a pair to the reader.
        r#""\ud800""#,
        // Sections 4 and 5.
        "[]",
        "{}",
        "[[],{}]",
        r#"{"":0}"#,
        r#"{"a":1,"a":2}"#,
        r#"[{"a":[1,{"b":"]}"}]},"c"]"#,
    ] {
        assert_eq!(json(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn what_is_no_json_value_is_refused() {
    for text in [
        &b" "[..],
        b"1 2",
        b"1,2",
        b"1]",
        b"]",
        b"}",
        b",",
        b":",
        b"[1}",
        b"{]",
        b"{\"a\":1]",
        b"[1",
        b"[",
        b"{",
        b"[,]",
        b"[1,]",
        b"[1,,2]",
        b"[1 2]",
        b"{\"a\"}",
        b"{\"a\":}",
        b"{\"a\":1,}",
        b"{,}",
        b"{1:2}",
        b"{a:1}",
        b"{\"a\" 1}",
        b"{\"a\":1 \"b\":2}",
        b"{\"a\":1,\"b\"}",
        b"{\"a\":1,2}",
        b"tru",
        b"trux",
        b"truee",
        b"True",
        b"nul",
        b"nulll",
        b"fals",
        b"NaN",
        b"Infinity",
        b"undefined",
        b"'a'",
        b"-",
        b"+1",
        b"01",
        b"00",
        b"-01",
        b"1.",
        b".5",
        b"1.e5",
        b"1e",
        b"1e+",
        b"1ee5",
        b"1.5.5",
        b"0x10",
        b"1_000",
        b"- 1",
        b"1e5.",
        b"--1",
        b"\"",
        b"\"a",
        b"\"\\\"",
        b"\"\\x\"",
        b"\"\\u12\"",
        b"\"\\u12g4\"",
        b"\"\\u\"",
        b"\"\n\"",
        b"\"\x00\"",
        b"\"\x1f\"",
        b"\"a\"b\"",
        b"\"\\",
        b"\"\\u1234",
        // A byte that is no blank, and NUL at the end.
        b"\x0b1",
        b"\xef\xbb\xbf1",
        b"1\x00",
        b"\x001",
        b"// 1",
        b"1 /* */",
        // Section 8.1: no UTF-8.
        b"\"\x80\"",
        b"\"\xc3\"",
        b"\"\xc0\xaf\"",
        b"\"\xe0\x80\xaf\"",
        b"\"\xed\xa0\x80\"",
        b"\"\xf4\x90\x80\x80\"",
        b"\"\xf0\x80\x80\x80\"",
        b"\"\xff\"",
        b"\"\xe2\x82\"",
        b"\"\xc3\\n\"",
        b"\xc3\xa9",
    ] {
        let shown = String::from_utf8_lossy(text);
        assert_eq!(json(text), Some(Reason::NotOneValue), "{shown:?}");
    }
}

#[test]
fn json_may_be_so_deep_and_no_deeper() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"b\":", "}]")] {
        let levels = if open.starts_with("[{") {
            MAX_DEPTH / 2
        } else {
            MAX_DEPTH
        };
        let nested = |levels: usize| format!("{}1{}", open.repeat(levels), close.repeat(levels));
        assert_eq!(json(nested(levels).as_bytes()), None);
        assert_eq!(json(nested(levels + 1).as_bytes()), Some(Reason::TooDeep));
    }
    // One that was closed counts no longer.
    let in_a_row = format!("[{}1]", "[[1]],{\"a\":{}},".repeat(40));
    assert_eq!(json(in_a_row.as_bytes()), None);
}

#[test]
fn cbor_items_are_taken() {
    for (what, item) in CBOR_ITEMS {
        assert_eq!(cbor(item), None, "{what}");
    }
}

/// RFC 8949 appendix A, and forms that are longer than they need to be.
const CBOR_ITEMS: &[(&str, &[u8])] = &[
    ("0", &[0]),
    ("23", &[0x17]),
    ("24", &[0x18, 24]),
    ("1000", &[0x19, 3, 0xe8]),
    ("1000000", &[0x1a, 0, 0x0f, 0x42, 0x40]),
    ("2^64 - 1", &[0x1b, 255, 255, 255, 255, 255, 255, 255, 255]),
    ("-1", &[0x20]),
    ("-2^64", &[0x3b, 255, 255, 255, 255, 255, 255, 255, 255]),
    ("1.0 in half precision", &[0xf9, 0x3c, 0]),
    ("100000.0", &[0xfa, 0x47, 0xc3, 0x50, 0]),
    (
        "1.1",
        &[0xfb, 0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a],
    ),
    ("false", &[0xf4]),
    ("undefined", &[0xf7]),
    ("simple(16)", &[0xf0]),
    ("simple(32)", &[0xf8, 32]),
    ("simple(255)", &[0xf8, 255]),
    ("a tag", &[0xc1, 0x1a, 0x51, 0x4b, 0x67, 0xb0]),
    ("two tags", &[0xd9, 0xd9, 0xf7, 0xd8, 32, 0x61, b'a']),
    ("h''", &[0x40]),
    ("h'0102'", &[0x42, 1, 2]),
    ("text", &[0x63, 0xe6, 0xb0, 0xb4]),
    (
        "text whose length has eight bytes",
        &[0x7b, 0, 0, 0, 0, 0, 0, 0, 1, b'a'],
    ),
    ("text that is no UTF-8 is well-formed", &[0x61, 0xff]),
    ("[]", &[0x80]),
    ("[1, [2, 3], [4, 5]]", &[0x83, 1, 0x82, 2, 3, 0x82, 4, 5]),
    ("{1: 2, 3: 4}", &[0xa2, 1, 2, 3, 4]),
    ("{[]: {}}", &[0xa1, 0x80, 0xa0]),
    ("chunks", &[0x5f, 0x42, 1, 2, 0x40, 0x43, 3, 4, 5, 0xff]),
    ("no chunks", &[0x7f, 0xff]),
    ("[_ ]", &[0x9f, 0xff]),
    (
        "[_ 1, [2, 3], [_ 4, 5]]",
        &[0x9f, 1, 0x82, 2, 3, 0x9f, 4, 5, 0xff, 0xff],
    ),
    ("[1, [_ 2]]", &[0x82, 1, 0x9f, 2, 0xff]),
    ("{_ }", &[0xbf, 0xff]),
    ("{_ 1: 2, 3: [_ ]}", &[0xbf, 1, 2, 3, 0x9f, 0xff, 0xff]),
    (
        "a tagged array without a length",
        &[0xc1, 0x9f, 0xc1, 1, 0xff],
    ),
];

#[test]
fn what_is_no_cbor_item_is_refused() {
    let mut rows: Vec<(&str, Vec<u8>)> = vec![
        ("two items", vec![0, 0]),
        ("a break", vec![0xff]),
        ("a break in an array with a length", vec![0x81, 0xff]),
        ("a break in a map with a length", vec![0xa1, 1, 0xff]),
        ("a break after a key", vec![0xbf, 1, 0xff]),
        ("a break after the second key", vec![0xbf, 1, 2, 3, 0xff]),
        ("a break after a tag", vec![0x9f, 0xc1, 0xff]),
        ("two breaks", vec![0x9f, 0xff, 0xff]),
        (
            "a break that ends an outer array",
            vec![0x9f, 0x81, 0xff, 0xff],
        ),
        ("a tag of nothing", vec![0xc1]),
        ("simple(31) in two bytes", vec![0xf8, 31]),
        ("simple(0) in two bytes", vec![0xf8, 0]),
        ("chunks of another type", vec![0x5f, 0x61, b'a', 0xff]),
        ("chunks without a length", vec![0x5f, 0x5f, 0xff, 0xff]),
        ("a number among chunks", vec![0x7f, 1, 0xff]),
        ("more bytes than there are", vec![0x42, 1]),
        (
            "more bytes than memory",
            vec![0x5b, 255, 255, 255, 255, 255, 255, 255, 255, 1],
        ),
        ("more items than there are", vec![0x82, 1]),
        (
            "more items than memory",
            vec![0x9b, 255, 255, 255, 255, 255, 255, 255, 255, 1],
        ),
        (
            "half of more pairs than memory",
            vec![0xbb, 128, 0, 0, 0, 0, 0, 0, 0, 1],
        ),
        (
            "as many items as a mark",
            vec![0x9b, 255, 255, 255, 255, 255, 255, 255, 254, 1, 255],
        ),
        ("half a pair", vec![0xa1, 1]),
    ];
    for major in 0..8 {
        for info in 28..31 {
            for more in [0, 1, 8] {
                let item = [vec![major << 5 | info], vec![0; more]].concat();
                rows.push(("reserved", item));
            }
        }
    }
    for major in [0, 1, 6] {
        for more in [&[][..], &[0], &[0xff], &[0, 0xff]] {
            let item = [&[major << 5 | 31], more].concat();
            rows.push(("no length", item));
        }
    }
    // Each item that is cut.
    for (what, item) in CBOR_ITEMS {
        for len in 1..item.len() {
            rows.push((what, item[..len].to_vec()));
        }
        rows.push((what, [item, &[0][..]].concat()));
    }
    for (what, item) in rows {
        assert_eq!(
            cbor(&item),
            Some(Reason::NotOneValue),
            "{what}: {item:02x?}"
        );
    }
}

#[test]
fn a_cbor_length_has_two_or_four_bytes_where_it_needs_them() {
    for (head, len) in [
        (&[0x58, 255][..], 255),
        (&[0x59, 1, 0], 256),
        (&[0x59, 0x12, 0x34], 0x1234),
        (&[0x59, 255, 255], 65_535),
        (&[0x5a, 0, 1, 0, 0], 65_536),
        (&[0x5a, 0, 1, 0x11, 0x70], 70_000),
    ] {
        let item = |len: usize| [head, &vec![7; len]].concat();
        assert_eq!(cbor(&item(len)), None, "{len}");
        for wrong in [len - 1, len + 1] {
            let reason = cbor(&item(wrong));
            assert_eq!(reason, Some(Reason::NotOneValue), "{wrong} for {len}");
        }
    }
}

#[test]
fn cbor_may_be_so_deep_and_no_deeper() {
    for open in [&[0x81][..], &[0xa1, 0], &[0x9f], &[0xbf, 0]] {
        let nested = |levels: usize| {
            let is_open_ended = open[0] & 31 == 31;
            let ends = if is_open_ended { levels } else { 0 };
            [open.repeat(levels), vec![1], vec![0xff; ends]].concat()
        };
        assert_eq!(cbor(&nested(MAX_DEPTH)), None, "{open:02x?}");
        let too_deep = cbor(&nested(MAX_DEPTH + 1));
        assert_eq!(too_deep, Some(Reason::TooDeep), "{open:02x?}");
    }
    // One that was closed counts no longer, and tags are no levels.
    let in_a_row = [&[0x98, 40][..], &[0x81, 0x81, 1].repeat(40)].concat();
    assert_eq!(cbor(&in_a_row), None);
    assert_eq!(cbor(&[vec![0xc1; 100], vec![1]].concat()), None);
}

#[test]
fn a_batch_is_composed_in_the_buffer_of_its_request() {
    let publish = Publish::new("host.example", "uniqueID/batch", b"");
    let smallest = publish.head_len().unwrap();
    for size in smallest..smallest + 40 {
        let mut buffer = vec![0; size];
        let mut count = 0;
        let composed = publish.compose(&mut buffer, |room| {
            let Ok(mut batch) = Batch::json(room) else {
                return 0;
            };
            while batch.push(b"21.5").is_ok() {
                count += 1;
            }
            batch.finish()
        });
        let request = composed.unwrap().to_vec();
        let payload = if request.ends_with(b"]") {
            array("json", &vec![&b"21.5"[..]; count])
        } else {
            Vec::new()
        };
        let encoded = Publish::new("host.example", "uniqueID/batch", &payload);
        assert_eq!(request, encoded.encode(&mut [0; 256]).unwrap(), "{size}");
    }
}

#[test]
fn a_batch_is_sent_from_where_it_grew() {
    let mut room = [0; 64];
    let mut batch = Batch::cbor(&mut room).unwrap();
    batch.push(&[0x18, 42]).unwrap();
    let publish = Publish::new("host.example", "uniqueID/batch", batch.as_bytes());
    let mut buffer = vec![0; publish.head_len().unwrap()];
    let mut exchange = Exchange::new(&publish, &mut buffer).unwrap();
    let mut sent = Vec::new();
    while let Ok(Step::Send(bytes)) = exchange.step() {
        let count = bytes.len();
        sent.extend_from_slice(bytes);
        exchange.sent(count).unwrap();
    }
    assert!(sent.ends_with(b"content-length:4\r\n\r\n\x9f\x18\x2a\xff"));
}

const DEVICE: Base<'_> = Base::new().name("urn:dev:mac:0024befffe804ff1:");

/// RFC 8428 section 5.1.1 to 5.1.3, with numbers as this library takes them.
fn records() -> [Record<'static>; 3] {
    [
        Record::new("temp", Decimal::new(231, 1)).unit("Cel"),
        Record::new("", Decimal::new(-5, 0)).time(Decimal::new(-15, 1)),
        Record::new("label:1/2_x-y.z", Decimal::new(i32::MIN, 9)).time(Decimal::new(1, 0)),
    ]
}

#[test]
fn records_in_json() {
    let mut room = [0; 256];
    let mut pack = Pack::json(&mut room, DEVICE.time(1_760_000_000)).unwrap();
    for record in records() {
        pack.push(&record).unwrap();
    }
    let text = r#"[{"bn":"urn:dev:mac:0024befffe804ff1:","bt":1760000000,"n":"temp","u":"Cel","v":23.1},{"v":-5,"t":-1.5},{"n":"label:1/2_x-y.z","v":-2.147483648,"t":1}]"#;
    assert_eq!(String::from_utf8_lossy(pack.as_bytes()), text);
    assert_eq!(pack.finish(), text.len());
}

#[test]
fn zero_has_no_sign() {
    for (number, text) in [
        (Decimal::new(0, 0), r#"[{"n":"t","v":0}]"#),
        (Decimal::new(0, 2), r#"[{"n":"t","v":0.00}]"#),
    ] {
        let mut room = [0; 64];
        let mut pack = Pack::json(&mut room, Base::new()).unwrap();
        pack.push(&Record::new("t", number)).unwrap();
        assert_eq!(String::from_utf8_lossy(pack.as_bytes()), text);
    }
}

#[test]
fn records_in_cbor() {
    let mut room = [0; 256];
    let mut pack = Pack::cbor(&mut room, DEVICE.time(1_760_000_000)).unwrap();
    for record in records() {
        pack.push(&record).unwrap();
    }
    let bytes: &[&[u8]] = &[
        &[0x9f, 0xa5, 0x21, 0x78, 29],
        b"urn:dev:mac:0024befffe804ff1:",
        &[0x00, 0x64],
        b"temp",
        &[0x01, 0x63],
        b"Cel",
        &[0x22, 0x1a, 0x68, 0xe7, 0x78, 0x00],
        // 4([-1, 231])
        &[0x02, 0xc4, 0x82, 0x20, 0x18, 231],
        &[0xa2, 0x02, 0x24, 0x06, 0xc4, 0x82, 0x20, 0x2e],
        &[0xa3, 0x00, 0x6f],
        b"label:1/2_x-y.z",
        &[
            0x02, 0xc4, 0x82, 0x28, 0x3a, 0x7f, 0xff, 0xff, 0xff, 0x06, 0x01, 0xff,
        ],
    ];
    assert_eq!(pack.as_bytes(), bytes.concat());
    assert_eq!(pack.finish(), bytes.concat().len());
}

#[test]
fn heads_are_as_short_as_they_can_be() {
    for (value, head) in [
        (0, &[0][..]),
        (23, &[23]),
        (24, &[0x18, 24]),
        (255, &[0x18, 255]),
        (256, &[0x19, 1, 0]),
        (65_535, &[0x19, 255, 255]),
        (65_536, &[0x1a, 0, 1, 0, 0]),
        (i32::MAX, &[0x1a, 0x7f, 255, 255, 255]),
        (-1, &[0x20]),
        (-24, &[0x37]),
        (-25, &[0x38, 24]),
        (i32::MIN, &[0x3a, 0x7f, 255, 255, 255]),
    ] {
        let mut room = [0; 32];
        let mut pack = Pack::cbor(&mut room, Base::new()).unwrap();
        pack.push(&Record::new("a", Decimal::new(value, 0)))
            .unwrap();
        let whole = [&[0x9f, 0xa2, 0, 0x61, b'a', 2], head, &[0xff][..]].concat();
        assert_eq!(pack.as_bytes(), whole, "{value}");
    }
}

#[test]
fn every_size_of_room_gives_a_complete_pack_or_a_refusal() {
    type BeginPack =
        for<'b> fn(&'b mut [u8], Base<'static>) -> Result<Pack<'b, 'static>, EncodeError>;
    let kinds: [BeginPack; 2] = [
        |room, base| Pack::json(room, base),
        |room, base| Pack::cbor(room, base),
    ];
    for begin in kinds {
        // The lengths of the packs of no, one, two and all records.
        let mut large = [0; 256];
        let mut pack = begin(&mut large, DEVICE).unwrap();
        let mut complete = vec![pack.as_bytes().to_vec()];
        for record in records() {
            pack.push(&record).unwrap();
            complete.push(pack.as_bytes().to_vec());
        }
        for size in 0..=pack.finish() {
            let mut room = vec![0; size];
            let Ok(mut pack) = begin(&mut room, DEVICE) else {
                assert!(size < 2);
                continue;
            };
            for (record, next) in records().iter().zip(&complete[1..]) {
                match pack.push(record) {
                    Ok(()) => assert_eq!(pack.as_bytes(), next),
                    Err(error) => {
                        assert_eq!(error, too_small(next.len()));
                        break;
                    }
                }
            }
            let sound = complete.iter().rfind(|complete| complete.len() <= size);
            assert_eq!(Some(&pack.as_bytes().to_vec()), sound, "{size}");
        }
    }
}

#[test]
fn what_senml_does_not_allow_is_refused_by_name() {
    let record = Record::new("temp", Decimal::new(1, 0));
    let none = Base::new();
    let name = |reason| refused(Field::ReadingName, reason);
    let unit = refused(Field::ReadingUnit, Reason::Character);
    let named = |name| Record::new(name, Decimal::new(1, 0));
    for (base, record, error) in [
        // RFC 8428 section 4.5.1.
        (none, named(""), name(Reason::Missing)),
        (none, named("-temp"), name(Reason::Character)),
        (none, named("te mp"), name(Reason::Character)),
        (none, named("te\"mp"), name(Reason::Character)),
        (none, named("t\u{e9}mp"), name(Reason::Character)),
        (Base::new().name("_a"), record, name(Reason::Character)),
        (Base::new().name("a\\"), record, name(Reason::Character)),
        (none, record.unit("a\"b"), unit),
        (none, record.unit("a\\b"), unit),
        (none, record.unit("a\tb"), unit),
        (none, record.unit("\u{b0}C"), unit),
        (
            none,
            Record::new("a", Decimal::new(1, 10)),
            refused(Field::ReadingValue, Reason::OutOfRange),
        ),
        (
            none,
            record.time(Decimal::new(1, 10)),
            refused(Field::ReadingTime, Reason::OutOfRange),
        ),
    ] {
        for in_json in [true, false] {
            let mut room = [0; 64];
            let mut pack = if in_json {
                Pack::json(&mut room, base)
            } else {
                Pack::cbor(&mut room, base)
            }
            .unwrap();
            assert_eq!(pack.push(&record), Err(error));
            let empty: &[u8] = if in_json { b"[]" } else { b"\x9f\xff" };
            assert_eq!(pack.as_bytes(), empty);
        }
    }
    // A name may begin with another character where the base name stands before it.
    let mut room = [0; 128];
    let mut pack = Pack::json(&mut room, Base::new().name("a")).unwrap();
    for name in ["-b", "/c", "_d", ".e", ":f"] {
        assert_eq!(pack.push(&named(name)), Ok(()), "{name}");
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let mut room = [0; 8];
    let mut batch = Batch::json(&mut room).unwrap();
    let text = |error: Result<(), EncodeError>| error.unwrap_err().to_string();
    let no_value = "reading is not exactly one JSON value, or one CBOR data item";
    assert_eq!(text(batch.push(b"x")), no_value);
    assert_eq!(
        text(batch.push(&b"[".repeat(17))),
        "reading is nested more than 16 levels deep"
    );
    assert_eq!(text(batch.push(b"")), "reading is missing");
    assert_eq!(text(batch.push(b"1234567")), "the buffer must hold 9 bytes");
}
