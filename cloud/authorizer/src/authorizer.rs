//! Decides one authorizer event.

use std::fmt;

use motepost::token::Freshness;
use motepost_contract::device_id::DeviceId;
use motepost_contract::files;
use motepost_contract::generation::Generation;
use motepost_lambda::ConfigError;
use serde_json::Value;
use subtle::ConstantTimeEq;
#[cfg(not(feature = "aws"))]
use zeroize::Zeroizing;

#[cfg(feature = "aws")]
use crate::aws::secret;
use crate::config::{Config, KeyPlace, StorePlace};
use crate::credential::{Claim, Proof};
use crate::decision::{Allowed, Decision};
use crate::denied::Denied;
use crate::event::Event;
use crate::fleet_keys::FleetKeys;
use crate::response;
use crate::store::{EnvironmentStore, FileStore, Store, Taken};

/// The authorizer function, ready to be asked.
pub struct Authorizer {
    config: Config,
    keys: FleetKeys,
    store: Box<dyn Store>,
}

impl Authorizer {
    /// Reads the fleet key and opens the store that the configuration names.
    pub async fn open(config: Config) -> Result<Self, ConfigError> {
        let store: Box<dyn Store> = match &config.store {
            StorePlace::Environment {
                static_tokens,
                revoked_ids,
            } => Box::new(EnvironmentStore::parse(static_tokens, revoked_ids)?),
            StorePlace::File(path) => {
                let open = FileStore::open(path);
                Box::new(open.map_err(|error| ConfigError::new("STORE_FILE", error))?)
            }
            StorePlace::Table(name) => table(&config, name)?,
        };
        Self::with_store(config, store).await
    }

    /// The same with a store of your own, whatever store the configuration names.
    pub async fn with_store(config: Config, store: Box<dyn Store>) -> Result<Self, ConfigError> {
        let keys = match &config.minted {
            Some(minted) => read_keys(&config, &minted.keys).await?,
            None => FleetKeys::default(),
        };
        Ok(Self {
            config,
            keys,
            store,
        })
    }

    /// Decides on one event at a time, in Unix seconds. Whatever the event is, there is a well-formed response.
    pub async fn decide(&self, event: &Value, now: u64) -> Decision {
        let event = match Event::read(event) {
            Ok(event) => event,
            Err(denied) => {
                return Decision {
                    connection: None,
                    id: None,
                    outcome: Err(denied),
                };
            }
        };
        // AWS makes it a UUID. Anything else does not belong into the log.
        let is_plain =
            |id: &&str| id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let connection = event.connection.filter(is_plain).map(str::to_owned);
        let claim = match Claim::read(&event, &self.config) {
            Ok(claim) => claim,
            Err(denied) => {
                return Decision {
                    connection,
                    id: None,
                    outcome: Err(denied),
                };
            }
        };
        let outcome = self.judge(&claim, now).await;
        Decision {
            connection,
            id: Some(claim.id),
            outcome,
        }
    }

    /// The store is asked last: a forged token costs no look-up, and what counts once is used up only if the device is let in.
    async fn judge(&self, claim: &Claim<'_>, now: u64) -> Result<Allowed, Denied> {
        let proof = claim.prove(&self.config, &self.keys, now)?;
        let documents = self.config.policy.documents(&claim.id);
        let ends = match &proof {
            Proof::Signed { expiry } => Some(*expiry),
            Proof::Minted { ends, .. } => Some(*ends),
            Proof::Static { .. } => None,
        };
        let seconds_left = ends.map(|ends| ends.saturating_sub(now));
        let response = response::allow(&claim.id, documents, seconds_left, &self.config);
        let scheme = self.admit(&claim.id, proof).await?;
        Ok(Allowed { scheme, response })
    }

    /// The deny list holds for every scheme. It and what else the store knows are read at one moment.
    async fn admit(&self, id: &DeviceId, proof: Proof) -> Result<&'static str, Denied> {
        let (scheme, pair) = match proof {
            Proof::Minted {
                freshness,
                generation,
                ..
            } => {
                self.admit_minted(id, freshness, generation).await?;
                return Ok("minted");
            }
            Proof::Signed { .. } => ("signed", None),
            Proof::Static { sha256, forged } => ("static", Some((sha256, forged))),
        };
        let device = self.store.device(id.as_str()).await?;
        if let Some((sent, forged)) = pair {
            let known = device.token_sha256;
            if !known.is_some_and(|known| known.ct_eq(&sent).into()) {
                return Err(match (forged, known) {
                    (Some(error), _) => error.into(),
                    (None, Some(_)) => Denied::WrongToken,
                    (None, None) => Denied::UnknownDevice,
                });
            }
        }
        if device.revoked {
            return Err(Denied::Revoked);
        }
        Ok(scheme)
    }

    async fn admit_minted(
        &self,
        id: &DeviceId,
        freshness: Freshness,
        generation: Generation,
    ) -> Result<(), Denied> {
        let replayed = match freshness {
            Freshness::Counter(_) => Denied::ReplayedCounter,
            Freshness::Time(_) if self.config.minted.as_ref().is_some_and(|of| of.once) => {
                Denied::ReplayedTime
            }
            Freshness::Time(_) => {
                let device = self.store.device(id.as_str()).await?;
                return if device.revoked {
                    Err(Denied::Revoked)
                } else if device.generation != generation {
                    Err(Denied::OtherKey)
                } else {
                    Ok(())
                };
            }
        };
        match self.store.take(id.as_str(), freshness, generation).await? {
            Taken::Accepted => Ok(()),
            Taken::Replayed => Err(replayed),
            Taken::Revoked => Err(Denied::Revoked),
            Taken::OtherKey => Err(Denied::OtherKey),
        }
    }
}

/// Holds keys, so that it shows nothing.
impl fmt::Debug for Authorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authorizer(..)")
    }
}

async fn read_keys(config: &Config, place: &KeyPlace) -> Result<FleetKeys, ConfigError> {
    let (variable, text) = match place {
        KeyPlace::Text(text) => ("FLEET_KEY_HEX", text.clone()),
        KeyPlace::File(path) => {
            let read = files::read_key(path);
            let text = read.map_err(|error| ConfigError::new("FLEET_KEY_FILE", error))?;
            ("FLEET_KEY_FILE", text)
        }
        KeyPlace::Secret(name) => ("FLEET_KEY_SECRET", secret(config, name).await?),
    };
    FleetKeys::parse(&text).map_err(|problem| ConfigError::new(variable, problem))
}

#[cfg(feature = "aws")]
fn table(config: &Config, name: &str) -> Result<Box<dyn Store>, ConfigError> {
    let sdk = crate::aws::sdk_config(config)?;
    Ok(Box::new(crate::store::DynamoDbStore::new(&sdk, name)))
}

#[cfg(not(feature = "aws"))]
async fn secret(_config: &Config, _name: &str) -> Result<Zeroizing<String>, ConfigError> {
    Err(ConfigError::new("FLEET_KEY_SECRET", WITHOUT_AWS))
}

#[cfg(not(feature = "aws"))]
fn table(_config: &Config, _name: &str) -> Result<Box<dyn Store>, ConfigError> {
    Err(ConfigError::new("STORE_TABLE", WITHOUT_AWS))
}

#[cfg(not(feature = "aws"))]
const WITHOUT_AWS: &str = "this authorizer was built without it: build with --features aws";
