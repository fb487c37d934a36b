//! Random batches, as a device writes them with the library, and what must come out of each.

use ciborium::Value as Cbor;
use motepost::batch::{Base, Batch, Decimal, Pack, Record};
use serde_json::{Map, Value, json};

pub struct RandomBatch {
    /// The levels of the topic after the device's id.
    pub form: String,
    pub payload: Vec<u8>,
    pub readings: Vec<Expected>,
}

/// As the outbox numbers a reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numbered {
    pub epoch: u32,
    pub number: u32,
}

pub struct Expected {
    pub number: Option<Numbered>,
    /// As the device gave it: below 2^28 it counts from when the batch is received.
    pub time: Option<f64>,
    pub reading: Value,
}

const CAPACITY: usize = 2000;

impl RandomBatch {
    pub fn new(random: &mut fastrand::Rng) -> Self {
        match random.u8(0..3) {
            0 => Self::array(random, None),
            1 => {
                let epoch = random.u32(..);
                Self::array(random, Some(epoch))
            }
            _ => Self::senml(random),
        }
    }

    pub fn topic(&self, device: &str) -> String {
        format!("{device}/{}", self.form)
    }

    fn array(random: &mut fastrand::Rng, epoch: Option<u32>) -> Self {
        let is_json = random.bool();
        let mut room = [0; CAPACITY];
        let mut batch = if is_json {
            Batch::json(&mut room).unwrap()
        } else {
            Batch::cbor(&mut room).unwrap()
        };
        let mut readings = Vec::new();
        let mut number: u32 = random.u32(..4_000_000_000);
        for _ in 0..random.usize(0..12) {
            let reading = value(random, 3);
            let time = match random.u8(0..3) {
                0 => None,
                1 => Some(f64::from(random.i32(-100_000..0))),
                _ => Some(f64::from(random.u32(1_500_000_000..1_790_000_000))),
            };
            let time = epoch.and(time);
            let element = match (epoch, time) {
                (None, _) => reading.clone(),
                (Some(_), None) => json!([number, reading]),
                (Some(_), Some(time)) => json!([number, time, reading]),
            };
            let bytes = if is_json {
                serde_json::to_vec(&element).unwrap()
            } else {
                let mut bytes = Vec::new();
                ciborium::into_writer(&cbor(&element), &mut bytes).unwrap();
                bytes
            };
            if batch.push(&bytes).is_err() {
                break;
            }
            readings.push(Expected {
                number: epoch.map(|epoch| Numbered { epoch, number }),
                time,
                reading,
            });
            number += random.u32(1..1000);
        }
        let len = batch.finish();
        Self {
            form: epoch.map_or("batch".to_owned(), |epoch| format!("batch/{epoch}")),
            payload: room[..len].to_vec(),
            readings,
        }
    }

    fn senml(random: &mut fastrand::Rng) -> Self {
        let mut room = [0; CAPACITY];
        let name = ["", "urn:dev:mac:0024befffe804ff1:"][random.usize(0..2)];
        let time = [0, random.u32(1_500_000_000..1_780_000_000)][random.usize(0..2)];
        let base = Base::new().name(name).time(time);
        let mut pack = if random.bool() {
            Pack::json(&mut room, base).unwrap()
        } else {
            Pack::cbor(&mut room, base).unwrap()
        };
        let mut readings = Vec::new();
        for at in 0..random.i32(0..12) {
            let sensor = ["temp", "rh", "battery-1"][random.usize(0..3)];
            let unit = ["", "Cel", "%RH"][random.usize(0..3)];
            let (digits, places) = (random.i32(..), random.u8(0..=9));
            // Of one second each, so that none is known by another's name and time.
            let seconds = if time == 0 { at - 100 } else { at * 60 };
            let record = Record::new(sensor, Decimal::new(digits, places))
                .unit(unit)
                .time(Decimal::new(seconds, 0));
            if pack.push(&record).is_err() {
                break;
            }
            let value: f64 = format!("{digits}e-{places}").parse().unwrap();
            let mut reading = json!({"n": format!("{name}{sensor}"), "v": value});
            if !unit.is_empty() {
                reading["u"] = unit.into();
            }
            readings.push(Expected {
                number: None,
                time: Some(f64::from(time) + f64::from(seconds)),
                reading,
            });
        }
        let len = pack.finish();
        Self {
            form: "senml".to_owned(),
            payload: room[..len].to_vec(),
            readings,
        }
    }
}

