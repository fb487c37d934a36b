//! The log in the ring of sectors, and what is done with it: open, push, next, drop and count.
//!
//! Nothing is rewritten. A drop appends a mark, and each record says how far the outbox had been dropped, so
//! the newest of them hold. A number is a place in the log: it never comes twice, whatever was torn.

use crate::outbox::error::OutboxError;
use crate::outbox::flash::{Flash, SECTOR_HEADER, is_before};
use crate::outbox::state::{Ring, RingState, Tail};

/// Where reading goes on. The default is the oldest reading.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct OutboxCursor {
    position: u32,
    number: u32,
}

impl OutboxCursor {
    /// The number of the reading that was read last. Numbers rise, with gaps.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// The position alone does not say it: where numbers go round, a reading ends at 0.
    const fn is_default(self) -> bool {
        self.position | self.number == 0
    }
}

impl<F: Flash> Ring<'_, F> {
    /// Finds the newest sector and what was dropped. Writes nothing.
    pub(crate) fn open(&mut self, epoch: u32) -> Result<(), OutboxError<F::Error>> {
        if !self.shape.is_usable() {
            return Err(OutboxError::Shape);
        }
        // A blank region: its first push finds the newest sector full and goes to sector 0.
        *self.state = RingState {
            epoch,
            first: 0,
            head: self.shape.steps,
            end: self.shape.sector_size,
            sector: self.shape.sectors.wrapping_sub(1),
            tail: Tail::WARM,
            kept: 1,
        };
        for sector in 0..self.shape.sectors {
            let Some(header) = self.sector_header(sector)? else {
                continue;
            };
            if self.state.tail == Tail::WARM || is_before(self.state.first, header.first) {
                self.state.tail = Tail::UNKNOWN;
                self.state.epoch = header.epoch;
                self.state.first = header.first;
                self.state.head = header.head;
                self.state.sector = sector;
            }
        }
        self.find_end()?;
        self.find_older_head()
    }

    /// If the newest sector has nothing but its header, that header may be torn and read otherwise at each start. Then a
    /// drop may have been recorded in the sector before it.
    fn find_older_head(&mut self) -> Result<(), OutboxError<F::Error>> {
        let mut sector = self.state.sector;
        let mut first = self.state.first;
        let mut end = self.state.end;
        for _ in 1..self.shape.sectors {
            if end != SECTOR_HEADER {
                break;
            }
            sector = self.before(sector);
            first = first.wrapping_sub(self.shape.steps);
            end = self.scan_sector(sector, first)?.end;
        }
        Ok(())
    }

    /// Stores a reading and returns its number.
    pub(crate) fn push(&mut self, reading: &[u8]) -> Result<u32, OutboxError<F::Error>> {
        if reading.is_empty() || reading.len() > self.shape.max_len() as usize {
            return Err(OutboxError::Length);
        }
        self.append(reading)
    }

    /// Copies the reading at the cursor to `out`, and returns its length. If it fits, the cursor moves after it.
    pub(crate) fn next(
        &mut self,
        cursor: &mut OutboxCursor,
        out: &mut [u8],
    ) -> Result<Option<usize>, OutboxError<F::Error>> {
        let mut from = cursor.position;
        if cursor.is_default() || is_before(from, self.state.head) {
            from = self.state.head;
        }
        let Some(found) = self.find(from, out)? else {
            return Ok(None);
        };
        let needed = found.len as usize;
        if needed <= out.len() {
            cursor.position = self.number_after(&found);
            cursor.number = found.number;
        }
        Ok(Some(needed))
    }

    /// Drops what is before the cursor, with one mark.
    pub(crate) fn drop(&mut self, cursor: &OutboxCursor) -> Result<(), OutboxError<F::Error>> {
        if cursor.is_default() {
            return Ok(());
        }
        let mut to = cursor.position;
        // An older cursor than the last one that dropped: that one may still have to be kept.
        if is_before(to, self.state.head) {
            to = self.state.head;
        }
        if to == self.state.head && self.state.kept == 1 {
            return Ok(());
        }
        let ahead = to.wrapping_sub(self.state.first);
        let is_newest = !is_before(to, self.state.first);
        if is_newest && ahead > self.shape.steps {
            return Err(OutboxError::Cursor);
        }
        // First here: whatever fails below, what was sent stays dropped until a reset.
        self.state.head = to;
        self.state.kept = 0;
        self.find_end()?;
        if is_newest {
            // What was read is in use, though a torn unit may not show it now.
            let end = ahead.wrapping_mul(self.shape.step);
            self.state.end = self.state.end.max(end);
        }
        match self.append(&[]) {
            Ok(_) => Ok(()),
            Err(OutboxError::Full) => Err(OutboxError::NotKept),
            Err(error) => Err(error),
        }
    }

    /// The readings that are not dropped.
    pub(crate) fn count(&mut self) -> Result<u32, OutboxError<F::Error>> {
        let mut count: u32 = 0;
        let mut from = self.state.head;
        while let Some(found) = self.find(from, &mut [])? {
            count = count.wrapping_add(1);
            from = self.number_after(&found);
        }
        Ok(count)
    }
}
