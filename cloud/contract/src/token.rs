//! Tokens as they travel, and the form of a signed token.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::keys;

/// AWS's limit for a token (API reference, "TestInvokeAuthorizer"). It documents none for the data path.
pub const MAX_BYTES: usize = 6144;

/// Why a token would not arrive as it is. AWS checks the signature against the bytes that arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// There is none.
    Missing,
    /// It ends in CR or LF, mostly one that an editor or `echo` has put there.
    Newline,
    /// It holds a control character.
    Control,
    /// It begins or ends with white space.
    WhiteSpace,
    /// It has so many bytes, more than [`MAX_BYTES`].
    TooLong(usize),
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the token is empty"),
            Self::Newline => f.write_str(
                "the token ends in a newline, which cannot travel in a header, so that its signature is over other bytes (cure: printf %s or echo -n)",
            ),
            Self::Control => {
                f.write_str("the token holds a control character, which cannot travel in a header")
            }
            Self::WhiteSpace => f.write_str(
                "the token has white space at an end, which is cut off on the way, so that its signature is over other bytes",
            ),
            Self::TooLong(bytes) => {
                write!(f, "the token has {bytes} bytes, and AWS takes {MAX_BYTES}")
            }
        }
    }
}

impl std::error::Error for TokenFault {}

/// Whether a text has the form of a minted token: base64url of its kind, 1 or 2, and 20 bytes more.
#[must_use]
pub fn is_minted(text: &str) -> bool {
    let in_base64url = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    // The kind's eight bits are the first character and two bits of the second.
    let has_kind = matches!(text.as_bytes(), [b'A', b'Q'..=b'Z' | b'a'..=b'v', ..]);
    has_kind && text.len() == 28 && text.chars().all(in_base64url)
}

/// Refuses a token that would not arrive as it is.
pub fn check(token: &[u8]) -> Result<(), TokenFault> {
    if token.is_empty() {
        return Err(TokenFault::Missing);
    }
    if token.ends_with(b"\n") || token.ends_with(b"\r") {
        return Err(TokenFault::Newline);
    }
    // What is not UTF-8 cannot be white space or a control character.
    let text = String::from_utf8_lossy(token);
    if text.chars().any(char::is_control) {
        return Err(TokenFault::Control);
    }
    if text.trim() != text {
        return Err(TokenFault::WhiteSpace);
    }
    if token.len() > MAX_BYTES {
        return Err(TokenFault::TooLong(token.len()));
    }
    Ok(())
}

/// A token that says whose it is and until when, in Unix seconds.
pub fn signed_form(id: &str, expires: u64) -> String {
    format!("{id}.{expires}")
}

/// The id and the expiry of a token of the form `<id>.<expiry>`; an id may hold dots itself.
pub fn signed_parts(token: &str) -> Option<(&str, u64)> {
    let (id, expiry) = token.rsplit_once('.')?;
    // `parse` alone would let a sign through.
    let digits = expiry.bytes().all(|byte| byte.is_ascii_digit());
    let expires = digits.then(|| expiry.parse().ok())??;
    (!id.is_empty()).then_some((id, expires))
}

/// What the cloud keeps of a static token.
pub fn sha256(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// A hash in 64 hexadecimal digits, as a store holds it and `sha256sum` prints it.
pub fn sha256_to_text(hash: &[u8; 32]) -> String {
    base16ct::lower::encode_string(hash)
}

/// Reads such digits, in either case.
pub fn sha256_from_text(digits: &str) -> Option<[u8; 32]> {
    keys::bytes_of(digits).map(|bytes| *bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_arrives_as_it_is_or_is_refused() {
        let longest = "x".repeat(6144);
        let too_long = "x".repeat(6145);
        let rows: [(&[u8], Result<(), TokenFault>); 14] = [
            (b"allow", Ok(())),
            (b"al low", Ok(())),
            ("é".as_bytes(), Ok(())),
            (b"\xff", Ok(())),
            (longest.as_bytes(), Ok(())),
            (b"", Err(TokenFault::Missing)),
            (b"allow\n", Err(TokenFault::Newline)),
            (b"allow\r\n", Err(TokenFault::Newline)),
            (b"al\nlow", Err(TokenFault::Control)),
            (b"al\0low", Err(TokenFault::Control)),
            (b" allow", Err(TokenFault::WhiteSpace)),
            (b"allow ", Err(TokenFault::WhiteSpace)),
            ("\u{a0}allow".as_bytes(), Err(TokenFault::WhiteSpace)),
            (too_long.as_bytes(), Err(TokenFault::TooLong(6145))),
        ];
        for (token, expected) in rows {
            assert_eq!(check(token), expected, "{}", token.escape_ascii());
        }
    }

    #[test]
    fn the_form_of_a_minted_token() {
        use motepost::token::{DeviceKey, Freshness};
        let key = DeviceKey::new([7; 32]);
        for value in [0, 0x1000_0000, 1_796_000_000, u32::MAX] {
            for freshness in [Freshness::Time(value), Freshness::Counter(value)] {
                let token = key.mint("uniqueID", freshness).unwrap();
                assert!(is_minted(token.as_str()), "{freshness:?}");
            }
        }
        for other in [
            "",
            "A",
            "uniqueID",
            "AWr5-QAAAAAAAAAAAAAAAAAAAAA",
            "AWr5-QAAAAAAAAAAAAAAAAAAAAAAA",
            "AWr5+QAAAAAAAAAAAAAAAAAAAAAA",
            "APr5-QAAAAAAAAAAAAAAAAAAAAAA",
            "Awr5-QAAAAAAAAAAAAAAAAAAAAAA",
            "QWr5-QAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(!is_minted(other), "{other}");
        }
    }

    #[test]
    fn the_form_of_a_signed_token() {
        assert_eq!(
            signed_parts("uniqueID.1790000000"),
            Some(("uniqueID", 1_790_000_000))
        );
        assert_eq!(signed_parts("a.b.c.7"), Some(("a.b.c", 7)));
        assert_eq!(signed_parts(&signed_form("a.b", 7)), Some(("a.b", 7)));
        for text in [
            "",
            ".",
            "a",
            "a.",
            ".7",
            "a.+7",
            "a.-7",
            "a. 7",
            "a.7 ",
            "a.7x",
            "a.18446744073709551616",
        ] {
            assert_eq!(signed_parts(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_hash_is_what_sha256sum_prints() {
        // printf %s 'correct horse' | sha256sum
        let digits = "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631";
        let hash = sha256("correct horse");
        assert_eq!(sha256_to_text(&hash), digits);
        assert_eq!(sha256_from_text(digits), Some(hash));
        assert_eq!(sha256_from_text(&digits.to_uppercase()), Some(hash));
        for text in ["", &digits[1..], "plain-text-token", &format!("{digits}\n")] {
            assert_eq!(sha256_from_text(text), None, "{text:?}");
        }
    }
}