/// By hand: with serde_json's arbitrary precision, which another crate of the workspace asks for, its numbers serialize as maps.
fn cbor(value: &Value) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(value) => Cbor::Bool(*value),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Cbor::Integer(number.into()),
            (None, Some(number)) => Cbor::Integer(number.into()),
            (None, None) => Cbor::Float(number.as_f64().unwrap()),
        },
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Array(values) => Cbor::Array(values.iter().map(cbor).collect()),
        Value::Object(fields) => {
            let pairs = fields.iter();
            Cbor::Map(
                pairs
                    .map(|(name, value)| (Cbor::Text(name.clone()), cbor(value)))
                    .collect(),
            )
        }
    }
}

impl Expected {
    /// Whether it is this message, by its number, or else by what it says.
    pub fn is(&self, message: &Value, received: u64) -> bool {
        match self.number {
            Some(number) => message["number"] == number.number,
            None => {
                let received = received as f64 / 1000.0;
                let mut reading = message["reading"].clone();
                if self.time.is_some()
                    && let Some(own) = reading.as_object_mut().and_then(|own| own.remove("t"))
                {
                    let time = self.absolute(received);
                    if own.as_f64() != time {
                        return false;
                    }
                }
                same(&reading, &self.reading)
            }
        }
    }

    fn absolute(&self, received: f64) -> Option<f64> {
        self.time.map(|time| {
            if time >= f64::from(1 << 28) {
                time
            } else {
                time + received
            }
        })
    }

    /// `received` in milliseconds, as the rule gives it.
    pub fn check(&self, message: &Value, received: u64) {
        let received = received as f64 / 1000.0;
        assert_eq!(message["received"], received, "{message}");
        assert_eq!(message.get("repeat"), None, "{message}");
        let number = |name: &str| message.get(name).map(|number| number.as_u64().unwrap());
        assert_eq!(
            number("epoch"),
            self.number.map(|of| of.epoch.into()),
            "{message}"
        );
        assert_eq!(
            number("number"),
            self.number.map(|of| of.number.into()),
            "{message}"
        );
        let time = self.absolute(received);
        assert_eq!(
            message.get("time").map(|time| time.as_f64().unwrap()),
            time,
            "{message}"
        );
        let mut reading = message["reading"].clone();
        let is_record = self.number.is_none() && self.time.is_some();
        if is_record {
            let own = reading.as_object_mut().unwrap().remove("t");
            assert_eq!(own.unwrap().as_f64(), time, "{message}");
        }
        assert!(
            same(&reading, &self.reading),
            "{reading} for {}",
            self.reading
        );
    }
}

/// As numbers: 3 and 3.0 are one.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b)
                    .all(|((key, a), (other, b))| key == other && same(a, b))
        }
        _ => a == b,
    }
}

/// Any JSON value of so many levels.
fn value(random: &mut fastrand::Rng, levels: usize) -> Value {
    match random.u8(0..if levels == 0 { 6 } else { 8 }) {
        0 => Value::Null,
        1 => random.bool().into(),
        2 => random.i64(..).into(),
        3 => (f64::from(random.i32(..)) / 1000.0).into(),
        4 => random.u64(..).into(),
        5 => text(random).into(),
        6 => {
            let count = random.usize(0..4);
            (0..count).map(|_| value(random, levels - 1)).collect()
        }
        _ => {
            let count = random.usize(0..4);
            let pairs = (0..count).map(|_| (text(random), value(random, levels - 1)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
    }
}

fn text(random: &mut fastrand::Rng) -> String {
    let characters = [
        'a',
        'Z',
        '"',
        '\\',
        ',',
        ']',
        '}',
        '{',
        '\n',
        '\u{e4}',
        '\u{1f321}',
        ' ',
    ];
    let count = random.usize(0..8);
    (0..count)
        .map(|_| characters[random.usize(0..characters.len())])
        .collect()
}
