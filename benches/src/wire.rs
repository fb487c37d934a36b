//! A transport in memory, for the clients that have no other way in or out.

use core::convert::Infallible;

use embedded_io_async::{ErrorType, Read, Write};

/// Keeps what is written.
pub(crate) struct Sink<'a> {
    pub(crate) buffer: &'a mut [u8],
    pub(crate) len: usize,
}

impl ErrorType for Sink<'_> {
    type Error = Infallible;
}

impl Write for Sink<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        let end = self.len + bytes.len();
        self.buffer[self.len..end].copy_from_slice(bytes);
        self.len = end;
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Gives what is there.
pub(crate) struct Source<'a>(pub(crate) &'a [u8]);

impl ErrorType for Source<'_> {
    type Error = Infallible;
}

impl Read for Source<'_> {
    async fn read(&mut self, to: &mut [u8]) -> Result<usize, Infallible> {
        let len = to.len().min(self.0.len());
        let (now, later) = self.0.split_at(len);
        to[..len].copy_from_slice(now);
        self.0 = later;
        Ok(len)
    }
}
