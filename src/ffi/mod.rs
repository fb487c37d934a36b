//! The C face, and the only `unsafe`. `include/motepost.h` is generated from here: its comments are
//! these, so they are written for the C reader.
//!
//! The pointer rules, for every function: a pointer is NULL only where its text says so (NULL
//! elsewhere gives `MOTEPOST_E_NULL`), aligned as its type asks, and good for as many elements as
//! its length says. What a struct points to is only read. Nothing is kept after a call returns,
//! but by an exchange, which says what it keeps. No function uses a global: calls on different
//! objects may run at the same time.

#![allow(clippy::missing_safety_doc, non_camel_case_types)]

// In the order of the header: cbindgen writes what it meets.
#[rustfmt::skip]
mod status;
#[rustfmt::skip]
mod publish;
#[rustfmt::skip]
mod exchange;
mod state;
#[rustfmt::skip]
#[cfg(feature = "token")]
mod token;

pub use exchange::*;
pub use publish::*;
pub use status::*;
#[cfg(feature = "token")]
pub use token::*;

use core::ffi::c_char;

/// Text or a part of one: `len` bytes at `ptr`, which need no NUL at their end. Empty is
/// `{NULL, 0}` or any pointer with 0; NULL with a length is refused as a field that is missing.
/// `MOTEPOST_STR("literal")` makes one of a literal.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_str_t {
    /// The first byte.
    pub ptr: *const c_char,
    /// How many bytes.
    pub len: usize,
}

/// Bytes, such as a payload: `len` of them at `ptr`. Empty is `{NULL, 0}` or any pointer with 0;
/// NULL with a length gives `MOTEPOST_E_NULL`, or refuses the properties that it is one of.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_bytes_t {
    /// The first byte.
    pub ptr: *const u8,
    /// How many bytes.
    pub len: usize,
}

impl motepost_str_t {
    fn of(text: &[u8]) -> Self {
        Self {
            ptr: text.as_ptr().cast(),
            len: text.len(),
        }
    }

    const fn bytes(self) -> motepost_bytes_t {
        motepost_bytes_t {
            ptr: self.ptr.cast(),
            len: self.len,
        }
    }
}

impl motepost_bytes_t {
    const fn of(bytes: &[u8]) -> Self {
        Self {
            ptr: bytes.as_ptr(),
            len: bytes.len(),
        }
    }

    /// NULL with a length is the one wrong pointer that can be told from a right one.
    const fn is_wrong(self) -> bool {
        self.ptr.is_null() && self.len != 0
    }

    /// The bytes, unless the pointer is wrong.
    ///
    /// # Safety
    /// The pointer rules hold for as long as the slice lives.
    #[cfg(feature = "token")]
    const unsafe fn slice<'a>(&self) -> Option<&'a [u8]> {
        if self.is_wrong() {
            return None;
        }
        // SAFETY: the caller's promise.
        Some(unsafe { self.as_slice() })
    }

    /// # Safety
    /// The pointer rules hold for as long as the slice lives.
    const unsafe fn as_slice<'a>(self) -> &'a [u8] {
        if self.ptr.is_null() {
            return &[];
        }
        // SAFETY: the caller's promise.
        unsafe { core::slice::from_raw_parts(self.ptr, self.len) }
    }
}

/// # Safety
/// The pointer rules hold, and nothing else uses the bytes while the slice lives.
unsafe fn buffer_of<'a>(ptr: *mut u8, len: usize) -> Option<&'a mut [u8]> {
    if len == 0 {
        return Some(&mut []);
    }
    // SAFETY: the caller's promise.
    (!ptr.is_null()).then(|| unsafe { core::slice::from_raw_parts_mut(ptr, len) })
}
