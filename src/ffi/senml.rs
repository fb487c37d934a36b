//! SenML records for C.

use crate::batch::{Base, Decimal, Record, Write, append_record, is_json, write_cbor, write_json};
use crate::error::{Field, Reason};
use crate::ffi::batch::{motepost_batch_t, with_room};
use crate::ffi::pointers::motepost_str_t;
use crate::ffi::status::{MOTEPOST_E_NULL, MOTEPOST_E_STATE, MOTEPOST_OK, of_encode, refused};

/// What is the same for all SenML records of a batch. It is written with the first one. Start from zeros;
/// zero means absent.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_senml_base_t {
    /// The prefix of each record's name, such as `urn:dev:mac:0024befffe804ff1:`.
    pub name: motepost_str_t,
    /// Unix time in seconds, to which each record's time is added. Without it the times of the records are
    /// relative to when the batch is received, which suits a device without a clock.
    pub time: u32,
}

/// One SenML record. Start from zeros. The value is always written, the unit and the time unless they are
/// empty or zero.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_senml_record_t {
    /// May be empty when there is a base name. Together they are of letters, digits and `-:./_`, and begin
    /// with a letter or a digit.
    pub name: motepost_str_t,
    /// A unit of the SenML units registry, such as `Cel`, `%RH` or `V`.
    pub unit: motepost_str_t,
    /// The digits of the value: 215 for 21.5.
    pub value: i32,
    /// The digits of the time, in seconds after the base time, or before it.
    pub time: i32,
    /// Digits of the value after the decimal point: 1 for 21.5. At most 9.
    pub value_places: u8,
    /// Digits of the time after the decimal point. At most 9.
    pub time_places: u8,
    /// Must be zeros.
    pub reserved: [u8; 2],
}

/// Appends a SenML record (RFC 8428) to a batch that `motepost_batch_json` began. Give the same base with
/// each record, or NULL for none: the first record that has it carries it, and it holds for all that follow.
/// So what differs between records, such as the time of each, belongs in the record. Records of your own,
/// which you push between them, may not change it.
///
/// Returns the same as `motepost_batch_push`, `MOTEPOST_E_STATE` also for another base than the one that was
/// carried, or for none after it; or a refused `MOTEPOST_FIELD_READING_...`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_senml_json(
    batch: *mut motepost_batch_t,
    base: *const motepost_senml_base_t,
    record: *const motepost_senml_record_t,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe { appended(batch, base, record, true, write_json) }
}

/// The same in CBOR, for a batch that `motepost_batch_cbor` began. Shorter; a number with places is a
/// decimal fraction.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_senml_cbor(
    batch: *mut motepost_batch_t,
    base: *const motepost_senml_base_t,
    record: *const motepost_senml_record_t,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe { appended(batch, base, record, false, write_cbor) }
}

/// Tells one base from another, as FNV-1a hashes; 0 for none. The name may not be kept: it is the caller's.
fn base_hash(base: &Base<'_>) -> u32 {
    let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    base.name.iter().fold(base.time, step)
}

/// # Safety
/// The pointer rules hold.
#[inline(never)]
unsafe fn appended(
    batch: *mut motepost_batch_t,
    base: *const motepost_senml_base_t,
    record: *const motepost_senml_record_t,
    in_json: bool,
    write: Write,
) -> i32 {
    // SAFETY: the caller's promise.
    let (batch, base, record) = unsafe { (batch.as_mut(), base.as_ref(), record.as_ref()) };
    let (Some(batch), Some(record)) = (batch, record) else {
        return MOTEPOST_E_NULL;
    };
    if record.reserved != [0, 0] {
        return refused(Field::Flag, Reason::OutOfRange);
    }
    let none = motepost_str_t::of(&[]);
    let base_name = base.map_or(none, |base| base.name);
    for (field, text) in [
        (Field::ReadingName, base_name),
        (Field::ReadingName, record.name),
        (Field::ReadingUnit, record.unit),
    ] {
        let bytes = text.bytes();
        if bytes.is_wrong() {
            return refused(field, Reason::Missing);
        }
        if bytes.overlaps(batch.room, batch.capacity) {
            return refused(field, Reason::Overlap);
        }
    }
    // SAFETY: the pointer rules; no text is wrong, and none is in the room.
    unsafe {
        let base = Base {
            name: base_name.bytes().as_slice(),
            time: base.map_or(0, |base| base.time),
        };
        let record = Record {
            name: record.name.bytes().as_slice(),
            unit: record.unit.bytes().as_slice(),
            value: Decimal::new(record.value, record.value_places),
            time: Decimal::new(record.time, record.time_places),
        };
        let (carried, hash) = (batch.base, base_hash(&base));
        let status = with_room(batch, |room, len| {
            if is_json(room) != in_json || ![0, hash].contains(&carried) {
                return Err(MOTEPOST_E_STATE);
            }
            append_record(room, len, write, &base, carried == 0, &record)
                .map_err(|error| of_encode(&error))
        });
        if status == MOTEPOST_OK {
            batch.base = hash;
        }
        status
    }
}
