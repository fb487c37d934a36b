//! What is in `motepost_exchange_t`: a [`Progress`], and the pointers that C gave it.

use core::mem::MaybeUninit;
use core::ops::Range;

use crate::error::ExchangeError;
use crate::ffi::pointers::motepost_bytes_t;
use crate::ffi::status::{MOTEPOST_AGAIN, MOTEPOST_E_STATE, MOTEPOST_OK, of_exchange};
use crate::progress::Progress;
use crate::response::{Part, ResponseReader};

/// All zeros is an exchange that was not begun.
#[repr(C)]
pub(super) struct State {
    begun: u32,
    /// The transport's first error. After one in sending, what the peer has said already is read.
    io_error: i32,
    buffer: *mut u8,
    capacity: usize,
    /// What is sent after the part in the buffer.
    payload: *const u8,
    progress: MaybeUninit<Progress>,
}

/// Four equal bytes: a Cortex-M4 compares with those without a constant in flash.
const BEGUN: u32 = u32::from_ne_bytes(*b"mmmm");

/// `MOTEPOST_IO_CLOSED`.
pub(super) const CLOSED: i32 = i32::MIN;

impl State {
    /// Begins, from zeros, in place: built on the stack and then moved here, a progress would take its
    /// size twice, and the firmware's memcpy.
    ///
    /// # Safety
    /// The pointers stay good until the exchange ends, and the request is within the buffer.
    #[inline(always)]
    pub(super) unsafe fn begin(
        &mut self,
        buffer: *mut u8,
        capacity: usize,
        request: Range<usize>,
        payload: *const u8,
        payload_len: usize,
    ) {
        self.buffer = buffer;
        self.capacity = capacity;
        self.payload = payload;
        let progress = self.progress.as_mut_ptr();
        // SAFETY: it is in this struct. A new reader is all zeros except for its part.
        unsafe {
            (&raw mut (*progress).sent).write(request.start);
            (&raw mut (*progress).in_buffer).write(request.end);
            (&raw mut (*progress).end).write(request.end.saturating_add(payload_len));
            (&raw mut (*progress).reader.part).write(Part::StatusLine);
        }
        self.begun = BEGUN;
    }

    /// As every function returns it: an error, `MOTEPOST_OK` once the response is complete, and
    /// `MOTEPOST_AGAIN` before.
    #[inline(never)]
    pub(super) fn status(&self) -> i32 {
        if self.begun != BEGUN {
            return MOTEPOST_E_STATE;
        }
        let reader = self.reader();
        match reader.result() {
            Err(error) => of_exchange(error),
            Ok(()) if reader.is_done() => MOTEPOST_OK,
            Ok(()) => MOTEPOST_AGAIN,
        }
    }

    /// What to send, unless the request is sent: at NULL if the caller sends it. In a status of
    /// `MOTEPOST_AGAIN`, as the two below.
    #[inline(always)]
    pub(super) fn unsent(&self) -> Option<motepost_bytes_t> {
        // SAFETY: the status says that it was begun.
        let progress = unsafe { self.progress.assume_init_ref() };
        let len = progress.unsent();
        if len == 0 {
            return None;
        }
        let ptr = if progress.is_in_buffer() {
            self.buffer.wrapping_add(progress.sent).cast_const()
        } else if self.payload.is_null() {
            self.payload
        } else {
            let at = progress.sent.wrapping_sub(progress.in_buffer);
            self.payload.wrapping_add(at)
        };
        Some(motepost_bytes_t { ptr, len })
    }

    /// Where to receive to, and how much. By the caller's own pointer: through another one, what the caller writes to the
    /// buffer in between would be undefined.
    #[inline(always)]
    pub(super) const fn window(&self) -> (*mut u8, usize) {
        let taken = self.reader().body_len();
        let room = self.capacity.saturating_sub(taken);
        (self.buffer.wrapping_add(taken), room)
    }

    /// The transport's number for what became of it.
    #[inline(never)]
    pub(super) fn moved(&mut self, count: i32) {
        let mut error = self.io_error;
        if error == 0 {
            error = count.min(0);
            self.io_error = error;
        }
        let (progress, buffer) = self.parts();
        if count > 0 {
            // A count that a 16-bit `usize` does not hold is more than was offered.
            progress.moved(buffer, usize::try_from(count).unwrap_or(usize::MAX));
        } else if error == 0 {
            // None yet.
        } else if progress.unsent() != 0 {
            progress.stop_sending();
        } else {
            let mut failure = ExchangeError::Transport;
            if error == CLOSED {
                failure = ExchangeError::Closed;
            }
            if count == CLOSED {
                progress.reader.end(failure);
            } else {
                progress.reader.fail(failure);
            }
        }
    }

    /// The transport's error, or 0.
    pub(super) const fn io_error(&self) -> i32 {
        if self.io_error == CLOSED {
            return 0;
        }
        self.io_error
    }

    /// Also records the details of the response.
    pub(super) fn keep_details(&mut self) {
        let (progress, _) = self.parts();
        progress.reader.keep_details();
    }

    #[inline(always)]
    fn parts(&mut self) -> (&mut Progress, &mut [u8]) {
        // SAFETY: it was begun, with a pointer that is good, and that wrote the progress.
        unsafe {
            (
                self.progress.assume_init_mut(),
                core::slice::from_raw_parts_mut(self.buffer, self.capacity),
            )
        }
    }

    /// The reader of an exchange that was begun.
    pub(super) const fn reader(&self) -> &ResponseReader {
        // SAFETY: `begun` is set once the progress was written.
        unsafe { &self.progress.assume_init_ref().reader }
    }

    /// The final status, if it was read, otherwise 0.
    pub(super) fn status_read(&self) -> u16 {
        if self.begun != BEGUN {
            return 0;
        }
        self.reader().status_read().unwrap_or(0)
    }

    /// The reader of a complete response.
    pub(super) fn complete(&self) -> Option<&ResponseReader> {
        (self.status() == MOTEPOST_OK).then(|| self.reader())
    }

    /// Where the body begins.
    pub(super) const fn body(&self) -> *const u8 {
        self.buffer
    }
}
