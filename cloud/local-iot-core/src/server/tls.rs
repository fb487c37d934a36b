//! The certificates of one run, and the TLS settings that go with them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, NoServerSessionStorage};

/// A fresh CA and a server certificate under it. The CA's key is forgotten at once.
pub(crate) struct Identity {
    pub(crate) ca_pem: String,
    pub(crate) config: Arc<ServerConfig>,
}

pub(crate) fn identity(names: Vec<String>, resumption: bool) -> Result<Identity, String> {
    generate(names, resumption).map_err(|error| format!("TLS certificate: {error}"))
}

fn generate(names: Vec<String>, resumption: bool) -> Result<Identity, Box<dyn std::error::Error>> {
    let ca_key = KeyPair::generate()?;
    let mut ca = valid_now(CertificateParams::new(Vec::new())?);
    ca.distinguished_name
        .push(DnType::CommonName, "local-iot-core CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_pem = ca.self_signed(&ca_key)?.pem();

    let key = KeyPair::generate()?;
    let mut leaf = valid_now(CertificateParams::new(names)?);
    leaf.distinguished_name
        .push(DnType::CommonName, "local-iot-core");
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = leaf.signed_by(&key, &Issuer::from_params(&ca, &ca_key))?;

    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12, &rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    // "AWS IoT does not support the SessionTicket TLS extension" (Developer Guide, "Transport security"):
    // each connection costs a device its full handshake here too.
    if !resumption {
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
    }
    Ok(Identity {
        ca_pem,
        config: Arc::new(config),
    })
}

/// A day of grace for clocks that are behind; 90 days at most, as some clients refuse certificates that last long.
fn valid_now(mut params: CertificateParams) -> CertificateParams {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let now = SystemTime::now();
    params.not_before = (now - DAY).into();
    params.not_after = (now + 90 * DAY).into();
    params
}

const HTTP_1_1: &[u8] = b"http/1.1";

/// Why this handshake is about to fail, if ALPN is the cause. By ALPN AWS chooses another kind of authentication
/// (Developer Guide, "Device communication protocols").
pub(crate) fn alpn_fault(hello: &ClientHello<'_>) -> Option<String> {
    let offered: Vec<_> = hello
        .alpn()?
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    if offered.iter().any(|name| name.as_bytes() == HTTP_1_1) {
        return None;
    }
    Some(format!(
        "TLS: the client offers ALPN {offered:?}; HTTPS with custom authentication needs none, or http/1.1 \
         (mqtt is MQTT's, x-amzn-http-ca is for client certificates)"
    ))
}
