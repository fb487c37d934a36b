//! The flash as the outbox sees it: sectors that are erased as one, and units that are programmed as one.

use crate::outbox::error::OutboxError;

/// Callbacks of C, or a driver of Rust. Addresses count from the start of the region. Erased bytes read 0xFF.
pub(crate) trait Flash {
    type Error;

    fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), OutboxError<Self::Error>>;
    fn program(&mut self, at: u32, bytes: &[u8]) -> Result<(), OutboxError<Self::Error>>;
    /// Erases the sector that begins there.
    fn erase(&mut self, at: u32, len: u32) -> Result<(), OutboxError<Self::Error>>;
}

/// The most that is read or programmed at once, and the largest unit.
pub(crate) const PIECE: u32 = 32;
/// A piece, in words, and aligned as one: drivers may take it for words.
#[derive(Default)]
#[repr(align(4))]
pub(crate) struct Piece(pub(crate) [[u8; 4]; 8]);

/// The bytes at the start of each sector that say what the sector is.
pub(crate) const SECTOR_HEADER: u32 = 32;

/// The bytes in front of each reading.
pub(crate) const RECORD_HEADER: u32 = 12;

/// The sizes of the region.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) sector_size: u32,
    /// All records begin and end at multiples of it: the unit, and at least a word, in which the first
    /// bytes of a record cannot look erased.
    pub(crate) step: u32,
    /// A sector in steps, by which numbers count.
    pub(crate) steps: u32,
    pub(crate) sectors: u16,
    pub(crate) unit: u8,
}

impl Shape {
    pub(crate) const fn new(sector_size: u32, sectors: u16, unit: u8) -> Self {
        let step = if unit < 4 { 4 } else { unit as u32 };
        Self {
            sector_size,
            step,
            steps: sector_size >> step.trailing_zeros(),
            sectors,
            unit,
        }
    }

    /// What a sector's header says of the shape besides the size.
    pub(crate) fn rest(self) -> u32 {
        u32::from(self.sectors) | u32::from(self.unit) << 16
    }

    pub(crate) fn in_steps(self, bytes: u32) -> u32 {
        bytes >> self.step.trailing_zeros()
    }

    /// What a record with so many bytes of data takes.
    pub(crate) fn size(self, data: u32) -> u32 {
        let last = self.step.wrapping_sub(1);
        data.wrapping_add(RECORD_HEADER).wrapping_add(last) & !last
    }

    /// The longest reading, for which an empty sector has room.
    pub(crate) fn max_len(self) -> u32 {
        let room = self.sector_size.wrapping_sub(SECTOR_HEADER);
        room.wrapping_sub(RECORD_HEADER).min(u16::MAX.into())
    }

    pub(crate) fn is_usable(self) -> bool {
        self.unit.is_power_of_two()
            && u32::from(self.unit) <= PIECE
            && self.sectors >= 3
            && self.sector_size >= 128
            && self.sector_size & self.step.wrapping_sub(1) == 0
            // Numbers of two places in the region can be compared, whatever wrapped around.
            && self.sectors <= 1 << 12
            && self.sector_size <= 1 << 19
    }
}

/// Whether the number `a` is before `b`. Numbers go round after 2^32.
pub(crate) fn is_before(a: u32, b: u32) -> bool {
    a.wrapping_sub(b) >> 31 != 0
}
