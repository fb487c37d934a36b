//! Bounded append into the caller's buffer. Bytes that do not fit are counted but not written, so one
//! pass gives either the bytes or the exact size they need, and an empty buffer only counts. The first
//! refusal latches: the code above writes on and asks once, at the end.

use crate::error::{EncodeError, Field, Reason};

pub(crate) struct Cursor<'b> {
    out: &'b mut [u8],
    len: usize,
    refusal: Option<(Field, Reason)>,
}

impl<'b> Cursor<'b> {
    #[inline(always)]
    pub(crate) const fn new(out: &'b mut [u8]) -> Self {
        Self::after(out, 0)
    }

    /// Writes on after the first `len` bytes, which count as written.
    #[inline(always)]
    pub(crate) const fn after(out: &'b mut [u8], len: usize) -> Self {
        Self {
            out,
            len,
            refusal: None,
        }
    }

    // Called from everywhere: inlined, it would be half of the encoder.
    #[inline(never)]
    pub(crate) fn byte(&mut self, byte: u8) -> &mut Self {
        if let Some(slot) = self.out.get_mut(self.len) {
            *slot = byte;
        }
        if let Some(len) = self.len.checked_add(1) {
            self.len = len;
        }
        self
    }

    #[inline(never)]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let room = self.out.get_mut(self.len..).unwrap_or_default();
        for (slot, byte) in room.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        self.len = self.len.saturating_add(bytes.len());
        self
    }

    /// The digits of a value up to 2^17, the length of the longest payload. A multiplication stands for
    /// the division, because a Cortex-M0 and an AVR have none and would link a routine for it: a tenth is a
    /// fifth of the half, and 52,429 is a fifth of 2^18, rounded up. The error shows only beyond 32 bits.
    #[inline(never)]
    pub(crate) fn decimal(&mut self, value: u32) -> &mut Self {
        let tenth = (value >> 1).wrapping_mul(52_429) >> 18;
        if tenth != 0 {
            self.decimal(tenth);
        }
        self.digit(value, tenth)
    }

    /// The digits of any value. Firmware that writes none above 2^17 does not link this.
    pub(crate) fn long_decimal(&mut self, value: u32) {
        self.fixed(value, 0);
    }

    /// The digits of any value, so many of them after a point.
    #[inline(never)]
    pub(crate) fn fixed(&mut self, value: u32, places: u8) {
        let mut tenth: u32 = 0;
        let mut rest = value;
        for shift in (0..29).rev() {
            let tens = 10 << shift;
            tenth <<= 1;
            if rest >= tens {
                rest = rest.wrapping_sub(tens);
                tenth |= 1;
            }
        }
        if tenth != 0 || places != 0 {
            self.fixed(tenth, places.saturating_sub(1));
        }
        // The first of the places.
        if places == 1 {
            self.byte(b'.');
        }
        self.digit(value, tenth);
    }

    /// The last digit of a value, given a tenth of it.
    #[inline(always)]
    fn digit(&mut self, value: u32, tenth: u32) -> &mut Self {
        let digit = value.wrapping_sub(tenth.wrapping_mul(10));
        self.byte((digit as u8).wrapping_add(b'0'))
    }

    #[inline(never)]
    pub(crate) fn refuse(&mut self, field: Field, reason: Reason) -> &mut Self {
        if self.refusal.is_none() {
            self.refusal = Some((field, reason));
        }
        self
    }

    /// How many bytes there were, whether they fit or not.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// How many bytes were written, if nothing was refused and all of them fit.
    #[inline(always)]
    pub(crate) fn finish(&self) -> Result<usize, EncodeError> {
        let needed = self.needed()?;
        if needed > self.out.len() {
            return Err(EncodeError::BufferTooSmall { needed });
        }
        Ok(needed)
    }

    /// How many bytes a large enough buffer would hold.
    #[inline(always)]
    pub(crate) fn needed(&self) -> Result<usize, EncodeError> {
        match self.refusal {
            Some((field, reason)) => Err(EncodeError::Refused { field, reason }),
            None => Ok(self.len),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::Cursor;

    /// One in so many: Miri is some thousand times slower.
    const STEP: usize = if cfg!(miri) { 3989 } else { 1 };

    fn assert_writes(write: impl FnOnce(&mut Cursor<'_>), value: u32) {
        let mut written = [0; 10];
        let mut cursor = Cursor::new(&mut written);
        write(&mut cursor);
        let len = cursor.len();
        assert_eq!(written.get(..len), Some(format!("{value}").as_bytes()));
    }

    #[test]
    fn decimal_writes_what_core_fmt_writes_up_to_the_longest_payload() {
        for value in (0..=131_072).step_by(STEP) {
            let write = |cursor: &mut Cursor<'_>| {
                cursor.decimal(value);
            };
            assert_writes(write, value);
        }
    }

    #[test]
    fn fixed_puts_the_point_before_its_places() {
        for (value, places, text) in [
            (0, 0, "0"),
            (215, 0, "215"),
            (215, 1, "21.5"),
            (215, 2, "2.15"),
            (215, 3, "0.215"),
            (215, 5, "0.00215"),
            (0, 2, "0.00"),
            (4_294_967_295, 9, "4.294967295"),
        ] {
            let mut written = [0; 12];
            let mut cursor = Cursor::new(&mut written);
            cursor.fixed(value, places);
            let len = cursor.len();
            assert_eq!(written.get(..len), Some(text.as_bytes()));
        }
    }

    #[test]
    fn long_decimal_writes_what_core_fmt_writes() {
        let edges = [0, 1, 9, 10, 11, 99, 100, 101, 65_535, 65_536, 131_072];
        let powers = (0..10).flat_map(|exponent| {
            let power = 10_u32.pow(exponent);
            [power.wrapping_sub(1), power, power.wrapping_add(1)]
        });
        let swept = (0..=u32::MAX).step_by(999_983 * STEP);
        let last = [4_294_967_290, u32::MAX];
        for value in edges.into_iter().chain(powers).chain(swept).chain(last) {
            assert_writes(|cursor| cursor.long_decimal(value), value);
        }
    }
}
