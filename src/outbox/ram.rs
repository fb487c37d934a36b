//! Flash in RAM, for parts whose RAM survives sleep.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// RAM that an [`Outbox`](crate::outbox::Outbox) uses like flash, in sectors of `SECTOR` bytes.
///
/// Place it where neither sleep nor your start-up code clears it. What a reset damaged is found by its checks.
pub struct RetainedRam<'a, const SECTOR: usize>(&'a mut [u8]);

impl<'a, const SECTOR: usize> RetainedRam<'a, SECTOR> {
    /// Uses these bytes.
    pub const fn new(bytes: &'a mut [u8]) -> Self {
        Self(bytes)
    }
}

impl<const SECTOR: usize> RetainedRam<'_, SECTOR> {
    fn part(&mut self, at: u32, len: usize) -> &mut [u8] {
        let rest = self.0.get_mut(at as usize..).unwrap_or_default();
        rest.get_mut(..len).unwrap_or_default()
    }
}

impl<const SECTOR: usize> ErrorType for RetainedRam<'_, SECTOR> {
    type Error = NorFlashErrorKind;
}

impl<const SECTOR: usize> ReadNorFlash for RetainedRam<'_, SECTOR> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        let len = bytes.len();
        check_read(self, offset, len)?;
        for (to, from) in bytes.iter_mut().zip(self.part(offset, len)) {
            *to = *from;
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.len()
    }
}

impl<const SECTOR: usize> NorFlash for RetainedRam<'_, SECTOR> {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        let len = to.wrapping_sub(from) as usize;
        self.part(from, len).fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        for (to, from) in self.part(offset, bytes.len()).iter_mut().zip(bytes) {
            *to = *from;
        }
        Ok(())
    }
}
