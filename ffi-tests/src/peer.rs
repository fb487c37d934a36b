//! A peer that is up to no good.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

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
