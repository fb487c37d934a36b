//! A peer that is up to no good.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tls_chains::Chain;

/// A server's end of a TLS connection.
pub type Tls = StreamOwned<ServerConnection, TcpStream>;

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

/// Takes one connection and lets `talk` have it.
///
/// # Panics
/// When no port is free, or nobody comes.
pub fn listen<T: Send + 'static>(
    talk: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = listener.local_addr().expect("it has an address").port();
    (
        port,
        thread::spawn(move || talk(listener.accept().expect("a client").0)),
    )
}

/// A TLS server for one client; `talk` gets the connection once the handshake is complete, or the reason why it is not.
///
/// # Panics
/// When no port is free, or nobody comes.
pub fn tls<T: Send + 'static>(
    chain: &Chain,
    record: Option<usize>,
    talk: impl FnOnce(Result<Tls, String>) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    let certificates = chain.certificates.iter();
    let certificates = certificates
        .map(|der| CertificateDer::from(der.clone()))
        .collect();
    let key = PrivateKeyDer::from_pem_slice(chain.key_pem.as_bytes()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12])
        .expect("a version")
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .expect("a certificate");
    config.max_fragment_size = record;
    listen(move |socket| {
        let connection = ServerConnection::new(Arc::new(config)).expect("a connection");
        let mut tls = StreamOwned::new(connection, socket);
        while tls.conn.is_handshaking() {
            if let Err(reason) = tls.conn.complete_io(&mut tls.sock) {
                return talk(Err(reason.to_string()));
            }
        }
        talk(Ok(tls))
    })
}

/// Reads the head of a request, responds that it is too large, and closes while the payload is still to come.
///
/// # Errors
/// When the line ends earlier.
pub fn refuse_after_the_head(mut line: impl Read + Write) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        line.read_exact(&mut byte)?;
        head.extend(byte);
    }
    line.write_all(b"HTTP/1.1 413 Payload Too Large\r\ncontent-length: 9\r\n\r\ntoo large")?;
    line.flush()
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
