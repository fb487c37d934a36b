//! One record: a header of twelve bytes and the data. Layout: `docs/outbox-format.md`.
//!
//! A record is programmed in ascending pieces and each of its units once. Its first word holds its length
//! and never looks erased, so where that word is whole, the extent of the record is known, however little
//! of the rest was written. Where it is not, nothing after the first step was touched: that is a piece of
//! its own, because a power cut may damage all that one call was to program.

use crate::crc::Crc;
use crate::outbox::error::OutboxError;
use crate::outbox::flash::{Flash, PIECE, RECORD_HEADER};
use crate::outbox::state::Ring;

const ERASED: u8 = 0xff;

/// Traces of one call that the driver may refuse.
const MOST_REFUSED: u8 = 8;

/// What stands at one place of a sector.
pub(crate) struct Seen {
    /// The bytes from here that are in use, as far as can be seen.
    pub(crate) used: u32,
    /// Where the next record may begin.
    pub(crate) step: u32,
    /// The length of the data; 0 for a mark.
    pub(crate) len: u32,
    /// Whether a record was written here to its end.
    pub(crate) is_whole: bool,
    /// What the outbox had dropped when it wrote it.
    pub(crate) head: u32,
}

impl<F: Flash> Ring<'_, F> {
    /// Begins a record's CRC, with the epoch and the record's number, so that bytes of another place or an earlier life
    /// fail. A sector's header leaves both out, because they are read from it.
    fn seeded(&self, first: u32, offset: u32) -> Crc {
        let mut crc = Crc::new();
        if offset != 0 {
            let number = first.wrapping_add(self.shape.in_steps(offset));
            add(
                &mut crc,
                &self.state.epoch.wrapping_add(number).to_le_bytes(),
            );
        }
        // The length and the head.
        add(
            &mut crc,
            self.piece.0.as_flattened().get(..8).unwrap_or_default(),
        );
        crc
    }

    fn read_piece(&mut self, at: u32, left: u32) -> Result<usize, OutboxError<F::Error>> {
        let len = left.min(PIECE) as usize;
        let part = self
            .piece
            .0
            .as_flattened_mut()
            .get_mut(..len)
            .unwrap_or_default();
        self.flash.read(at, part)?;
        Ok(len)
    }

    /// Looks at one place of a sector whose first number is given, and copies data to `out` as far as it fits.
    #[inline(never)]
    pub(crate) fn look(
        &mut self,
        sector: u16,
        first: u32,
        offset: u32,
        out: &mut [u8],
    ) -> Result<Seen, OutboxError<F::Error>> {
        let at = self.base(sector).wrapping_add(offset);
        let left = self.shape.sector_size.wrapping_sub(offset);
        let read = self.read_piece(at, left)?;
        let mut seen = Seen {
            used: 0,
            step: self.shape.step,
            len: 0,
            is_whole: false,
            head: 0,
        };
        let erased = self.erased(read);
        if erased >= seen.step {
            seen.step = erased & !seen.step.wrapping_sub(1);
            return Ok(seen);
        }
        seen.used = seen.step;
        let [front, head, check, ..] = self.piece.0;
        let front = u32::from_le_bytes(front);
        let len = front & 0xffff;
        let size = self.shape.size(len);
        if front >> 16 != len ^ 0xffff || size > left {
            return Ok(seen);
        }
        seen.used = size;
        let crc = self.seeded(first, offset);
        if self.read_data(crc, at, left, len, out)?.check() == check {
            seen.step = size;
            seen.len = len;
            seen.is_whole = true;
            seen.head = u32::from_le_bytes(head);
        }
        Ok(seen)
    }

    /// The erased bytes that the piece begins with, of so many that were read.
    fn erased(&self, read: usize) -> u32 {
        let bytes = self.piece.0.as_flattened().iter().take(read);
        bytes.take_while(|byte| **byte == ERASED).count() as u32
    }

    /// Adds a record's data to the CRC, and copies it to `out` as far as it fits. The record's first piece is in `piece`.
    fn read_data(
        &mut self,
        mut crc: Crc,
        at: u32,
        left: u32,
        len: u32,
        out: &mut [u8],
    ) -> Result<Crc, OutboxError<F::Error>> {
        let mut slots = out.iter_mut();
        let mut done = RECORD_HEADER;
        for _ in 0..len {
            if done & (PIECE - 1) == 0 {
                self.read_piece(at.wrapping_add(done), left.wrapping_sub(done))?;
            }
            let within = (done & (PIECE - 1)) as usize;
            let byte = self
                .piece
                .0
                .as_flattened()
                .get(within)
                .copied()
                .unwrap_or_default();
            add(&mut crc, &[byte]);
            if let Some(slot) = slots.next() {
                *slot = byte;
            }
            done = done.wrapping_add(1);
        }
        Ok(crc)
    }

    /// Programs a record where there is room.
    #[inline(never)]
    pub(crate) fn write(
        &mut self,
        sector: u16,
        first: u32,
        offset: u32,
        data: &[u8],
    ) -> Result<(), OutboxError<F::Error>> {
        let len = data.len() as u32;
        let head = self.state.head;
        let [front_slot, head_slot, ..] = &mut self.piece.0;
        *front_slot = (len | !len << 16).to_le_bytes();
        *head_slot = head.to_le_bytes();
        let mut crc = self.seeded(first, offset);
        add(&mut crc, data);
        let [_, _, check_slot, ..] = &mut self.piece.0;
        *check_slot = crc.check();
        let at = self.base(sector).wrapping_add(offset);
        let size = self.shape.size(len);
        let mut bytes = data.iter();
        let mut done = RECORD_HEADER;
        let mut from = 0;
        let mut to = self.shape.step;
        loop {
            while done >= to {
                let first_byte = (from & (PIECE - 1)) as usize;
                let last_byte = (to.wrapping_sub(1) & (PIECE - 1)) as usize;
                let part = self.piece.0.as_flattened().get(first_byte..=last_byte);
                let start = at.wrapping_add(from);
                self.flash.program(start, part.unwrap_or_default())?;
                if to == size {
                    return Ok(());
                }
                from = to;
                to = size.min((from | (PIECE - 1)).wrapping_add(1));
            }
            if let Some(slot) = self
                .piece
                .0
                .as_flattened_mut()
                .get_mut((done & (PIECE - 1)) as usize)
            {
                *slot = bytes.next().copied().unwrap_or(ERASED);
            }
            done = done.wrapping_add(1);
        }
    }

    /// Programs a trace: a step of zeros, which is no record. Says whether it can be seen. Counts in `refused`.
    #[inline(never)]
    pub(crate) fn trace(
        &mut self,
        offset: u32,
        refused: &mut u8,
    ) -> Result<bool, OutboxError<F::Error>> {
        let (sector, first) = (self.state.sector, self.state.first);
        let at = self.base(sector).wrapping_add(offset);
        // Known zeros would be a call of memset.
        let zeros = core::hint::black_box([0; 4]);
        for word in &mut self.piece.0 {
            *word = zeros;
        }
        let part = self.piece.0.as_flattened().get(..self.shape.step as usize);
        // A step that power failed in may be refused. Then it may not be seen. So many in a row are a chip that programs
        // nothing: to go on would end with an erase at each call.
        if let Err(error) = self.flash.program(at, part.unwrap_or_default()) {
            *refused = refused.wrapping_add(1);
            if *refused == MOST_REFUSED {
                return Err(error);
            }
        }
        let seen = self.look(sector, first, offset, &mut [])?;
        Ok(seen.used != 0)
    }
}

/// One copy of the loop.
#[inline]
fn add(crc: &mut Crc, bytes: &[u8]) {
    crc.add(bytes);
}
