//! The header of a sector, which is a record too, and how a sector is begun. Layout: `docs/outbox-format.md`.

use crate::outbox::error::OutboxError;
use crate::outbox::flash::{Flash, SECTOR_HEADER};
use crate::outbox::state::{Ring, Tail};

/// The header of a sector.
pub(crate) struct SectorHeader {
    pub(crate) first: u32,
    pub(crate) head: u32,
    pub(crate) epoch: u32,
}

/// Of the header's data. The digit is the version of the format.
const MAGIC: u32 = u32::from_le_bytes(*b"MPO1");
const VERSION_BITS: u32 = 0xff00_0000;

/// A header is a record with so many words of data.
const WORDS: usize = 5;

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

    /// The sector before this one.
    pub(crate) fn before(&self, sector: u16) -> u16 {
        let after = if sector == 0 {
            self.shape.sectors
        } else {
            sector
        };
        after.wrapping_sub(1)
    }

    /// The header of a sector, if it was written to its end.
    #[inline(never)]
    pub(crate) fn sector_header(
        &mut self,
        sector: u16,
    ) -> Result<Option<SectorHeader>, OutboxError<F::Error>> {
        let mut data = [[0; 4]; WORDS];
        let seen = self.look(sector, 0, 0, data.as_flattened_mut())?;
        let [magic, first, epoch, size, rest] = data;
        let magic = u32::from_le_bytes(magic) ^ MAGIC;
        if seen.len != size_of::<[u32; WORDS]>() as u32 || magic & !VERSION_BITS != 0 {
            return Ok(None);
        }
        let size = u32::from_le_bytes(size) ^ self.shape.sector_size;
        let rest = u32::from_le_bytes(rest) ^ self.shape.rest();
        if magic | size | rest != 0 {
            return Err(OutboxError::Format);
        }
        Ok(Some(SectorHeader {
            first: u32::from_le_bytes(first),
            head: seen.head,
            epoch: u32::from_le_bytes(epoch),
        }))
    }

    /// Erases a sector and makes it the newest. Right before use: an erase that was cut short may look
    /// complete.
    #[inline(never)]
    pub(crate) fn start(&mut self, sector: u16, first: u32) -> Result<(), OutboxError<F::Error>> {
        let at = self.base(sector);
        let size = self.shape.sector_size;
        self.flash.erase(at, size)?;
        let data: [_; WORDS] = [
            MAGIC.to_le_bytes(),
            first.to_le_bytes(),
            self.state.epoch.to_le_bytes(),
            size.to_le_bytes(),
            self.shape.rest().to_le_bytes(),
        ];
        self.write(sector, 0, 0, data.as_flattened())?;
        self.state.sector = sector;
        self.state.first = first;
        self.state.end = SECTOR_HEADER;
        self.state.tail = Tail::WARM;
        Ok(())
    }
}
