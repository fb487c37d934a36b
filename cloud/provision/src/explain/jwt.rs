//! JWTs as tokens. AWS checks a signature that travels next to the token; a JWT has its own in it (RFC 7515).

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use motepost_contract::signature::{self, PublicKey};
use serde_json::Value;

use super::Findings;

/// A token that begins as a JWT does.
pub(crate) struct Jwt<'a> {
    /// `header.payload`: what is signed, and what AWS takes as the token.
    signed: &'a str,
    signature: Option<&'a str>,
    algorithm: String,
}

impl<'a> Jwt<'a> {
    pub(crate) fn read(token: &'a [u8]) -> Option<Self> {
        let token = std::str::from_utf8(token).ok()?;
        let parts: Vec<_> = token.split('.').collect();
        let (signed, signature) = match parts[..] {
            [_, _] => (token, None),
            [header, payload, signature] => {
                let end = header.len() + 1 + payload.len();
                (
                    &token[..end],
                    Some(signature).filter(|text| !text.is_empty()),
                )
            }
            _ => return None,
        };
        let header = Base64UrlUnpadded::decode_vec(parts[0]).ok()?;
        let header: Value = serde_json::from_slice(&header).ok()?;
        let algorithm = header.get("alg")?.as_str()?.to_owned();
        Some(Self {
            signed,
            signature,
            algorithm,
        })
    }

    /// Whether the token has its signature in it.
    pub(crate) fn is_complete(&self) -> bool {
        self.signature.is_some()
    }

    /// With an authorizer that has keys.
    pub(crate) fn judge(&self, keys: &[PublicKey], findings: &mut Findings) {
        if self.algorithm != "RS256" {
            findings.refused(format!(
                "the JWT is signed by {}, and AWS checks RS256 alone",
                self.algorithm.escape_debug()
            ));
        }
        let Some(signature) = self.signature else {
            return;
        };
        findings.refused("the token is a complete JWT, with its signature in it, and AWS checks a signature over all of the token: send header.payload as the token, and the third part in standard base64 (- as +, _ as /, padded with =) as the signature");
        let Ok(bytes) = Base64UrlUnpadded::decode_vec(signature) else {
            findings.refused("the JWT's third part is not base64url");
            return;
        };
        if keys.is_empty() {
            return;
        }
        let converted = Base64::encode_string(&bytes);
        match signature::verify(keys, self.signed.as_bytes(), converted.as_bytes()) {
            Ok(key) => findings.note(format!("sent so, it verifies with the key {key}")),
            Err(text) => findings.refused(format!("sent so, it does not verify either: {text}")),
        }
    }
}
