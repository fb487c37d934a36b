//! A publish under way, as the C functions drive it. It is [`crate::Exchange`] over pointers: what C
//! owns can be neither moved nor borrowed, and bounds need not be asked for again.

use core::mem::MaybeUninit;

use super::motepost_bytes_t;
use super::status::{MOTEPOST_AGAIN, MOTEPOST_E_IO, MOTEPOST_E_STATE, MOTEPOST_OK, of_exchange};
use crate::error::ExchangeError;
use crate::response::{Part, ResponseReader};

/// What lies in `motepost_exchange_t`. All zeros is an exchange that was not begun.
#[repr(C)]
pub(super) struct State {
    begun: u32,
    pub(super) io_error: i32,
    /// What is sent next, while there is any.
    unsent: motepost_bytes_t,
    buffer: *mut u8,
    capacity: usize,
    reader: MaybeUninit<ResponseReader>,
    /// What is sent from where it lies, behind the first.
    pub(super) payload: motepost_bytes_t,
}

/// Four equal bytes: a Cortex-M4 compares with those without keeping them in flash.
const BEGUN: u32 = u32::from_ne_bytes(*b"mmmm");

/// `MOTEPOST_IO_CLOSED`.
pub(super) const CLOSED: i32 = i32::MIN;

impl State {
    /// From a state of zeros. A new reader is all zeros but for its part: built on the stack and
    /// then moved here, it would take its size twice, and the firmware's memcpy.
    ///
    /// # Safety
    /// The pointers are good until the exchange ends.
    #[inline(always)]
    pub(super) unsafe fn begin(
        &mut self,
        unsent: motepost_bytes_t,
        buffer: *mut u8,
        capacity: usize,
    ) {
        self.unsent = unsent;
        self.buffer = buffer;
        self.capacity = capacity;
        let reader = self.reader.as_mut_ptr();
        // SAFETY: it lies in this struct.
        unsafe { (&raw mut (*reader).part).write(Part::StatusLine) };
        self.begun = BEGUN;
    }

    /// As every function returns it: an error, `MOTEPOST_OK` once the answer is whole, and
    /// `MOTEPOST_AGAIN` before.
    #[inline(never)]
    pub(super) fn status(&self) -> i32 {
        if self.begun != BEGUN {
            return MOTEPOST_E_STATE;
        }
        if self.io_error != 0 {
            return MOTEPOST_E_IO;
        }
        let reader = self.reader();
        match reader.result() {
            Err(error) => of_exchange(error),
            Ok(()) if reader.is_done() => MOTEPOST_OK,
            Ok(()) => MOTEPOST_AGAIN,
        }
    }

    /// What is to be sent, if anything is, in a status of `MOTEPOST_AGAIN`.
    pub(super) fn unsent(&self) -> Option<motepost_bytes_t> {
        (self.unsent.len != 0).then_some(self.unsent)
    }

    /// Where to receive to, in a status of `MOTEPOST_AGAIN`.
    pub(super) fn window(&mut self) -> &mut [u8] {
        // SAFETY: the status says that it was begun, with pointers that are good.
        unsafe {
            let buffer = core::slice::from_raw_parts_mut(self.buffer, self.capacity);
            self.reader.assume_init_ref().window(buffer)
        }
    }

    /// What became of what was to be sent or received, in a status of `MOTEPOST_AGAIN`.
    #[inline(never)]
    pub(super) fn tell(&mut self, count: i32) {
        // SAFETY: only an exchange that was begun has a status that leads here.
        let reader = unsafe { self.reader.assume_init_mut() };
        if count < 0 {
            if count == CLOSED {
                reader.end();
            } else {
                self.io_error = count;
            }
            return;
        }
        // A count beyond a 16-bit `usize` is more than was offered.
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if self.unsent.len == 0 {
            // SAFETY: it was begun with a pointer that is good.
            let buffer = unsafe { core::slice::from_raw_parts_mut(self.buffer, self.capacity) };
            reader.read(buffer, count);
        } else if count > self.unsent.len {
            reader.fail(ExchangeError::Overrun);
        } else {
            self.unsent.ptr = self.unsent.ptr.wrapping_add(count);
            self.unsent.len = self.unsent.len.wrapping_sub(count);
            if self.unsent.len == 0 {
                self.unsent = self.payload;
                self.payload.len = 0;
            }
        }
    }

    /// The answer, once it is whole.
    pub(super) fn whole(&self) -> Option<&ResponseReader> {
        (self.status() == MOTEPOST_OK).then(|| self.reader())
    }

    /// What was read, of an exchange that was begun.
    pub(super) const fn reader(&self) -> &ResponseReader {
        // SAFETY: `begun` is set once the reader was written.
        unsafe { self.reader.assume_init_ref() }
    }

    /// Has an exchange under way look for what an answer says beside the framing.
    pub(super) fn keep_details(&mut self) {
        // SAFETY: as for `tell`.
        unsafe { self.reader.assume_init_mut() }.keep_details();
    }

    /// Where the body begins.
    pub(super) const fn body(&self) -> *const u8 {
        self.buffer
    }
}
