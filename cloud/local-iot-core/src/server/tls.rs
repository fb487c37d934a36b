//! The certificates of one run, and the TLS settings that go with them. The authority above them may be of an earlier one.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig, SignatureAlgorithm, SignatureScheme};
use tls_chains::{Kind, Roots};

use super::ca_file;
use crate::config::{Config, TlsChain};
use crate::core::ENDPOINT;

/// What the HTTPS port shows, and what to trust for it.
pub(crate) struct Identity {
    pub(crate) ca_pem: String,
    pub(crate) config: Arc<ServerConfig>,
}

pub(crate) fn identity(config: &Config, names: &[String]) -> Result<Identity, String> {
    generate(config, names).map_err(|error| format!("TLS certificate: {error}"))
}

type Error = Box<dyn std::error::Error + Send + Sync>;

/// A chain, the server's certificate first, and the root to trust for it.
struct Shown {
    certificates: Vec<CertificateDer<'static>>,
    key_pem: String,
    root_pem: String,
}

fn generate(config: &Config, names: &[String]) -> Result<Identity, Error> {
    let like = |kind: Kind| like_aws(kind, names, config).map(Some);
    let (rsa, ecdsa) = match config.tls_chain {
        TlsChain::Short => (None, Some(short(names, config)?)),
        TlsChain::AwsRsa => (like(Kind::Rsa)?, None),
        TlsChain::AwsEcc => (None, like(Kind::Ecdsa)?),
        TlsChain::AwsBoth => (like(Kind::Rsa)?, like(Kind::Ecdsa)?),
    };
    let ca_pem = [&rsa, &ecdsa]
        .into_iter()
        .flatten()
        .map(|shown| shown.root_pem.as_str())
        .collect();
    let provider = Arc::new(ring::default_provider());
    let certified = |shown: Option<Shown>| -> Result<Option<Arc<CertifiedKey>>, Error> {
        let Some(shown) = shown else { return Ok(None) };
        let key = PrivateKeyDer::from_pem_slice(shown.key_pem.as_bytes())?;
        let certified = CertifiedKey::from_der(shown.certificates, key, &provider)?;
        Ok(Some(Arc::new(certified)))
    };
    let shown = BySuite {
        rsa: certified(rsa)?,
        ecdsa: certified(ecdsa)?,
    };
    let mut tls = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS12, &rustls::version::TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    tls.alpn_protocols = [HTTP_1_1, HTTP_1_0, MQTT].map(<[u8]>::to_vec).to_vec();
    // rustls counts a record's header.
    tls.max_fragment_size = config.tls_record_size.map(|size| size + 5);
    // "AWS IoT does not support the SessionTicket TLS extension" (Developer Guide, "Transport security"):
    // each connection costs a device its full handshake here too.
    if !config.behaviour.tls_resumption {
        tls.send_tls13_tickets = 0;
        tls.session_storage = Arc::new(NoServerSessionStorage {});
    }
    Ok(Identity {
        ca_pem,
        config: Arc::new(tls),
    })
}

/// The server's certificate, directly under its CA.
fn short(names: &[String], config: &Config) -> Result<Shown, Error> {
    let key = KeyPair::generate()?;
    let mut leaf = valid_now(CertificateParams::new(names)?);
    leaf.distinguished_name
        .push(DnType::CommonName, "local-iot-core");
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let under = |issuer: &Issuer<'_, KeyPair>, root_pem: String| -> Result<Shown, Error> {
        let certificate = leaf.signed_by(&key, issuer)?;
        Ok(Shown {
            certificates: vec![certificate.der().clone()],
            key_pem: key.serialize_pem(),
            root_pem,
        })
    };
    if let Some(path) = ca_file::path(config, "")
        && let Some(kept) = ca_file::read(&path)?
    {
        // Its subject may be any name, if it is not one that this has made.
        let issuer = KeyPair::from_pem(&kept.key_pem)
            .and_then(|key| Issuer::from_ca_cert_pem(&kept.certificate_pem, key));
        let issuer = issuer.map_err(|error| ca_file::wrong(&path, error))?;
        let shown = under(&issuer, kept.certificate_pem)?;
        return checked(shown, &path);
    }
    let ca_key = KeyPair::generate()?;
    let mut ca = valid_now(CertificateParams::new(Vec::new())?);
    ca.distinguished_name
        .push(DnType::CommonName, "local-iot-core CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // Devices hold it for long, if it is kept.
    ca.not_after = (SystemTime::now() + 3650 * DAY).into();
    let root_pem = ca.self_signed(&ca_key)?.pem();
    ca_file::keep(config, "", &ca_key.serialize_pem(), &root_pem)?;
    under(&Issuer::new(ca, ca_key), root_pem)
}

