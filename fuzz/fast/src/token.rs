//! Tokens: what is minted is accepted, nothing else is; keys and windows.
//!
//! Input: a key of 32 bytes, a kind, a value and a clock of four bytes each; then a device id, 0xFF, and any text.

use motepost::token::{DeviceKey, FleetKey, Freshness, TOKEN_LEN, Token, TokenError, Window};

use crate::fields::text;

/// What the bytes say.
pub struct Input<'a> {
    pub key: [u8; 32],
    pub kind: u8,
    pub value: u32,
    pub clock: u32,
    pub id: &'a str,
    pub forged: &'a str,
}

impl<'a> Input<'a> {
    /// None where there are too few.
    pub fn of(data: &'a [u8]) -> Option<Self> {
        let (key, rest) = data.split_first_chunk()?;
        let ([kind], rest) = rest.split_first_chunk()?;
        let (value, rest) = rest.split_first_chunk()?;
        let (clock, rest) = rest.split_first_chunk()?;
        let mut parts = rest.splitn(2, |byte| *byte == 0xff);
        let mut next = || text(parts.next().unwrap_or_default());
        Some(Self {
            key: *key,
            kind: *kind,
            value: u32::from_le_bytes(*value),
            clock: u32::from_le_bytes(*clock),
            id: next(),
            forged: next(),
        })
    }

    /// What is minted.
    pub fn freshness(&self) -> Freshness {
        if self.kind.is_multiple_of(2) {
            Freshness::Time(self.value)
        } else {
            Freshness::Counter(self.value)
        }
    }
}

/// `run` is what the target calls.
pub fn run(data: &[u8]) {
    if let Some(input) = Input::of(data) {
        minted(&input);
    }
}

/// Mints a token and looks at it in every way that needs no other HMAC. None for an id that is refused.
pub fn minted(input: &Input<'_>) -> Option<Token> {
    let (id, freshness) = (input.id, input.freshness());
    window(input);
    let device = DeviceKey::new(input.key);
    let Ok(token) = device.mint(id, freshness) else {
        assert!(!is_id(id.as_bytes()), "{id:?} is refused");
        return None;
    };
    assert!(is_id(id.as_bytes()), "{id:?} is accepted");
    assert_eq!(token.len(), TOKEN_LEN);
    assert_eq!(device.check(id, &token), Ok(freshness));

    match device.check(id, input.forged) {
        Ok(claimed) => {
            let made = device.mint(id, claimed);
            assert_eq!(made.as_deref(), Ok(input.forged), "accepted and not minted");
        }
        Err(TokenError::Malformed | TokenError::UnknownKind | TokenError::WrongMac) => {}
        Err(error) => panic!("{error:?} without a window"),
    }
    let wrong = Err(TokenError::WrongMac);
    match input.kind >> 6 {
        0 => {
            let mut changed = [0; TOKEN_LEN];
            changed.copy_from_slice(token.as_bytes());
            let slot = &mut changed[usize::from(input.kind) % TOKEN_LEN];
            *slot = if *slot == b'A' { b'B' } else { b'A' };
            assert!(
                device.check(id, text(&changed)).is_err(),
                "one character changed"
            );
        }
        1 => {
            let shorter = &id[..id.len() - 1];
            assert_eq!(device.check(shorter, &token), wrong, "another device");
        }
        2 => {
            let mut key = input.key;
            key[usize::from(input.kind) % 32] ^= 1;
            let other = DeviceKey::new(key);
            assert_eq!(other.check(id, &token), wrong, "another key");
        }
        _ => {
            let fleet = FleetKey::new(input.key);
            let device = fleet.device_key(id);
            let other = fleet.device_key(&id[..id.len() - 1]);
            assert_ne!(device.as_bytes(), other.as_bytes());
            assert_eq!(device.check(id, &token), wrong, "the fleet's key");
        }
    }
    Some(token)
}

/// Whether the authorizer takes this as a device id.
pub fn is_id(id: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    (1..=128).contains(&id.len()) && id.iter().all(is_plain) && !matches!(id, b"." | b"..")
}

fn window(input: &Input<'_>) {
    let window = Window {
        past: u32::from(input.kind) * 7,
        future: u32::from(input.kind),
    };
    let age = i64::from(input.clock) - i64::from(input.value);
    let expected = if age > i64::from(window.past) {
        Err(TokenError::TooOld)
    } else if -age > i64::from(window.future) {
        Err(TokenError::TooNew)
    } else {
        Ok(())
    };
    assert_eq!(window.check(input.value, input.clock), expected);
}
