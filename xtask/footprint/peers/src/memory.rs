//! A transport in memory that never waits, and the executor that a future over it needs.

use core::convert::Infallible;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use embedded_io_async::{ErrorType, Read, Write};

pub struct Memory<'a> {
    sent: &'a mut [u8],
    written: usize,
    response: &'a [u8],
}

impl<'a> Memory<'a> {
    pub fn new(sent: &'a mut [u8], response: &'a [u8]) -> Self {
        Self {
            sent,
            written: 0,
            response,
        }
    }

    /// 0 when a complete request was written: some clients write a line more than is needed, none writes less.
    pub fn has_a_request(&self) -> i32 {
        i32::from(self.written < 246)
    }
}

impl ErrorType for Memory<'_> {
    type Error = Infallible;
}

impl Read for Memory<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let len = buffer.len().min(self.response.len());
        let (now, later) = self.response.split_at(len);
        buffer[..len].copy_from_slice(now);
        self.response = later;
        Ok(len)
    }
}

impl Write for Memory<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        let room = &mut self.sent[self.written..];
        let len = bytes.len().min(room.len());
        room[..len].copy_from_slice(&bytes[..len]);
        self.written += len;
        Ok(len)
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Polls once: nothing here ever waits.
pub fn finish<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
