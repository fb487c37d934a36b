//! A peer that is up to no good.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

/// Takes one connection, and answers it without an end: the other side has to leave.
///
/// # Panics
/// When no port is free.
#[must_use]
pub fn endless() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    thread::spawn(move || -> io::Result<()> {
        let (mut peer, _) = listener.accept()?;
        let _ = peer.read(&mut [0; 1024])?;
        peer.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        loop {
            peer.write_all(&[b'x'; 4096])?;
        }
    });
    address
}

/// Takes one connection, and answers it a byte about every millisecond, without an end.
///
/// # Panics
/// When no port is free.
#[must_use]
pub fn dripping() -> SocketAddr {
    drip(b"HTTP/1.1 200 OK\r\n\r\n")
}

/// Takes one connection, and begins a TLS record of 16 KB that comes a byte about every millisecond.
///
/// # Panics
/// When no port is free.
#[must_use]
pub fn dripping_tls() -> SocketAddr {
    drip(&[22, 3, 3, 0x40, 0])
}

fn drip(first: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    thread::spawn(move || -> io::Result<()> {
        let (mut peer, _) = listener.accept()?;
        peer.set_nodelay(true)?;
        let _ = peer.read(&mut [0; 1024])?;
        peer.write_all(first)?;
        loop {
            peer.write_all(b"x")?;
            thread::park_timeout(Duration::from_millis(1));
        }
    });
    address
}

/// A gateway at the other end of a line: gives each request its own response, 200 and 403 by turns. The first one it keeps until it is
/// told to let go of it.
///
/// # Errors
/// When the line ends.
pub fn gateway(mut line: impl Read + Write, let_go: &Receiver<()>) -> io::Result<()> {
    let mut received = Vec::new();
    for number in 0.. {
        next_request(&mut line, &mut received)?;
        if number == 0 {
            let _ = let_go.recv();
        }
        let response: &[u8] = if number % 2 == 0 {
            b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nyes"
        } else {
            b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno"
        };
        line.write_all(response)?;
        line.flush()?;
    }
    Ok(())
}

fn next_request(line: &mut impl Read, received: &mut Vec<u8>) -> io::Result<()> {
    loop {
        if let Some(len) = request_len(received).filter(|len| received.len() >= *len) {
            received.drain(..len);
            return Ok(());
        }
        let mut bytes = [0; 256];
        let count = line.read(&mut bytes)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        received.extend_from_slice(&bytes[..count]);
    }
}

/// Of the request that is first, once its head is whole.
fn request_len(received: &[u8]) -> Option<usize> {
    let head_len = received
        .windows(4)
        .position(|window| window == b"\r\n\r\n")?
        + 4;
    let head = String::from_utf8_lossy(&received[..head_len]);
    let body_len = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(Some(0), |len| len.trim().parse().ok())?;
    Some(head_len + body_len)
}
