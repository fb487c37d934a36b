//! SenML (RFC 8428): packs of records in JSON or CBOR.

use crate::batch::array::{Batch, EMPTY, append};
use crate::batch::record::{Base, Record};
use crate::batch::senml_cbor::write_cbor;
use crate::batch::senml_json::write_json;
use crate::cursor::Cursor;
use crate::error::{EncodeError, Field, Reason};

/// As many places as `i32` has digits after its first.
const MAX_PLACES: u8 = 9;

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
    array: Batch<'b>,
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
        let array = Batch::json_as_is(room)?;
        Ok(Self {
            array,
            base,
            write: write_json,
        })
    }

    /// A pack in CBOR: shorter, with numbers for labels. A number with places is a decimal fraction.
    ///
    /// # Errors
    /// When the room does not hold the two bytes of an empty array.
    pub fn cbor(room: &'b mut [u8], base: Base<'a>) -> Result<Self, EncodeError> {
        let array = Batch::cbor_as_is(room)?;
        Ok(Self {
            array,
            base,
            write: write_cbor,
        })
    }

    /// Appends a record.
    ///
    /// # Errors
    /// [`EncodeError::BufferTooSmall`] when it does not fit: publish what is here, and push it to the next
    /// pack. [`EncodeError::Refused`] names the field that SenML does not allow. The pack is as it was.
    pub fn push(&mut self, record: &Record<'_>) -> Result<(), EncodeError> {
        self.array.append(|room, len| {
            append_record(room, len, self.write, &self.base, len == EMPTY, record)
        })
    }

    /// The complete pack so far: a payload.
    pub fn as_bytes(&self) -> &[u8] {
        self.array.as_bytes()
    }

    /// The length of the complete pack, which begins where the room does.
    pub const fn finish(self) -> usize {
        self.array.finish()
    }
}

/// Appends a record to a pack of `len` bytes. The first one of this base carries it.
pub(crate) fn append_record(
    room: &mut [u8],
    len: usize,
    write: Write,
    base: &Base<'_>,
    is_first: bool,
    record: &Record<'_>,
) -> Result<usize, EncodeError> {
    append(room, len, |cursor| {
        refuse(cursor, base, record);
        let carried = if is_first { *base } else { Base::new() };
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
