//! The outbox for C.

use core::mem::{MaybeUninit, align_of, size_of};
use core::ptr;

use crate::ffi::flash::{Callbacks, motepost_flash_t};
use crate::ffi::pointers::{self, motepost_bytes_t};
use crate::ffi::status::{
    MOTEPOST_E_BUFFER, MOTEPOST_E_FLASH, MOTEPOST_E_FLASH_FORMAT, MOTEPOST_E_FLASH_SHAPE,
    MOTEPOST_E_NOT_KEPT, MOTEPOST_E_NULL, MOTEPOST_E_OUTBOX_FULL, MOTEPOST_E_READING,
    MOTEPOST_E_STATE, MOTEPOST_NO_MORE, MOTEPOST_OK,
};
use crate::outbox::{OutboxCursor, OutboxError, Piece, Ring, RingState};

/// An outbox that is open. You provide the memory. It holds nothing that a reset could lose.
#[repr(C)]
pub struct motepost_outbox_t {
    /// The flash, which must stay valid. NULL if no `open` succeeded.
    pub flash: *const motepost_flash_t,
    /// Private.
    pub opaque: [u32; 5],
}

/// Where reading goes on: start from zeros, which is the oldest reading. Pushing does not change it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_outbox_cursor_t {
    /// Private.
    pub position: u32,
    /// The number of the reading that was read last. Numbers rise, with gaps.
    pub number: u32,
}

const _: () = assert!(size_of::<RingState>() == size_of::<[u32; 5]>());
const _: () = assert!(align_of::<RingState>() == align_of::<u32>());
const _: () = assert!(size_of::<OutboxCursor>() == size_of::<motepost_outbox_cursor_t>());
const _: () = assert!(align_of::<OutboxCursor>() == align_of::<motepost_outbox_cursor_t>());

#[inline(never)]
const fn status_of(result: Result<(), OutboxError<()>>) -> i32 {
    match result {
        Ok(()) => MOTEPOST_OK,
        Err(OutboxError::Flash(())) => MOTEPOST_E_FLASH,
        Err(OutboxError::Shape) => MOTEPOST_E_FLASH_SHAPE,
        Err(OutboxError::Format) => MOTEPOST_E_FLASH_FORMAT,
        Err(OutboxError::Length) => MOTEPOST_E_READING,
        Err(OutboxError::Full) => MOTEPOST_E_OUTBOX_FULL,
        Err(OutboxError::NotKept) => MOTEPOST_E_NOT_KEPT,
        Err(OutboxError::Buffer) => MOTEPOST_E_BUFFER,
        Err(OutboxError::Cursor) => MOTEPOST_E_STATE,
    }
}

/// An open outbox during one call.
type Open<'a> = Ring<'a, Callbacks<'a>>;

/// Makes the ring of an open outbox in `open`, if it returns `MOTEPOST_OK`.
///
/// # Safety
/// The pointer rules hold.
#[inline(never)]
unsafe fn enter<'a>(outbox: *mut motepost_outbox_t, open: &mut MaybeUninit<Open<'a>>) -> i32 {
    // SAFETY: the pointer rules. Every bit pattern is a state.
    unsafe {
        if outbox.is_null() {
            return MOTEPOST_E_NULL;
        }
        let Some(flash) = (*outbox).flash.as_ref() else {
            return MOTEPOST_E_STATE;
        };
        open.write(Ring {
            flash: Callbacks(flash),
            shape: flash.shape(),
            state: &mut *(&raw mut (*outbox).opaque).cast::<RingState>(),
            // Known zeros would be a call of memset.
            piece: Piece([core::hint::black_box([0; 4]); 8]),
        });
    }
    MOTEPOST_OK
}

/// What every call on an open outbox does: it gives `work` the ring, and returns its status.
///
/// # Safety
/// The pointer rules hold.
#[inline(always)]
unsafe fn with_open(
    outbox: *mut motepost_outbox_t,
    work: impl FnOnce(&mut Open<'_>) -> i32,
) -> i32 {
    let mut open = MaybeUninit::uninit();
    // SAFETY: the caller's promise. With `MOTEPOST_OK` the ring is there.
    unsafe {
        match enter(outbox, &mut open) {
            MOTEPOST_OK => work(open.assume_init_mut()),
            status => status,
        }
    }
}

/// Opens the outbox in a region of flash. Writes nothing. `*flash` must stay valid and unchanged while you use the
/// outbox; it may be `const`. One caller at a time may use an outbox, and nothing else its region.
///
/// `epoch` is a random number. A blank region takes it with its first push; one in use keeps its own: see
/// `motepost_outbox_epoch`.
///
/// Returns `MOTEPOST_OK`; `MOTEPOST_E_FLASH` if a read failed, which is never taken for a blank region;
/// `MOTEPOST_E_FLASH_SHAPE`; `MOTEPOST_E_FLASH_FORMAT`; `MOTEPOST_E_NULL`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_outbox_open(
    outbox: *mut motepost_outbox_t,
    flash: *const motepost_flash_t,
    epoch: u32,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        if outbox.is_null() {
            return MOTEPOST_E_NULL;
        }
        (*outbox).flash = ptr::null();
        if flash.is_null() || !(*flash).is_complete() {
            return MOTEPOST_E_NULL;
        }
        (*outbox).flash = flash;
        let mut open = MaybeUninit::uninit();
        enter(outbox, &mut open);
        let mut status = MOTEPOST_E_FLASH_SHAPE;
        if (*flash).reserved == 0 {
            status = status_of(open.assume_init_mut().open(epoch));
        }
        if status != MOTEPOST_OK {
            (*outbox).flash = ptr::null();
        }
        status
    }
}

