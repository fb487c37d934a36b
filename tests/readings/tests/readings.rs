//! Random readings come back from a batch as they went in.

use ciborium::Value as Cbor;
use fastrand::Rng;
use motepost::batch::{Base, Batch, Decimal, MAX_DEPTH, Pack, Record};
use motepost::{EncodeError, Reason};
use readings::senml::Resolved;
use readings::{cbor, json, senml};
use serde_json::Value as Json;

const ROUNDS: u64 = 2000;

fn json_value(rng: &mut Rng, levels: usize) -> Json {
    match rng.u8(..if levels == 0 { 6 } else { 8 }) {
        0 => Json::Null,
        1 => rng.bool().into(),
        2 => rng.i64(..).into(),
        3 => f64::from(rng.i32(..)).mul_add(0.001, 0.5).into(),
        4 => rng.u64(..).into(),
        5 => text(rng).into(),
        6 => (0..rng.usize(..4))
            .map(|_| json_value(rng, levels - 1))
            .collect(),
        _ => (0..rng.usize(..4))
            .map(|_| (text(rng), json_value(rng, levels - 1)))
            .collect(),
    }
}

fn text(rng: &mut Rng) -> String {
    (0..rng.usize(..8))
        .map(|_| {
            if rng.bool() {
                rng.char(..)
            } else {
                rng.char(' '..'\u{7f}')
            }
        })
        .collect()
}

fn cbor_value(rng: &mut Rng, levels: usize) -> Cbor {
    match rng.u8(..if levels == 0 { 7 } else { 10 }) {
        0 => Cbor::Null,
        1 => rng.bool().into(),
        2 => rng.i64(..).into(),
        3 => rng.f64().into(),
        4 => rng.u8(..).into(),
        5 => text(rng).into(),
        6 => Cbor::Bytes((0..rng.usize(..40)).map(|_| rng.u8(..)).collect()),
        7 => Cbor::Tag(rng.u64(1000..), cbor_value(rng, levels - 1).into()),
        8 => Cbor::Array(
            (0..rng.usize(..4))
                .map(|_| cbor_value(rng, levels - 1))
                .collect(),
        ),
        _ => Cbor::Map(
            (0..rng.usize(..4))
                .map(|_| (cbor_value(rng, levels - 1), cbor_value(rng, levels - 1)))
                .collect(),
        ),
    }
}

/// Pushes what fits, and gives the array and how many of the values it has.
fn fill(mut batch: Batch<'_>, values: &[Vec<u8>]) -> (Vec<u8>, usize) {
    let mut taken = 0;
    for value in values {
        match batch.push(value) {
            Ok(()) => taken += 1,
            Err(EncodeError::BufferTooSmall { .. }) => break,
            Err(refused) => panic!("{refused}"),
        }
    }
    (batch.as_bytes().to_vec(), taken)
}

#[test]
fn random_json_comes_back() {
    let mut rng = Rng::with_seed(1);
    for round in 0..ROUNDS {
        let values: Vec<Json> = (0..rng.usize(..8))
            .map(|_| json_value(&mut rng, 4))
            .collect();
        let texts: Vec<Vec<u8>> = values
            .iter()
            .map(|value| {
                if rng.bool() {
                    serde_json::to_vec(value)
                } else {
                    serde_json::to_vec_pretty(value)
                }
            })
            .collect::<Result<_, _>>()
            .expect("it can be written");
        let mut room = vec![0; rng.usize(2..400)];
        let (array, taken) = fill(Batch::json(&mut room).expect("two bytes"), &texts);
        let read: Vec<Json> = serde_json::from_slice(&array).expect("it is JSON");
        let written: Vec<Json> = texts[..taken]
            .iter()
            .map(|text| serde_json::from_slice(text).expect("it is JSON"))
            .collect();
        assert_eq!(read, written, "round {round}");
    }
}

