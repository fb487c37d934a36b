//! The emulated board with its Ethernet.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use crate::Result;
use crate::emulator::{Report, Running, TIMEOUT};
use ffi_tests::cloud::Cloud;

/// How a firmware ended.
pub struct Ended {
    /// Its own exit status.
    pub status: i32,
    /// Everything it said.
    pub output: String,
}

impl Ended {
    /// What it reported.
    pub fn report(&self) -> Result<Report> {
        self.output
            .lines()
            .find_map(|line| line.strip_prefix("motepost: "))
            .map(|line| Report::new(line.to_owned()))
            .ok_or_else(|| format!("the firmware reported nothing: {}", self.output))
    }

    /// The same for the table.
    pub fn summary(&self) -> &str {
        self.output.trim().trim_start_matches("motepost: ")
    }
}

/// Runs a firmware to its end. It reaches two ports of the local emulator, at the address 10.0.2.100, and nothing else.
pub fn run(image: &Path, cloud: &Cloud) -> Result<Ended> {
    let forward = |from: u16, to: u16| {
        format!("guestfwd=tcp:10.0.2.100:{from}-cmd:socat STDIO TCP:127.0.0.1:{to}")
    };
    let nic = [
        "user,model=lan9118,restrict=on".to_owned(),
        forward(443, cloud.https_port()),
        forward(80, cloud.http_port()),
    ];
    let mut child = Command::new("qemu-system-arm")
        .args([
            "-M",
            "mps2-an385",
            "-display",
            "none",
            "-monitor",
            "none",
            "-serial",
            "null",
        ])
        .args(["-semihosting-config", "enable=on,target=native"])
        .args(["-nic", &nic.join(",")])
        .arg("-kernel")
        .arg(image)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot run qemu-system-arm: {e}"))?;
    let stdout = child.stdout.take();
    let stderr = child.stderr.take();
    let mut board = Running(child);

    // Both end when the emulator does; the board is ended when the time is over.
    let (sender, ended) = channel();
    let mut readers = Vec::new();
    let pipes: [Option<Box<dyn Read + Send>>; 2] = [
        stdout.map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        stderr.map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
    ];
    for mut pipe in pipes.into_iter().flatten() {
        let sender = sender.clone();
        readers.push(thread::spawn(move || {
            let mut text = String::new();
            let _ = pipe.read_to_string(&mut text);
            let _ = sender.send(());
            text
        }));
    }
    for _ in &readers {
        ended.recv_timeout(TIMEOUT).map_err(|_| {
            format!(
                "{} did not end within {} s\nlocal emulator: {}",
                image.display(),
                TIMEOUT.as_secs(),
                cloud.trace()
            )
        })?;
    }
    let status = board.0.wait().map_err(|e| e.to_string())?;
    let mut output = String::new();
    for reader in readers {
        output += &reader.join().unwrap_or_default();
    }
    Ok(Ended {
        status: status
            .code()
            .ok_or_else(|| format!("the emulator ended with {status}"))?,
        output,
    })
}
