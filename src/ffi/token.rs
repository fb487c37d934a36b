//! Tokens for C.

use core::ffi::c_char;

use crate::error::{Field, Reason};
use crate::ffi::exchange::{motepost_exchange_t, shared};
use crate::ffi::pointers::motepost_str_t;
use crate::ffi::status::{
    MOTEPOST_AGAIN, MOTEPOST_E_NULL, MOTEPOST_E_STATE, MOTEPOST_OK, of_encode, refused,
};
use crate::renew;
use crate::token::{self, Freshness};

/// The bytes of a device key.
pub const MOTEPOST_KEY_LEN: usize = 32;
/// The characters of a minted token. It does not end in NUL.
pub const MOTEPOST_TOKEN_LEN: usize = 28;

/// A token whose value is Unix time in seconds, which the authorizer checks against a window.
pub const MOTEPOST_TOKEN_TIME: u8 = 1;
/// A token whose value is a counter, which must grow: write it to flash before you send it.
pub const MOTEPOST_TOKEN_COUNTER: u8 = 2;

/// Mints a token for one message of the device: writes `MOTEPOST_TOKEN_LEN` characters to `token`, for
/// `motepost_publish_t.token` to point to. `key` is the device's own, `MOTEPOST_KEY_LEN` bytes, as
/// `motepost credentials` writes it. `*device_id` is the id that the key was made for. `kind` is one of
/// `MOTEPOST_TOKEN_...`.
///
/// Returns `MOTEPOST_OK`; `MOTEPOST_E_NULL`; the token refused as out of range, for any other `kind`; or the
/// device id refused: it has 1 to 128 letters, digits, `-`, `_`, `.` and `:`, and is neither `.` nor `..`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_token_mint(
    key: *const u8,
    device_id: *const motepost_str_t,
    kind: u8,
    value: u32,
    token: *mut c_char,
) -> i32 {
    let freshness = match kind {
        MOTEPOST_TOKEN_TIME => Freshness::Time(value),
        MOTEPOST_TOKEN_COUNTER => Freshness::Counter(value),
        _ => return refused(Field::Token, Reason::OutOfRange),
    };
    // SAFETY: the pointer rules.
    unsafe { mint(key, device_id, freshness, token) }
}

/// After a complete response that denied a `MOTEPOST_TOKEN_TIME` token: for a device whose clock may be
/// wrong, or that has none. `*time` is the time that the denied token was minted with, 0 for none. If the
/// response's `date` differs from it, the date goes to `*time`, and a token minted with it to `token`.
///
/// Use it only where the peer is authenticated: by TLS on the device, or by a gateway that it
/// trusts. On a plain-text hop a forged date would harvest tokens for a time of the forger's
/// choosing; there, use `MOTEPOST_TOKEN_COUNTER`.
///
/// Returns `MOTEPOST_AGAIN` if one more publish with the new token may succeed; `MOTEPOST_OK` if it would
/// not, with both unchanged; `MOTEPOST_E_STATE` before the response is complete, or without
/// `motepost_exchange_keep_details`; `MOTEPOST_E_NULL`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_token_renew(
    exchange: *const motepost_exchange_t,
    key: *const u8,
    device_id: *const motepost_str_t,
    time: *mut u32,
    token: *mut c_char,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let Some(time) = time.as_mut() else {
            return MOTEPOST_E_NULL;
        };
        let Some(state) = shared(exchange) else {
            return MOTEPOST_E_NULL;
        };
        let reader = match state.complete() {
            Some(reader) if reader.keeps_details() => reader,
            _ => return MOTEPOST_E_STATE,
        };
        let Some(date) = renew::worth_it(reader.verdict(), reader.date(), *time) else {
            return MOTEPOST_OK;
        };
        match mint(key, device_id, Freshness::Time(date), token) {
            MOTEPOST_OK => {
                *time = date;
                MOTEPOST_AGAIN
            }
            status => status,
        }
    }
}

/// Writes the token last, and through the pointer: the id may be stored in its buffer.
///
/// # Safety
/// The pointer rules hold.
unsafe fn mint(
    key: *const u8,
    device_id: *const motepost_str_t,
    freshness: Freshness,
    token: *mut c_char,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let key = key.cast::<[u8; MOTEPOST_KEY_LEN]>().as_ref();
        let device_id = device_id.as_ref().and_then(|id| id.bytes().slice());
        let (Some(key), Some(device_id), false) = (key, device_id, token.is_null()) else {
            return MOTEPOST_E_NULL;
        };
        let mut raw = [(); token::RAW_LEN].map(|()| 0);
        if let Err(error) = token::mint(key, device_id, freshness, &mut raw) {
            return of_encode(&error);
        }
        let mut next = token;
        token::text(&raw, |character| {
            next.write(character as c_char);
            next = next.wrapping_add(1);
        });
    }
    MOTEPOST_OK
}