/// Four certificates, as AWS sends them.
fn like_aws(kind: Kind, names: &[String], config: &Config) -> Result<Shown, Error> {
    let ending = match kind {
        Kind::Rsa => ".rsa",
        Kind::Ecdsa => ".ecc",
    };
    let shown = |roots: &Roots| -> Result<Shown, Error> {
        let chain = roots.chain(names)?;
        let certificates = chain.certificates.into_iter();
        Ok(Shown {
            certificates: certificates.map(CertificateDer::from).collect(),
            key_pem: chain.key_pem,
            root_pem: roots.root_pem().to_owned(),
        })
    };
    if let Some(path) = ca_file::path(config, ending)
        && let Some(kept) = ca_file::read(&path)?
    {
        let roots = Roots::kept(kind, &kept.key_pem, kept.certificate_pem);
        let roots = roots.map_err(|error| ca_file::wrong(&path, error))?;
        return checked(shown(&roots)?, &path);
    }
    let roots = Roots::new(kind)?;
    ca_file::keep(config, ending, &roots.root_key_pem(), roots.root_pem())?;
    shown(&roots)
}

/// The chain, if a client that trusts the kept certificate accepts it: the key may be another's, or the certificate expired.
fn checked(shown: Shown, path: &Path) -> Result<Shown, Error> {
    let verified = || -> Result<(), Error> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(shown.root_pem.as_bytes())?)?;
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let (own, above) = shown.certificates.split_first().ok_or("no certificate")?;
        let name = ServerName::try_from(ENDPOINT)?;
        verifier
            .build()?
            .verify_server_cert(own, above, &name, &[], UnixTime::now())?;
        Ok(())
    };
    verified().map_err(|error| {
        let reason = format!(
            "its key and certificate are no authority that clients accept as the issuer of the server's certificate: {error}"
        );
        ca_file::wrong(path, reason)
    })?;
    Ok(shown)
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A day of grace for clocks that are behind; 90 days at most, as some clients refuse certificates that last long.
fn valid_now(mut params: CertificateParams) -> CertificateParams {
    let now = SystemTime::now();
    params.not_before = (now - DAY).into();
    params.not_after = (now + 90 * DAY).into();
    params
}

/// Chooses the chain as AWS does, by the cipher suite (Developer Guide, "Server authentication"): the first that the client
/// offers and a chain is there for. A suite of TLS 1.3 says nothing about it, and the client's first signature does.
struct BySuite {
    rsa: Option<Arc<CertifiedKey>>,
    ecdsa: Option<Arc<CertifiedKey>>,
}

impl BySuite {
    fn of(&self, algorithm: SignatureAlgorithm) -> Option<&Arc<CertifiedKey>> {
        match algorithm {
            SignatureAlgorithm::RSA => self.rsa.as_ref(),
            SignatureAlgorithm::ECDSA => self.ecdsa.as_ref(),
            _ => None,
        }
    }
}

impl ResolvesServerCert for BySuite {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let by_suite = hello.cipher_suites().iter().filter_map(|offered| {
            let suite = ring::ALL_CIPHER_SUITES
                .iter()
                .find(|suite| suite.suite() == *offered && suite.tls13().is_none())?;
            [SignatureAlgorithm::RSA, SignatureAlgorithm::ECDSA]
                .into_iter()
                .find(|algorithm| suite.usable_for_signature_algorithm(*algorithm))
        });
        let by_signature = hello.signature_schemes().iter().map(|scheme| match scheme {
            SignatureScheme::ECDSA_NISTP256_SHA256
            | SignatureScheme::ECDSA_NISTP384_SHA384
            | SignatureScheme::ECDSA_NISTP521_SHA512 => SignatureAlgorithm::ECDSA,
            _ => SignatureAlgorithm::RSA,
        });
        by_suite
            .chain(by_signature)
            .find_map(|algorithm| self.of(algorithm))
            .cloned()
    }
}

impl fmt::Debug for BySuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BySuite")
    }
}

const HTTP_1_1: &[u8] = b"http/1.1";
const HTTP_1_0: &[u8] = b"http/1.0";
pub(super) const MQTT: &[u8] = b"mqtt";

/// Why this handshake is about to fail, if ALPN is the cause. By ALPN AWS chooses another kind of authentication
/// (Developer Guide, "Device communication protocols").
pub(crate) fn alpn_fault(hello: &ClientHello<'_>) -> Option<String> {
    let offered: Vec<_> = hello.alpn()?.collect();
    if [HTTP_1_1, HTTP_1_0, MQTT]
        .iter()
        .any(|known| offered.contains(known))
    {
        return None;
    }
    let offered: Vec<_> = offered.into_iter().map(String::from_utf8_lossy).collect();
    Some(format!(
        "TLS: the client offers ALPN {offered:?}; with custom authentication HTTPS needs none, or http/1.1, and MQTT needs \
         mqtt (x-amzn-http-ca and x-amzn-mqtt-ca are for client certificates)"
    ))
}
