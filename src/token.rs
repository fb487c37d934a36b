//! Device tokens: a device with a 32-byte key mints one for each message, instead of sending a password
//! in each. The cloud keeps one fleet key and no table of tokens.
//!
//! ```text
//! token      = base64url( kind:u8 ‖ value:u32 big-endian ‖ mac[0..16] )          28 characters
//! mac        = HMAC-SHA256( device key, "motepost-token-v1" ‖ kind ‖ value ‖ device id )
//! device key = HKDF-SHA256( ikm = fleet key, no salt, info = "motepost-device-key-v1" ‖ device id )
//! ```
//!
//! HMAC is RFC 2104, HKDF RFC 5869, base64url RFC 4648 section 5. 21 bytes are 28 characters
//! without padding. A MAC may be truncated to 16 bytes (RFC 2104 section 5).
//!
//! ```
//! use motepost::token::{DeviceKey, FleetKey, Freshness, Window};
//!
//! let fleet = FleetKey::new([7; 32]); // in the cloud only
//! let device = fleet.device_key("uniqueID"); // and this in the device's flash
//! let token = device.mint("uniqueID", Freshness::Time(1_790_000_000))?;
//! assert_eq!(token.len(), 28);
//!
//! let minted = device.check("uniqueID", token.as_str())?;
//! assert_eq!(minted, Freshness::Time(1_790_000_000));
//! let window = Window { past: 300, future: 60 };
//! window.check(1_790_000_000, 1_790_000_090)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::ascii::{DEVICE_ID, is_control, span};
use crate::base64::{self, Alphabet};
use crate::error::{EncodeError, Field, Reason};
use crate::hmac::hmac_sha256;

/// The number of characters of a token.
pub const TOKEN_LEN: usize = 28;

/// A minted token: text, and as secret as a password until it is used or too old.
pub type Token = heapless::String<TOKEN_LEN>;

/// The longest device id.
const MAX_ID: usize = 128;
const TOKEN_LABEL: &[u8] = b"motepost-token-v1";
const DEVICE_KEY_LABEL: &[u8] = b"motepost-device-key-v1";
/// How many bytes of the MAC are sent.
const MAC_LEN: usize = 16;
/// The kind, the value and the MAC.
pub(crate) const RAW_LEN: usize = 1 + 4 + MAC_LEN;

/// What keeps a token from being replayed later.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Kind 1: Unix time in seconds, checked against a [`Window`].
    Time(u32),
    /// Kind 2: a counter, which must grow from message to message, for a device without a clock. Keep it
    /// in flash, and write it there before you send it.
    Counter(u32),
}

impl Freshness {
    const fn parts(self) -> (u8, [u8; 4]) {
        match self {
            Self::Time(seconds) => (1, seconds.to_be_bytes()),
            Self::Counter(count) => (2, count.to_be_bytes()),
        }
    }

    const fn of(kind: u8, value: [u8; 4]) -> Option<Self> {
        match kind {
            1 => Some(Self::Time(u32::from_be_bytes(value))),
            2 => Some(Self::Counter(u32::from_be_bytes(value))),
            _ => None,
        }
    }
}

/// Why a token is not accepted. Do not send this to the device: it would help to forge one.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// It is not 28 characters of base64url.
    Malformed,
    /// Its kind is neither time nor counter.
    UnknownKind,
    /// Its MAC is not this device's: a changed token, another device's, or another key.
    WrongMac,
    /// It was minted before the window: it is a replay, or the device's clock is slow.
    TooOld,
    /// It was minted after the window: the device's clock is fast.
    TooNew,
}

impl TokenError {
    /// The error in plain words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Malformed => "the token is not 28 characters of base64url",
            Self::UnknownKind => "the token's kind is neither time nor counter",
            Self::WrongMac => "the token's MAC is not this device's",
            Self::TooOld => "the token is too old: replayed, or the device's clock is slow",
            Self::TooNew => "the token is from the future: the device's clock is fast",
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for TokenError {}

/// How far a minted time may differ from the checker's clock, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How old a token may be. Until then, anyone who read it on the way can use it again.
    pub past: u32,
    /// How far ahead a device's clock may be.
    pub future: u32,
}

impl Window {
    /// Whether a token minted at `minted` is still good at `now`, both in Unix seconds.
    pub const fn check(self, minted: u32, now: u32) -> Result<(), TokenError> {
        if now.saturating_sub(minted) > self.past {
            Err(TokenError::TooOld)
        } else if minted.saturating_sub(now) > self.future {
            Err(TokenError::TooNew)
        } else {
            Ok(())
        }
    }
}

/// The key that all device keys are derived from. It never leaves the cloud. Wiped when dropped.
pub struct FleetKey([u8; 32]);

