//! The response, for C.

use crate::ffi::exchange::{motepost_exchange_t, state};
use crate::ffi::pointers::{motepost_bytes_t, motepost_str_t};
use crate::ffi::state::State;
use crate::ffi::status::{MOTEPOST_E_NULL, MOTEPOST_E_STATE, MOTEPOST_OK};
use crate::response::{ResponseReader, Verdict};

/// AWS has the message (2xx).
pub const MOTEPOST_ACCEPTED: u8 = 0;
/// The credentials or the policy do not allow it, or the authorizer's function failed (401, 403). AWS never
/// says which. Try once more, much later.
pub const MOTEPOST_DENIED: u8 = 10;
/// The request is wrong, or it went to the wrong place (every other status). Do not try again.
pub const MOTEPOST_REJECTED: u8 = 11;
/// Too many requests (429). Try again, later each time.
pub const MOTEPOST_THROTTLED: u8 = 12;
/// AWS is in trouble (5xx and above), or this connection is (408, 421, 425). Try again on a new
/// connection, later each time.
pub const MOTEPOST_UNAVAILABLE: u8 = 13;

/// A complete response.
#[repr(C)]
pub struct motepost_response_t {
    /// The body, stored in your buffer; cut if it did not fit (see `truncated`).
    pub body: motepost_bytes_t,
    /// The HTTP status, 200 to 999.
    pub status: u16,
    /// What it means: `MOTEPOST_ACCEPTED` or one of its neighbours. `MOTEPOST_MAY_RETRY(verdict)`
    /// is true if the same request may succeed later.
    pub verdict: u8,
    /// 1 if the body was longer than the buffer. Also 1 if it fills the buffer exactly and is chunked or ends
    /// with the connection. The verdict is unaffected.
    pub truncated: u8,
}

impl motepost_response_t {
    /// Of a complete response.
    #[inline(always)]
    pub(super) fn of(state: &State) -> Self {
        let reader = state.reader();
        Self {
            body: motepost_bytes_t {
                ptr: state.body(),
                len: reader.body_len(),
            },
            status: reader.status(),
            verdict: reader.verdict() as u8,
            truncated: reader.truncated().into(),
        }
    }
}

/// Gives the response once it is complete. It points into the exchange and its buffer.
///
/// Returns `MOTEPOST_OK`; `MOTEPOST_E_STATE` before that; `MOTEPOST_E_NULL`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_response(
    exchange: *mut motepost_exchange_t,
    response: *mut motepost_response_t,
) -> i32 {
    // SAFETY: the pointer rules.
    let Some(state) = (unsafe { state(exchange) }) else {
        return MOTEPOST_E_NULL;
    };
    if response.is_null() {
        return MOTEPOST_E_NULL;
    }
    if state.status() != MOTEPOST_OK {
        return MOTEPOST_E_STATE;
    }
    // SAFETY: the pointer rules.
    unsafe { response.write(motepost_response_t::of(state)) };
    MOTEPOST_OK
}

/// Gives the verdict as soon as the status line was read, even if the exchange failed afterwards or your
/// deadline passed. If you never call it, the linker drops this code.
///
/// Returns `MOTEPOST_ACCEPTED` or one of its neighbours; `MOTEPOST_UNAVAILABLE` while no status was read:
/// whether AWS has the message is not known; `MOTEPOST_E_STATE` for an exchange that was not begun;
/// `MOTEPOST_E_NULL`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_verdict(exchange: *mut motepost_exchange_t) -> i32 {
    // SAFETY: the pointer rules.
    let Some(state) = (unsafe { state(exchange) }) else {
        return MOTEPOST_E_NULL;
    };
    if state.status() == MOTEPOST_E_STATE {
        return MOTEPOST_E_STATE;
    }
    let read = state.reader().verdict_read();
    read.unwrap_or(Verdict::Unavailable) as i32
}

/// Gives the HTTP status as soon as the status line was read, even if the exchange failed afterwards. If you
/// never call it, the linker drops this code.
///
/// Returns the status, 200 to 999; 0 before that, or if `exchange` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_status(exchange: *mut motepost_exchange_t) -> i32 {
    // SAFETY: the pointer rules.
    let state = unsafe { state(exchange) };
    state.map_or(0, |state| i32::from(state.status_read()))
}

/// Gives AWS's name for the error in a complete response, such as `ForbiddenException`: its first 32
/// bytes. Empty if there is none, or without `motepost_exchange_keep_details`. It is stored in the
/// exchange, does not end in NUL, and came over the wire.
///
/// Returns `MOTEPOST_OK`; `MOTEPOST_E_STATE` before the response is complete; `MOTEPOST_E_NULL`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_error_type(
    exchange: *mut motepost_exchange_t,
    error_type: *mut motepost_str_t,
) -> i32 {
    // SAFETY: the pointer rules.
    let (Some(state), Some(error_type)) = (unsafe { (state(exchange), error_type.as_mut()) })
    else {
        return MOTEPOST_E_NULL;
    };
    match state.complete() {
        Some(reader) => {
            *error_type = motepost_str_t::of(reader.error_type());
            MOTEPOST_OK
        }
        None => MOTEPOST_E_STATE,
    }
}

/// Whether another request may be sent on this connection.
///
/// Returns 1 if so; 0 if not, before the response is complete, without `motepost_exchange_keep_details`,
/// or if `exchange` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_reusable(exchange: *mut motepost_exchange_t) -> i32 {
    // SAFETY: the pointer rules.
    let complete = unsafe { state(exchange) }.and_then(|state| state.complete());
    complete.is_some_and(ResponseReader::reusable).into()
}

/// Gives the `date` of a complete response in seconds since 1970, for a device without a clock. Believe
/// it only from an authenticated peer: over plain text anybody may have written it.
///
/// Returns `MOTEPOST_OK`; `MOTEPOST_E_STATE` before the response is complete, when it has no date between
/// 1970 and 2105 or one in the obsolete forms of RFC 9110 section 5.6.7, or without
/// `motepost_exchange_keep_details`; `MOTEPOST_E_NULL`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_date(
    exchange: *mut motepost_exchange_t,
    unix_seconds: *mut u32,
) -> i32 {
    // SAFETY: the pointer rules.
    let (Some(state), Some(unix_seconds)) = (unsafe { (state(exchange), unix_seconds.as_mut()) })
    else {
        return MOTEPOST_E_NULL;
    };
    match state.complete().and_then(ResponseReader::date) {
        Some(seconds) => {
            *unix_seconds = seconds;
            MOTEPOST_OK
        }
        None => MOTEPOST_E_STATE,
    }
}
