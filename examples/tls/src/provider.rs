//! Certificates are checked: who signed the server's, its name, its dates.

use std::time::SystemTime;

use embedded_tls::pki::CertVerifier;
use embedded_tls::{
    Aes128GcmSha256, Certificate, CertificateRef, CertificateVerifyRef, CryptoProvider,
    CryptoRngCore, TlsError, TlsVerifier,
};
use rand_core::OsRng;
use sha2::Sha256;

/// What embedded-tls asks for while it connects. On firmware, a hardware generator and the clock that the network set.
pub struct Checking<'a> {
    random: OsRng,
    verifier: FromIssuer<'a>,
}

impl<'a> Checking<'a> {
    /// Trusting what the CA of this certificate signed itself, and nothing else.
    pub fn new(ca_der: &'a [u8]) -> Self {
        Self {
            random: OsRng,
            verifier: FromIssuer(CertVerifier::new(Certificate::X509(ca_der))),
        }
    }
}

impl CryptoProvider for Checking<'_> {
    type CipherSuite = Aes128GcmSha256;
    // Of a client certificate, which there is none of: that is what the token is for.
    type Signature = [u8; 0];

    fn rng(&mut self) -> impl CryptoRngCore {
        &mut self.random
    }

    // Without this, embedded-tls would believe anybody.
    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Aes128GcmSha256>, TlsError> {
        Ok(&mut self.verifier)
    }
}

/// All certificates that a server sends have to fit the last number.
type Verifier<'a> = CertVerifier<'a, Aes128GcmSha256, SystemTime, 6144>;

/// `CertVerifier` of 0.19.0 lets any certificate sign further ones, a server's own too: anyone who has one below the same CA
/// could pose as everybody. So none in the middle is looked at, and the server's must be signed by the CA itself.
struct FromIssuer<'a>(Verifier<'a>);

impl TlsVerifier<Aes128GcmSha256> for FromIssuer<'_> {
    fn set_hostname_verification(&mut self, name: &str) -> Result<(), TlsError> {
        self.0.set_hostname_verification(name)
    }

    fn verify_certificate(
        &mut self,
        transcript: &Sha256,
        mut chain: CertificateRef<'_>,
    ) -> Result<(), TlsError> {
        chain.entries.truncate(1);
        self.0.verify_certificate(transcript, chain)
    }

    fn verify_signature(&mut self, verify: CertificateVerifyRef<'_>) -> Result<(), TlsError> {
        self.0.verify_signature(verify)
    }
}