impl FleetKey {
    /// From 32 random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key of one device. The id is the device's name for itself in its requests.
    pub fn device_key(&self, device_id: &str) -> DeviceKey {
        let mut key = [0; 32];
        let info = [DEVICE_KEY_LABEL, device_id.as_bytes()];
        // Fails only for more than 255 times 32 bytes.
        let _ = Hkdf::<Sha256>::new(None, &self.0).expand_multi_info(&info, &mut key);
        DeviceKey(key)
    }
}

/// The key of one device, in its flash. Wiped when dropped.
pub struct DeviceKey([u8; 32]);

impl DeviceKey {
    /// From the 32 bytes that [`FleetKey::device_key`] made.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key itself, to be written into one device.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Mints a fresh token for one message of this device. `device_id` is the id that the key was made for.
    ///
    /// Refuses an id that the authorizer would deny: it has 1 to 128 letters, digits, `-`, `_`, `.` and `:`,
    /// and is neither `.` nor `..`.
    pub fn mint(&self, device_id: &str, freshness: Freshness) -> Result<Token, EncodeError> {
        let mut raw = [0; RAW_LEN];
        mint(&self.0, device_id.as_bytes(), freshness, &mut raw)?;
        let mut token = Token::new();
        text(&raw, |character| {
            // There is room for exactly these.
            let _ = token.push(char::from(character));
        });
        Ok(token)
    }

    /// Whether this device minted the token, and when. The time is for [`Window::check`], the
    /// counter to be compared with the last one that was accepted.
    pub fn check(&self, device_id: &str, token: &str) -> Result<Freshness, TokenError> {
        let mut raw = [0; RAW_LEN];
        match Base64UrlUnpadded::decode(token, &mut raw) {
            Ok(bytes) if bytes.len() == RAW_LEN => {}
            _ => return Err(TokenError::Malformed),
        }
        let [kind, v0, v1, v2, v3, received @ ..] = raw;
        let freshness = Freshness::of(kind, [v0, v1, v2, v3]).ok_or(TokenError::UnknownKind)?;
        // By another implementation than mints, and compared in constant time: a difference found
        // sooner must not show.
        mac(&self.0, device_id.as_bytes(), freshness)
            .verify_truncated_left(&received)
            .map_err(|_| TokenError::WrongMac)?;
        Ok(freshness)
    }
}

impl Drop for FleetKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Drop for DeviceKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for FleetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FleetKey(..)")
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(..)")
    }
}

/// Makes the bytes of a token. [`text`] turns them into its characters, when nothing borrows the id any
/// more: in C, it may be stored where the token goes.
pub(crate) fn mint(
    key: &[u8; 32],
    device_id: &[u8],
    freshness: Freshness,
    raw: &mut [u8; RAW_LEN],
) -> Result<(), EncodeError> {
    if let Some(reason) = id_fault(device_id) {
        return Err(EncodeError::Refused {
            field: Field::DeviceId,
            reason,
        });
    }
    let (kind, value) = freshness.parts();
    let (front, tag) = raw.split_at_mut(RAW_LEN - MAC_LEN);
    hmac_sha256(key, &[TOKEN_LABEL, &[kind], &value, device_id], tag);
    for (slot, byte) in front.iter_mut().zip([kind].iter().chain(&value)) {
        *slot = *byte;
    }
    Ok(())
}

/// Gives the characters of a token, one after another.
pub(crate) fn text(raw: &[u8; RAW_LEN], mut put: impl FnMut(u8)) {
    for group in raw.as_chunks().0 {
        for character in base64::group(*group, Alphabet::UrlSafe) {
            put(character);
        }
    }
}

/// Why the authorizer would deny every token of this id.
fn id_fault(id: &[u8]) -> Option<Reason> {
    match id {
        [] => return Some(Reason::Missing),
        [b'.'] | [b'.', b'.'] => return Some(Reason::DotSegment),
        _ => {}
    }
    match id.get(span(id, DEVICE_ID)) {
        Some(byte) if is_control(*byte) => Some(Reason::Control),
        Some(_) => Some(Reason::Character),
        None => (id.len() > MAX_ID).then_some(Reason::TooLong),
    }
}

fn mac(key: &[u8; 32], device_id: &[u8], freshness: Freshness) -> Hmac<Sha256> {
    // A whole block of key cannot be of a wrong length; zeros after a key do not change the MAC
    // (RFC 2104, section 2).
    let mut block = Zeroizing::new([0; 64]);
    for (slot, byte) in block.iter_mut().zip(key) {
        *slot = *byte;
    }
    let (kind, value) = freshness.parts();
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(TOKEN_LABEL);
    mac.update(&[kind]);
    mac.update(&value);
    mac.update(device_id);
    mac
}
