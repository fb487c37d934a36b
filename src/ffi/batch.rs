//! Batches for C.

use crate::batch::{CBOR, JSON, MAX_DEPTH, append, begin, cbor_fault, json_fault, write_value};
use crate::error::{Field, Reason};
use crate::ffi::pointers::{self, motepost_bytes_t};
use crate::ffi::status::{MOTEPOST_E_NULL, MOTEPOST_E_STATE, MOTEPOST_OK, of_encode, refused};

/// How many levels of arrays and objects a checked value may have.
pub const MOTEPOST_BATCH_MAX_DEPTH: u8 = 16;

const _: () = assert!(MOTEPOST_BATCH_MAX_DEPTH as usize == MAX_DEPTH);

/// Checks a value before it is appended: `motepost_batch_check_json`, `motepost_batch_check_cbor`, or a
/// function of your own that returns `MOTEPOST_OK` for a value that may be appended.
pub type motepost_batch_check_t = Option<unsafe extern "C" fn(value: *const u8, len: usize) -> i32>;

/// Many readings in one payload: a JSON or CBOR array that grows in place in your room. Its first `len`
/// bytes are a complete array after each call, accepted or refused.
///
/// It keeps the pointer to the room, which must stay valid and may not move. Only the functions below may
/// change the members. In the buffer of an exchange, the response overwrites the room: a batch that was not
/// accepted has to be filled again.
#[repr(C)]
pub struct motepost_batch_t {
    /// Where the array begins.
    pub room: *mut u8,
    /// The number of bytes there.
    pub capacity: usize,
    /// The length of the complete array. 0 before `motepost_batch_json` or `motepost_batch_cbor`.
    pub len: usize,
    /// What a value is checked with, or NULL.
    pub check: motepost_batch_check_t,
    /// Identifies the SenML base that a record has carried; 0 if none has yet.
    pub base: u32,
}

/// Begins a JSON array in `room`. With `motepost_batch_check_json`, each value is checked to be one JSON
/// value. With NULL nothing is checked: you promise that each is one. If you do not name the check, the
/// linker drops it.
///
/// Returns `MOTEPOST_OK`, `MOTEPOST_E_NULL`, or `MOTEPOST_E_BUFFER` for a room of less than two bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_batch_json(
    batch: *mut motepost_batch_t,
    room: *mut u8,
    capacity: usize,
    check: motepost_batch_check_t,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe { begun(batch, room, capacity, check, JSON) }
}

/// The same for a CBOR array of indefinite length, with `motepost_batch_check_cbor` or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_batch_cbor(
    batch: *mut motepost_batch_t,
    room: *mut u8,
    capacity: usize,
    check: motepost_batch_check_t,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe { begun(batch, room, capacity, check, CBOR) }
}

/// # Safety
/// The pointer rules hold.
#[inline(always)]
unsafe fn begun(
    batch: *mut motepost_batch_t,
    room: *mut u8,
    capacity: usize,
    check: motepost_batch_check_t,
    ends: [u8; 2],
) -> i32 {
    if batch.is_null() {
        return MOTEPOST_E_NULL;
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { pointers::buffer(room, capacity) };
    let begun = match bytes.map(|bytes| begin(bytes, ends)) {
        Some(Ok(len)) => Ok(len),
        Some(Err(error)) => Err(of_encode(&error)),
        None => Err(MOTEPOST_E_NULL),
    };
    // SAFETY: the same. Whatever was there, it is a batch now, begun or not.
    unsafe {
        batch.write(motepost_batch_t {
            room,
            capacity,
            len: begun.unwrap_or(0),
            check,
            base: 0,
        });
    }
    begun.err().unwrap_or(MOTEPOST_OK)
}

/// Appends one value.
///
/// Returns `MOTEPOST_OK`; `MOTEPOST_E_BUFFER` when it does not fit: publish what is here and append it to
/// the next batch; `MOTEPOST_E_NULL`; `MOTEPOST_E_STATE` when the batch was not begun, or its room was
/// overwritten; or a refused `MOTEPOST_FIELD_READING`: it is not one value, is nested too deep, is empty, or
/// is stored in the room. After an error the batch is as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_batch_push(
    batch: *mut motepost_batch_t,
    value: *const u8,
    len: usize,
) -> i32 {
    let bytes = motepost_bytes_t { ptr: value, len };
    // SAFETY: the pointer rules.
    let Some(batch) = (unsafe { batch.as_mut() }) else {
        return MOTEPOST_E_NULL;
    };
    if bytes.is_wrong() {
        return MOTEPOST_E_NULL;
    }
    if bytes.overlaps(batch.room, batch.capacity) {
        return refused(Field::Reading, Reason::Overlap);
    }
    if let Some(check) = batch.check {
        // SAFETY: the pointer rules, and a check that the caller gave.
        let status = unsafe { check(value, len) };
        if status != MOTEPOST_OK {
            return status;
        }
    }
    // SAFETY: the pointer rules; the value is not in the room.
    unsafe {
        let value = bytes.as_slice();
        with_room(batch, |room, len| {
            append(room, len, |cursor| write_value(cursor, value, None))
                .map_err(|error| of_encode(&error))
        })
    }
}

