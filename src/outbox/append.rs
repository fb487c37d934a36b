//! Where the next record goes: after the last one, after a trace, or into the next sector.

use crate::outbox::error::OutboxError;
use crate::outbox::flash::{Flash, SECTOR_HEADER, is_before};
use crate::outbox::state::{Ring, Tail};

impl<F: Flash> Ring<'_, F> {
    /// Appends a record, or a mark, which is a record without data.
    pub(crate) fn append(&mut self, data: &[u8]) -> Result<u32, OutboxError<F::Error>> {
        let size = self.shape.size(data.len() as u32);
        let is_mark = data.is_empty();
        let mut refused = 0;
        self.find_end()?;
        loop {
            let is_warm = self.state.tail == Tail::WARM;
            let offset = match is_warm {
                true => self.state.end,
                false => self.end_after_trace(),
            };
            let fits =
                offset.wrapping_add(size) <= self.shape.sector_size && !self.must_leave_sector();
            let mut first = self.state.first;
            if !fits {
                first = first.wrapping_add(self.shape.steps);
            }
            if self.is_in_use(first, is_mark)? {
                self.stay_in_sector(is_mark)?;
            } else if !fits {
                self.start(self.after(self.state.sector), first)?;
            } else if is_warm {
                self.state.tail = Tail::UNKNOWN;
                self.write(self.state.sector, first, offset, data)?;
                self.state.tail = Tail::WARM;
                self.state.end = offset.wrapping_add(size);
                self.state.kept = 1;
                return Ok(first.wrapping_add(self.shape.in_steps(offset)));
            } else {
                self.write_trace(&mut refused)?;
            }
        }
    }

    /// Whether the newest sector is empty after a start: its header may be torn.
    fn is_empty(&self) -> bool {
        self.state.tail == Tail::COLD && self.state.end == SECTOR_HEADER
    }

    /// Whether the next sector is used though there may be room: what is torn may look otherwise at each start.
    fn must_leave_sector(&self) -> bool {
        self.state.tail == Tail::TORN || self.is_empty()
    }

    /// Whether readings that are not dropped are still in a sector that must be free before the newest sector may begin
    /// with this number. A mark may use the sector that readings leave free.
    fn is_in_use(&mut self, first: u32, is_mark: bool) -> Result<bool, OutboxError<F::Error>> {
        let free = if is_mark { 1 } else { 2 };
        let sectors = self.shape.sectors.wrapping_sub(free);
        let oldest = first.wrapping_sub(self.shape.steps.wrapping_mul(sectors.into()));
        Ok(is_before(self.state.head, oldest)
            && self
                .find(self.state.head, &mut [])?
                .is_some_and(|found| is_before(found.number, oldest)))
    }

    /// Makes do with the newest sector, though it would be left.
    fn stay_in_sector(&mut self, is_mark: bool) -> Result<(), OutboxError<F::Error>> {
        if self.state.tail == Tail::TORN {
            self.state.tail = Tail::COLD;
            Ok(())
        } else if is_mark && self.is_empty() {
            // Begun again, its numbers come again: a mark's is nobody's.
            self.start(self.state.sector, self.state.first)
        } else {
            Err(OutboxError::Full)
        }
    }

    /// Where a record begins after a start: after a step that may be torn, and a trace of two steps.
    fn end_after_trace(&self) -> u32 {
        self.state.end.wrapping_add(self.shape.step.wrapping_mul(3))
    }

    /// Writes the trace, by which the next start finds the end of what is in use, whatever a power cut did to the step
    /// before it.
    fn write_trace(&mut self, refused: &mut u8) -> Result<(), OutboxError<F::Error>> {
        let step = self.shape.step;
        let (end, second) = (
            self.end_after_trace(),
            self.end_after_trace().wrapping_sub(step),
        );
        self.state.tail = Tail::UNKNOWN;
        let is_seen =
            self.trace(second.wrapping_sub(step), refused)? && self.trace(second, refused)?;
        (self.state.end, self.state.tail) = match is_seen {
            true => (end, Tail::WARM),
            false => (second, Tail::COLD),
        };
        Ok(())
    }
}
