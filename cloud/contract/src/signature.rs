//! The check of a token's signature: RSASSA-PKCS1-v1_5 with SHA-256 over the token's bytes and nothing else
//! (Developer Guide, "Custom authentication and authorization": signing the token). AWS itself says `Forbidden`; here is
//! what is wrong. No text quotes the token or the signature.
//!
//! `rsa` reads keys of up to 8192 bits, and `ring`, which rustls links and has the same bound, verifies: in 53 us with 2048 bits,
//! where `rsa` takes 126.

use base64ct::{Base64, Encoding};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::DecodePublicKey;
use rsa::traits::PublicKeyParts;

/// The smallest RSA key that AWS takes, in bits.
pub const MIN_KEY_BITS: u32 = 2048;
/// AWS's limit for a signature in base64 (API reference, "TestInvokeAuthorizer").
pub const MAX_CHARACTERS: usize = 2560;

/// A public key of an authorizer, under the name it was given there.
#[derive(Clone, Debug)]
pub struct PublicKey {
    name: String,
    pem: String,
    /// PKCS #1 (RFC 8017, appendix A.1.1).
    der: Vec<u8>,
    /// Bytes of its signatures.
    size: usize,
}

impl PublicKey {
    /// Reads `-----BEGIN PUBLIC KEY-----`, with a key of [`MIN_KEY_BITS`] or more.
    pub fn from_pem(name: &str, pem: &str) -> Result<Self, String> {
        let key = rsa::PublicKey::from_public_key_pem(pem.trim()).map_err(|error| {
            format!(
                "key {name}: not an RSA public key in PEM (-----BEGIN PUBLIC KEY-----): {error}"
            )
        })?;
        let bits = key.n().bit_width();
        if bits < MIN_KEY_BITS {
            return Err(format!(
                "key {name}: {bits} bits, and AWS takes {MIN_KEY_BITS} or more"
            ));
        }
        let der = key
            .to_pkcs1_der()
            .map_err(|error| format!("key {name}: {error}"))?;
        Ok(Self {
            name: name.to_owned(),
            pem: pem.to_owned(),
            der: der.as_bytes().to_vec(),
            size: key.size(),
        })
    }

    /// The name that it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As it was given.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    fn verifies(&self, token: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.der);
        key.verify(token, signature).is_ok()
    }
}

/// The name of the key that verifies, or what is wrong with the signature.
pub fn verify(keys: &[PublicKey], token: &[u8], signature: &[u8]) -> Result<String, String> {
    let bytes = decode(signature)?;
    let verifying = |token: &[u8]| keys.iter().find(|key| key.verifies(token, &bytes));
    if let Some(key) = verifying(token) {
        return Ok(key.name.clone());
    }
    if verifying(&[token, b"\n"].concat()).is_some() {
        return Err("the signature is over the token AND a newline: the signed file ended in one (cure: printf %s or echo -n)".to_owned());
    }
    if let Some(line) = token.strip_suffix(b"\n")
        && verifying(line).is_some()
    {
        return Err("the signature is over the token WITHOUT the newline at its end (cure: take the newline away)".to_owned());
    }
    if token.trim_ascii() != token && verifying(token.trim_ascii()).is_some() {
        return Err("the signature is over the token without the white space around it".to_owned());
    }
    let sizes: Vec<_> = keys.iter().map(|key| key.size).collect();
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
pub fn decode(signature: &[u8]) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(signature)
        .map_err(|_| "the signature is not text, but raw bytes (cure: base64 -w0)".to_owned())?;
    if text.is_empty() {
        return Err("the signature is empty".to_owned());
    }
    let bytes = Base64::decode_vec(text).map_err(|_| not_base64(text))?;
    // What is left of a wrapped signature where a shell has passed on its first line alone. No RSA key makes one so short.
    match text.len() {
        76 => Err(WRAPPED_76.to_owned()),
        64 => Err(WRAPPED_64.to_owned()),
        len if len > MAX_CHARACTERS => Err(format!(
            "the signature has {len} characters, and AWS takes {MAX_CHARACTERS}"
        )),
        _ => Ok(bytes),
    }
}

const WRAPPED_76: &str =
    "the signature is not one line of base64: `base64` wrapped it at 76 columns (cure: base64 -w0)";
const WRAPPED_64: &str = "the signature is not one line of base64: `openssl base64` wrapped it at 64 columns (cure: openssl base64 -A)";

