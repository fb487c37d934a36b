//! A whole publish from C.

use core::ffi::c_void;
use core::mem::{align_of, size_of};

use super::publish::{Checked, motepost_publish_t};
use super::state::{CLOSED, State};
use super::status::{
    MOTEPOST_AGAIN, MOTEPOST_E_BUFFER, MOTEPOST_E_NULL, MOTEPOST_E_STATE, MOTEPOST_OK, of_encode,
    refused,
};
use super::{motepost_bytes_t, motepost_str_t};
use crate::fields::Fields;
use crate::request;
use crate::response::ResponseReader;

/// AWS has the message (2xx).
pub const MOTEPOST_ACCEPTED: u8 = 0;
/// The credentials or the policy say no (401, 403). AWS never says which. Do not try again.
pub const MOTEPOST_DENIED: u8 = 1;
/// The request is wrong, or it went to the wrong place (every other status). Do not try again.
pub const MOTEPOST_REJECTED: u8 = 2;
/// Too many requests (429). Try again, later each time.
pub const MOTEPOST_THROTTLED: u8 = 3;
/// AWS is in trouble (5xx). Try again, later each time.
pub const MOTEPOST_UNAVAILABLE: u8 = 4;

/// What a transport returns when the peer closed the connection.
pub const MOTEPOST_IO_CLOSED: i32 = i32::MIN;

/// How the library reaches your TLS layer, modem or UART. Each function moves up to `len` bytes and
/// returns how many it moved; 0 for none now, call again (the meaning that FreeRTOS gives it);
/// `MOTEPOST_IO_CLOSED` when the peer closed; any other negative number is an error of yours, kept
/// for `motepost_exchange_io_error`. They must not call into the same exchange.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_transport_t {
    /// Receives into `buffer`.
    pub recv:
        Option<unsafe extern "C" fn(ctx: *mut c_void, buffer: *mut c_void, len: usize) -> i32>,
    /// Sends from `buffer`.
    pub send:
        Option<unsafe extern "C" fn(ctx: *mut c_void, buffer: *const c_void, len: usize) -> i32>,
    /// Handed to both as it is; may be NULL.
    pub ctx: *mut c_void,
}

/// One publish under way. You give it the memory: static, on a stack, or part of your own struct.
/// Do not copy it while it is under way, and rely on nothing inside; it holds no other resource,
/// so it may be left at any time.
#[repr(C)]
pub struct motepost_exchange_t {
    /// Not for you: addresses and lengths, which a smaller machine has smaller.
    pub opaque_words: [usize; 10],
    /// Not for you.
    pub opaque: [u64; 20],
}

/// What the exchange wants moved: bytes to send, or room to receive into; the other is NULL.
#[repr(C)]
pub struct motepost_want_t {
    /// Send the first bytes from here, or NULL.
    pub send: *const u8,
    /// Receive to here, or NULL.
    pub receive: *mut u8,
    /// How many bytes at most.
    pub len: usize,
}

/// A whole answer.
#[repr(C)]
pub struct motepost_response_t {
    /// The body, as far as it fitted the buffer, in which it lies. AWS's has 65 bytes whether it
    /// says yes or no.
    pub body: motepost_bytes_t,
    /// The HTTP status, 200 to 599.
    pub status: u16,
    /// What it means: `MOTEPOST_ACCEPTED` or one of its neighbours. `MOTEPOST_MAY_RETRY(verdict)`
    /// is true if the same request may succeed later.
    pub verdict: u8,
    /// 1 if the body was longer than the buffer. The verdict is as good as ever.
    pub truncated: u8,
}

const _: () = assert!(MOTEPOST_IO_CLOSED == CLOSED);
const _: () = assert!(size_of::<State>() <= size_of::<motepost_exchange_t>());
const _: () = assert!(align_of::<State>() <= align_of::<motepost_exchange_t>());
// As `cleared` writes it.
const _: () = assert!(size_of::<motepost_exchange_t>().is_multiple_of(size_of::<u32>()));

/// # Safety
/// The pointer rules hold.
pub(super) unsafe fn state<'a>(exchange: *mut motepost_exchange_t) -> Option<&'a mut State> {
    // SAFETY: size and alignment are asserted above, and every bit pattern is a `State` that was
    // not begun, or one that `begin` wrote.
    unsafe { exchange.cast::<State>().as_mut() }
}

/// The state, with nothing begun any more.
///
/// # Safety
/// The pointer rules hold.
#[inline(always)]
unsafe fn cleared<'a>(exchange: *mut motepost_exchange_t) -> Option<&'a mut State> {
    if exchange.is_null() {
        return None;
    }
    const WORDS: usize = size_of::<motepost_exchange_t>() / size_of::<u32>();
    // SAFETY: the pointer rules; the words end in front of the struct's end, or with it.
    let words = unsafe { core::slice::from_raw_parts_mut(exchange.cast::<u32>(), WORDS) };
    for word in words {
        *word = 0;
    }
    // SAFETY: the pointer rules.
    unsafe { state(exchange) }
}

