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
    /// [`WARM`], [`COLD`], [`TORN`] or [`UNKNOWN`].
    pub(crate) tail: u8,
    /// 1 if flash knows of `head`.
    pub(crate) kept: u8,
}

/// Everything behind `end` is erased.
pub(crate) const WARM: u8 = 0;
/// Whatever was under way when power failed may have touched the step at `end`, and not be seen there.
pub(crate) const COLD: u8 = 1;
/// The same, and the last thing there is no record.
pub(crate) const TORN: u8 = 3;
/// A program failed: `end` has to be looked for again.
pub(crate) const UNKNOWN: u8 = 2;

/// An outbox during one call.
pub(crate) struct Ring<'a, F> {
    pub(crate) flash: F,
    pub(crate) shape: Shape,
    pub(crate) state: &'a mut RingState,
    /// What is read and programmed goes through it, so that both are aligned and neither takes stack twice.
    pub(crate) piece: Piece,
}
