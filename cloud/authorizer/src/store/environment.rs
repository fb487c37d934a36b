//! The function's own environment as a store: for a handful of devices, and for trying things out. It cannot keep what is
//! used up.

use std::collections::HashMap;

use motepost::token::Freshness;
use motepost_contract::generation::Generation;
use motepost_lambda::ConfigError;

use super::{Answer, Device, Store, StoreError, Taken, sha256_of};

/// Static pairs and a deny list that change only with the function's configuration.
#[derive(Debug, Default)]
pub struct EnvironmentStore(HashMap<String, Device>);

impl EnvironmentStore {
    /// From `<id>=<SHA-256 of the token in hexadecimal>` and from ids, both with commas.
    pub fn parse(static_tokens: &str, revoked_ids: &str) -> Result<Self, ConfigError> {
        let mut devices: HashMap<String, Device> = HashMap::new();
        for pair in parts(static_tokens) {
            let problem = |text| ConfigError::new("STATIC_TOKENS", text);
            let (id, hex) = pair
                .split_once('=')
                .ok_or_else(|| problem("a pair is <id>=<SHA-256 of the token>"))?;
            let device = devices.entry(id.trim().to_owned()).or_default();
            if device
                .token_sha256
                .replace(sha256_of(hex.trim()).map_err(problem)?)
                .is_some()
            {
                return Err(problem("a device has two tokens: which of them counts?"));
            }
        }
        for id in parts(revoked_ids) {
            devices.entry(id.to_owned()).or_default().revoked = true;
        }
        Ok(Self(devices))
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

impl Store for EnvironmentStore {
    fn device<'a>(&'a self, id: &'a str) -> Answer<'a, Device> {
        Box::pin(async move { Ok(self.0.get(id).copied().unwrap_or_default()) })
    }

    fn take<'a>(
        &'a self,
        id: &'a str,
        _freshness: Freshness,
        generation: Generation,
    ) -> Answer<'a, Taken> {
        Box::pin(async move {
            let device = self.0.get(id).copied().unwrap_or_default();
            if device.revoked {
                return Ok(Taken::Revoked);
            }
            if device.generation != generation {
                return Ok(Taken::OtherKey);
            }
            Err(StoreError::new(
                "a token that counts once needs STORE_TABLE or STORE_FILE to keep what was used up",
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_revoked_ids() {
        let hash = "0F".repeat(32);
        let store = EnvironmentStore::parse(&format!("a={hash}, b = {hash},"), "b,c").unwrap();
        let device = |id| store.0.get(id).copied();
        let token_sha256 = Some([0x0f; 32]);
        assert_eq!(
            device("a"),
            Some(Device {
                token_sha256,
                revoked: false,
                generation: 0
            })
        );
        assert_eq!(
            device("b"),
            Some(Device {
                token_sha256,
                revoked: true,
                generation: 0
            })
        );
        assert_eq!(
            device("c"),
            Some(Device {
                token_sha256: None,
                revoked: true,
                generation: 0
            })
        );
        assert_eq!(device("d"), None);
    }

    #[test]
    fn what_is_no_pair_is_refused_and_not_repeated() {
        let hash = "0f".repeat(32);
        for (pairs, expected) in [
            ("a".to_owned(), "a pair is"),
            ("a=plain-text-token".to_owned(), "64 hexadecimal digits"),
            (format!("a={hash},a={hash}"), "two tokens"),
        ] {
            let error = EnvironmentStore::parse(&pairs, "").unwrap_err().to_string();
            assert!(
                error.starts_with("STATIC_TOKENS: ") && error.contains(expected),
                "{error}"
            );
            assert!(!error.contains("plain-text-token"));
        }
    }
}
