//! Where the newest sector is free, and where a reading is.

use crate::outbox::error::OutboxError;
use crate::outbox::flash::{Flash, SECTOR_HEADER, is_before};
use crate::outbox::state::{Ring, Tail};

/// A reading that was found.
pub(crate) struct Found {
    pub(crate) number: u32,
    pub(crate) len: u32,
}

/// How far a sector is in use.
pub(crate) struct Scanned {
    pub(crate) end: u32,
    tail: Tail,
}

impl<F: Flash> Ring<'_, F> {
    /// Looks for the end of the newest sector, unless it is known.
    #[inline(never)]
    pub(crate) fn find_end(&mut self) -> Result<(), OutboxError<F::Error>> {
        if self.state.tail == Tail::UNKNOWN {
            let scanned = self.scan_sector(self.state.sector, self.state.first)?;
            self.state.end = scanned.end;
            self.state.tail = scanned.tail;
        }
        Ok(())
    }

    /// Reads all of a sector: where it is free, what is last there, and the newest head, which is taken over. To the
    /// sector's end, because power may have failed several times in a row.
    #[inline(never)]
    pub(crate) fn scan_sector(
        &mut self,
        sector: u16,
        first: u32,
    ) -> Result<Scanned, OutboxError<F::Error>> {
        let mut end = SECTOR_HEADER;
        let mut tail = Tail::COLD;
        let mut offset = SECTOR_HEADER;
        while offset < self.shape.sector_size {
            let seen = self.look(sector, first, offset, &mut [])?;
            if seen.is_whole && is_before(self.state.head, seen.head) {
                self.state.head = seen.head;
            }
            if seen.used != 0 {
                end = end.max(offset.wrapping_add(seen.used));
                tail = match seen.is_whole {
                    true => Tail::COLD,
                    false => Tail::TORN,
                };
            }
            offset = offset.wrapping_add(seen.step);
        }
        Ok(Scanned { end, tail })
    }

    /// The first reading from a number on, which is copied to `out` as far as it fits.
    pub(crate) fn find(
        &mut self,
        from: u32,
        out: &mut [u8],
    ) -> Result<Option<Found>, OutboxError<F::Error>> {
        let steps = self.shape.steps;
        let mut sector = self.state.sector;
        let span = steps.wrapping_mul(self.shape.sectors.into());
        let mut first = self.state.first.wrapping_sub(span);
        for _ in 0..self.shape.sectors {
            sector = self.after(sector);
            first = first.wrapping_add(steps);
            if !is_before(from, first.wrapping_add(steps)) {
                continue;
            }
            match self.sector_header(sector)? {
                Some(header) if header.first == first => {}
                _ => continue,
            }
            let mut offset = SECTOR_HEADER;
            if is_before(first, from) {
                let ahead = from.wrapping_sub(first).wrapping_mul(self.shape.step);
                offset = offset.max(ahead);
            }
            while offset < self.shape.sector_size {
                let seen = self.look(sector, first, offset, out)?;
                if seen.len != 0 {
                    let number = first.wrapping_add(self.shape.in_steps(offset));
                    return Ok(Some(Found {
                        number,
                        len: seen.len,
                    }));
                }
                offset = offset.wrapping_add(seen.step);
            }
        }
        Ok(None)
    }

    /// The number where the next one may begin.
    pub(crate) fn number_after(&self, found: &Found) -> u32 {
        let size = self.shape.in_steps(self.shape.size(found.len));
        found.number.wrapping_add(size)
    }
}
