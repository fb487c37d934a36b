//! The header of a sector, and how a sector is begun. Layout: `docs/outbox-format.md`.

use crate::crc::Crc;
use crate::outbox::error::OutboxError;
use crate::outbox::flash::{Flash, SECTOR_HEADER, Shape};

/// What an outbox keeps in RAM. All of it can be had from flash again, by `open`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct State {
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
    pub(crate) flash: &'a mut F,
    pub(crate) shape: Shape,
    pub(crate) state: &'a mut State,
}

/// The header of a sector, of which the rest is the region's shape.
pub(crate) struct SectorHeader {
    pub(crate) first: u32,
    pub(crate) head: u32,
    pub(crate) epoch: u32,
}

const MAGIC: [u8; 4] = *b"MPO1";
const LEN: usize = SECTOR_HEADER as usize;
const CHECKED: usize = LEN - 4;

impl SectorHeader {
    #[inline]
    fn bytes(&self, shape: Shape) -> [u8; LEN] {
        let words = [
            u32::from_le_bytes(MAGIC),
            self.first,
            self.head,
            self.epoch,
            shape.sector_size,
            u32::from(shape.sectors) | u32::from(shape.unit) << 16,
            0,
        ];
        let mut bytes = [0; LEN];
        let (slots, _) = bytes.as_chunks_mut::<4>();
        for (slot, word) in slots.iter_mut().zip(words) {
            *slot = word.to_le_bytes();
        }
        seal(&mut bytes);
        bytes
    }
}

/// Puts the check at the end, and says whether it was there.
#[inline]
fn seal(bytes: &mut [u8; LEN]) -> bool {
    let mut crc = Crc::new();
    for byte in bytes.iter().take(CHECKED) {
        crc.add(&[*byte]);
    }
    let Some(slot) = bytes.last_chunk_mut() else {
        return false;
    };
    core::mem::replace(slot, crc.check()) == crc.check()
}

impl<F: Flash> Ring<'_, F> {
    /// Where a sector begins.
    pub(crate) fn base(&self, sector: u16) -> u32 {
        self.shape.sector_size.wrapping_mul(sector.into())
    }

    /// The sector after this one.
    pub(crate) fn after(&self, sector: u16) -> u16 {
        let next = sector.wrapping_add(1);
        if next < self.shape.sectors { next } else { 0 }
    }

    /// The header of a sector, if it was written to its end.
    #[inline(never)]
    pub(crate) fn sector_header(
        &mut self,
        sector: u16,
    ) -> Result<Option<SectorHeader>, OutboxError<F::Error>> {
        let mut bytes = [0; LEN];
        let at = self.base(sector);
        self.flash
            .read(at, &mut bytes)
            .map_err(OutboxError::Flash)?;
        let is_whole = seal(&mut bytes);
        let (words, _) = bytes.as_chunks::<4>();
        let [magic, first, head, epoch, ..] = *words else {
            return Ok(None);
        };
        if !is_whole || magic.first_chunk::<3>() != MAGIC.first_chunk() {
            return Ok(None);
        }
        let header = SectorHeader {
            first: u32::from_le_bytes(first),
            head: u32::from_le_bytes(head),
            epoch: u32::from_le_bytes(epoch),
        };
        if header.bytes(self.shape) != bytes {
            return Err(OutboxError::Format);
        }
        Ok(Some(header))
    }

    /// Erases a sector and makes it the newest. Right before use: an erase that was cut short may look
    /// complete.
    pub(crate) fn start(&mut self, sector: u16, first: u32) -> Result<(), OutboxError<F::Error>> {
        let header = SectorHeader {
            first,
            head: self.state.head,
            epoch: self.state.epoch,
        };
        let at = self.base(sector);
        let bytes = header.bytes(self.shape);
        let written = match self.flash.erase(at) {
            Ok(()) => self.flash.program(at, &bytes),
            error => error,
        };
        written.map_err(OutboxError::Flash)?;
        self.state.sector = sector;
        self.state.first = first;
        self.state.end = SECTOR_HEADER;
        self.state.tail = WARM;
        Ok(())
    }
}
