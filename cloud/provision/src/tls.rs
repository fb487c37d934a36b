//! A connection to an endpoint: TLS 1.2 or 1.3 with the endpoint's name as SNI and no ALPN, which is what custom
//! authentication wants on port 443 (Developer Guide, "Device communication protocols").

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// What bytes travel through.
pub(crate) trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

pub(crate) fn connect(
    host: &str,
    port: u16,
    ca: Option<&Path>,
    timeout: Duration,
) -> anyhow::Result<Box<dyn Stream>> {
    let roots = roots(ca)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned())
        .with_context(|| format!("{host:?} is not a host's name"))?;
    let tls = ClientConnection::new(Arc::new(config), name)?;
    Ok(Box::new(StreamOwned::new(
        tls,
        connect_tcp(host, port, timeout)?,
    )))
}

pub(crate) fn connect_plain(
    host: &str,
    port: u16,
    timeout: Duration,
) -> anyhow::Result<Box<dyn Stream>> {
    Ok(Box::new(connect_tcp(host, port, timeout)?))
}

fn connect_tcp(host: &str, port: u16, timeout: Duration) -> anyhow::Result<TcpStream> {
    let addresses = (host, port)
        .to_socket_addrs()
        .with_context(|| format!("{host} has no address"))?;
    let mut failed = None;
    // `localhost` may name ::1 first, where nobody listens.
    for address in addresses {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(tcp) => {
                tcp.set_read_timeout(Some(timeout))?;
                tcp.set_write_timeout(Some(timeout))?;
                return Ok(tcp);
            }
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) => Err(error).with_context(|| format!("no connection to {host} port {port}")),
        None => bail!("{host} has no address"),
    }
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
