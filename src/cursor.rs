//! Bounded append into the caller's buffer. What does not fit is counted and not written, so that
//! one pass gives either the bytes or the exact size they need, and an empty buffer merely counts.
//! The first refusal latches; the code above writes on and asks once, at the end.

use crate::ascii;
use crate::error::{EncodeError, Field, Reason};

pub(crate) struct Cursor<'b> {
    out: &'b mut [u8],
    len: usize,
    refusal: Option<(Field, Reason)>,
}

impl<'b> Cursor<'b> {
    pub(crate) fn new(out: &'b mut [u8]) -> Self {
        Self {
            out,
            len: 0,
            refusal: None,
        }
    }

    // Called from everywhere: in line it would be half of the encoder.
    #[inline(never)]
    pub(crate) fn byte(&mut self, byte: u8) {
        if let Some(slot) = self.out.get_mut(self.len) {
            *slot = byte;
        }
        self.len = self.len.saturating_add(1);
    }

    #[inline(never)]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let room = self.out.get_mut(self.len..).unwrap_or_default();
        for (slot, byte) in room.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        self.len = self.len.saturating_add(bytes.len());
    }

    pub(crate) fn decimal(&mut self, value: u32) {
        ascii::decimal(value, self);
    }

    #[inline(never)]
    pub(crate) fn refuse(&mut self, field: Field, reason: Reason) {
        if self.refusal.is_none() {
            self.refusal = Some((field, reason));
        }
    }

    /// How many bytes there were, whether they fitted or not.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// How many bytes were written, if nothing was refused and all of them fitted.
    pub(crate) fn finish(&self) -> Result<usize, EncodeError> {
        match self.needed() {
            Ok(needed) if needed > self.out.len() => Err(EncodeError::BufferTooSmall { needed }),
            result => result,
        }
    }

    /// How many bytes there would have been in a buffer large enough.
    pub(crate) fn needed(&self) -> Result<usize, EncodeError> {
        match self.refusal {
            Some((field, reason)) => Err(EncodeError::Refused { field, reason }),
            None => Ok(self.len),
        }
    }
}
