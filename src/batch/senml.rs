//! SenML (RFC 8428): records with a name, a unit, a value and a time, in JSON or CBOR. Names and units are
//! texts that need no escape, and numbers are decimal, so that no float is needed.

use crate::batch::array::{CBOR, EMPTY, JSON, append, begin};
use crate::cursor::Cursor;
use crate::error::{EncodeError, Field, Reason};

/// As many places as `i32` has digits after its first.
const MAX_PLACES: u8 = 9;

/// A decimal number: 21.5 is `Decimal::new(215, 1)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decimal {
    pub(crate) digits: i32,
    pub(crate) places: u8,
}

impl Decimal {
    /// The digits, and how many of them stand after the point: at most 9.
    pub const fn new(digits: i32, places: u8) -> Self {
        Self { digits, places }
    }
}

/// What is the same for all records of a pack. It is written with the first one.
#[derive(Clone, Copy, Default)]
pub struct Base<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) time: u32,
}

impl<'a> Base<'a> {
    /// No base name, and no base time.
    pub const fn new() -> Self {
        Self { name: &[], time: 0 }
    }

    /// Stands before each record's name, such as `urn:dev:mac:0024befffe804ff1:`.
    pub const fn name(mut self, name: &'a str) -> Self {
        self.name = name.as_bytes();
        self
    }

    /// Unix time in seconds, to which each record's time is added. Without it the times of the records are
    /// relative to when the pack is received, which suits a device without a clock.
    pub const fn time(mut self, time: u32) -> Self {
        self.time = time;
        self
    }
}

/// One reading. `value` is always written, the unit and the time when they are set.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) unit: &'a [u8],
    pub(crate) value: Decimal,
    pub(crate) time: Decimal,
}

impl<'a> Record<'a> {
    /// A reading of this name. The name may be empty when there is a base name. Together they are of
    /// letters, digits and `-:./_`, and begin with a letter or a digit.
    pub const fn new(name: &'a str, value: Decimal) -> Self {
        Self {
            name: name.as_bytes(),
            unit: &[],
            value,
            time: Decimal::new(0, 0),
        }
    }

    /// A unit of the SenML units registry, such as `Cel`, `%RH` or `V`.
    pub const fn unit(mut self, unit: &'a str) -> Self {
        self.unit = unit.as_bytes();
        self
    }

    /// Seconds after the base time, or before it. Zero is the base time itself, and is not written.
    pub const fn time(mut self, time: Decimal) -> Self {
        self.time = time;
        self
    }
}

/// SenML records in one payload: a [`Batch`](crate::batch::Batch) of records.
///
/// ```
/// use motepost::batch::{Base, Decimal, Pack, Record};
///
/// let mut room = [0; 128];
/// let base = Base::new().name("urn:dev:mac:0024befffe804ff1:").time(1_760_000_000);
/// let mut pack = Pack::json(&mut room, base)?;
/// pack.push(&Record::new("temp", Decimal::new(215, 1)).unit("Cel"))?;
/// pack.push(&Record::new("temp", Decimal::new(-4, 2)).time(Decimal::new(60, 0)))?;
/// assert_eq!(
///     pack.as_bytes(),
///     br#"[{"bn":"urn:dev:mac:0024befffe804ff1:","bt":1760000000,"n":"temp","u":"Cel","v":21.5},{"n":"temp","v":-0.04,"t":60}]"#
/// );
/// # Ok::<(), motepost::EncodeError>(())
/// ```
pub struct Pack<'b, 'a> {
    room: &'b mut [u8],
    len: usize,
    base: Base<'a>,
    /// A function that a constructor names, so that the linker drops the other.
    write: Write,
}

