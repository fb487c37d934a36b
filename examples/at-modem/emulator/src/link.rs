//! The network side: TLS, always with the server's chain checked and its name only where the modem was told to; or TCP for a
//! device that does its own.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme, StreamOwned,
};

const TIMEOUT: Duration = Duration::from_secs(10);

enum Stream {
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
    Tcp(TcpStream),
}

pub(crate) struct Link {
    stream: Stream,
    pub(crate) received: Vec<u8>,
    pub(crate) closed: bool,
}

/// An answer, in its two parts.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

impl Link {
    /// `None` for whatever reason: a modem says no more than that.
    pub(crate) fn open(host: &str, port: u16, ca_pem: &str, checks_name: bool) -> Option<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
            roots.add(certificate.ok()?).ok()?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone());
        let verifier = Verifier {
            chain: chain.build().ok()?,
            checks_name,
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .ok()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        let name = ServerName::try_from(host.to_owned()).ok()?;
        let mut connection = ClientConnection::new(Arc::new(config), name).ok()?;
        let mut socket = connect(host, port)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut socket).ok()?;
        }
        let stream = StreamOwned::new(connection, socket);
        Some(Self::new(Stream::Tls(Box::new(stream))))
    }

    /// Without TLS.
    pub(crate) fn open_plain(host: &str, port: u16) -> Option<Self> {
        connect(host, port).map(|socket| Self::new(Stream::Tcp(socket)))
    }

    fn new(stream: Stream) -> Self {
        Self {
            stream,
            received: Vec::new(),
            closed: false,
        }
    }

    pub(crate) fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    fn tcp(&self) -> &TcpStream {
        match &self.stream {
            Stream::Tls(tls) => &tls.sock,
            Stream::Tcp(socket) => socket,
        }
    }

    pub(crate) fn socket(&self) -> BorrowedFd<'_> {
        self.tcp().as_fd()
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> Option<()> {
        self.stream.write_all(bytes).ok()?;
        self.stream.flush().ok()
    }

    /// Takes what has come, without waiting.
    pub(crate) fn pump(&mut self) {
        if self.tcp().set_nonblocking(true).is_err() {
            self.closed = true;
        }
        let mut bytes = [0; 4096];
        while !self.closed {
            match self.stream.read(&mut bytes) {
                Ok(0) => self.closed = true,
                Ok(count) => self.received.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                Err(_) => self.closed = true,
            }
        }
        let _ = self.tcp().set_nonblocking(false);
    }

    /// A request, and its whole answer.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Option<Answer> {
        self.send(request)?;
        let mut answer = Vec::new();
        let head_len = loop {
            if let Some(at) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.receive_into(&mut answer)?;
        };
        let text = String::from_utf8_lossy(&answer[..head_len]).to_ascii_lowercase();
        let status = text.split(' ').nth(1)?.parse().ok()?;
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))?;
        let length: usize = length.trim().parse().ok()?;
        while answer.len() < head_len + length {
            self.receive_into(&mut answer)?;
        }
        let body = answer.split_off(head_len);
        Some(Answer {
            status,
            head: answer,
            body,
        })
    }

    fn receive_into(&mut self, answer: &mut Vec<u8>) -> Option<()> {
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes) {
            Ok(count) if count > 0 => {
                answer.extend_from_slice(&bytes[..count]);
                Some(())
            }
            _ => None,
        }
    }
}

/// As modems do it: the chain, and the name apart from it.
#[derive(Debug)]
struct Verifier {
    chain: Arc<WebPkiServerVerifier>,
    checks_name: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.chain.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.checks_name => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

fn connect(host: &str, port: u16) -> Option<TcpStream> {
    // `localhost` may name ::1 first, where nobody listens.
    let addresses: Vec<_> = (host, port).to_socket_addrs().ok()?.collect();
    let socket = TcpStream::connect(&addresses[..]).ok()?;
    socket.set_read_timeout(Some(TIMEOUT)).ok()?;
    Some(socket)
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Tls(tls) => tls.read(bytes),
            Self::Tcp(socket) => socket.read(bytes),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Tls(tls) => tls.write(bytes),
            Self::Tcp(socket) => socket.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Tls(tls) => tls.flush(),
            Self::Tcp(socket) => socket.flush(),
        }
    }
}
