//! Keys. rcgen makes those of P-256 itself and leaves RSA's to others.

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm};
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};

use crate::{Kind, Result};

/// A key that signs.
pub(crate) fn generate(kind: Kind) -> Result<KeyPair> {
    match kind {
        Kind::Ecdsa => Ok(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?),
        Kind::Rsa => {
            let pem = rsa_key(2048)?.to_pkcs8_pem(LineEnding::LF)?;
            Ok(KeyPair::from_pkcs8_pem_and_sign_algo(
                &pem,
                &PKCS_RSA_SHA256,
            )?)
        }
    }
}

/// An RSA key that is too small to sign with here, and its public half for a certificate.
pub(crate) fn small(bits: usize) -> Result<(String, SmallKey)> {
    let key = rsa_key(bits)?;
    let public = rsa::PublicKey::from(&key).to_pkcs1_der()?;
    Ok((
        key.to_pkcs8_pem(LineEnding::LF)?.to_string(),
        SmallKey(public.as_bytes().to_vec()),
    ))
}

fn rsa_key(bits: usize) -> Result<rsa::PrivateKey> {
    Ok(rsa::PrivateKey::new(&mut UnwrapErr(SysRng), bits)?)
}

/// A public key in PKCS#1.
pub(crate) struct SmallKey(Vec<u8>);

impl PublicKeyData for SmallKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}
