//! A serial port of this machine as a UART with a timeout. On firmware, this is your HAL's.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use embedded_io::{ErrorType, Read, Write};

/// Open, with a thread that reads. The port's settings are as `stty raw -echo min 1` and a speed left it.
pub struct Serial {
    port: File,
    bytes: Receiver<u8>,
    /// A read waits for so long at most.
    pub timeout: Duration,
    /// From then on nothing moves any more, even where there is something to read.
    pub deadline: Option<Instant>,
}

impl Serial {
    /// With that timeout.
    pub fn open(path: &Path, timeout: Duration) -> io::Result<Self> {
        let port = OpenOptions::new().read(true).write(true).open(path)?;
        let mut reader = port.try_clone()?;
        let (sender, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 256];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                for &byte in &buffer[..count] {
                    if sender.send(byte).is_err() {
                        return;
                    }
                }
            }
        });
        Ok(Self {
            port,
            bytes,
            timeout,
            deadline: None,
        })
    }

    fn in_time(&self) -> io::Result<()> {
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(io::ErrorKind::TimedOut.into()),
            _ => Ok(()),
        }
    }
}

impl ErrorType for Serial {
    type Error = io::Error;
}

impl Read for Serial {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(first) = buffer.first_mut() else {
            return Ok(0);
        };
        self.in_time()?;
        match self.bytes.recv_timeout(self.timeout) {
            Ok(byte) => {
                *first = byte;
                Ok(1)
            }
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => Ok(0),
        }
    }
}

impl Write for Serial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.in_time()?;
        self.port.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.port.flush()
    }
}
