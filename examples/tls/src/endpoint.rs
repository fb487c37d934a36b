//! Where to publish: a local emulator of the example's own, or whatever the command line names.

use std::error::Error;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use local_iot_core::{Config, LocalIotCore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// Publishes a reading over TLS 1.3. Without arguments, to a local emulator of its own.
#[derive(Parser)]
pub struct Options {
    /// Where to connect, as `host:port`
    #[arg(long, requires = "ca")]
    pub connect: Option<String>,
    /// The name that the certificate has to be for, and the server is asked for
    #[arg(long, default_value = "localhost")]
    pub name: String,
    /// Certificate of the CA to trust, in PEM
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// The token
    #[arg(long, default_value = "allow")]
    pub token: String,
    /// How long it may take: altogether in `async_embassy`, each read in `embedded_tls`
    #[arg(long, default_value_t = 10_000)]
    pub milliseconds: u64,
}

/// The other end.
pub struct Endpoint {
    /// The CA's certificate.
    pub ca_der: Vec<u8>,
    address: String,
    // Runs for as long as this lives.
    _emulator: Option<LocalIotCore>,
}

impl Endpoint {
    /// As the options say.
    ///
    /// # Errors
    /// When a file cannot be read, or the local emulator does not start.
    pub fn of(options: &Options) -> Result<Self, Box<dyn Error>> {
        let (address, ca_pem, emulator) = match (&options.connect, &options.ca) {
            (Some(address), Some(ca)) => (address.clone(), std::fs::read(ca)?, None),
            _ => {
                let emulator = LocalIotCore::start(Config::default())?;
                let address = emulator.https_addr().to_string();
                let ca_pem = emulator.ca_pem().as_bytes().to_vec();
                (address, ca_pem, Some(emulator))
            }
        };
        Ok(Self {
            ca_der: CertificateDer::from_pem_slice(&ca_pem)?.to_vec(),
            address,
            _emulator: emulator,
        })
    }

    /// TCP to it, with that timeout for each read.
    ///
    /// # Errors
    /// The system's.
    pub fn connect(&self, timeout: Duration) -> std::io::Result<TcpStream> {
        // `localhost` may name ::1 first, where nobody listens.
        let addresses: Vec<_> = self.address.to_socket_addrs()?.collect();
        let socket = TcpStream::connect(&addresses[..])?;
        socket.set_read_timeout(Some(timeout))?;
        socket.set_nodelay(true)?;
        Ok(socket)
    }
}
