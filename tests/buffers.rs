//! A buffer that is too small: nothing is written behind it, and the exact size is told.

#[path = "common/miri.rs"]
mod miri;
#[path = "common/requests.rs"]
mod requests;

use miri::one_in;
use motepost::{
    CustomAuthorizer, EncodeError, Exchange, Field, PayloadFormat, Properties, Publish, Reason,
};
use requests::{UNSIGNED, article};

const SIGNED: CustomAuthorizer<'_> =
    CustomAuthorizer::named("signedAuthorizer").token("token", "deviceToken");
static RAW: [u8; 256] = [0xfb; 256];
const PROPERTIES: &Properties<'_> = &Properties::new()
    .content_type("text/plain")
    .response_topic("r/t")
    .correlation_data(b"42")
    .message_expiry(60)
    .payload_format(PayloadFormat::Utf8)
    .user_properties(&[("a", "b"), ("say \"hi\"", "C:\\")]);

fn requests() -> [(&'static str, Publish<'static>); 7] {
    [
        ("bare", Publish::new("host.example", "t", b"")),
        ("unsigned", article()),
        ("query", article().authorizer(UNSIGNED.in_query())),
        ("signed", article().authorizer(SIGNED.signature_bytes(&RAW))),
        (
            "signed text",
            article().authorizer(SIGNED.signature("AAAA")),
        ),
        (
            "signed query",
            article().authorizer(SIGNED.signature_bytes(&RAW).in_query()),
        ),
        ("properties", article().properties(PROPERTIES)),
    ]
}

/// What an operation made of a buffer: the bytes, or the error.
type Made = Result<Vec<u8>, EncodeError>;
type Operation = fn(&Publish<'_>, &mut [u8]) -> Made;

const OPERATIONS: [(&str, Operation); 7] = [
    ("encode", |publish, buffer| {
        publish.encode(buffer).map(<[u8]>::to_vec)
    }),
    ("encode_head", |publish, buffer| {
        publish.encode_head(buffer).map(<[u8]>::to_vec)
    }),
    ("encode_target", |publish, buffer| {
        publish.encode_target(buffer).map(<[u8]>::to_vec)
    }),
    ("encode_field_lines", |publish, buffer| {
        publish.encode_field_lines(buffer).map(<[u8]>::to_vec)
    }),
    ("compose", |publish, buffer| {
        publish.compose(buffer, |_| 0).map(<[u8]>::to_vec)
    }),
    ("Exchange::new", |publish, buffer| {
        Exchange::new(publish, buffer).map(|_| ())?;
        Ok(vec![0; publish.head_len()?])
    }),
    ("Exchange::compose", |publish, buffer| {
        Exchange::compose(publish, buffer, |_| 0).map(|_| ())?;
        let empty = &mut [0; 2048];
        publish.compose(empty, |_| 0).map(<[u8]>::to_vec)
    }),
];

/// The canary of each position differs, so that a byte moved by mistake shows as well.
fn canary(index: usize) -> u8 {
    (index as u8).wrapping_mul(151) | 0x80
}

/// Runs the operation on the first `len` bytes of a larger piece of memory.
fn run(operation: Operation, publish: &Publish<'_>, len: usize) -> Made {
    let mut memory: Vec<u8> = (0..len + 64).map(canary).collect();
    let made = operation(publish, &mut memory[..len]);
    for (index, byte) in memory.iter().enumerate().skip(len) {
        assert_eq!(*byte, canary(index), "byte {index} behind {len} is written");
    }
    made
}

#[test]
fn every_short_buffer_is_told_the_exact_size_and_nothing_behind_it_is_touched() {
    for (request, publish) in requests() {
        for (name, operation) in OPERATIONS {
            let large = run(operation, &publish, 2048).expect("a large buffer");
            let needed = large.len();
            for len in (0..needed).step_by(one_in(199)) {
                assert_eq!(
                    run(operation, &publish, len),
                    Err(EncodeError::BufferTooSmall { needed }),
                    "{name} of {request} in {len} bytes"
                );
            }
            assert_eq!(
                run(operation, &publish, needed).as_ref(),
                Ok(&large),
                "{name} of {request} in exactly {needed} bytes"
            );
        }
    }
}

#[test]
fn the_size_of_the_head_is_known_without_a_buffer() {
    for (request, publish) in requests() {
        let head = run(OPERATIONS[1].1, &publish, 2048).expect("a large buffer");
        assert_eq!(publish.head_len(), Ok(head.len()), "{request}");
        assert_eq!(
            publish.encode_head(&mut []),
            Err(EncodeError::BufferTooSmall { needed: head.len() }),
            "{request}"
        );
    }
}

#[test]
fn a_composed_payload_never_reaches_behind_the_buffer() {
    for (request, publish) in requests() {
        for len in (0..1200).step_by(one_in(199)) {
            let mut offered = None;
            let mut memory: Vec<u8> = (0..len + 64).map(canary).collect();
            let made = publish
                .compose(&mut memory[..len], |room| {
                    room.fill(b'p');
                    offered = Some(room.len());
                    room.len()
                })
                .map(<[u8]>::len);
            match offered {
                Some(room) => {
                    let fits = made.is_ok_and(|made| made <= len);
                    assert!(room < len && fits, "{request} in {len} bytes");
                }
                None => assert!(matches!(made, Err(EncodeError::BufferTooSmall { .. }))),
            }
            for (index, byte) in memory.iter().enumerate().skip(len) {
                assert_eq!(*byte, canary(index), "{request} in {len} bytes");
            }
        }
    }
}

/// The number of digits of `content-length` changes the length of the head.
#[test]
fn a_buffer_of_the_encoded_size_has_room_for_the_composed_payload() {
    let around = |len: usize| len.saturating_sub(12)..len + 12;
    let lens = [0..1100, around(10_000), around(100_000), 131_060..131_073];
    let lens = lens.into_iter().take(if cfg!(miri) { 1 } else { 4 });
    for len in lens.flatten().step_by(one_in(97)) {
        let payload = vec![b'p'; len];
        let publish = Publish::new("host.example", "a/b", &payload);
        let Err(EncodeError::BufferTooSmall { needed }) = publish.encode(&mut []) else {
            panic!("an empty buffer");
        };
        let compose = |buffer: &mut [u8]| {
            let made = publish.compose(buffer, |room| {
                let fits = room.len().min(len);
                room[..fits].fill(b'p');
                len
            });
            made.map(<[u8]>::to_vec)
        };
        let mut buffer = vec![0; needed];
        let encoded = publish.encode(&mut buffer).expect("its own size").to_vec();
        assert_eq!(compose(&mut vec![0; needed]), Ok(encoded), "{len} bytes");
        assert_eq!(
            compose(&mut vec![0; needed - 1]),
            Err(EncodeError::BufferTooSmall { needed }),
            "{len} bytes"
        );
    }
}

#[test]
fn a_refused_field_is_told_before_a_short_buffer_is() {
    let refused = Err(EncodeError::Refused {
        field: Field::Topic,
        reason: Reason::Wildcard,
    });
    for (name, operation) in OPERATIONS {
        if name == "encode_field_lines" {
            continue; // It holds no topic.
        }
        for len in [0, 1, 10, 2048] {
            let publish = Publish::new("host.example", "a/#", b"");
            assert_eq!(
                run(operation, &publish, len),
                refused,
                "{name} in {len} bytes"
            );
        }
    }
}
