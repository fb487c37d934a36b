//! The fleet keys, of which any may have made a device's key: two while one is being replaced.

use motepost::token::{FleetKey, Freshness, TokenError};
use zeroize::Zeroizing;

#[derive(Default)]
pub(crate) struct FleetKeys(Vec<FleetKey>);

impl FleetKeys {
    /// From text: 64 hexadecimal digits a key, with white space between keys.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut keys = Vec::new();
        for word in text.split_whitespace() {
            let mut bytes = Zeroizing::new([0; 32]);
            match base16ct::mixed::decode(word, &mut *bytes) {
                Ok(decoded) if decoded.len() == 32 => keys.push(FleetKey::new(*bytes)),
                _ => {
                    return Err(
                        "a fleet key is 64 hexadecimal digits; with white space between there may be several",
                    );
                }
            }
        }
        if keys.is_empty() {
            return Err("there is no fleet key in it: a key is 64 hexadecimal digits");
        }
        Ok(Self(keys))
    }

    /// Whether the device minted the token with a key that came from one of these.
    pub(crate) fn check(&self, id: &str, token: &str) -> Result<Freshness, TokenError> {
        let mut result = Err(TokenError::WrongMac);
        for key in &self.0 {
            result = key.device_key(id).check(id, token);
            // Only another key could have a different result.
            if result != Err(TokenError::WrongMac) {
                break;
            }
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_of_the_keys_is_good() {
        let (old, new, other) = ([7; 32], [8; 32], [9; 32]);
        let keys = FleetKeys::parse(&format!("{}\n{}\n", "08".repeat(32), "07".repeat(32)))
            .unwrap_or_default();
        let mint = |key| {
            FleetKey::new(key)
                .device_key("a")
                .mint("a", Freshness::Counter(1))
        };
        assert_eq!(keys.check("a", &mint(old)), Ok(Freshness::Counter(1)));
        assert_eq!(keys.check("a", &mint(new)), Ok(Freshness::Counter(1)));
        assert_eq!(keys.check("a", &mint(other)), Err(TokenError::WrongMac));
        assert_eq!(keys.check("b", &mint(new)), Err(TokenError::WrongMac));
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let digits = "0123456789abcdef".repeat(4);
        for text in [
            "",
            " \n",
            &digits[1..],
            &format!("{digits}0"),
            &format!("{digits},{digits}"),
            &digits.replace('f', "g"),
        ] {
            let error = FleetKeys::parse(text).err().unwrap_or_default();
            assert!(error.contains("64 hexadecimal digits"), "{text:?}");
        }
    }
}
