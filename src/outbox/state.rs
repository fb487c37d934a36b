//! What an outbox keeps in RAM, and what a call works with.

use crate::outbox::flash::{Piece, Shape};

/// What an outbox keeps in RAM. All of it can be had from flash again, by `open`.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct RingState {
    /// Random, from the first use of the region.
    pub(crate) epoch: u32,
    /// The number of the newest sector's first byte. A number is a place in the log, in steps.
    pub(crate) first: u32,
    /// What is before it has been dropped.
    pub(crate) head: u32,
    /// Where the newest sector is free, in bytes.
    pub(crate) end: u32,
    /// The newest sector.
    pub(crate) sector: u16,
    pub(crate) tail: Tail,
    /// 1 if flash knows of `head`.
    pub(crate) kept: u8,
}

/// What is known of the end of the newest sector. A number and no `enum`, because it lies in C's memory.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
#[repr(transparent)]
pub(crate) struct Tail(u8);

impl Tail {
    /// All bytes after `end` are erased.
    pub(crate) const WARM: Self = Self(0);
    /// After a start. The step at `end` may have been partly programmed although it reads as erased.
    pub(crate) const COLD: Self = Self(1);
    /// As [`COLD`](Self::COLD), and the last bytes in use are not a whole record.
    pub(crate) const TORN: Self = Self(2);
    /// A program failed: the sector has to be scanned again.
    pub(crate) const UNKNOWN: Self = Self(3);
}

/// An outbox during one call.
pub(crate) struct Ring<'a, F> {
    pub(crate) flash: F,
    pub(crate) shape: Shape,
    pub(crate) state: &'a mut RingState,
    /// What is read and programmed goes through it, so that both are aligned to words and neither takes stack twice.
    pub(crate) piece: Piece,
}