impl motepost_response_t {
    /// From an answer that is whole.
    fn fill(&mut self, state: &State) {
        let reader = state.reader();
        *self = Self {
            body: motepost_bytes_t {
                ptr: state.body(),
                len: reader.body_len(),
            },
            status: reader.status(),
            verdict: reader.verdict() as u8,
            truncated: reader.truncated().into(),
        };
    }
}

/// Builds the request of one publish in `buffer` and begins its exchange.
///
/// The buffer, which is not NULL even where it has no bytes, holds the request first and the
/// answer's body afterwards; it must stay until you are done with the answer. It holds the head at
/// least (`motepost_publish_head_len`). With room for the payload as well, the request goes out in
/// one write; otherwise the payload is sent from where it lies, behind the head, and must stay until
/// it is sent. `*publish` itself is not needed any more. Nothing that `*publish` points to may lie in
/// the buffer; for a payload that does there is `motepost_exchange_init_composed`.
///
/// Returns `MOTEPOST_OK`; `MOTEPOST_E_BUFFER`, `MOTEPOST_E_NULL` or a refused field, and the
/// exchange is not begun. May be called again on the same exchange at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_init(
    exchange: *mut motepost_exchange_t,
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let Some((state, publish, room)) = parts(exchange, publish, buffer, capacity) else {
            return MOTEPOST_E_NULL;
        };
        let payload = publish.payload();
        let mut fields = Fields::query(room);
        request::write_head(&mut fields, &publish, payload.len());
        if let Some((field, reason)) = fields.cursor.refusal() {
            return refused(field, reason);
        }
        let head_len = fields.cursor.len();
        if head_len > capacity {
            return MOTEPOST_E_BUFFER;
        }
        fields.cursor.bytes(payload);
        let mut unsent = motepost_bytes_t {
            ptr: buffer,
            len: fields.cursor.len(),
        };
        if unsent.len > capacity {
            unsent.len = head_len;
            state.payload = motepost_bytes_t::of(payload);
        }
        state.begin(unsent, buffer, capacity);
        MOTEPOST_OK
    }
}

/// Begins the exchange of a publish whose `payload_len` bytes of payload you wrote to the room of
/// `motepost_publish_room`, with the same arguments. They go out with the head in one write.
///
/// Returns as `motepost_exchange_init` does; a `payload_len` beyond the room is a refused payload.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_init_composed(
    exchange: *mut motepost_exchange_t,
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
    payload_len: usize,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let Some((state, publish, room)) = parts(exchange, publish, buffer, capacity) else {
            return MOTEPOST_E_NULL;
        };
        match request::close_composed(&publish, payload_len, room) {
            Ok(request) => {
                let unsent = motepost_bytes_t {
                    ptr: buffer.wrapping_add(request.start),
                    len: request.len(),
                };
                state.begin(unsent, buffer, capacity);
                MOTEPOST_OK
            }
            Err(error) => of_encode(&error),
        }
    }
}

/// What an exchange is made of, unless a pointer is wrong; nothing is begun any more.
///
/// # Safety
/// The pointer rules hold.
#[inline(always)]
unsafe fn parts<'a>(
    exchange: *mut motepost_exchange_t,
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
) -> Option<(&'a mut State, Checked<'a>, &'a mut [u8])> {
    // SAFETY: the caller's promise.
    unsafe {
        let state = cleared(exchange)?;
        let publish = Checked::of(publish)?;
        if buffer.is_null() {
            return None;
        }
        let room = core::slice::from_raw_parts_mut(buffer, capacity);
        Some((state, publish, room))
    }
}

/// Has the exchange look for what an answer says beside its status and its body: the error type,
/// whether the connection is reusable, and the date. Call it right behind an `init`; firmware that
/// does not call it does not carry the code.
///
/// Returns `MOTEPOST_OK`; `MOTEPOST_E_STATE` for an exchange that is not under way;
/// `MOTEPOST_E_NULL`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_keep_details(exchange: *mut motepost_exchange_t) -> i32 {
    // SAFETY: the pointer rules.
    let Some(state) = (unsafe { state(exchange) }) else {
        return MOTEPOST_E_NULL;
    };
    if state.status() != MOTEPOST_AGAIN {
        return MOTEPOST_E_STATE;
    }
    state.keep_details();
    MOTEPOST_OK
}

