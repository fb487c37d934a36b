//! Carries what the board's UART says to the local emulator, and counts what was accepted of it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;

use serde_json::Value;

use crate::Result;

/// Numbers of the readings of one batch that the local emulator accepted.
pub type Accepted = Vec<u64>;

/// Until the board is gone. A request that has gone out completely is answered, whether or not anybody is left to hear it.
pub fn run(mut uart: UnixStream, to: SocketAddr) -> Result<Vec<Accepted>> {
    let mut batches = Vec::new();
    let mut connection: Option<TcpStream> = None;
    loop {
        let Some(request) = read_message(&mut uart)? else {
            return Ok(batches);
        };
        let stream = match &mut connection {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(to).map_err(|e| e.to_string())?;
                connection.insert(stream)
            }
        };
        stream
            .write_all(&request.bytes)
            .map_err(|e| e.to_string())?;
        let response = read_message(stream)?.ok_or("the local emulator closed")?;
        if response.bytes.starts_with(b"HTTP/1.1 200 ") {
            batches.push(numbers(request.body())?);
        }
        // The board may have lost its power.
        let _ = uart.write_all(&response.bytes);
    }
}

struct Message {
    bytes: Vec<u8>,
    body_at: usize,
}

impl Message {
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
