//! Text, bytes, and what every entry point does with pointers before anything else.

use core::ffi::c_char;

/// Text: `len` bytes at `ptr`, without a NUL at the end. Empty is `{NULL, 0}` or any pointer with 0.
/// NULL with a length is refused as a missing field. `MOTEPOST_STR("literal")` makes one of a literal.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_str_t {
    /// The first byte.
    pub ptr: *const c_char,
    /// The number of bytes.
    pub len: usize,
}

/// Bytes, such as a payload: `len` of them at `ptr`. Empty is `{NULL, 0}` or any pointer with 0.
/// NULL with a length gives `MOTEPOST_E_NULL`, or refuses the properties that it is part of.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_bytes_t {
    /// The first byte.
    pub ptr: *const u8,
    /// The number of bytes.
    pub len: usize,
}

impl motepost_str_t {
    pub(super) fn of(text: &[u8]) -> Self {
        Self {
            ptr: text.as_ptr().cast(),
            len: text.len(),
        }
    }

    pub(super) const fn bytes(self) -> motepost_bytes_t {
        motepost_bytes_t {
            ptr: self.ptr.cast(),
            len: self.len,
        }
    }
}

impl motepost_bytes_t {
    /// NULL with a length is the one wrong pointer that can be told from a right one.
    pub(super) const fn is_wrong(self) -> bool {
        self.ptr.is_null() && self.len != 0
    }

    /// Whether some of the bytes are in a buffer: `buffer - len < ptr < buffer + capacity`, in one
    /// comparison.
    #[inline(always)]
    pub(super) fn overlaps(self, buffer: *const u8, capacity: usize) -> bool {
        let Self { ptr, len } = self;
        let before_end = ptr.addr().wrapping_add(len).wrapping_sub(buffer.addr());
        len != 0 && before_end.wrapping_sub(1) < capacity.wrapping_add(len).wrapping_sub(1)
    }

    /// The bytes, unless the pointer is wrong.
    ///
    /// # Safety
    /// The pointer rules hold for as long as the slice lives.
    #[cfg(any(feature = "outbox", feature = "token"))]
    pub(super) const unsafe fn slice<'a>(self) -> Option<&'a [u8]> {
        if self.is_wrong() {
            return None;
        }
        // SAFETY: the caller's promise.
        Some(unsafe { self.as_slice() })
    }

    /// The bytes of a pointer that is not wrong.
    ///
    /// # Safety
    /// The pointer rules hold for as long as the slice lives.
    pub(super) const unsafe fn as_slice<'a>(self) -> &'a [u8] {
        if self.ptr.is_null() {
            return &[];
        }
        // SAFETY: the caller's promise.
        unsafe { core::slice::from_raw_parts(self.ptr, self.len) }
    }
}

/// The caller's buffer, unless the pointer is wrong.
///
/// # Safety
/// The pointer rules hold, and nothing else uses the bytes while the slice lives.
pub(super) unsafe fn buffer<'a>(ptr: *mut u8, len: usize) -> Option<&'a mut [u8]> {
    if len == 0 {
        return Some(&mut []);
    }
    // SAFETY: the caller's promise.
    (!ptr.is_null()).then(|| unsafe { core::slice::from_raw_parts_mut(ptr, len) })
}
