//! The modem's side of a pseudo-terminal.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// The modem is to be switched off.
pub(crate) struct Off;

/// What there is to do.
pub(crate) enum Event {
    /// A command is whole.
    Command(String),
    /// There may be something from the network.
    Network,
}

/// Why it stopped waiting.
enum Ready {
    /// The driver has sent something, or what was held back is said.
    Line,
    /// The network has something, and perhaps the driver as well.
    Network,
}

pub(crate) struct Uart {
    controller: File,
    // Kept open, so that the line stays up while no driver has it.
    _device: File,
    path: PathBuf,
    off: UnixStream,
    received: Vec<u8>,
    /// The next of the driver's bytes that are data never comes.
    loses_byte: bool,
    /// What is not said yet, while it holds back.
    held: Option<Vec<u8>>,
}

impl Uart {
    pub(crate) fn open(off: UnixStream) -> io::Result<Self> {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&controller)?;
        unlockpt(&controller)?;
        let name = ptsname(&controller, Vec::new())?;
        let path = PathBuf::from(OsStr::from_bytes(name.as_bytes()));
        let device = OpenOptions::new().read(true).write(true).open(&path)?;
        let mut settings = tcgetattr(&device)?;
        settings.make_raw();
        tcsetattr(&device, OptionalActions::Now, &settings)?;
        Ok(Self {
            controller: controller.into(),
            _device: device,
            path,
            off,
            received: Vec::new(),
            loses_byte: false,
            held: None,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Off> {
        if let Some(held) = &mut self.held {
            held.extend_from_slice(bytes);
            return Ok(());
        }
        self.controller.write_all(bytes).map_err(|_| Off)
    }

    /// Says nothing more until it is released.
    pub(crate) fn hold(&mut self) {
        self.held.get_or_insert_default();
    }

    /// Loses the first byte of the next data.
    pub(crate) fn lose_byte(&mut self) {
        self.loses_byte = true;
    }

    /// A byte about every millisecond, until it is switched off.
    pub(crate) fn drip(&mut self) -> Result<(), Off> {
        let millisecond = Timespec {
            tv_sec: 0,
            tv_nsec: 1_000_000,
        };
        loop {
            self.controller.write_all(b"x").map_err(|_| Off)?;
            let mut waits_for = [PollFd::new(&self.off, PollFlags::IN)];
            poll(&mut waits_for, Some(&millisecond)).map_err(|_| Off)?;
            if !waits_for[0].revents().is_empty() {
                return Err(Off);
            }
        }
    }

    /// Waits for a command, or for the network.
    pub(crate) fn event(&mut self, network: Option<BorrowedFd<'_>>) -> Result<Event, Off> {
        loop {
            if let Some(end) = self.received.iter().position(|&byte| byte == b'\r') {
                let line: Vec<u8> = self.received.drain(..=end).collect();
                let text = String::from_utf8_lossy(&line);
                return Ok(Event::Command(text.trim().to_owned()));
            }
            if let Ready::Network = self.receive(network)? {
                return Ok(Event::Network);
            }
        }
    }

    /// Exactly so many bytes, whatever they are and however long they take.
    pub(crate) fn data(&mut self, len: usize) -> Result<Vec<u8>, Off> {
        let lost = usize::from(std::mem::take(&mut self.loses_byte));
        while self.received.len() < lost + len {
            self.receive(None)?;
        }
        Ok(self.received.drain(..lost + len).skip(lost).collect())
    }

    /// Waits for bytes and takes them.
    fn receive(&mut self, network: Option<BorrowedFd<'_>>) -> Result<Ready, Off> {
        let mut waits_for = vec![
            PollFd::new(&self.off, PollFlags::IN),
            PollFd::from_borrowed_fd(self.controller.as_fd(), PollFlags::IN),
        ];
        waits_for.extend(network.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        poll(&mut waits_for, None).map_err(|_| Off)?;
        let ready: Vec<bool> = waits_for
            .iter()
            .map(|fd| !fd.revents().is_empty())
            .collect();
        if ready[0] {
            if (&self.off).read(&mut [0]).map_err(|_| Off)? == 0 {
                return Err(Off);
            }
            let held = self.held.take().unwrap_or_default();
            self.write(&held)?;
        }
        if ready[1] {
            let mut bytes = [0; 1024];
            let count = self.controller.read(&mut bytes).map_err(|_| Off)?;
            self.received.extend_from_slice(&bytes[..count]);
        }
        Ok(match ready.get(2) {
            Some(true) => Ready::Network,
            _ => Ready::Line,
        })
    }
}
