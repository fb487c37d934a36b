//! Moving the bytes of an exchange, through callbacks or by hand.

use core::ffi::c_void;
use core::mem::MaybeUninit;

use crate::ffi::exchange::{motepost_exchange_t, shared, state};
use crate::ffi::response::motepost_response_t;
use crate::ffi::state::CLOSED;
use crate::ffi::status::{MOTEPOST_AGAIN, MOTEPOST_E_IO, MOTEPOST_E_NULL, MOTEPOST_OK};

/// What a transport returns when the peer closed the connection.
pub const MOTEPOST_IO_CLOSED: i32 = i32::MIN;

/// How the library reaches your TLS layer, modem or UART. Each function moves up to `len` bytes and
/// returns how many it moved; 0 for none now, call again (as in FreeRTOS);
/// `MOTEPOST_IO_CLOSED` when the peer closed; any other negative number is an error of yours, kept for
/// `motepost_exchange_io_error`. After `send` fails, `recv` is called for a response that the peer may have
/// sent already; its first 0 ends the exchange. They must not call into the same exchange.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_transport_t {
    /// Receives into `buffer`.
    pub recv:
        Option<unsafe extern "C" fn(ctx: *mut c_void, buffer: *mut c_void, len: usize) -> i32>,
    /// Sends from `buffer`. After `motepost_exchange_init_head`, a NULL `buffer` asks for up to `len` of the
    /// next bytes of the payload, from wherever you keep it.
    pub send:
        Option<unsafe extern "C" fn(ctx: *mut c_void, buffer: *const c_void, len: usize) -> i32>,
    /// Passed to both unchanged. May be NULL.
    pub ctx: *mut c_void,
}

/// What the exchange wants moved: bytes to send, or room to receive into. The other one is NULL. Both are
/// NULL with a `len` if the next `len` bytes of the payload are yours to send, after
/// `motepost_exchange_init_head`.
#[repr(C)]
pub struct motepost_want_t {
    /// Send the first bytes from here, or NULL.
    pub send: *const u8,
    /// Receive to here, or NULL.
    pub receive: *mut u8,
    /// How many bytes at most.
    pub len: usize,
}

const _: () = assert!(MOTEPOST_IO_CLOSED == CLOSED);

/// Moves bytes through the transport for as long as it moves any.
///
/// Returns `MOTEPOST_OK` when the response is complete, with it in `*response`, whatever it says;
/// `MOTEPOST_AGAIN` when the transport moved nothing: wait until it can, check your deadline, and
/// call again; otherwise an error, and the same one at each further call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_run(
    exchange: *mut motepost_exchange_t,
    transport: *const motepost_transport_t,
    response: *mut motepost_response_t,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let Some(state) = state(exchange) else {
            return MOTEPOST_E_NULL;
        };
        if transport.is_null() || response.is_null() {
            return MOTEPOST_E_NULL;
        }
        // A copy: a callback may write to the caller's own struct.
        let motepost_transport_t {
            recv: Some(recv),
            send: Some(send),
            ctx,
        } = transport.read()
        else {
            return MOTEPOST_E_NULL;
        };
        loop {
            let status = state.status();
            if status == MOTEPOST_OK {
                response.write(motepost_response_t::of(state));
            }
            if status != MOTEPOST_AGAIN {
                return status;
            }
            let count = match state.unsent() {
                Some(unsent) => send(ctx, unsent.ptr.cast(), countable(unsent.len)),
                None => {
                    let (window, room) = state.window();
                    recv(ctx, window.cast(), countable(room))
                }
            };
            state.moved(count);
            if count == 0 {
                return state.status();
            }
        }
    }
}

/// A transport counts in `int32_t`, so it is never offered more.
const fn countable(len: usize) -> usize {
    // No slice of a smaller machine is longer.
    if usize::BITS > 32 && len > i32::MAX as usize {
        return i32::MAX as usize;
    }
    len
}

