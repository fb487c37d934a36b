//! The keys of signed tokens: the private one that signs, and the public ones that verify.

use std::path::PathBuf;

use anyhow::{Context, bail};
use base64ct::{Base64, Encoding};
use clap::Args;
use motepost_contract::files;
use motepost_contract::signature::{MIN_KEY_BITS, PublicKey};
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs1v15;
use rsa::pkcs8::{DecodePrivateKey, EncodePublicKey, LineEnding};
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::PublicKeyParts;

use crate::file;

/// Where the private key is.
#[derive(Args)]
pub(crate) struct SigningKeyArgs {
    /// File with the RSA private key in PEM. Or set MOTEPOST_SIGNING_KEY_FILE, or MOTEPOST_SIGNING_KEY to the PEM itself
    #[arg(long, value_name = "FILE", alias = "signing-key-file")]
    pub(crate) signing_key: Option<PathBuf>,
}

impl SigningKeyArgs {
    pub(crate) fn read(&self) -> anyhow::Result<SigningKey> {
        let pem = file::key(self.signing_key.as_ref(), "MOTEPOST_SIGNING_KEY")?.context(
            "no signing key: give --signing-key, MOTEPOST_SIGNING_KEY_FILE or MOTEPOST_SIGNING_KEY",
        )?;
        // `openssl genrsa` of OpenSSL 1 writes PKCS #1.
        let key = rsa::PrivateKey::from_pkcs8_pem(&pem)
            .or_else(|_| rsa::PrivateKey::from_pkcs1_pem(&pem))
            .map_err(|_| {
                anyhow::anyhow!("the signing key is not an unencrypted RSA private key in PEM")
            })?;
        let bits = key.n().bit_width();
        if bits < MIN_KEY_BITS {
            bail!("the signing key has {bits} bits, and AWS takes {MIN_KEY_BITS} or more");
        }
        Ok(SigningKey(pkcs1v15::SigningKey::new(key)))
    }
}

pub(crate) struct SigningKey(pkcs1v15::SigningKey<Sha256>);

/// The raw bytes of a signature.
pub(crate) struct Signature(Vec<u8>);

impl SigningKey {
    pub(crate) fn sign(&self, token: &[u8]) -> anyhow::Result<Signature> {
        let signature = self
            .0
            .try_sign(token)
            .context("the token could not be signed")?;
        Ok(Signature(signature.to_vec()))
    }

    /// Its public half, which tells it from others.
    pub(crate) fn public_pem(&self) -> anyhow::Result<String> {
        let key = self.0.as_ref().as_public_key();
        Ok(key.to_public_key_pem(LineEnding::LF)?)
    }
}

impl Signature {
    /// One line.
    pub(crate) fn base64(&self) -> String {
        Base64::encode_string(&self.0)
    }
}

/// Where the public keys are.
#[derive(Args)]
pub(crate) struct PublicKeyArgs {
    /// The authorizer's public key in PEM; repeat it for several, any of which may verify
    #[arg(long, value_name = "FILE", alias = "public-key-file")]
    public_key: Vec<PathBuf>,
}

impl PublicKeyArgs {
    pub(crate) fn read(&self) -> anyhow::Result<Vec<PublicKey>> {
        self.public_key
            .iter()
            .map(|path| {
                let name = path.display().to_string();
                let pem = files::read_text(path)?;
                PublicKey::from_pem(&name, &pem).map_err(anyhow::Error::msg)
            })
            .collect()
    }
}
