//! The emulated board, and the gateway that carries what its UART says to the endpoint over TLS.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::Result;
use crate::board::Board;
use crate::image::Image;
use ffi_tests::cloud::Cloud;

/// A publish takes a tenth of a second, and a busy machine some.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// What the firmware reported, `key=value` by `key=value`.
pub struct Report(String);

impl Report {
    /// Of a line of such pairs.
    pub fn new(line: String) -> Self {
        Self(line)
    }

    /// A figure.
    pub fn number(&self, key: &str) -> Result<u32> {
        let text = self.text(key)?;
        text.parse()
            .map_err(|_| format!("{key} is no number in: {}", self.0))
    }

    /// Fails when a value is another.
    pub fn expect(&self, key: &str, value: &str) -> Result<()> {
        if self.text(key)? == value {
            return Ok(());
        }
        Err(format!(
            "expected {key}={value}, and the firmware reported: {}",
            self.0
        ))
    }

    /// A word.
    pub fn text(&self, key: &str) -> Result<&str> {
        let mut pairs = self
            .0
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
            .ok_or_else(|| format!("the firmware reported no {key}: {}", self.0))
    }
}

/// Runs the firmware until it reports.
pub fn run(board: &Board, image: &Image, cloud: &Cloud) -> Result<Report> {
    // A pair of sockets, so that no port has to be found and nobody has to wait for the other to listen.
    let (uart, gateway) = UnixStream::pair().map_err(|e| e.to_string())?;
    let gateway_log = cloud.file("socat.log");
    let _gateway = start_gateway(gateway, cloud, &gateway_log)?;
    let (_board, stderr) = start_board(board, image, uart)?;
    let lines = lines_of(stderr);

    let deadline = Instant::now() + TIMEOUT;
    let mut log = String::new();
    let mut eeprom = String::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(line) = lines.recv_timeout(left) else {
            let gateway = std::fs::read_to_string(&gateway_log).unwrap_or_default();
            return Err(format!(
                "the firmware reported nothing within {} s\nemulator: {log}{eeprom}\ngateway: {gateway}\nlocal emulator: {}",
                TIMEOUT.as_secs(),
                cloud.trace()
            ));
        };
        let line = match eeprom_byte(&line) {
            Some('\n') => std::mem::take(&mut eeprom),
            Some(character) => {
                eeprom.push(character);
                continue;
            }
            None => line,
        };
        if let Some(report) = line.strip_prefix("motepost: ") {
            return Ok(Report::new(report.to_owned()));
        }
        // What QEMU says of the EEPROM's other registers would bury the rest.
        if !line.contains("unimplemented device") {
            log.push_str(&line);
            log.push('\n');
        }
    }
}

/// The character that an Uno writes to its EEPROM, if that is what QEMU logs.
fn eeprom_byte(line: &str) -> Option<char> {
    let (_, value) =
        line.split_once("avr-eeprom: unimplemented device write (size 1, offset 0x1, value 0x")?;
    let byte = u8::from_str_radix(value.trim_end_matches(')'), 16).ok()?;
    Some(char::from(byte))
}

/// The board with that image; its standard error has what it reports.
pub fn start_board(
    board: &Board,
    image: &Image,
    uart: UnixStream,
) -> Result<(Running, ChildStderr)> {
    let [program, arguments @ ..] = board.qemu else {
        return Err(format!("{} has no emulator", board.name));
    };
    let (stdin, stdout) = both_ways(uart)?;
    let mut child = Command::new(program)
        .args(["-M", board.name, "-display", "none", "-monitor", "none", "-serial", "stdio"])
        .args(arguments)
        .arg(board.image_flag)
        .arg(&image.path)
        .stdin(stdin)
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot run {program}: {e}; on Debian: apt-get install qemu-system-arm qemu-system-misc"))?;
    let stderr = child
        .stderr
        .take()
        .ok_or("the emulator has no standard error")?;
    Ok((Running(child), stderr))
}

/// Carries bytes between the board and the endpoint.
pub fn start_gateway(end: UnixStream, cloud: &Cloud, log: &std::path::Path) -> Result<Running> {
    let (stdin, stdout) = both_ways(end)?;
    let log = File::create(log).map_err(|e| e.to_string())?;
    let name = cloud.endpoint();
    let to = format!(
        "OPENSSL:127.0.0.1:{},cafile={},verify=1,snihost={name},commonname={name}",
        cloud.https_port(),
        cloud.ca_file().display()
    );
    let child = Command::new("socat")
        .args(["-", &to])
        .stdin(stdin)
        .stdout(stdout)
        .stderr(log)
        .spawn()
        .map_err(|e| format!("cannot run socat: {e}; on Debian: apt-get install socat"))?;
    Ok(Running(child))
}

fn both_ways(end: UnixStream) -> Result<(Stdio, Stdio)> {
    let other = end.try_clone().map_err(|e| e.to_string())?;
    Ok((OwnedFd::from(end).into(), OwnedFd::from(other).into()))
}

/// Its lines, as they come.
pub fn lines_of(stderr: ChildStderr) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// Ends with us, whatever happens.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
