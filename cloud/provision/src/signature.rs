//! Signatures over tokens: made, checked, and what is wrong with one. RSASSA-PKCS1-v1_5 with SHA-256 over the token's bytes
//! and nothing else (Developer Guide, "Custom authentication and authorization": signing the token).

use std::path::PathBuf;

use anyhow::{Context, bail};
use base64ct::{Base64, Encoding};
use clap::Args;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs1v15;
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePublicKey, LineEnding};
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer, Verifier};
use rsa::traits::PublicKeyParts;

use crate::file;

/// Where the private key is.
#[derive(Args)]
pub(crate) struct SigningKeyArgs {
    /// File with the RSA private key in PEM. Or set MOTEPOST_SIGNING_KEY to the PEM itself
    #[arg(long, value_name = "FILE", env = "MOTEPOST_SIGNING_KEY_FILE")]
    pub(crate) signing_key: Option<PathBuf>,
}

impl SigningKeyArgs {
    pub(crate) fn read(&self) -> anyhow::Result<SigningKey> {
        let pem = file::secret(self.signing_key.as_ref(), "MOTEPOST_SIGNING_KEY")?.context(
            "no signing key: give --signing-key, MOTEPOST_SIGNING_KEY_FILE or MOTEPOST_SIGNING_KEY",
        )?;
        // `openssl genrsa` of OpenSSL 1 writes PKCS #1.
        let key = rsa::PrivateKey::from_pkcs8_pem(&pem)
            .or_else(|_| rsa::PrivateKey::from_pkcs1_pem(&pem))
            .map_err(|_| {
                anyhow::anyhow!("the signing key is not an unencrypted RSA private key in PEM")
            })?;
        let bits = key.n().bit_width();
        if bits < 2048 {
            bail!("the signing key has {bits} bits, and AWS takes 2048 or more");
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
    #[arg(long, value_name = "FILE")]
    public_key: Vec<PathBuf>,
}

impl PublicKeyArgs {
    pub(crate) fn read(&self) -> anyhow::Result<Vec<PublicKey>> {
        self.public_key
            .iter()
            .map(|path| {
                let name = path.display().to_string();
                let pem = file::read_text(path)?;
                let key = rsa::PublicKey::from_public_key_pem(pem.trim()).map_err(|_| {
                    anyhow::anyhow!(
                        "{name} is not an RSA public key in PEM (-----BEGIN PUBLIC KEY-----)"
                    )
                })?;
                Ok(PublicKey { name, key })
            })
            .collect()
    }
}

pub(crate) struct PublicKey {
    name: String,
    key: rsa::PublicKey,
}

impl PublicKey {
    fn verifies(&self, token: &[u8], signature: &[u8]) -> bool {
        pkcs1v15::Signature::try_from(signature).is_ok_and(|signature| {
            let key = pkcs1v15::VerifyingKey::<Sha256>::new(self.key.clone());
            key.verify(token, &signature).is_ok()
        })
    }
}

/// The name of the key that verifies, or what is wrong. Neither token nor signature is quoted.
pub(crate) fn verify(keys: &[PublicKey], token: &[u8], signature: &[u8]) -> Result<String, String> {
    let bytes = decode(signature)?;
    let verifying = |token: &[u8]| keys.iter().find(|key| key.verifies(token, &bytes));
    if let Some(key) = verifying(token) {
        return Ok(key.name.clone());
    }
    if verifying(&[token, b"\n"].concat()).is_some() {
        return Err("the signature is over the token AND a newline: the signed file ended in one (cure: printf %s or echo -n)".to_owned());
    }
    if let Some(trimmed) = token.strip_suffix(b"\n")
        && verifying(trimmed).is_some()
    {
        return Err("the signature is over the token WITHOUT the newline at its end (cure: take the newline away)".to_owned());
    }
    let sizes: Vec<_> = keys.iter().map(|key| key.key.size()).collect();
    if !sizes.contains(&bytes.len()) {
        let sizes: Vec<_> = sizes.iter().map(usize::to_string).collect();
        return Err(format!(
            "the signature has {} bytes where the key makes {}: it is truncated, or another key made it",
            bytes.len(),
            sizes.join(" or ")
        ));
    }
    let names: Vec<_> = keys.iter().map(|key| key.name.as_str()).collect();
    Err(format!(
        "the signature does not verify: not over this token, or not by the private key of {}",
        names.join(" or ")
    ))
}

/// The bytes of a signature that AWS would take as one, or why it would not.
pub(crate) fn decode(signature: &[u8]) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(signature)
        .map_err(|_| "the signature is not text, but raw bytes (cure: base64 -w0)".to_owned())?;
    if text.is_empty() {
        return Err("the signature is empty".to_owned());
    }
    let bytes = Base64::decode_vec(text).map_err(|_| not_base64(text))?;
    // What is left of a wrapped signature where a shell has passed on its first line alone.
    match text.len() {
        76 => Err(WRAPPED_76.to_owned()),
        64 => Err(WRAPPED_64.to_owned()),
        2561.. => Err(format!(
            "the signature has {} characters and AWS takes 2560",
            text.len()
        )),
        _ => Ok(bytes),
    }
}

const WRAPPED_76: &str = "the signature is not one line of base64: `base64` wraps at 76 columns on Linux, and only the first line arrives (cure: base64 -w0)";
const WRAPPED_64: &str = "the signature is not one line of base64: `openssl base64` wraps at 64 columns, and only the first line arrives (cure: openssl base64 -A)";

fn not_base64(text: &str) -> String {
    if text.contains(|c: char| c.is_ascii_whitespace()) {
        return match text.split_ascii_whitespace().next().map_or(0, str::len) {
            76 => WRAPPED_76,
            64 => WRAPPED_64,
            _ => "the signature has white space inside: a line break of `base64` (cure: base64 -w0), or a raw + in a query (cure: %2B)",
        }
        .to_owned();
    }
    if text.contains('%') {
        return "the signature is percent-encoded, which is for a query: in a header it goes raw"
            .to_owned();
    }
    let all = |others: &str| {
        let body = text.trim_end_matches('=');
        body.chars()
            .all(|c| c.is_ascii_alphanumeric() || others.contains(c))
    };
    if all("-_") && text.contains(['-', '_']) {
        return "the signature is base64url: AWS wants standard base64 (- to +, _ to /, padded with =)".to_owned();
    }
    if all("+/") && !text.len().is_multiple_of(4) {
        return "the signature is cut off, or its base64 lacks the padding of =".to_owned();
    }
    "the signature is not standard base64".to_owned()
}
