//! Who a request says it is from, and what can be said of its token without asking the store.

use std::borrow::Cow;

use motepost::token::{Freshness, TokenError};
use motepost_contract::device_id::DeviceId;
use motepost_contract::generation::Generation;
use motepost_contract::token::{self, signed_parts};

use crate::config::Config;
use crate::denied::Denied;
use crate::event::Event;
use crate::fleet_keys::FleetKeys;

/// What a request claims, nothing of it proven.
pub(crate) struct Claim<'e> {
    pub(crate) id: DeviceId,
    token: Cow<'e, str>,
    /// Of a signed token, whose signature AWS has verified.
    expiry: Option<u64>,
}

/// What the token proves by itself, and what is left to be asked.
pub(crate) enum Proof {
    /// Signed, and not expired before this time.
    Signed { expiry: u64 },
    /// Minted by the device's key of this generation, if that is the one that counts: with a time inside the window, or
    /// with a counter, if it has grown.
    Minted {
        freshness: Freshness,
        generation: Generation,
        /// When the window ends; for a counter, which has none, now.
        ends: u64,
    },
    /// Nothing yet: the store has this hash or it is refused, for this reason if it had the form of a minted token.
    Static {
        sha256: [u8; 32],
        forged: Option<TokenError>,
    },
}

impl<'e> Claim<'e> {
    pub(crate) fn read(event: &Event<'e>, config: &Config) -> Result<Self, Denied> {
        let places = match (event.is_mqtt, &config.mqtt) {
            (true, None) => return Err(Denied::Mqtt),
            (true, Some(mqtt)) => (Some(mqtt.id), Some(mqtt.token)),
            (false, _) => (None, None),
        };
        let token = match event.token {
            Some(token) => Cow::Borrowed(token),
            // What AWS has verified was not in any header.
            None if event.signature_verified => return Err(Denied::VerifiedNothing),
            None => event
                .sent(&config.token_key_name, places.1, "token")?
                .ok_or(Denied::NoToken)?,
        };
        let sent = event.sent(&config.id_name, places.0, "device id")?;
        if config.signed && (event.signature_verified || signed_parts(&token).is_some()) {
            if !event.signature_verified {
                return Err(Denied::NotVerified);
            }
            let (id, expiry) = signed_parts(&token).ok_or(Denied::SignedForm)?;
            // AWS's check covers the token alone. Anyone who has one signed token could send any id with it.
            if sent.is_some_and(|sent| sent != id) {
                return Err(Denied::OtherDevice);
            }
            return Ok(Self {
                id: DeviceId::parse(id)?,
                expiry: Some(expiry),
                token,
            });
        }
        let id = DeviceId::parse(&sent.ok_or(Denied::NoId)?)?;
        Ok(Self {
            id,
            token,
            expiry: None,
        })
    }

    /// `now` is in Unix seconds.
    pub(crate) fn prove(
        &self,
        config: &Config,
        keys: &FleetKeys,
        now: u64,
    ) -> Result<Proof, Denied> {
        if let Some(expiry) = self.expiry {
            return if now < expiry {
                Ok(Proof::Signed { expiry })
            } else {
                Err(Denied::Expired)
            };
        }
        let mut forged = None;
        if let Some(minted) = &config.minted {
            match keys.check(self.id.as_str(), &self.token) {
                Ok((freshness, generation)) => {
                    let ends = match freshness {
                        Freshness::Counter(_) => now,
                        Freshness::Time(minted_at) => {
                            // Tokens have 32 bits of time, until 2106.
                            let now = u32::try_from(now).unwrap_or(u32::MAX);
                            minted.window.check(minted_at, now)?;
                            u64::from(minted_at).saturating_add(minted.window.past.into())
                        }
                    };
                    return Ok(Proof::Minted {
                        freshness,
                        generation,
                        ends,
                    });
                }
                Err(error) if !config.static_pairs => return Err(error.into()),
                // A static token may look like anything; only a whole minted one was clearly meant as such.
                Err(TokenError::Malformed | TokenError::UnknownKind) => {}
                Err(error) => forged = Some(error),
            }
        } else if !config.static_pairs {
            return Err(Denied::NotVerified);
        }
        Ok(Proof::Static {
            sha256: token::sha256(&self.token),
            forged,
        })
    }
}
