//! The function's own environment as a store: for a handful of devices, and for trying things out. It cannot keep what is
//! used up.

use std::collections::HashMap;

use motepost::token::Freshness;
use motepost_contract::device_id::DeviceId;
use motepost_contract::generation::Generation;
use motepost_lambda::ConfigError;

use super::{Device, Store, StoreError, StoreFuture, Taken, sha256_of};

/// Static pairs and a deny list that change only with the function's configuration.
#[derive(Debug, Default)]
pub struct EnvironmentStore(HashMap<String, Device>);

impl EnvironmentStore {
    /// From `<id>=<SHA-256 of the token in hexadecimal>` and from ids, both with commas.
    pub fn parse(static_tokens: &str, revoked_ids: &str) -> Result<Self, ConfigError> {
        let mut devices: HashMap<String, Device> = HashMap::new();
        for pair in parts(static_tokens) {
            let problem = |text: String| ConfigError::new("STATIC_TOKENS", text);
            let (id, hex) = pair
                .split_once('=')
                .ok_or_else(|| problem("a pair is <id>=<SHA-256 of the token>".to_owned()))?;
            let id = id_of(id.trim()).map_err(problem)?;
            let device = devices.entry(id).or_default();
            if device
                .token_sha256
                .replace(sha256_of(hex.trim()).map_err(|text| problem(text.to_owned()))?)
                .is_some()
            {
                return Err(problem(
                    "a device has two tokens: which of them counts?".to_owned(),
                ));
            }
        }
        for id in parts(revoked_ids) {
            let id = id_of(id).map_err(|text| ConfigError::new("REVOKED_IDS", text))?;
            devices.entry(id).or_default().revoked = true;
        }
        Ok(Self(devices))
    }
}

/// An id that no device has would revoke none, and nobody would notice. It is not repeated, for it may be a token.
fn id_of(text: &str) -> Result<String, String> {
    match DeviceId::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(fault) => Err(format!("an id in it {fault}; between ids is a comma")),
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

impl Store for EnvironmentStore {
    fn device<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Device> {
        Box::pin(async move { Ok(self.0.get(id).copied().unwrap_or_default()) })
    }

    fn take<'a>(
        &'a self,
        id: &'a str,
        _freshness: Freshness,
        generation: Generation,
    ) -> StoreFuture<'a, Taken> {
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

    /// The device that was meant would stay in.
    #[test]
    fn a_revoked_id_that_no_device_has_is_refused() {
        for ids in ["a;b", "a b", "a,b/c", "a\nb", "plain*text"] {
            let error = EnvironmentStore::parse("", ids).unwrap_err().to_string();
            assert!(
                error.starts_with("REVOKED_IDS: an id in it is no device id"),
                "{error}"
            );
            assert!(!error.contains("plain"), "{error}");
        }
    }

    #[test]
    fn what_is_no_pair_is_refused_and_not_repeated() {
        let hash = "0f".repeat(32);
        for (pairs, expected) in [
            ("a".to_owned(), "a pair is"),
            ("a=plain-text-token".to_owned(), "64 hexadecimal digits"),
            (format!("a={hash},a={hash}"), "two tokens"),
            (format!("a b={hash}"), "is no device id"),
            (format!("={hash}"), "is no device id"),
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
