//! The outbox over a driver of `embedded-storage`.

use core::ops::Range;

use embedded_storage::nor_flash::NorFlash;

use crate::outbox::error::OutboxError;
use crate::outbox::flash::{Flash, PIECE, Piece, Shape};
use crate::outbox::ring::OutboxCursor;
use crate::outbox::state::{Ring, RingState};

/// Readings in a region of flash that is nobody else's. See the [module](crate::outbox).
pub struct Outbox<F> {
    region: Region<F>,
    shape: Shape,
    state: RingState,
}

/// A region of a driver's flash.
struct Region<F> {
    driver: F,
    start: u32,
}

impl<F: NorFlash> Flash for &mut Region<F> {
    type Error = F::Error;

    fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), OutboxError<F::Error>> {
        let done = self.driver.read(self.start.wrapping_add(at), bytes);
        done.map_err(OutboxError::Flash)
    }

    fn program(&mut self, at: u32, bytes: &[u8]) -> Result<(), OutboxError<F::Error>> {
        let done = self.driver.write(self.start.wrapping_add(at), bytes);
        done.map_err(OutboxError::Flash)
    }

    fn erase(&mut self, at: u32, len: u32) -> Result<(), OutboxError<F::Error>> {
        let from = self.start.wrapping_add(at);
        let done = self.driver.erase(from, from.wrapping_add(len));
        done.map_err(OutboxError::Flash)
    }
}

impl<F: NorFlash> Outbox<F> {
    /// Opens the outbox in `range` of the flash, whole sectors and at least three of them. Writes nothing.
    ///
    /// `epoch` is a random number. A blank region keeps it, and one in use keeps its own: see [`epoch`](Self::epoch).
    ///
    /// # Errors
    /// [`OutboxError::Shape`], [`OutboxError::Format`], or the driver failed to read: that is never taken for
    /// a blank region.
    pub fn open(driver: F, range: Range<u32>, epoch: u32) -> Result<Self, OutboxError<F::Error>> {
        let shape = Self::shape(&range, driver.capacity()).ok_or(OutboxError::Shape)?;
        let mut outbox = Self {
            region: Region {
                driver,
                start: range.start,
            },
            shape,
            state: RingState::default(),
        };
        outbox.ring().open(epoch)?;
        Ok(outbox)
    }

    fn shape(range: &Range<u32>, capacity: usize) -> Option<Shape> {
        let sector_size = u32::try_from(F::ERASE_SIZE).ok()?;
        let len = range.end.checked_sub(range.start)?;
        let is_whole =
            range.start.checked_rem(sector_size)? == 0 && len.checked_rem(sector_size)? == 0;
        let sectors = len.checked_div(sector_size)?.try_into().ok()?;
        let shape = Shape::new(sector_size, sectors, F::WRITE_SIZE.try_into().ok()?);
        // Reads begin and end at steps.
        let is_readable = (shape.step as usize).checked_rem(F::READ_SIZE) == Some(0)
            && F::READ_SIZE <= PIECE as usize;
        let is_in = range.end as usize <= capacity;
        (is_whole && is_readable && is_in).then_some(shape)
    }

    fn ring(&mut self) -> Ring<'_, &mut Region<F>> {
        Ring {
            flash: &mut self.region,
            shape: self.shape,
            state: &mut self.state,
            piece: Piece::default(),
        }
    }

    /// The random number that the region was first used with. A reading is known by device, epoch and number.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.state.epoch
    }

    /// The longest reading that fits.
    #[must_use]
    pub fn max_len(&self) -> usize {
        self.shape.max_len() as usize
    }

    /// Stores a reading and returns its number. Once it has returned, the reading survives any reset, until it is
    /// dropped.
    ///
    /// # Errors
    /// [`OutboxError::Full`], [`OutboxError::Length`], or the driver failed.
    pub fn push(&mut self, reading: &[u8]) -> Result<u32, OutboxError<F::Error>> {
        self.ring().push(reading)
    }

    /// Reads the reading at the cursor into `buffer`, and moves the cursor after it. `None` after the last one: a
    /// reading that is pushed then comes next.
    ///
    /// # Errors
    /// [`OutboxError::Buffer`], or the driver failed. The cursor has not moved then.
    pub fn next<'b>(
        &mut self,
        cursor: &mut OutboxCursor,
        buffer: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, OutboxError<F::Error>> {
        match self.ring().next(cursor, buffer)? {
            Some(len) => buffer.get(..len).ok_or(OutboxError::Buffer).map(Some),
            None => Ok(None),
        }
    }

    /// Drops the readings that the cursor has passed. Once it has returned, none of them comes back.
    ///
    /// # Errors
    /// [`OutboxError::Cursor`]: nothing is dropped. [`OutboxError::NotKept`], or the driver failed: until a reset the
    /// readings stay dropped. After `NotKept` send and drop more to make it last; after a failure of the driver call again.
    pub fn drop(&mut self, cursor: &OutboxCursor) -> Result<(), OutboxError<F::Error>> {
        self.ring().drop(cursor)
    }

    /// The number of readings that are not dropped. Reads all of them.
    ///
    /// # Errors
    /// The driver failed.
    pub fn count(&mut self) -> Result<u32, OutboxError<F::Error>> {
        self.ring().count()
    }

    /// The driver, to look at.
    pub const fn driver(&self) -> &F {
        &self.region.driver
    }

    /// Gives the driver back.
    pub fn into_driver(self) -> F {
        self.region.driver
    }
}
