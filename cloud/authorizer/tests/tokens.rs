//! The bytes under a token's MAC. Kind, value and id can be read back from them, so a MAC is valid for one kind, value and id,
//! as long as HMAC-SHA256 holds.

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use motepost::token::{DeviceKey, Freshness, TokenError};
use proptest::prelude::*;
use sha2::Sha256;

const LABEL: &[u8] = b"motepost-token-v1";

/// What a token says.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    freshness: Freshness,
    id: String,
}

impl Said {
    fn front(&self) -> [u8; 5] {
        let (kind, value) = match self.freshness {
            Freshness::Time(value) => (1, value),
            Freshness::Counter(value) => (2, value),
        };
        let [a, b, c, d] = value.to_be_bytes();
        [kind, a, b, c, d]
    }

    /// As the documentation of `motepost::token` has it.
    fn mac_input(&self) -> Vec<u8> {
        [LABEL, &self.front(), self.id.as_bytes()].concat()
    }

    /// Back from these bytes: label, kind and value have their lengths, and the id is the rest. What can be read back cannot be
    /// the same for two.
    fn read_back(input: &[u8]) -> Option<Self> {
        let (front, id) = input.strip_prefix(LABEL)?.split_first_chunk::<5>()?;
        let [kind, value @ ..] = *front;
        let value = u32::from_be_bytes(value);
        Some(Self {
            freshness: match kind {
                1 => Freshness::Time(value),
                2 => Freshness::Counter(value),
                _ => return None,
            },
            id: String::from_utf8(id.to_vec()).ok()?,
        })
    }
}

fn something() -> impl Strategy<Value = Said> {
    let freshness = (any::<bool>(), any::<u32>()).prop_map(|(is_time, value)| {
        if is_time {
            Freshness::Time(value)
        } else {
            Freshness::Counter(value)
        }
    });
    (freshness, "[A-Za-z0-9_:-][A-Za-z0-9_.:-]{0,127}")
        .prop_map(|(freshness, id)| Said { freshness, id })
}

/// Two that are neighbours: one letter of the id, one bit of the value, or the kind may differ.
fn neighbours() -> impl Strategy<Value = (Said, Said)> {
    (something(), 0..4_u8, any::<u32>()).prop_map(|(one, what, bit)| {
        let mut other = one.clone();
        match (what, &mut other.freshness) {
            (0, _) => other.id.push('0'),
            (1, _) if other.id.len() > 1 => drop(other.id.pop()),
            (2, Freshness::Time(value) | Freshness::Counter(value)) => *value ^= 1 << (bit % 32),
            (_, freshness) => {
                *freshness = match *freshness {
                    Freshness::Time(value) => Freshness::Counter(value),
                    Freshness::Counter(value) => Freshness::Time(value),
                }
            }
        }
        other.id.truncate(128);
        (one, other)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mac_is_over_bytes_that_say_kind_value_and_id_in_one_way(key in any::<[u8; 32]>(), said in something()) {
        let input = said.mac_input();
        prop_assert_eq!(Said::read_back(&input), Some(said.clone()));
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length");
        mac.update(&input);
        let token = DeviceKey::new(key).mint(&said.id, said.freshness).expect("a sound id");
        let token = Base64UrlUnpadded::decode_vec(&token).expect("base64url");
        prop_assert_eq!(token, [&said.front()[..], &mac.finalize().into_bytes()[..16]].concat());
    }

    #[test]
    fn the_mac_of_one_is_not_believed_for_its_neighbour(key in any::<[u8; 32]>(), (one, other) in neighbours()) {
        let key = DeviceKey::new(key);
        let token = key.mint(&one.id, one.freshness).expect("a sound id");
        let mut forged = Base64UrlUnpadded::decode_vec(&token).expect("base64url");
        forged[..5].copy_from_slice(&other.front());
        let found = key.check(&other.id, &Base64UrlUnpadded::encode_string(&forged));
        let expected = if one == other { Ok(one.freshness) } else { Err(TokenError::WrongMac) };
        prop_assert_eq!(found, expected);
    }
}
