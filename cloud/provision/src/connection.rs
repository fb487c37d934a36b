//! A connection to an endpoint: TLS 1.2 or 1.3 with the endpoint's name as SNI and no ALPN, which is what custom
//! authentication wants on port 443 (Developer Guide, "Device communication protocols"). One deadline holds for all of it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// What bytes travel through.
pub(crate) trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// When everything must be done.
#[derive(Clone, Copy)]
pub(crate) struct Deadline {
    at: Instant,
    timeout: Duration,
}

impl Deadline {
    pub(crate) fn after(timeout: Duration) -> Self {
        Self {
            at: Instant::now() + timeout,
            timeout,
        }
    }

    fn left(self) -> io::Result<Duration> {
        let left = self.at.saturating_duration_since(Instant::now());
        // A socket takes no timeout of zero.
        if left.is_zero() {
            Err(self.over())
        } else {
            Ok(left)
        }
    }

    fn over(self) -> io::Error {
        let text = format!("the {} s of --timeout are over", self.timeout.as_secs());
        io::Error::new(ErrorKind::TimedOut, text)
    }

    /// A socket's own words for it are a number.
    fn named(self, error: io::Error) -> io::Error {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => self.over(),
            _ => error,
        }
    }
}

/// A socket each of whose calls ends with the deadline.
struct Timed {
    tcp: TcpStream,
    deadline: Deadline,
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(Some(self.deadline.left()?))?;
        let read = self.tcp.read(buffer);
        read.map_err(|error| self.deadline.named(error))
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(Some(self.deadline.left()?))?;
        let written = self.tcp.write(bytes);
        written.map_err(|error| self.deadline.named(error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// A connection that remembers what came.
pub(crate) struct Recorded {
    stream: Box<dyn Stream>,
    bytes: Vec<u8>,
}

/// More than any head that the library reads.
const RECORDED: usize = 256 * 1024;

impl Recorded {
    pub(crate) fn new(stream: Box<dyn Stream>) -> Self {
        Self {
            stream,
            bytes: Vec::new(),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The head of the response, without interim ones before it (RFC 9110 section 15.2).
    pub(crate) fn head(&self) -> &[u8] {
        let mut rest = &self.bytes[..];
        while let Some(at) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
            if rest.get(9) != Some(&b'1') {
                return &rest[..at];
            }
            rest = &rest[at + 4..];
        }
        rest
    }
}

impl Read for Recorded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        if self.bytes.len() < RECORDED {
            self.bytes.extend_from_slice(&buffer[..count]);
        }
        Ok(count)
    }
}

impl Write for Recorded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

pub(crate) fn connect(
    host: &str,
    port: u16,
    ca: Option<&Path>,
    deadline: Deadline,
) -> anyhow::Result<Box<dyn Stream>> {
    let roots = roots(ca)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(without_brackets(host).to_owned())
        .with_context(|| format!("{host:?} is not a host's name"))?;
    let tls = ClientConnection::new(Arc::new(config), name)?;
    Ok(Box::new(StreamOwned::new(
        tls,
        connect_tcp(host, port, deadline)?,
    )))
}

pub(crate) fn connect_plain(
    host: &str,
    port: u16,
    deadline: Deadline,
) -> anyhow::Result<Box<dyn Stream>> {
    Ok(Box::new(connect_tcp(host, port, deadline)?))
}

fn connect_tcp(host: &str, port: u16, deadline: Deadline) -> anyhow::Result<Timed> {
    let mut failed = None;
    // `localhost` may name ::1 first, where nobody listens.
    for address in addresses(host, port, deadline)? {
        match TcpStream::connect_timeout(&address, deadline.left()?) {
            Ok(tcp) => return Ok(Timed { tcp, deadline }),
            Err(error) => failed = Some(deadline.named(error)),
        }
    }
    match failed {
        Some(error) => Err(error).with_context(|| format!("no connection to {host} port {port}")),
        None => bail!("{host} has no address"),
    }
}

/// An endpoint has an address of IPv6 in brackets, a resolver and a certificate do not.
fn without_brackets(host: &str) -> &str {
    host.trim_matches(['[', ']'])
}

/// In a thread of its own, because the system's resolver has its own timeouts, of up to minutes.
fn addresses(host: &str, port: u16, deadline: Deadline) -> anyhow::Result<Vec<SocketAddr>> {
    let (sender, found) = mpsc::channel();
    let name = without_brackets(host).to_owned();
    std::thread::spawn(move || {
        // Nobody listens once the deadline has passed.
        let _ = sender.send((name.as_str(), port).to_socket_addrs());
    });
    let asked = found.recv_timeout(deadline.left()?);
    let addresses = asked.map_err(|_| deadline.over()).and_then(|found| found);
    Ok(addresses
        .with_context(|| format!("{host} has no address"))?
        .collect())
}

fn roots(ca: Option<&Path>) -> anyhow::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(path) => {
            let name = || path.display().to_string();
            let pem = std::fs::read(path).with_context(name)?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                roots
                    .add(certificate.with_context(name)?)
                    .with_context(name)?;
            }
            if roots.is_empty() {
                bail!("{} holds no certificate in PEM", path.display());
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                bail!("this system has no root certificates: give --ca");
            }
        }
    }
    Ok(roots)
}
