//! One record: a header of twelve bytes and the data. Layout: `docs/outbox-format.md`.
//!
//! A record is programmed in ascending pieces and each of its units once. Its first word holds its length
//! and never looks erased, so where that word is whole, the extent of the record is known, however little
//! of the rest was written; where it is not, nothing after the first unit was touched.

use crate::crc::Crc;
use crate::outbox::error::OutboxError;
use crate::outbox::flash::{Flash, PIECE, RECORD_HEADER};
use crate::outbox::sector::Ring;

const PIECE_LEN: usize = PIECE as usize;
const ERASED: u8 = 0xff;

/// What stands at one place of a sector.
#[derive(Default)]
pub(crate) struct Seen {
    /// The bytes from here that are in use, as far as can be seen.
    pub(crate) used: u32,
    /// Where the next record may begin.
    pub(crate) step: u32,
    /// The length of the data; 0 for a mark.
    pub(crate) len: u32,
    /// What the outbox had dropped when it wrote this, if the record was written to its end.
    pub(crate) head: Option<u32>,
}

impl<F: Flash> Ring<'_, F> {
    /// Of a record's number, its first eight bytes and the epoch: bytes of another place or life do not fit.
    fn seeded(&self, number: u32, front: &[u8; 8]) -> Crc {
        let mut crc = Crc::new();
        add(&mut crc, &self.state.epoch.to_le_bytes());
        add(&mut crc, &number.to_le_bytes());
        add(&mut crc, front);
        crc
    }

    fn read_piece(
        &mut self,
        at: u32,
        left: u32,
        piece: &mut [u8; PIECE_LEN],
    ) -> Result<u32, OutboxError<F::Error>> {
        let len = left.min(PIECE);
        let part = piece.get_mut(..len as usize).unwrap_or_default();
        self.flash.read(at, part).map_err(OutboxError::Flash)?;
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
        let mut piece = [ERASED; PIECE_LEN];
        let read = self.read_piece(at, left, &mut piece)?;
        let used = piece.iter().position(|byte| *byte != ERASED);
        let mut seen = Seen {
            step: self.shape.step(),
            ..Seen::default()
        };
        match used {
            None => {
                seen.step = read;
                return Ok(seen);
            }
            Some(place) if (place as u32) < seen.step => seen.used = seen.step,
            Some(place) => {
                seen.step = place as u32 & !seen.step.wrapping_sub(1);
                return Ok(seen);
            }
        }
        let [a, b, c, d, e, f, g, h, check @ ..] = piece;
        let front = [a, b, c, d, e, f, g, h];
        let len = u32::from(u16::from_le_bytes([a, b]));
        let size = self.shape.size(len);
        if [!a, !b] != [c, d] || size > left {
            return Ok(seen);
        }
        seen.used = size;
        let number = first.wrapping_add(self.shape.in_steps(offset));
        let mut crc = self.seeded(number, &front);
        let stored = check.first_chunk::<4>().copied().unwrap_or_default();
        let mut slots = out.iter_mut();
        let mut done = RECORD_HEADER;
        for _ in 0..len {
            let within = done & (PIECE - 1);
            if within == 0 {
                self.read_piece(at.wrapping_add(done), left.wrapping_sub(done), &mut piece)?;
            }
            let byte = piece.get(within as usize).copied().unwrap_or_default();
            add(&mut crc, &[byte]);
            if let Some(slot) = slots.next() {
                *slot = byte;
            }
            done = done.wrapping_add(1);
        }
        if crc.check() == stored {
            seen.step = size;
            seen.len = len;
            seen.head = Some(u32::from_le_bytes([e, f, g, h]));
        }
        Ok(seen)
    }

    /// Programs a record at the end of the newest sector, where there is room.
    pub(crate) fn write(
        &mut self,
        offset: u32,
        data: &[u8],
    ) -> Result<u32, OutboxError<F::Error>> {
        let number = self.state.first.wrapping_add(self.shape.in_steps(offset));
        let [a, b] = (data.len() as u16).to_le_bytes();
        let [e, f, g, h] = self.state.head.to_le_bytes();
        let front = [a, b, !a, !b, e, f, g, h];
        let mut crc = self.seeded(number, &front);
        add(&mut crc, data);
        let check = crc.check();
        let mut bytes = front.iter().chain(&check).chain(data);
        let mut at = self.base(self.state.sector).wrapping_add(offset);
        let mut left = self.shape.size(data.len() as u32);
        while left != 0 {
            let mut piece = [ERASED; PIECE_LEN];
            let len = left.min(PIECE);
            let part = piece.get_mut(..len as usize).unwrap_or_default();
            for (slot, byte) in part.iter_mut().zip(&mut bytes) {
                *slot = *byte;
            }
            self.flash.program(at, part).map_err(OutboxError::Flash)?;
            at = at.wrapping_add(len);
            left = left.wrapping_sub(len);
        }
        Ok(number)
    }

    /// Programs a trace: a step of zeros, which is no record. Says whether it can be seen.
    pub(crate) fn trace(&mut self, offset: u32) -> Result<bool, OutboxError<F::Error>> {
        let at = self.base(self.state.sector).wrapping_add(offset);
        let mut piece = [0; PIECE_LEN];
        let part = piece
            .get_mut(..self.shape.step() as usize)
            .unwrap_or_default();
        // A step that power failed in may be refused. Then it is not zeros.
        let _ = self.flash.program(at, part);
        self.flash.read(at, part).map_err(OutboxError::Flash)?;
        Ok(part.iter().all(|byte| *byte == 0))
    }
}

/// One copy of the loop.
#[inline]
fn add(crc: &mut Crc, bytes: &[u8]) {
    crc.add(bytes);
}