#[test]
fn random_cbor_comes_back() {
    let mut rng = Rng::with_seed(2);
    for round in 0..ROUNDS {
        let values: Vec<Cbor> = (0..rng.usize(..8))
            .map(|_| cbor_value(&mut rng, 4))
            .collect();
        let items: Vec<Vec<u8>> = values
            .iter()
            .map(|value| {
                let mut bytes = Vec::new();
                ciborium::into_writer(value, &mut bytes).expect("it can be written");
                bytes
            })
            .collect();
        let mut room = vec![0; rng.usize(2..400)];
        let (array, taken) = fill(Batch::cbor(&mut room).expect("two bytes"), &items);
        assert_eq!(cbor::items(&array), values[..taken], "round {round}");
    }
}

#[test]
fn random_records_come_back() {
    let mut rng = Rng::with_seed(3);
    for round in 0..ROUNDS {
        let bases = ["", "urn:dev:mac:0024befffe804ff1:", "a/"];
        let (base_name, base_time) = (
            bases[rng.usize(..3)],
            if rng.bool() { rng.u32(..) } else { 0 },
        );
        let base = Base::new().name(base_name).time(base_time);
        let in_json = rng.bool();
        let mut room = vec![0; rng.usize(2..600)];
        let begun = if in_json {
            Pack::json(&mut room, base)
        } else {
            Pack::cbor(&mut room, base)
        };
        let mut pack = begun.expect("two bytes");
        let mut written = Vec::new();
        for _ in 0..rng.usize(..8) {
            let (name, unit) = (
                ["temp", "x-1.y_z/2:3", "h"][rng.usize(..3)],
                ["", "Cel", "%RH", "m/s"][rng.usize(..4)],
            );
            let (value, places) = (rng.i32(..) >> rng.u32(..32), rng.u8(..10));
            let (time, time_places) = (rng.i32(..) >> rng.u32(..32), rng.u8(..10));
            let record = Record::new(name, Decimal::new(value, places))
                .unit(unit)
                .time(Decimal::new(time, time_places));
            match pack.push(&record) {
                Ok(()) => written.push(Resolved {
                    name: format!("{base_name}{name}"),
                    unit: unit.into(),
                    value: decimal(value, places),
                    time: f64::from(base_time) + decimal(time, time_places),
                }),
                Err(EncodeError::BufferTooSmall { .. }) => break,
                Err(refused) => panic!("{refused}"),
            }
        }
        let read = if in_json {
            senml::read_json(pack.as_bytes())
        } else {
            senml::read_cbor(pack.as_bytes())
        };
        let read = read.unwrap_or_else(|reason| panic!("round {round}: {reason}"));
        assert_eq!(read.len(), written.len(), "round {round}");
        for (read, written) in read.iter().zip(&written) {
            // serde_json is off by the last bit of a float now and then.
            let is_near = |a: f64, b: f64| (a - b).abs() <= b.abs() * 1e-15;
            assert!(
                is_near(read.value, written.value) && is_near(read.time, written.time),
                "{read:?} {written:?}"
            );
            assert_eq!((&read.name, &read.unit), (&written.name, &written.unit));
        }
    }
}

fn decimal(digits: i32, places: u8) -> f64 {
    format!("{digits}e-{places}")
        .parse()
        .expect("it is a number")
}

/// A value with some of its bytes changed, lost, repeated or taken from elsewhere in it.
fn damaged(rng: &mut Rng, mut value: Vec<u8>) -> Vec<u8> {
    for _ in 0..rng.usize(..3) {
        if value.is_empty() {
            break;
        }
        let (at, other) = (rng.usize(..value.len()), rng.usize(..value.len()));
        match rng.u8(..5) {
            0 => value[at] = rng.u8(..),
            1 => value[at] = value[other],
            2 => drop(value.remove(at)),
            3 => value.insert(at, value[other]),
            _ => value.truncate(at),
        }
    }
    value
}

