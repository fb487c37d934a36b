//! TCP, counted.

use std::io::{self, ErrorKind};
use std::net::TcpStream;

use embassy_time::Timer;

/// Counts what passes.
pub struct Counted<T> {
    inner: T,
    /// Bytes.
    pub sent: usize,
    /// Bytes.
    pub received: usize,
}

impl<T> Counted<T> {
    /// From nothing.
    pub fn new(inner: T) -> Self {
        Self {
            inner,
            sent: 0,
            received: 0,
        }
    }
}

impl<T: embedded_io::ErrorType> embedded_io::ErrorType for &mut Counted<T> {
    type Error = T::Error;
}

impl embedded_io::ErrorType for Tcp {
    type Error = io::Error;
}

impl<T: embedded_io::Read> embedded_io::Read for &mut Counted<T> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, T::Error> {
        let count = self.inner.read(buffer)?;
        self.received += count;
        Ok(count)
    }
}

impl<T: embedded_io::Write> embedded_io::Write for &mut Counted<T> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, T::Error> {
        let count = self.inner.write(bytes)?;
        self.sent += count;
        Ok(count)
    }

    fn flush(&mut self) -> Result<(), T::Error> {
        self.inner.flush()
    }
}

impl<T: embedded_io_async::Read> embedded_io_async::Read for &mut Counted<T> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, T::Error> {
        let count = self.inner.read(buffer).await?;
        self.received += count;
        Ok(count)
    }
}

impl<T: embedded_io_async::Write> embedded_io_async::Write for &mut Counted<T> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, T::Error> {
        let count = self.inner.write(bytes).await?;
        self.sent += count;
        Ok(count)
    }

    async fn flush(&mut self) -> Result<(), T::Error> {
        self.inner.flush().await
    }
}

/// A socket of this machine, blocking or asynchronous. Embassy knows no sockets of a host, so while there is nothing to
/// move, its executor looks again a millisecond later; on a device, embassy-net wakes it.
pub struct Tcp(TcpStream);

impl Tcp {
    /// For `embedded-io`.
    pub fn blocking(socket: TcpStream) -> Self {
        Self(socket)
    }

    /// For `embedded-io-async`.
    ///
    /// # Errors
    /// The system's.
    pub fn asynchronous(socket: TcpStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self(socket))
    }
}

impl embedded_io::Read for Tcp {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        io::Read::read(&mut self.0, buffer)
    }
}

impl embedded_io::Write for Tcp {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::Write::write(&mut self.0, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl embedded_io_async::Read for Tcp {
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        when_ready(|| io::Read::read(&mut self.0, buffer)).await
    }
}

impl embedded_io_async::Write for Tcp {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        when_ready(|| io::Write::write(&mut self.0, bytes)).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn when_ready(mut moves: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match moves() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Timer::after_millis(1).await,
            moved => return moved,
        }
    }
}
