//! Packs of SenML records: JSON is written again with `core::fmt`, and what is refused breaks a rule of RFC 8428.
//!
//! A record is four bytes of value, four of time, one of places each, a name, 0xFD and a unit; missing bytes are zeros.

use std::fmt::{self, Write};

use motepost::batch::{Base, Batch, Decimal, Pack, Record};
use motepost::{EncodeError, Field, Reason};

use crate::array::{Copy, ROOM, begun_in};
use crate::fields::text;

const BASE_NAME: &str = "urn:dev:";
const BASE_TIME: u32 = 1_760_000_000;

/// Pushes records to a pack, in JSON or CBOR, with or without a base.
pub(crate) fn run(flags: u8, room: &mut [u8], records: &[u8]) {
    let in_cbor = flags & 1 != 0;
    let base_name = if flags & 8 != 0 { BASE_NAME } else { "" };
    let base_time = if flags & 16 != 0 { BASE_TIME } else { 0 };
    let base = Base::new().name(base_name).time(base_time);
    let size = room.len();
    let begun = if in_cbor {
        Pack::cbor(room, base)
    } else {
        Pack::json(room, base)
    };
    let Some(mut pack) = begun_in(size, begun) else {
        return;
    };
    let mut copy = Copy::new(in_cbor);
    for record in records.split(|byte| *byte == 0xfe) {
        let record = Given::of(record);
        let is_first = copy.as_bytes().len() == 2;
        let before = pack.as_bytes().len();
        let pushed = pack.push(&record.record());
        match pushed {
            Ok(()) => assert!(record.fault(base_name).is_none()),
            Err(EncodeError::BufferTooSmall { needed }) => {
                assert!(record.fault(base_name).is_none() && needed > size);
            }
            Err(EncodeError::Refused { field, reason }) => {
                assert_eq!(Some((field, reason)), record.fault(base_name));
            }
            Err(other) => panic!("{other:?}"),
        }
        let mut json = Text::default();
        let now = pack.as_bytes();
        if in_cbor {
            // The check judges what was appended.
            let appended = &now[before - 1..now.len() - 1];
            let mut checked = [0; ROOM];
            let mut batch = Batch::cbor(&mut checked).expect("room enough");
            assert_eq!(batch.push(appended).is_ok(), pushed.is_ok());
            json.bytes[..appended.len()].copy_from_slice(appended);
            json.len = appended.len();
        } else {
            let (name, time) = if is_first {
                (base_name, base_time)
            } else {
                ("", 0)
            };
            record.write(&mut json, name, time).expect("it fits");
        }
        let whole = copy.try_push(&json.bytes[..json.len]);
        copy.end(pushed.is_ok(), whole);
        assert!(pushed.is_err() || whole <= size);
        if let (Err(EncodeError::BufferTooSmall { needed }), false) = (pushed, in_cbor) {
            assert_eq!(needed, whole);
        }
        assert_eq!(now, copy.as_bytes());
    }
}

struct Given<'a> {
    value: (i32, u8),
    time: (i32, u8),
    name: &'a str,
    unit: &'a str,
}

impl<'a> Given<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let byte = |at| bytes.get(at).copied().unwrap_or_default();
        let number = |at| i32::from_le_bytes([byte(at), byte(at + 1), byte(at + 2), byte(at + 3)]);
        let texts = bytes.get(10..).unwrap_or_default();
        let mut texts = texts.splitn(2, |byte| *byte == 0xfd);
        let mut next = || text(texts.next().unwrap_or_default());
        Self {
            value: (number(0), byte(8) % 12),
            time: (number(4), byte(9) % 12),
            name: next(),
            unit: next(),
        }
    }

    fn record(&self) -> Record<'a> {
        let decimal = |(digits, places)| Decimal::new(digits, places);
        Record::new(self.name, decimal(self.value))
            .unit(self.unit)
            .time(decimal(self.time))
    }

    /// RFC 8428 sections 4.3 and 4.5.1, in the order in which the members are looked at.
    fn fault(&self, base_name: &str) -> Option<(Field, Reason)> {
        let mut name = base_name.bytes().chain(self.name.bytes());
        let is_named = |byte: u8| byte.is_ascii_alphanumeric() || b"-:./_".contains(&byte);
        let starts = name.next().map(|first| first.is_ascii_alphanumeric());
        if starts.is_none() {
            return Some((Field::ReadingName, Reason::Missing));
        }
        if starts == Some(false) || !name.all(is_named) {
            return Some((Field::ReadingName, Reason::Character));
        }
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        if !self.unit.bytes().all(is_plain) {
            return Some((Field::ReadingUnit, Reason::Character));
        }
        if self.value.1 > 9 {
            return Some((Field::ReadingValue, Reason::OutOfRange));
        }
        (self.time.1 > 9).then_some((Field::ReadingTime, Reason::OutOfRange))
    }

    /// As RFC 8428 section 5 writes it.
    fn write(&self, text: &mut Text, base_name: &str, base_time: u32) -> fmt::Result {
        let mut before = '{';
        for (label, value) in [
            ("bn", base_name),
            ("bt", ""),
            ("n", self.name),
            ("u", self.unit),
        ] {
            if label == "bt" && base_time != 0 {
                write!(text, "{before}\"bt\":{base_time}")?;
            } else if !value.is_empty() {
                write!(text, "{before}\"{label}\":\"{value}\"")?;
            } else {
                continue;
            }
            before = ',';
        }
        write!(text, "{before}\"v\":")?;
        decimal(text, self.value)?;
        if self.time.0 != 0 {
            text.write_str(",\"t\":")?;
            decimal(text, self.time)?;
        }
        text.write_str("}")
    }
}

fn decimal(text: &mut Text, (digits, places): (i32, u8)) -> fmt::Result {
    let sign = if digits < 0 { "-" } else { "" };
    let digits = digits.unsigned_abs();
    let Some(unit) = 10_u32.checked_pow(places.into()).filter(|_| places > 0) else {
        return write!(text, "{sign}{digits}");
    };
    let places = usize::from(places);
    write!(text, "{sign}{}.{:0places$}", digits / unit, digits % unit)
}

struct Text {
    bytes: [u8; ROOM],
    len: usize,
}

impl Default for Text {
    fn default() -> Self {
        let bytes = [0; ROOM];
        Self { bytes, len: 0 }
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        let room = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}