/// Writes a record, and the base that it carries.
pub(crate) type Write = fn(&mut Cursor<'_>, &Base<'_>, &Record<'_>);

impl<'b, 'a> Pack<'b, 'a> {
    /// A pack in JSON.
    ///
    /// # Errors
    /// When the room does not hold the two bytes of an empty array.
    pub fn json(room: &'b mut [u8], base: Base<'a>) -> Result<Self, EncodeError> {
        Self::begin(room, JSON, base, write_json)
    }

    /// A pack in CBOR: shorter, with numbers for labels. A number with places is a decimal fraction.
    ///
    /// # Errors
    /// When the room does not hold the two bytes of an empty array.
    pub fn cbor(room: &'b mut [u8], base: Base<'a>) -> Result<Self, EncodeError> {
        Self::begin(room, CBOR, base, write_cbor)
    }

    fn begin(
        room: &'b mut [u8],
        ends: [u8; 2],
        base: Base<'a>,
        write: Write,
    ) -> Result<Self, EncodeError> {
        let len = begin(room, ends)?;
        Ok(Self {
            room,
            len,
            base,
            write,
        })
    }

    /// Appends a record.
    ///
    /// # Errors
    /// [`EncodeError::BufferTooSmall`] when it does not fit: publish what is here, and push it to the next
    /// pack. [`EncodeError::Refused`] names the field that SenML does not allow. The pack is as it was.
    pub fn push(&mut self, record: &Record<'_>) -> Result<(), EncodeError> {
        self.len = append_record(self.room, self.len, self.write, &self.base, record)?;
        Ok(())
    }

    /// The complete pack so far: a payload.
    pub fn as_bytes(&self) -> &[u8] {
        self.room.get(..self.len).unwrap_or_default()
    }

    /// The length of the complete pack, which begins where the room does.
    pub const fn finish(self) -> usize {
        self.len
    }
}

/// Appends a record to a pack of `len` bytes. The first one carries the base.
pub(crate) fn append_record(
    room: &mut [u8],
    len: usize,
    write: Write,
    base: &Base<'_>,
    record: &Record<'_>,
) -> Result<usize, EncodeError> {
    append(room, len, |cursor| {
        refuse(cursor, base, record);
        let carried = if len == EMPTY { *base } else { Base::new() };
        write(cursor, &carried, record);
    })
}

/// Refuses what SenML does not allow (RFC 8428 sections 4.3 and 4.5.1).
#[inline(never)]
fn refuse(cursor: &mut Cursor<'_>, base: &Base<'_>, record: &Record<'_>) {
    let is_named = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(*byte, b'-' | b':' | b'.' | b'/' | b'_')
    };
    // The two names make one. Chained, they would share an iterator with the token, which then grows by 70 bytes.
    match base.name.first().or(record.name.first()) {
        None => {
            cursor.refuse(Field::ReadingName, Reason::Missing);
        }
        Some(first) => {
            let all_named = base.name.iter().all(is_named) && record.name.iter().all(is_named);
            if !first.is_ascii_alphanumeric() || !all_named {
                cursor.refuse(Field::ReadingName, Reason::Character);
            }
        }
    }
    // RFC 8428 leaves units to a registry, whose texts need no escape.
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(*byte, b'"' | b'\\');
    if !record.unit.iter().all(is_plain) {
        cursor.refuse(Field::ReadingUnit, Reason::Character);
    }
    for (field, number) in [
        (Field::ReadingValue, record.value),
        (Field::ReadingTime, record.time),
    ] {
        if number.places > MAX_PLACES {
            cursor.refuse(field, Reason::OutOfRange);
        }
    }
}

/// `{"bn":…,"bt":…,"n":…,"u":…,"v":…,"t":…}` (RFC 8428 section 5).
pub(crate) fn write_json(cursor: &mut Cursor<'_>, base: &Base<'_>, record: &Record<'_>) {
    let mut object = Object {
        cursor,
        before: b'{',
    };
    object.text(b"bn", base.name);
    if base.time != 0 {
        object.label(b"bt");
        object.cursor.fixed(base.time, 0);
    }
    object.text(b"n", record.name);
    object.text(b"u", record.unit);
    object.decimal(b"v", record.value);
    if record.time.digits != 0 {
        object.decimal(b"t", record.time);
    }
    object.cursor.byte(b'}');
}

struct Object<'c, 'b> {
    cursor: &'c mut Cursor<'b>,
    /// Stands before the next label.
    before: u8,
}

impl Object<'_, '_> {
    fn label(&mut self, label: &[u8]) {
        self.cursor.byte(self.before).byte(b'"').bytes(label);
        self.cursor.bytes(b"\":");
        self.before = b',';
    }

    /// An empty text is absent.
    fn text(&mut self, label: &[u8], text: &[u8]) {
        if !text.is_empty() {
            self.label(label);
            self.cursor.byte(b'"').bytes(text).byte(b'"');
        }
    }

    fn decimal(&mut self, label: &[u8], number: Decimal) {
        self.label(label);
        if number.digits < 0 {
            self.cursor.byte(b'-');
        }
        self.cursor
            .fixed(number.digits.unsigned_abs(), number.places);
    }
}

// The labels of CBOR (RFC 8428 section 6).
const BASE_NAME: i32 = -2;
const BASE_TIME: i32 = -3;
const NAME: i32 = 0;
const UNIT: i32 = 1;
const VALUE: i32 = 2;
const TIME: i32 = 6;

// Major types of CBOR (RFC 8949 section 3.1).
const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

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
