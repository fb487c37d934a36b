//! A cellular modem to test drivers with: AT commands on a pseudo-terminal on the one side, real TLS connections on the
//! other. It keeps the limits of its manual, refuses whatever it does not know, and can be told to misbehave.
//!
//! It trusts the certificates in its files alone and checks the chain always: a driver that forgets to say which gets no
//! connection. It checks whose certificate it is only where it is told to, as modems do.

mod files;
mod link;
mod quectel;
mod session;
mod simcom;
mod uart;

use std::collections::HashMap;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use session::Session;
use uart::Uart;

/// Whose commands it understands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Family {
    /// `SIMCom` SIM7070, SIM7080, SIM7090: `AT+SH…` and `AT+CA…`.
    Simcom,
    /// Quectel BG95, BG96, EC21, EC25: `AT+QHTTP…` and `AT+QSSL…`.
    Quectel,
}

/// Whether it repeats what it is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Echo {
    /// Until it is told `ATE0`, as modems come from the factory.
    On,
    /// Not at all.
    Off,
    /// Whatever it is told.
    Always,
}

/// What it answers, once, instead of what it should.
#[derive(Clone, Debug)]
pub struct Fault {
    /// To the first command that begins so.
    pub command: String,
    /// `ERROR`, `+CME ERROR: 3`, `RDY` for a reset; empty for silence; `late OK` for silence, and OK in front of the next
    /// answer; `held` for the right answer, which waits for [`Modem::release`]; `endless` for one without an end. `lost byte`
    /// and `full` for the right answer to a command that sends bytes, of which the line loses one, or for which there is no room.
    pub answer: String,
}

/// How it is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whose commands it understands.
    pub family: Family,
    /// The files in it, by name: certificates in PEM.
    pub files: HashMap<String, String>,
    /// Whether it repeats what it is told.
    pub echo: Echo,
    /// Whether it reports other things in the middle of its answers.
    pub chatter: bool,
    /// What it does wrong.
    pub faults: Vec<Fault>,
}

impl Options {
    /// A modem that works, with echo on.
    pub fn new(family: Family) -> Self {
        Self {
            family,
            files: HashMap::new(),
            echo: Echo::On,
            chatter: false,
            faults: Vec::new(),
        }
    }

    /// With a certificate in the file of that name.
    #[must_use]
    pub fn with_file(mut self, name: &str, pem: &str) -> Self {
        self.files.insert(name.to_owned(), pem.to_owned());
        self
    }

    /// With a wrong answer to the first command that begins so.
    #[must_use]
    pub fn with_fault(mut self, command: &str, answer: &str) -> Self {
        self.faults.push(Fault {
            command: command.to_owned(),
            answer: answer.to_owned(),
        });
        self
    }
}

/// A modem that is on. Dropping it switches it off.
pub struct Modem {
    path: PathBuf,
    commands: Arc<Mutex<Vec<String>>>,
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Modem {
    /// Switches it on.
    ///
    /// # Errors
    /// When there is no pseudo-terminal to be had.
    pub fn start(options: Options) -> std::io::Result<Self> {
        let (stop, stopped) = UnixStream::pair()?;
        let uart = Uart::open(stopped)?;
        let path = uart.path().to_owned();
        let commands = Arc::default();
        let mut session = Session::new(uart, options, Arc::clone(&commands));
        let thread = std::thread::spawn(move || session.run());
        Ok(Self {
            path,
            commands,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The serial port at which it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets it say what it holds back.
    pub fn release(&self) {
        if let Some(mut stop) = self.stop.as_ref() {
            let _ = stop.write_all(b"r");
        }
    }

    /// The commands that it was given.
    pub fn commands(&self) -> Vec<String> {
        let commands = self.commands.lock();
        commands.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Modem {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
