//! Carries what the board's UART says to the local emulator, and counts what was accepted of it. Its connections die now and then,
//! before the request has arrived or in the response.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;

use motepost::Publish;
use serde_json::Value;

use crate::{Random, Result};

/// Numbers of the readings of one batch that the local emulator accepted.
pub type Accepted = Vec<u64>;

/// What tells the board that the connection is gone. No response holds this byte.
const GONE: u8 = 0;

/// What was carried.
#[derive(Default)]
pub struct Carried {
    pub accepted: Vec<Accepted>,
    /// Connections that died.
    pub died: usize,
}

/// Until the board is gone. One connection in `deaths` dies. A request that has gone out completely is answered, whether or not
/// anybody is left to hear it.
pub fn run(
    mut uart: UnixStream,
    to: SocketAddr,
    deaths: u32,
    mut random: Random,
) -> Result<Carried> {
    let mut carried = Carried::default();
    let mut connection: Option<TcpStream> = None;
    loop {
        let Some(request) = read_message(&mut uart)? else {
            return Ok(carried);
        };
        let dies = random.next().is_multiple_of(deaths);
        carried.died += usize::from(dies);
        if dies && random.next().is_multiple_of(2) {
            let _ = uart.write_all(&[GONE]);
            continue;
        }
        let stream = match &mut connection {
            Some(stream) => stream,
            None => connection.insert(connect(to)?),
        };
        let mut response = exchange(stream, &request.bytes)?;
        if response.is_accepted() {
            carried.accepted.push(numbers(request.body())?);
        }
        if dies {
            let heard = random.next() as usize % response.bytes.len();
            response.bytes.truncate(heard);
            response.bytes.push(GONE);
        }
        // The board may have lost its power.
        let _ = uart.write_all(&response.bytes);
    }
}

/// Publishes a message of a host's own.
pub fn publish(to: SocketAddr, message: &Publish<'_>) -> Result<()> {
    let mut room = [0; 512];
    let request = message.encode(&mut room).map_err(|e| e.to_string())?;
    let response = exchange(&mut connect(to)?, request)?;
    if response.is_accepted() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&response.bytes).into_owned())
    }
}

fn connect(to: SocketAddr) -> Result<TcpStream> {
    TcpStream::connect(to).map_err(|e| e.to_string())
}

fn exchange(stream: &mut TcpStream, request: &[u8]) -> Result<Message> {
    stream.write_all(request).map_err(|e| e.to_string())?;
    read_message(stream)?.ok_or("the local emulator closed".into())
}

struct Message {
    bytes: Vec<u8>,
    body_at: usize,
}

impl Message {
    fn is_accepted(&self) -> bool {
        self.bytes.starts_with(b"HTTP/1.1 200 ")
    }

    fn body(&self) -> &[u8] {
        &self.bytes[self.body_at..]
    }
}

/// `None` when it ends before it is complete.
fn read_message(from: &mut impl Read) -> Result<Option<Message>> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        match from.read(&mut byte) {
            Ok(1) => bytes.extend(byte),
            _ => return Ok(None),
        }
    }
    let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length = length.map_or(Ok(0), |text| text.trim().parse::<usize>());
    let length = length.map_err(|e| format!("{e}: {head}"))?;
    let body_at = bytes.len();
    bytes.resize(body_at + length, 0);
    Ok(from
        .read_exact(&mut bytes[body_at..])
        .is_ok()
        .then_some(Message { bytes, body_at }))
}

fn numbers(body: &[u8]) -> Result<Accepted> {
    let batch: Vec<Value> = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let number = |element: &Value| element[0].as_u64().ok_or("an element has no number".into());
    batch.iter().map(number).collect()
}