/// Whether it was begun, and is still there: what else is written to the room, such as a response, does not
/// begin as an array does.
///
/// # Safety
/// The pointer rules hold for the room.
#[inline(always)]
unsafe fn is_whole(batch: &motepost_batch_t) -> bool {
    let ([json, _], [cbor, _]) = (JSON, CBOR);
    // SAFETY: the caller's promise. A room that was begun has two bytes at least.
    let first = unsafe { batch.room.as_ref() };
    batch.len != 0 && first.is_some_and(|first| *first == json || *first == cbor)
}

/// Appends to the room of a batch that was begun.
///
/// # Safety
/// The pointer rules hold for the room.
#[inline(always)]
pub(super) unsafe fn with_room(
    batch: &mut motepost_batch_t,
    append: impl FnOnce(&mut [u8], usize) -> Result<usize, i32>,
) -> i32 {
    // SAFETY: the caller's promise.
    if !unsafe { is_whole(batch) } {
        return MOTEPOST_E_STATE;
    }
    // SAFETY: the same. It is not NULL.
    let room = unsafe { core::slice::from_raw_parts_mut(batch.room, batch.capacity) };
    match append(room, batch.len) {
        Ok(len) => {
            batch.len = len;
            MOTEPOST_OK
        }
        Err(status) => status,
    }
}

/// Gives the length of the complete array, which begins where the room does: the payload's length, for
/// `motepost_publish_t.payload` or for `motepost_exchange_init_composed`.
///
/// Returns `MOTEPOST_OK`, `MOTEPOST_E_NULL`, or `MOTEPOST_E_STATE` when the batch was not begun, or its room
/// was overwritten, as a response does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_batch_finish(
    batch: *const motepost_batch_t,
    len: *mut usize,
) -> i32 {
    // SAFETY: the pointer rules.
    let (batch, len) = unsafe { (batch.as_ref(), len.as_mut()) };
    let (Some(batch), Some(len)) = (batch, len) else {
        return MOTEPOST_E_NULL;
    };
    *len = 0;
    // SAFETY: the same.
    if !unsafe { is_whole(batch) } {
        return MOTEPOST_E_STATE;
    }
    *len = batch.len;
    MOTEPOST_OK
}

/// Checks that `len` bytes are exactly one JSON value (RFC 8259) of at most `MOTEPOST_BATCH_MAX_DEPTH`
/// levels, in constant memory. For `motepost_batch_json`.
///
/// Returns `MOTEPOST_OK`, `MOTEPOST_E_NULL`, or a refused `MOTEPOST_FIELD_READING`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_batch_check_json(value: *const u8, len: usize) -> i32 {
    // SAFETY: the pointer rules.
    unsafe { checked(value, len, json_fault) }
}

/// The same for a well-formed CBOR data item (RFC 8949), for `motepost_batch_cbor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_batch_check_cbor(value: *const u8, len: usize) -> i32 {
    // SAFETY: the pointer rules.
    unsafe { checked(value, len, cbor_fault) }
}

/// # Safety
/// The pointer rules hold.
#[inline(always)]
unsafe fn checked(value: *const u8, len: usize, fault: fn(&[u8]) -> Option<Reason>) -> i32 {
    let bytes = motepost_bytes_t { ptr: value, len };
    if bytes.is_wrong() {
        return MOTEPOST_E_NULL;
    }
    // SAFETY: the caller's promise.
    match fault(unsafe { bytes.as_slice() }) {
        Some(reason) => refused(Field::Reading, reason),
        None => MOTEPOST_OK,
    }
}
