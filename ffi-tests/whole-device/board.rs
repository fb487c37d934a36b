//! The emulated board, with its Ethernet or with a modem at its UART.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use modem_emulator::{Family, Modem, Options};

use crate::Result;
use crate::network::Network;
use crate::wire::Wire;

const TIMEOUT: Duration = Duration::from_secs(120);

/// How a firmware ended.
pub struct Ended {
    /// Its own exit status.
    pub status: i32,
    /// Everything it said.
    pub output: String,
}

/// What the firmware reported, `key=value` by `key=value`.
#[derive(Clone)]
pub struct Report(String);

impl Ended {
    /// What it reported.
    pub fn report(&self) -> Result<Report> {
        self.output
            .lines()
            .find_map(|line| line.strip_prefix("motepost: "))
            .map(|line| Report(line.to_owned()))
            .ok_or_else(|| format!("the firmware reported nothing: {}", self.output))
    }

    /// The same for the table, or whatever it said instead.
    pub fn summary(&self) -> String {
        self.report()
            .map_or_else(|_| self.output.trim().to_owned(), |report| report.0)
    }
}

impl Report {
    /// A figure.
    pub fn number(&self, key: &str) -> Result<u32> {
        self.0
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| *name == key)
            .and_then(|(_, value)| value.parse().ok())
            .ok_or_else(|| format!("the firmware reported no number {key}: {}", self.0))
    }

    /// Fails when a figure is another.
    pub fn expect(&self, key: &str, value: u32) -> Result<()> {
        if self.number(key)? == value {
            return Ok(());
        }
        Err(format!(
            "expected {key}={value}, and the firmware reported: {}",
            self.0
        ))
    }
}

/// One run of a firmware.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// How it reaches the server.
    pub network: Network,
    /// The firmware.
    pub image: &'a Path,
    /// Where it stores what outlasts it.
    pub folder: &'a Path,
    /// Where the server is.
    pub port: u16,
    /// Whether a millisecond is a million instructions.
    pub counts_instructions: bool,
}

/// Runs a firmware to its end in a folder of its own, which holds what it stores. It reaches that port of this machine, and
/// nothing else.
pub fn run(run: &Run<'_>) -> Result<Ended> {
    let Run {
        network,
        image,
        folder,
        port,
        ..
    } = *run;
    fs::create_dir_all(folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    let mut qemu = Command::new("qemu-system-arm");
    qemu.current_dir(folder)
        .args(["-M", "mps2-an386", "-display", "none", "-monitor", "none"])
        .args(["-semihosting-config", "enable=on,target=native"])
        .arg("-kernel")
        .arg(image);
    if run.counts_instructions {
        qemu.args(["-icount", "shift=0"]);
    }
    match network {
        Network::Ethernet => {
            let wire = Wire::new()?;
            qemu.args(["-serial", "null"]);
            wire.attach(&mut qemu, port);
            to_its_end(&mut qemu)
        }
        Network::Modem => {
            let modem = Modem::start(Options::new(Family::Quectel)).map_err(|e| e.to_string())?;
            qemu.arg("-serial").arg(modem.path()).args(["-net", "none"]);
            to_its_end(&mut qemu)
                .map_err(|reason| format!("{reason}\nmodem: {:?}", modem.commands()))
        }
    }
}

/// Ends with us, whatever happens.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn to_its_end(qemu: &mut Command) -> Result<Ended> {
    let mut child = qemu
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| {
            format!("cannot run qemu-system-arm: {e}; on Debian: apt-get install qemu-system-arm")
        })?;
    let pipes: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|pipe| Box::new(pipe) as _),
        child.stderr.take().map(|pipe| Box::new(pipe) as _),
    ];
    let mut board = Running(child);
    // Both end when the emulator does; the board is ended when the time is over.
    let (sender, ended) = channel();
    let mut readers = Vec::new();
    for mut pipe in pipes.into_iter().flatten() {
        let sender = sender.clone();
        readers.push(thread::spawn(move || {
            let mut text = Vec::new();
            let _ = pipe.read_to_end(&mut text);
            let _ = sender.send(());
            String::from_utf8_lossy(&text).into_owned()
        }));
    }
    for _ in &readers {
        ended
            .recv_timeout(TIMEOUT)
            .map_err(|_| format!("it did not end within {} s", TIMEOUT.as_secs()))?;
    }
    let status = board.0.wait().map_err(|e| e.to_string())?;
    let output = readers
        .into_iter()
        .map(|reader| reader.join().unwrap_or_default());
    Ok(Ended {
        output: output.collect(),
        status: status
            .code()
            .ok_or_else(|| format!("the emulator ended with {status}"))?,
    })
}
