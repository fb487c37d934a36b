//! What the cloud does with device tokens, for the C programs of `ffi-tests/secrets`, which tell memcheck what is secret and
//! look through the stack afterwards. The archive that firmware links only mints.

use motepost::token::{DeviceKey, FleetKey, Freshness, TOKEN_LEN, TokenError};

const ID: &str = "uniqueID";

/// 0 for a token of this key's, otherwise which error.
#[unsafe(no_mangle)]
pub extern "C" fn check_token(key: &[u8; 32], token: &[u8; TOKEN_LEN]) -> i32 {
    let token = core::str::from_utf8(token).unwrap_or_default();
    match DeviceKey::new(*key).check(ID, token) {
        Ok(_) => 0,
        Err(TokenError::Malformed) => 1,
        Err(TokenError::UnknownKind) => 2,
        Err(TokenError::WrongMac) => 3,
        Err(_) => 4,
    }
}

/// A token of this key's.
#[unsafe(no_mangle)]
pub extern "C" fn mint_token(key: &[u8; 32], seconds: u32, token: &mut [u8; TOKEN_LEN]) {
    if let Ok(minted) = DeviceKey::new(*key).mint(ID, Freshness::Time(seconds)) {
        token.copy_from_slice(minted.as_bytes());
    }
}

/// The device's key.
#[unsafe(no_mangle)]
pub extern "C" fn derive_key(fleet_key: &[u8; 32], key: &mut [u8; 32]) {
    key.copy_from_slice(FleetKey::new(*fleet_key).device_key(ID).as_bytes());
}

/// Holds a device key in memory for a while, and drops it.
#[unsafe(no_mangle)]
pub extern "C" fn hold_device_key(key: &[u8; 32]) {
    core::hint::black_box(&DeviceKey::new(*key));
}

/// Holds a fleet key in memory for a while, and drops it.
#[unsafe(no_mangle)]
pub extern "C" fn hold_fleet_key(key: &[u8; 32]) {
    core::hint::black_box(&FleetKey::new(*key));
}