/// Drops what was received before. Call it before each `init` on a line that outlives an exchange, such as
/// a UART to a gateway: otherwise a late response to an earlier request would be taken for the response to
/// this one. It is not needed on a connection that is new for each exchange.
///
/// `available` returns how many received bytes `recv` could give at once, 0 for none. It may be NULL if
/// `recv` never waits. A response may also arrive later than this call: after anything but `MOTEPOST_OK`,
/// drop what comes until the line was silent for longer than the gateway's timeout, or make the gateway
/// hang up.
///
/// Returns `MOTEPOST_OK` when nothing is left; `MOTEPOST_AGAIN` after 32 calls of `recv`, each for up to 32
/// bytes: check your deadline and call again; `MOTEPOST_E_IO` if `recv` fails; `MOTEPOST_E_NULL`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_transport_drain(
    transport: *const motepost_transport_t,
    available: Option<unsafe extern "C" fn(ctx: *mut c_void) -> i32>,
) -> i32 {
    if transport.is_null() {
        return MOTEPOST_E_NULL;
    }
    // SAFETY: the pointer rules. The scratch is only written to.
    unsafe {
        let motepost_transport_t {
            recv: Some(recv),
            ctx,
            ..
        } = transport.read()
        else {
            return MOTEPOST_E_NULL;
        };
        let mut dropped = MaybeUninit::<[u8; 32]>::uninit();
        for _ in 0..32 {
            if available.is_some_and(|available| available(ctx) <= 0) {
                return MOTEPOST_OK;
            }
            match recv(ctx, dropped.as_mut_ptr().cast(), size_of_val(&dropped)) {
                0 => return MOTEPOST_OK,
                ..0 => return MOTEPOST_E_IO,
                _ => {}
            }
        }
    }
    MOTEPOST_AGAIN
}

/// Says what the exchange wants moved, for a transport without callbacks: a modem driven by interrupts,
/// an AT socket.
///
/// Returns `MOTEPOST_AGAIN` with the bytes to send or the room to receive into in `*want`: move some,
/// then call `motepost_exchange_moved`. `MOTEPOST_OK` when the response is complete, with NULLs in
/// `*want`. Otherwise an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_want(
    exchange: *mut motepost_exchange_t,
    want: *mut motepost_want_t,
) -> i32 {
    // SAFETY: the pointer rules.
    let (Some(state), Some(want)) = (unsafe { (state(exchange), want.as_mut()) }) else {
        return MOTEPOST_E_NULL;
    };
    *want = motepost_want_t {
        send: core::ptr::null(),
        receive: core::ptr::null_mut(),
        len: 0,
    };
    let status = state.status();
    if status == MOTEPOST_AGAIN {
        if let Some(unsent) = state.unsent() {
            want.send = unsent.ptr;
            want.len = countable(unsent.len);
        } else {
            let (window, room) = state.window();
            want.receive = window;
            want.len = countable(room);
        }
    }
    status
}

/// Reports what became of the last want, in a transport's numbers: the bytes moved, 0 for none yet,
/// `MOTEPOST_IO_CLOSED`, or an error of yours.
///
/// Returns `MOTEPOST_AGAIN` when there is more to move; `MOTEPOST_OK` when the response is complete:
/// take it with `motepost_exchange_response`. Otherwise an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_moved(
    exchange: *mut motepost_exchange_t,
    count: i32,
) -> i32 {
    // SAFETY: the pointer rules.
    let Some(state) = (unsafe { state(exchange) }) else {
        return MOTEPOST_E_NULL;
    };
    let before = state.status();
    // A complete response stays complete when the transport fails afterwards.
    let too_late = before == MOTEPOST_OK && count <= 0 && count != MOTEPOST_IO_CLOSED;
    if before < 0 || too_late {
        return before;
    }
    state.moved(count);
    state.status()
}

/// Returns the number that your transport returned when it first failed; 0 if it did not, or `exchange` is
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_io_error(exchange: *const motepost_exchange_t) -> i32 {
    // SAFETY: the pointer rules.
    unsafe { shared(exchange) }.map_or(0, |state| state.io_error())
}
