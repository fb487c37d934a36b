//! The fleet keys, of which any may have made a device's key: two while one is being replaced.

use motepost::token::{FleetKey, Freshness, TokenError};
use motepost_contract::generation::{self, Generation};
use motepost_contract::keys::{self, KeyFault};

#[derive(Default)]
pub(crate) struct FleetKeys(Vec<FleetKey>);

impl FleetKeys {
    /// From text: 64 hexadecimal digits a key, with white space between keys.
    pub(crate) fn parse(text: &str) -> Result<Self, KeyFault> {
        let keys = keys::several(text)?;
        Ok(Self(keys.iter().map(|key| FleetKey::new(**key)).collect()))
    }

    /// Whether the device minted the token with a key that came from one of these, and of which generation it is. All
    /// first keys are tried first, because few devices ever have another.
    pub(crate) fn check(
        &self,
        id: &str,
        token: &str,
    ) -> Result<(Freshness, Generation), TokenError> {
        for generation in 0..=generation::MAX {
            let label = generation::label(id, generation);
            for key in &self.0 {
                match key.device_key(&label).check(id, token) {
                    Ok(freshness) => return Ok((freshness, generation)),
                    // Only this could be different with another key.
                    Err(TokenError::WrongMac) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Err(TokenError::WrongMac)
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
        assert_eq!(keys.check("a", &mint(old)), Ok((Freshness::Counter(1), 0)));
        assert_eq!(keys.check("a", &mint(new)), Ok((Freshness::Counter(1), 0)));
        assert_eq!(keys.check("a", &mint(other)), Err(TokenError::WrongMac));
        assert_eq!(keys.check("b", &mint(new)), Err(TokenError::WrongMac));
    }

    #[test]
    fn a_later_key_of_a_device_is_found_and_is_no_other_device_s() {
        let keys = FleetKeys(vec![FleetKey::new([8; 32]), FleetKey::new([7; 32])]);
        for generation in [1, generation::MAX] {
            let key = FleetKey::new([7; 32]).device_key(&generation::label("a", generation));
            let token = key.mint("a", Freshness::Time(9)).expect("a sound id");
            assert_eq!(
                keys.check("a", &token),
                Ok((Freshness::Time(9), generation))
            );
            assert_eq!(keys.check("b", &token), Err(TokenError::WrongMac));
        }
        let key = FleetKey::new([7; 32]).device_key("a#16");
        let token = key.mint("a", Freshness::Time(9)).expect("a sound id");
        assert_eq!(keys.check("a", &token), Err(TokenError::WrongMac));
    }
}