/// Moves bytes through the transport for as long as it moves any.
///
/// Returns `MOTEPOST_OK` when the answer is whole, with it in `*response`, whatever it says;
/// `MOTEPOST_AGAIN` when the transport moved nothing: wait until it can, look at your deadline, and
/// call again; otherwise an error, and the same one at each further call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_run(
    exchange: *mut motepost_exchange_t,
    transport: *const motepost_transport_t,
    response: *mut motepost_response_t,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let (Some(state), Some(transport), Some(response)) =
            (state(exchange), transport.as_ref(), response.as_mut())
        else {
            return MOTEPOST_E_NULL;
        };
        let (Some(recv), Some(send)) = (transport.recv, transport.send) else {
            return MOTEPOST_E_NULL;
        };
        loop {
            let status = state.status();
            if status != MOTEPOST_AGAIN {
                if status == MOTEPOST_OK {
                    response.fill(state);
                }
                return status;
            }
            let count = match state.unsent() {
                Some(unsent) => send(transport.ctx, unsent.ptr.cast(), countable(unsent.len)),
                None => {
                    let window = state.window();
                    recv(transport.ctx, window.as_mut_ptr().cast(), countable(window.len()))
                }
            };
            if count == 0 {
                return MOTEPOST_AGAIN;
            }
            state.tell(count);
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

const NOTHING: motepost_want_t = motepost_want_t {
    send: core::ptr::null(),
    receive: core::ptr::null_mut(),
    len: 0,
};

/// Says what the exchange wants moved, for a transport without callbacks: a modem that is driven by
/// interrupts, an AT socket.
///
/// Returns `MOTEPOST_AGAIN` with the bytes to send or the room to receive into in `*want`: move
/// some, and tell `motepost_exchange_moved`. `MOTEPOST_OK` when the answer is whole, with NULLs in
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
    *want = NOTHING;
    let status = state.status();
    if status == MOTEPOST_AGAIN {
        if let Some(unsent) = state.unsent() {
            want.send = unsent.ptr;
            want.len = countable(unsent.len);
        } else {
            let window = state.window();
            want.receive = window.as_mut_ptr();
            want.len = countable(window.len());
        }
    }
    status
}

/// Tells the exchange what became of its last want, in a transport's numbers: the bytes moved, 0
/// for none yet, `MOTEPOST_IO_CLOSED`, or an error of yours.
///
/// Returns `MOTEPOST_AGAIN` when there is more to move, `MOTEPOST_OK` when the answer is whole:
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
    // An error of the transport takes a whole answer not back.
    let too_late = before == MOTEPOST_OK && count < 0 && count != MOTEPOST_IO_CLOSED;
    if before < 0 || too_late {
        return before;
    }
    state.tell(count);
    state.status()
}

/// The answer, once it is whole. It points into the exchange and its buffer.
///
/// Returns `MOTEPOST_OK`, `MOTEPOST_E_NULL`, or `MOTEPOST_E_STATE` before that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_response(
    exchange: *mut motepost_exchange_t,
    response: *mut motepost_response_t,
) -> i32 {
    // SAFETY: the pointer rules.
    let (Some(state), Some(response)) = (unsafe { (state(exchange), response.as_mut()) }) else {
        return MOTEPOST_E_NULL;
    };
    if state.status() != MOTEPOST_OK {
        return MOTEPOST_E_STATE;
    }
    response.fill(state);
    MOTEPOST_OK
}

/// AWS's name for the error in the whole answer, such as `ForbiddenException`: its first 32 bytes,
/// empty where there is none, or without `motepost_exchange_keep_details`. It lies in the exchange,
/// does not end in NUL, and came over the wire.
///
/// Returns `MOTEPOST_OK`, `MOTEPOST_E_NULL`, or `MOTEPOST_E_STATE` before the answer is whole.
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
    match state.whole() {
        Some(reader) => {
            *error_type = motepost_str_t::of(reader.error_type());
            MOTEPOST_OK
        }
        None => MOTEPOST_E_STATE,
    }
}

/// Whether another request may be sent on this connection.
///
/// Returns 1 if so; 0 if not, before the answer is whole, without `motepost_exchange_keep_details`,
/// or if `exchange` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_reusable(exchange: *mut motepost_exchange_t) -> i32 {
    // SAFETY: the pointer rules.
    let whole = unsafe { state(exchange) }.and_then(|state| state.whole());
    whole.is_some_and(ResponseReader::reusable).into()
}

/// The `date` of the whole answer in seconds since 1970, for a device without a clock. Believe it
/// only from an authenticated peer: over plain text anybody may have written it.
///
/// Returns `MOTEPOST_OK`; `MOTEPOST_E_STATE` before the answer is whole, when it has no date between
/// 1970 and 2105, or without `motepost_exchange_keep_details`; `MOTEPOST_E_NULL`.
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
    match state.whole().and_then(ResponseReader::date) {
        Some(seconds) => {
            *unix_seconds = seconds;
            MOTEPOST_OK
        }
        None => MOTEPOST_E_STATE,
    }
}

/// The number that your transport returned when it failed; 0 if it did not, or `exchange` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_io_error(exchange: *const motepost_exchange_t) -> i32 {
    // SAFETY: the pointer rules.
    unsafe { state(exchange.cast_mut()) }.map_or(0, |state| state.io_error)
}
