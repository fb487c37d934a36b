//! Building requests from C.

use crate::error::EncodeError;
use crate::ffi::message::motepost_publish_t;
use crate::ffi::pointers;
use crate::ffi::status::{MOTEPOST_E_BUFFER, MOTEPOST_E_NULL, MOTEPOST_OK, of_encode};
use crate::ffi::view::CheckedPublish;
use crate::request;

/// What every encoding function does: encode what was checked. Gives the status, and the bytes written or
/// the bytes needed.
fn encode_checked<'p>(
    len: *mut usize,
    publish: Result<CheckedPublish<'p>, i32>,
    encode: impl FnOnce(&CheckedPublish<'p>) -> Result<usize, EncodeError>,
) -> (i32, usize) {
    if len.is_null() {
        return (MOTEPOST_E_NULL, 0);
    }
    let publish = match publish {
        Ok(publish) => publish,
        Err(status) => return (status, 0),
    };
    match encode(&publish) {
        Ok(bytes) => (MOTEPOST_OK, bytes),
        Err(EncodeError::BufferTooSmall { needed }) => (MOTEPOST_E_BUFFER, needed),
        Err(error) => (of_encode(&error), 0),
    }
}

/// Writes the length when nothing borrows the struct any more: it may be a member of it.
///
/// # Safety
/// The pointer rules hold.
unsafe fn report_len((status, bytes): (i32, usize), len: *mut usize) -> i32 {
    if !len.is_null() {
        // SAFETY: the caller's promise.
        unsafe { len.write(bytes) };
    }
    status
}

/// As `encode_checked`, into a buffer from its start.
///
/// # Safety
/// The pointer rules hold.
#[inline(always)]
unsafe fn encode_into<'p>(
    len: *mut usize,
    publish: Result<CheckedPublish<'p>, i32>,
    buffer: *mut u8,
    capacity: usize,
    encode: impl FnOnce(&CheckedPublish<'p>, &mut [u8]) -> Result<usize, EncodeError>,
) -> (i32, usize) {
    // SAFETY: the pointer rules.
    match unsafe { pointers::buffer(buffer, capacity) } {
        Some(bytes) => encode_checked(len, publish, |publish| encode(publish, bytes)),
        None => (MOTEPOST_E_NULL, 0),
    }
}

/// Writes the request, head and payload, into `buffer`. No string of `*publish` may be stored in `buffer`. A
/// payload that is stored there is refused: see `motepost_publish_room`.
///
/// Returns `MOTEPOST_OK` with the size of the request in `*len`; `MOTEPOST_E_BUFFER` with the exact size
/// needed; `MOTEPOST_E_NULL`; or a refused field with 0. To ask for the size, give a `capacity` of 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_publish_encode(
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let publish = CheckedPublish::outside_buffer(publish, buffer, capacity);
        report_len(
            encode_into(len, publish, buffer, capacity, request::encode),
            len,
        )
    }
}

/// Gives the exact size of the head in `*len`. Needs no buffer. An exchange needs a buffer of at least
/// this size.
///
/// Returns `MOTEPOST_OK`, `MOTEPOST_E_NULL`, or a refused field with 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_publish_head_len(
    publish: *const motepost_publish_t,
    len: *mut usize,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        report_len(
            encode_checked(len, CheckedPublish::of(publish), |publish| {
                request::head_len(publish, publish.payload().len())
            }),
            len,
        )
    }
}

/// Writes the head alone, for a payload that you send from where it is.
///
/// Returns the same as `motepost_publish_encode`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_publish_encode_head(
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let publish = CheckedPublish::outside_buffer(publish, buffer, capacity);
        let head = encode_into(len, publish, buffer, capacity, |publish, bytes| {
            request::encode_head(publish, publish.payload().len(), bytes)
        });
        report_len(head, len)
    }
}

/// Writes the request target alone, such as `/topics/uniqueID/status?qos=1`, for a modem whose AT
/// commands do the HTTP.
///
/// Returns the same as `motepost_publish_encode`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_publish_encode_target(
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let publish = CheckedPublish::of(publish);
        report_len(
            encode_into(len, publish, buffer, capacity, request::encode_target),
            len,
        )
    }
}

/// Writes the field lines that such a modem does not write itself: credentials, properties and your own
/// headers, each `name:value` with CRLF, without `host` and `content-length`.
///
/// Returns the same as `motepost_publish_encode`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_publish_encode_field_lines(
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let publish = CheckedPublish::of(publish);
        report_len(
            encode_into(len, publish, buffer, capacity, request::encode_field_lines),
            len,
        )
    }
}

/// Lets you write the payload straight into `buffer`: `*room` is where, `*room_len` is how much fits. The
/// payload in `*publish` is not used. Then call `motepost_publish_compose` or
/// `motepost_exchange_init_composed` with the same arguments.
///
/// Returns `MOTEPOST_OK`; `MOTEPOST_E_BUFFER` with the smallest usable size of the buffer in
/// `*room_len`; `MOTEPOST_E_NULL`; or a refused field.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_publish_room(
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
    room: *mut *mut u8,
    room_len: *mut usize,
) -> i32 {
    if room.is_null() {
        return MOTEPOST_E_NULL;
    }
    // SAFETY: the pointer rules.
    unsafe {
        let Some(bytes) = pointers::buffer(buffer, capacity) else {
            return MOTEPOST_E_NULL;
        };
        report_len(
            encode_checked(room_len, CheckedPublish::of(publish), |publish| {
                let range = request::room(publish, bytes)?;
                room.write(buffer.wrapping_add(range.start));
                Ok(range.len())
            }),
            room_len,
        )
    }
}

/// Writes the head in front of the `payload_len` bytes that you wrote to the room. The request is then
/// `*len` bytes at `*request`, inside `buffer`.
///
/// Returns the same as `motepost_publish_encode`: for a `payload_len` that exceeds the room,
/// `MOTEPOST_E_BUFFER` with the size that it needs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_publish_compose(
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
    payload_len: usize,
    request: *mut *const u8,
    len: *mut usize,
) -> i32 {
    if request.is_null() {
        return MOTEPOST_E_NULL;
    }
    // SAFETY: the pointer rules.
    unsafe {
        let Some(bytes) = pointers::buffer(buffer, capacity) else {
            return MOTEPOST_E_NULL;
        };
        report_len(
            encode_checked(len, CheckedPublish::of(publish), |publish| {
                let range = request::close_composed(publish, payload_len, bytes)?;
                request.write(buffer.wrapping_add(range.start));
                Ok(range.len())
            }),
            len,
        )
    }
}
