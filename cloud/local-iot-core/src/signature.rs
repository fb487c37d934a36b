//! The check of a token's signature: RSASSA-PKCS1-v1_5 with SHA-256 over the token's bytes and nothing else
//! (Developer Guide, "Custom authentication and authorization": signing the token).

use base64ct::{Base64, Base64Url, Base64UrlUnpadded, Encoding};
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::pkcs8::DecodePublicKey;
use rsa::sha2::Sha256;
use rsa::signature::Verifier;
use rsa::traits::PublicKeyParts;

/// A public key of an authorizer, under the name it was given there.
#[derive(Clone, Debug)]
pub struct PublicKey {
    name: String,
    pem: String,
    key: rsa::PublicKey,
}

impl PublicKey {
    /// Reads `-----BEGIN PUBLIC KEY-----`. AWS takes RSA keys of 2048 bits or more.
    pub fn from_pem(name: &str, pem: &str) -> Result<Self, String> {
        let key = rsa::PublicKey::from_public_key_pem(pem.trim()).map_err(|error| {
            format!(
                "key {name}: not an RSA public key in PEM (-----BEGIN PUBLIC KEY-----): {error}"
            )
        })?;
        let bits = key.n().bit_width();
        if bits < 2048 {
            return Err(format!(
                "key {name}: {bits} bits, and AWS takes 2048 or more"
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            pem: pem.to_owned(),
            key,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// As it was given.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    fn verifies(&self, token: &[u8], signature: &[u8]) -> bool {
        Signature::try_from(signature).is_ok_and(|s| {
            VerifyingKey::<Sha256>::new(self.key.clone())
                .verify(token, &s)
                .is_ok()
        })
    }
}

/// The name of the key that verifies, or what is wrong with the signature. Neither it nor the token is quoted.
pub(crate) fn verify(keys: &[PublicKey], token: &[u8], signature: &[u8]) -> Result<String, String> {
    let text =
        std::str::from_utf8(signature).map_err(|_| "the signature is not ASCII".to_owned())?;
    if text.is_empty() {
        return Err("the signature is empty".to_owned());
    }
    let bytes = Base64::decode_vec(text).map_err(|_| not_base64(text))?;
    let verifying = |token: &[u8]| keys.iter().find(|key| key.verifies(token, &bytes));
    if let Some(key) = verifying(token) {
        return Ok(key.name.clone());
    }
    if verifying(&[token, b"\n"].concat()).is_some() {
        return Err("the signature is over the token AND a newline: the signed file ended in one (cure: printf or echo -n)".to_owned());
    }
    if token.trim_ascii() != token && verifying(token.trim_ascii()).is_some() {
        return Err("the signature is over the token without the white space around it".to_owned());
    }
    if let Some(cure) = wrapped(text) {
        return Err(cure);
    }
    let sizes: Vec<_> = keys.iter().map(|key| key.key.size()).collect();
    if !sizes.contains(&bytes.len()) {
        return Err(format!(
            "the signature has {} bytes where the key makes {}: it is truncated, or another key made it",
            bytes.len(),
            sizes
                .iter()
                .map(usize::to_string)
                .collect::<Vec<_>>()
                .join(" or ")
        ));
    }
    let names: Vec<_> = keys.iter().map(|key| key.name.as_str()).collect();
    Err(format!(
        "the signature does not verify: not over this token, or not by the private key of {}",
        names.join(" or ")
    ))
}

/// `base64` on Linux wraps at 76 columns and `openssl base64` at 64, and a shell then passes on the first line alone.
fn wrapped(text: &str) -> Option<String> {
    let first_line = text.split_ascii_whitespace().next().map_or(0, str::len);
    let broken = text.contains(|c: char| c.is_ascii_whitespace());
    let tool = match first_line {
        76 => "`base64` wrapped it at 76 columns (cure: base64 -w0)",
        64 => "`openssl base64` wrapped it at 64 columns (cure: openssl base64 -A)",
        _ if broken => {
            "white space inside: a line break of `base64` (cure: base64 -w0), or a raw + in a query (cure: %2B)"
        }
        _ => return None,
    };
    Some(format!("the signature is not one line of base64: {tool}"))
}

fn not_base64(text: &str) -> String {
    if let Some(cure) = wrapped(text) {
        return cure;
    }
    if text.contains('%') {
        return "the signature is percent-encoded, which is for a query or a browser: in a header it goes raw".to_owned();
    }
    if Base64Url::decode_vec(text).is_ok() || Base64UrlUnpadded::decode_vec(text).is_ok() {
        return if text.contains(['-', '_']) {
            "the signature is base64url: AWS wants standard base64 (- to +, _ to /, padded with =)"
                .to_owned()
        } else {
            "the signature's base64 lacks its padding of =".to_owned()
        };
    }
    "the signature is not standard base64".to_owned()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use rsa::pkcs1v15::SigningKey;
    use rsa::pkcs8::{EncodePublicKey, LineEnding};
    use rsa::rand_core::UnwrapErr;
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
        let error = verify(&[public("K1", &KEY)], b"allow\n", right.as_bytes()).unwrap_err();
        assert!(error.contains("without the white space"), "{error}");
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