/// Stores a reading: `len` bytes, at least 1 and at most `sector_size - 44` or 65,535. Its number goes to
/// `*number`, which may be NULL. You may push while a batch is being filled or sent.
///
/// Once it has returned `MOTEPOST_OK`, the reading survives every later power cut until it is dropped: entire,
/// in order, with the same number. Whether a reading appears whose push a power cut interrupted is not known.
///
/// Returns `MOTEPOST_OK`; `MOTEPOST_E_OUTBOX_FULL`; `MOTEPOST_E_READING` for a length out of range;
/// `MOTEPOST_E_FLASH`: try again later, not at once, because each call may erase a sector; `MOTEPOST_E_STATE`
/// if it is not open; `MOTEPOST_E_NULL`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_outbox_push(
    outbox: *mut motepost_outbox_t,
    reading: *const u8,
    len: usize,
    number: *mut u32,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let Some(reading) = (motepost_bytes_t { ptr: reading, len }).slice() else {
            return MOTEPOST_E_NULL;
        };
        let number = number.as_mut();
        with_open(outbox, |open| {
            let pushed = open.push(reading);
            if let (Ok(pushed), Some(number)) = (pushed, number) {
                *number = pushed;
            }
            status_of(pushed.map(|_| ()))
        })
    }
}

/// Copies the reading at the cursor to `buffer`, its length to `*len`, and moves the cursor past it.
///
/// Returns `MOTEPOST_OK`; `MOTEPOST_NO_MORE` after the last reading; `MOTEPOST_E_BUFFER` if `room` is less than
/// the `*len` of the reading, and the cursor does not move; `MOTEPOST_E_FLASH`; `MOTEPOST_E_STATE` if it is not
/// open; `MOTEPOST_E_NULL`. What `buffer` holds is of use with `MOTEPOST_OK` only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_outbox_next(
    outbox: *mut motepost_outbox_t,
    cursor: *mut motepost_outbox_cursor_t,
    buffer: *mut u8,
    room: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let (Some(cursor), Some(len), Some(buffer)) = (
            cursor.cast::<OutboxCursor>().as_mut(),
            len.as_mut(),
            pointers::buffer(buffer, room),
        ) else {
            return MOTEPOST_E_NULL;
        };
        with_open(outbox, |open| match open.next(cursor, buffer) {
            Ok(None) => MOTEPOST_NO_MORE,
            Ok(Some(found)) => {
                *len = found;
                match found > room {
                    true => MOTEPOST_E_BUFFER,
                    false => MOTEPOST_OK,
                }
            }
            Err(error) => status_of(Err(error)),
        })
    }
}

/// Drops the readings that the cursor has passed, with one small write: call it once a batch, after AWS has
/// accepted it.
///
/// Once it has returned `MOTEPOST_OK`, none of them comes back. With `MOTEPOST_E_FLASH` and `MOTEPOST_E_NOT_KEPT` they
/// stay dropped until a reset, and may come back after it: call again later, with the second after you have sent and
/// dropped more. With the other two nothing is dropped.
/// If power fails between the verdict and the end of this call, the batch is sent again: filter in the cloud by
/// device, epoch and number.
///
/// Returns `MOTEPOST_OK`; `MOTEPOST_E_NOT_KEPT`; `MOTEPOST_E_FLASH`; `MOTEPOST_E_STATE` if it is not open or the
/// cursor is not its own; `MOTEPOST_E_NULL`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_outbox_drop(
    outbox: *mut motepost_outbox_t,
    cursor: *const motepost_outbox_cursor_t,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let Some(cursor) = cursor.cast::<OutboxCursor>().as_ref() else {
            return MOTEPOST_E_NULL;
        };
        with_open(outbox, |open| status_of(open.drop(cursor)))
    }
}

/// Counts the readings that are not dropped, into `*count`. Reads all of them.
///
/// Returns `MOTEPOST_OK`, `MOTEPOST_E_FLASH`, `MOTEPOST_E_STATE` if it is not open, or `MOTEPOST_E_NULL`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_outbox_count(
    outbox: *mut motepost_outbox_t,
    count: *mut u32,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let Some(count) = count.as_mut() else {
            return MOTEPOST_E_NULL;
        };
        with_open(outbox, |open| {
            let counted = open.count();
            if let Ok(counted) = counted {
                *count = counted;
            }
            status_of(counted.map(|_| ()))
        })
    }
}

/// Returns the random number that the region was first used with; 0 if it is not open. Numbers begin again when
/// you erase the region: a reading is known by device, epoch and number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_outbox_epoch(outbox: *const motepost_outbox_t) -> u32 {
    // SAFETY: the pointer rules. Every bit pattern is a state.
    unsafe {
        match outbox.as_ref() {
            Some(outbox) if !outbox.flash.is_null() => {
                (*(&raw const outbox.opaque).cast::<RingState>()).epoch
            }
            _ => 0,
        }
    }
}
