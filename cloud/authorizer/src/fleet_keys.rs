//! The fleet keys, of which any may have made a device's key: two while one is being replaced.

use motepost::token::{FleetKey, Freshness, TokenError};
use motepost_contract::keys::{self, KeyFault};

#[derive(Default)]
pub(crate) struct FleetKeys(Vec<FleetKey>);

impl FleetKeys {
    /// From text: 64 hexadecimal digits a key, with white space between keys.
    pub(crate) fn parse(text: &str) -> Result<Self, KeyFault> {
        let keys = keys::several(text)?;
        Ok(Self(keys.iter().map(|key| FleetKey::new(**key)).collect()))
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
                .expect("a sound id")
        };
        assert_eq!(keys.check("a", &mint(old)), Ok(Freshness::Counter(1)));
        assert_eq!(keys.check("a", &mint(new)), Ok(Freshness::Counter(1)));
        assert_eq!(keys.check("a", &mint(other)), Err(TokenError::WrongMac));
        assert_eq!(keys.check("b", &mint(new)), Err(TokenError::WrongMac));
    }
}
