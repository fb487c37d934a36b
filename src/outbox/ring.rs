//! The log in the ring of sectors: opened, appended to, read, dropped from.
//!
//! Nothing is rewritten. A drop appends a mark, and each record says how far the outbox had been dropped, so
//! the newest of them hold. A number is a place in the log: it never comes twice, whatever was torn.

use crate::outbox::error::OutboxError;
use crate::outbox::flash::{Flash, SECTOR_HEADER, is_before};
use crate::outbox::state::{COLD, Ring, RingState, TORN, UNKNOWN, WARM};

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

/// A reading that was found.
struct Found {
    number: u32,
    len: u32,
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
            tail: WARM,
            kept: 1,
        };
        for sector in 0..self.shape.sectors {
            let Some(header) = self.sector_header(sector)? else {
                continue;
            };
            if self.state.tail == WARM || is_before(self.state.first, header.first) {
                self.state.tail = UNKNOWN;
                self.state.epoch = header.epoch;
                self.state.first = header.first;
                self.state.head = header.head;
                self.state.sector = sector;
            }
        }
        self.settle()?;
        // The header of an empty sector may be torn, and come and go. Then the one before may be in use.
        let found = *self.state;
        let (mut sector, mut first) = (found.sector, found.first);
        for _ in 1..self.shape.sectors {
            if self.state.end != SECTOR_HEADER {
                break;
            }
            if sector == 0 {
                sector = self.shape.sectors;
            }
            sector = sector.wrapping_sub(1);
            first = first.wrapping_sub(self.shape.steps);
            self.survey(sector, first)?;
        }
        self.state.end = found.end;
        self.state.tail = found.tail;
        Ok(())
    }

    /// Looks for the end of the newest sector, unless it is known.
    #[inline(never)]
    fn settle(&mut self) -> Result<(), OutboxError<F::Error>> {
        if self.state.tail == UNKNOWN {
            self.survey(self.state.sector, self.state.first)?;
        }
        Ok(())
    }

    /// Looks at all of a sector: where it is free, what is last there, and the newest head. To the sector's
    /// end, because power may have failed several times in a row.
    #[inline(never)]
    fn survey(&mut self, sector: u16, first: u32) -> Result<(), OutboxError<F::Error>> {
        let mut end = SECTOR_HEADER;
        let mut tail = COLD;
        let mut offset = SECTOR_HEADER;
        while offset < self.shape.sector_size {
            let seen = self.look(sector, first, offset, &mut [])?;
            if seen.is_whole && is_before(self.state.head, seen.head) {
                self.state.head = seen.head;
            }
            if seen.used != 0 {
                end = end.max(offset.wrapping_add(seen.used));
                tail = if seen.is_whole { COLD } else { TORN };
            }
            offset = offset.wrapping_add(seen.step);
        }
        self.state.end = end;
        self.state.tail = tail;
        Ok(())
    }

    /// The first reading from a number on, which is copied to `out` as far as it fits.
    fn find(&mut self, from: u32, out: &mut [u8]) -> Result<Option<Found>, OutboxError<F::Error>> {
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

    fn behind(&self, found: &Found) -> u32 {
        let size = self.shape.in_steps(self.shape.size(found.len));
        found.number.wrapping_add(size)
    }

    /// Appends a record, or a mark, which is a record without data.
    fn append(&mut self, data: &[u8]) -> Result<u32, OutboxError<F::Error>> {
        let step = self.shape.step;
        let steps = self.shape.steps;
        let size = self.shape.size(data.len() as u32);
        let mut refused = 0;
        self.settle()?;
        loop {
            // A step that may be torn, and a trace of two steps.
            let trace = self.state.end.wrapping_add(step);
            let second = trace.wrapping_add(step);
            let offset = match self.state.tail {
                WARM => self.state.end,
                _ => second.wrapping_add(step),
            };
            // A sector that is empty may have a torn header. One that ends torn is left, because what is torn
            // may look otherwise at each start.
            let is_empty = self.state.tail == COLD && self.state.end == SECTOR_HEADER;
            let is_left = is_empty || self.state.tail == TORN;
            let fits = offset.wrapping_add(size) <= self.shape.sector_size && !is_left;
            let mut first = self.state.first;
            if !fits {
                first = first.wrapping_add(steps);
            }
            // Marks may use the sector that readings leave free.
            let span = self
                .shape
                .sectors
                .wrapping_sub(if data.is_empty() { 1 } else { 2 });
            let oldest = first.wrapping_sub(steps.wrapping_mul(span.into()));
            if is_before(self.state.head, oldest)
                && let Some(found) = self.find(self.state.head, &mut [])?
                && is_before(found.number, oldest)
            {
                match is_left {
                    true if !is_empty => self.state.tail = COLD,
                    // Begun again, its numbers come again: a mark's is nobody's.
                    true if data.is_empty() => {
                        self.start(self.state.sector, self.state.first)?;
                    }
                    _ => return Err(OutboxError::Full),
                }
                continue;
            }
            if !fits {
                self.start(self.after(self.state.sector), first)?;
            } else if self.state.tail == WARM {
                self.state.tail = UNKNOWN;
                self.write(self.state.sector, first, offset, data)?;
                self.state.tail = WARM;
                self.state.end = offset.wrapping_add(size);
                self.state.kept = 1;
                return Ok(first.wrapping_add(self.shape.in_steps(offset)));
            } else {
                self.state.tail = UNKNOWN;
                let is_seen =
                    self.trace(trace, &mut refused)? && self.trace(second, &mut refused)?;
                (self.state.end, self.state.tail) = match is_seen {
                    true => (offset, WARM),
                    false => (second, COLD),
                };
            }
        }
    }

    /// Stores a reading and returns its number.
    pub(crate) fn push(&mut self, reading: &[u8]) -> Result<u32, OutboxError<F::Error>> {
        if reading.is_empty() || reading.len() > self.shape.max_len() as usize {
            return Err(OutboxError::Length);
        }
        self.append(reading)
    }

    /// Copies the reading at the cursor to `out`, and returns its length. If it fits, the cursor moves behind it.
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
            cursor.position = self.behind(&found);
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
        self.settle()?;
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
            from = self.behind(&found);
        }
        Ok(count)
    }
}
