//! A SenML record in CBOR.

use crate::batch::cbor::{ARRAY, MAP, NEGATIVE, TAG, TEXT, UNSIGNED};
use crate::batch::record::{Base, Decimal, Record};
use crate::cursor::Cursor;

// The labels of CBOR (RFC 8428 section 6).
const BASE_NAME: i32 = -2;
const BASE_TIME: i32 = -3;
const NAME: i32 = 0;
const UNIT: i32 = 1;
const VALUE: i32 = 2;
const TIME: i32 = 6;

/// RFC 8949 section 3.4.4: an exponent of ten, and the digits.
const DECIMAL_FRACTION: u32 = 4;

/// A map with the same members (RFC 8428 section 6).
pub(crate) fn write_cbor(cursor: &mut Cursor<'_>, base: &Base<'_>, record: &Record<'_>) {
    let has_time = record.time.digits != 0;
    let texts = [
        (BASE_NAME, base.name),
        (NAME, record.name),
        (UNIT, record.unit),
    ];
    let mut members: u32 = 1;
    for is_there in [base.time != 0, has_time] {
        members = members.wrapping_add(u32::from(is_there));
    }
    for (_, text) in texts {
        members = members.wrapping_add(u32::from(!text.is_empty()));
    }
    head(cursor, MAP, members);
    for (label, text) in texts {
        if !text.is_empty() {
            integer(cursor, label);
            head(cursor, TEXT, u32::try_from(text.len()).unwrap_or(u32::MAX));
            cursor.bytes(text);
        }
    }
    if base.time != 0 {
        integer(cursor, BASE_TIME);
        head(cursor, UNSIGNED, base.time);
    }
    integer(cursor, VALUE);
    decimal(cursor, record.value);
    if has_time {
        integer(cursor, TIME);
        decimal(cursor, record.time);
    }
}

fn decimal(cursor: &mut Cursor<'_>, number: Decimal) {
    if number.places != 0 {
        head(cursor, TAG, DECIMAL_FRACTION);
        head(cursor, ARRAY, 2);
        integer(cursor, i32::from(number.places).wrapping_neg());
    }
    integer(cursor, number.digits);
}

fn integer(cursor: &mut Cursor<'_>, value: i32) {
    // -1 is written as 0, -2 as 1.
    let (major, argument) = if value < 0 {
        (NEGATIVE, !value)
    } else {
        (UNSIGNED, value)
    };
    head(cursor, major, argument as u32);
}

/// The beginning of an item, as short as it can be.
#[inline(never)]
fn head(cursor: &mut Cursor<'_>, major: u8, argument: u32) {
    let (info, skipped) = match argument {
        0..=23 => (argument as u8, 4),
        24..=0xff => (24, 3),
        0x100..=0xffff => (25, 2),
        _ => (26, 0),
    };
    cursor.byte(major << 5 | info);
    let bytes = argument.to_be_bytes();
    cursor.bytes(bytes.get(skipped..).unwrap_or_default());
}
