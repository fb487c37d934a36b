//! Certificates are checked: the signatures up to the CA, the name, the dates.

use std::time::SystemTime;

use embedded_tls::pki::CertVerifier;
use embedded_tls::{
    Aes128GcmSha256, Certificate, CryptoProvider, CryptoRngCore, TlsError, TlsVerifier,
};
use rand_core::OsRng;

/// What embedded-tls asks for while it connects. On firmware, a hardware generator and the clock that the network set.
pub struct Checking<'a> {
    random: OsRng,
    verifier: CertVerifier<'a, Aes128GcmSha256, SystemTime, 2048>,
}

impl<'a> Checking<'a> {
    /// Trusting the CA of this certificate alone.
    pub fn new(ca_der: &'a [u8]) -> Self {
        Self {
            random: OsRng,
            verifier: CertVerifier::new(Certificate::X509(ca_der)),
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
