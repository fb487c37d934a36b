//! Fleet and device keys as text: 64 hexadecimal digits. While a fleet key is being replaced, a text holds several.

use std::fmt;

use zeroize::Zeroizing;

/// Why a text is no key. Nothing of the text is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// There is nothing but white space.
    Missing,
    /// Something in it is no key.
    NotHexadecimal,
    /// It is zeros, as memory is that nobody has written a key into.
    Zeros,
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is empty: a key is 64 hexadecimal digits",
            Self::NotHexadecimal => {
                "is not 64 hexadecimal digits, or several times as many with white space between"
            }
            Self::Zeros => {
                "is zeros alone, which everybody can guess: make one with motepost keygen fleet"
            }
        })
    }
}

impl std::error::Error for KeyFault {}

/// The one key of a text that may end in white space.
pub fn one(text: &str) -> Result<Zeroizing<[u8; 32]>, KeyFault> {
    let digits = text.trim_ascii();
    if digits.is_empty() {
        return Err(KeyFault::Missing);
    }
    key_of(digits)
}

/// The keys of a text, with white space between them. The first is the one to mint with.
pub fn several(text: &str) -> Result<Vec<Zeroizing<[u8; 32]>>, KeyFault> {
    let keys: Vec<_> = text
        .split_ascii_whitespace()
        .map(key_of)
        .collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Err(KeyFault::Missing);
    }
    Ok(keys)
}

fn key_of(digits: &str) -> Result<Zeroizing<[u8; 32]>, KeyFault> {
    let key = bytes_of(digits).ok_or(KeyFault::NotHexadecimal)?;
    if *key == [0; 32] {
        return Err(KeyFault::Zeros);
    }
    Ok(key)
}

/// 32 bytes from exactly 64 hexadecimal digits, in either case.
pub(crate) fn bytes_of(digits: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    let decoded = base16ct::mixed::decode(digits, &mut *bytes).ok()?;
    (decoded.len() == 32).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_holds_one_key_or_several_in_their_order() {
        let (seven, eight) = ("07".repeat(32), "08".repeat(32));
        let rows = [
            (seven.clone(), vec![[7; 32]]),
            (format!("{seven}\n"), vec![[7; 32]]),
            (format!("{seven}\r\n{eight}\n"), vec![[7; 32], [8; 32]]),
            (format!(" {eight} {seven}"), vec![[8; 32], [7; 32]]),
            ("aB".repeat(32), vec![[0xab; 32]]),
        ];
        for (text, expected) in rows {
            let keys = several(&text).unwrap();
            let keys: Vec<_> = keys.iter().map(|key| **key).collect();
            assert_eq!(keys, expected);
        }
        assert_eq!(*one(&format!("{seven}\n")).unwrap(), [7; 32]);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let digits = "0123456789abcdef".repeat(4);
        let rows = [
            ("", KeyFault::Missing),
            (" \n", KeyFault::Missing),
            (&digits[1..], KeyFault::NotHexadecimal),
            (&format!("{digits}0"), KeyFault::NotHexadecimal),
            (&format!("{digits},{digits}"), KeyFault::NotHexadecimal),
            (&format!("\u{feff}{digits}"), KeyFault::NotHexadecimal),
            (&digits.replace('f', "g"), KeyFault::NotHexadecimal),
            (&"0".repeat(64), KeyFault::Zeros),
        ];
        for (text, expected) in rows {
            assert_eq!(several(text).err(), Some(expected), "{text:?}");
            assert_eq!(one(text).err(), Some(expected), "{text:?}");
        }
        let two = format!("{digits}\n{digits}\n");
        assert_eq!(one(&two).err(), Some(KeyFault::NotHexadecimal));
        // One that is used is no comfort for one that can be guessed.
        let second = format!("{digits}\n{}\n", "0".repeat(64));
        assert_eq!(several(&second).err(), Some(KeyFault::Zeros));
    }
}