#[test]
fn what_is_taken_for_json_is_what_serde_json_takes() {
    let mut rng = Rng::with_seed(4);
    let mut taken = 0;
    for _ in 0..20 * ROUNDS {
        let value = json_value(&mut rng, 4);
        let text = damaged(
            &mut rng,
            serde_json::to_vec(&value).expect("it can be written"),
        );
        let mut room = vec![0; text.len() + 2];
        let pushed = Batch::json(&mut room).expect("two bytes").push(&text);
        assert_eq!(
            pushed.is_ok(),
            json::is_one_value(&text),
            "{:?}",
            String::from_utf8_lossy(&text)
        );
        taken += u64::from(pushed.is_ok());
    }
    assert!(
        (5 * ROUNDS..19 * ROUNDS).contains(&taken),
        "{taken} of {}",
        20 * ROUNDS
    );
}

#[test]
fn what_is_taken_for_cbor_is_what_the_rfc_s_pseudocode_takes() {
    let mut rng = Rng::with_seed(5);
    let mut taken = 0;
    for _ in 0..20 * ROUNDS {
        let mut item = Vec::new();
        ciborium::into_writer(&cbor_value(&mut rng, 4), &mut item).expect("it can be written");
        let item = damaged(&mut rng, item);
        let mut room = vec![0; item.len() + 2];
        let pushed = Batch::cbor(&mut room).expect("two bytes").push(&item);
        assert_eq!(pushed.is_ok(), cbor::depth(&item).is_some(), "{item:02x?}");
        taken += u64::from(pushed.is_ok());
    }
    assert!(
        (5 * ROUNDS..19 * ROUNDS).contains(&taken),
        "{taken} of {}",
        20 * ROUNDS
    );
}

/// Of all strings of up to five bytes from those that matter, each is judged as the reader does.
#[test]
fn every_short_text_is_judged_as_the_readers_do() {
    let of_json = b"[]{}\",:0-1.eE \\u\xc3\xa9tn";
    let of_cbor = [
        0x00, 0x18, 0x1f, 0x41, 0x5f, 0x61, 0x7f, 0x80, 0x81, 0x82, 0x9f, 0xa0, 0xa1, 0xbf, 0xc1,
        0xf8, 0xf9, 0xfc, 0xff,
    ];
    let mut room = [0; 16];
    each_of(of_json, 4, &mut |text| {
        let is_taken = Batch::json(&mut room)
            .expect("two bytes")
            .push(text)
            .is_ok();
        assert_eq!(
            is_taken,
            json::is_one_value(text),
            "{:?}",
            String::from_utf8_lossy(text)
        );
    });
    each_of(&of_cbor, 5, &mut |item| {
        let is_taken = Batch::cbor(&mut room)
            .expect("two bytes")
            .push(item)
            .is_ok();
        assert_eq!(is_taken, cbor::depth(item).is_some(), "{item:02x?}");
    });
}

fn each_of(bytes: &[u8], most: usize, judge: &mut impl FnMut(&[u8])) {
    let mut text = Vec::new();
    fn longer(text: &mut Vec<u8>, bytes: &[u8], most: usize, judge: &mut impl FnMut(&[u8])) {
        judge(text);
        if text.len() < most {
            for byte in bytes {
                text.push(*byte);
                longer(text, bytes, most, judge);
                text.pop();
            }
        }
    }
    longer(&mut text, bytes, most, judge);
}

/// The limit is below those of the readers: what a batch holds, they read.
#[test]
fn what_is_as_deep_as_may_be_is_read() {
    let text = format!("{}1{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert_eq!(json::depth(text.as_bytes()), MAX_DEPTH);
    let mut room = [0; 64];
    let (array, taken) = fill(
        Batch::json(&mut room).expect("two bytes"),
        &[text.into_bytes()],
    );
    assert!(taken == 1 && serde_json::from_slice::<Json>(&array).is_ok());
    let item = [vec![0x81; MAX_DEPTH], vec![1]].concat();
    let (array, taken) = fill(Batch::cbor(&mut room).expect("two bytes"), &[item]);
    assert!(taken == 1 && cbor::items(&array).len() == 1);
    let deeper = Batch::cbor(&mut room)
        .expect("two bytes")
        .push(&[vec![0x81; MAX_DEPTH + 1], vec![1]].concat());
    assert!(matches!(
        deeper,
        Err(EncodeError::Refused {
            reason: Reason::TooDeep,
            ..
        })
    ));
}