fn not_base64(text: &str) -> String {
    let first_line = text.split_ascii_whitespace().next().map_or(0, str::len);
    let broken = text.contains(|c: char| c.is_ascii_whitespace());
    let made_of = |others: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
        text.trim_end_matches('=').chars().all(allowed)
    };
    match first_line {
        76 => WRAPPED_76,
        64 => WRAPPED_64,
        _ if broken => {
            "the signature has white space inside: a line break of `base64` (cure: base64 -w0), or a raw + in a query (cure: %2B)"
        }
        _ if text.contains('%') => {
            "the signature is percent-encoded, which is for a query or a browser: in a header it goes raw"
        }
        _ if made_of("-_") && text.contains(['-', '_']) => {
            "the signature is base64url: AWS wants standard base64 (- to +, _ to /, padded with =)"
        }
        _ if made_of("+/") && !text.len().is_multiple_of(4) => {
            "the signature is cut off, or its base64 lacks the padding of ="
        }
        _ => "the signature is not standard base64",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsa::pkcs1v15::SigningKey;
    use rsa::pkcs8::{EncodePublicKey, LineEnding};
    use rsa::rand_core::UnwrapErr;
    use rsa::sha2::Sha256;
    use rsa::signature::{SignatureEncoding, Signer};
    use std::sync::LazyLock;

    fn key_of(bits: usize) -> rsa::PrivateKey {
        rsa::PrivateKey::new(&mut UnwrapErr(getrandom::SysRng), bits).unwrap()
    }

    static KEY: LazyLock<rsa::PrivateKey> = LazyLock::new(|| key_of(2048));
    static OTHER: LazyLock<rsa::PrivateKey> = LazyLock::new(|| key_of(2048));

    fn pem(key: &rsa::PrivateKey) -> String {
        key.to_public_key()
            .to_public_key_pem(LineEnding::LF)
            .unwrap()
    }

    fn public(name: &str, key: &rsa::PrivateKey) -> PublicKey {
        PublicKey::from_pem(name, &pem(key)).unwrap()
    }

    fn sign(key: &rsa::PrivateKey, token: &[u8]) -> Vec<u8> {
        SigningKey::<Sha256>::new(key.clone()).sign(token).to_vec()
    }

    fn wrap(text: &str, columns: usize) -> String {
        let lines: Vec<_> = text
            .as_bytes()
            .chunks(columns)
            .map(|l| String::from_utf8_lossy(l))
            .collect();
        lines.join("\n")
    }

    #[test]
    fn a_signature_by_any_of_the_keys_verifies() {
        let keys = [public("old", &OTHER), public("new", &KEY)];
        for (name, key) in [("old", &*OTHER), ("new", &*KEY)] {
            let signature = Base64::encode_string(&sign(key, b"allow"));
            assert_eq!(signature.len(), 344);
            assert_eq!(
                verify(&keys, b"allow", signature.as_bytes()),
                Ok(name.to_owned())
            );
        }
    }

    #[test]
    fn what_is_wrong_with_a_signature_is_named_and_never_quoted() {
        let right = Base64::encode_string(&sign(&KEY, b"allow"));
        let url = right.replace('+', "-").replace('/', "_");
        // One that certainly holds - or _, whatever the key.
        let url = format!("-{}", &url[1..]);
        let rows = [
            (wrap(&right, 76), "base64 -w0"),
            (wrap(&right, 76).replace('\n', " "), "base64 -w0"),
            (right[..76].to_owned(), "base64 -w0"),
            (wrap(&right, 64), "openssl base64 -A"),
            (right[..64].to_owned(), "openssl base64 -A"),
            (format!("{} {}", &right[..10], &right[11..]), "%2B"),
            (right.replace('=', "%3D"), "percent-encoded"),
            (url.clone(), "base64url"),
            (url.trim_end_matches('=').to_owned(), "base64url"),
            (format!("{}AA", "A".repeat(340)), "padding"),
            (String::new(), "empty"),
            ("!".to_owned(), "not standard base64"),
            ("é".to_owned(), "not standard base64"),
            (right[..300].to_owned(), "225 bytes where the key makes 256"),
            (Base64::encode_string(&sign(&KEY, b"allow\n")), "newline"),
            (
                Base64::encode_string(&sign(&KEY, b"deny")),
                "does not verify",
            ),
            (
                Base64::encode_string(&sign(&OTHER, b"allow")),
                "private key of K1",
            ),
        ];
        for (signature, expected) in rows {
            let error = verify(&[public("K1", &KEY)], b"allow", signature.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{expected}: {error}");
            assert!(signature.len() < 10 || !error.contains(&signature[..10]));
        }
        for (token, expected) in [
            ("allow\n", "WITHOUT the newline"),
            (" allow", "without the white space"),
            ("allow\r\n", "without the white space"),
        ] {
            let keys = [public("K1", &KEY)];
            let error = verify(&keys, token.as_bytes(), right.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let raw = sign(&KEY, b"allow");
        assert!(decode(&[0xff; 256]).unwrap_err().contains("raw bytes"));
        assert!(
            decode(Base64::encode_string(&raw.repeat(8)).as_bytes())
                .unwrap_err()
                .contains("AWS takes 2560")
        );
    }

    #[test]
    fn keys_that_aws_would_not_take_are_refused_at_once() {
        let small = PublicKey::from_pem("K1", &pem(&key_of(1024))).unwrap_err();
        assert_eq!(small, "key K1: 1024 bits, and AWS takes 2048 or more");
        for text in [
            "",
            "hello",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        ] {
            assert!(
                PublicKey::from_pem("K1", text)
                    .unwrap_err()
                    .contains("BEGIN PUBLIC KEY")
            );
        }
    }
}
