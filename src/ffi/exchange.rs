//! An exchange from C: its memory, and how it begins.

use core::mem::{align_of, size_of};
use core::ptr;

use crate::ffi::message::motepost_publish_t;
use crate::ffi::state::State;
use crate::ffi::status::{
    MOTEPOST_AGAIN, MOTEPOST_E_NULL, MOTEPOST_E_STATE, MOTEPOST_OK, of_encode,
};
use crate::ffi::view::CheckedPublish;
use crate::progress;
use crate::request;

/// One publish in progress. You provide the memory: static, on a stack, or in your own struct. Do not
/// copy it while it is in progress, and do not rely on its contents. It holds no other resource, so you
/// may abandon it at any time.
#[repr(C)]
pub struct motepost_exchange_t {
    /// Private: addresses and lengths, which are smaller on a smaller machine.
    pub opaque_words: [usize; 10],
    /// Private.
    pub opaque: [u64; 20],
}

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

/// The state of an exchange that is only read.
///
/// # Safety
/// The pointer rules hold.
pub(super) unsafe fn shared<'a>(exchange: *const motepost_exchange_t) -> Option<&'a State> {
    // SAFETY: the same.
    unsafe { exchange.cast::<State>().as_ref() }
}

/// The state, no longer begun.
///
/// # Safety
/// The pointer rules hold.
#[inline(always)]
unsafe fn cleared<'a>(exchange: *mut motepost_exchange_t) -> Option<&'a mut State> {
    if exchange.is_null() {
        return None;
    }
    const WORDS: usize = size_of::<motepost_exchange_t>() / size_of::<u32>();
    // SAFETY: the pointer rules. The words do not go past the end of the struct.
    let words = unsafe { core::slice::from_raw_parts_mut(exchange.cast::<u32>(), WORDS) };
    for word in words {
        *word = 0;
    }
    // SAFETY: the pointer rules.
    unsafe { state(exchange) }
}

/// What every `init` begins with: it clears the exchange, then looks at the publish and the buffer.
///
/// # Safety
/// The pointer rules hold.
#[inline(always)]
unsafe fn opened<'a, 'p>(
    exchange: *mut motepost_exchange_t,
    publish: Result<CheckedPublish<'p>, i32>,
    buffer: *mut u8,
    capacity: usize,
) -> Result<(&'a mut State, CheckedPublish<'p>, &'a mut [u8]), i32> {
    // SAFETY: the pointer rules.
    unsafe {
        let state = cleared(exchange).ok_or(MOTEPOST_E_NULL)?;
        let publish = publish?;
        if buffer.is_null() {
            return Err(MOTEPOST_E_NULL);
        }
        let room = core::slice::from_raw_parts_mut(buffer, capacity);
        Ok((state, publish, room))
    }
}

/// Builds the request of one publish in `buffer` and begins its exchange.
///
/// The buffer holds the request first and the response's body afterwards. It must not be NULL and must
/// stay valid until you are done with the response. It must hold the head at least
/// (`motepost_publish_head_len`). With room for the payload as well, the request goes out in one write.
/// Otherwise the payload is sent after the head from where it is, and must stay valid until it is sent.
/// The exchange keeps these two pointers and no other; `*publish` itself is not needed any more. No string of
/// `*publish` may be stored in `buffer`. A payload that is stored there is refused: write it to the room
/// of `motepost_publish_room` and use `motepost_exchange_init_composed`.
///
/// Returns `MOTEPOST_OK`; or `MOTEPOST_E_BUFFER`, `MOTEPOST_E_NULL` or a refused field, and the
/// exchange is not begun. You may call it again on the same exchange at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_init(
    exchange: *mut motepost_exchange_t,
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let publish = CheckedPublish::outside_buffer(publish, buffer, capacity);
        let (state, publish, room) = match opened(exchange, publish, buffer, capacity) {
            Ok(opened) => opened,
            Err(status) => return status,
        };
        match progress::begin(&publish, publish.payload(), room) {
            Ok((in_buffer, payload)) => {
                state.begin(
                    buffer,
                    capacity,
                    0..in_buffer,
                    payload.as_ptr(),
                    payload.len(),
                );
                MOTEPOST_OK
            }
            Err(error) => of_encode(&error),
        }
    }
}

/// Begins the exchange of a publish whose `payload_len` bytes of payload you wrote to the room of
/// `motepost_publish_room`, with the same arguments. They go out with the head in one write.
///
/// The response overwrites the room. To send the same payload again, write it again.
///
/// Returns the same as `motepost_exchange_init`, `MOTEPOST_E_BUFFER` also for a `payload_len` that exceeds the
/// room.
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
        let publish = CheckedPublish::of(publish);
        let (state, publish, room) = match opened(exchange, publish, buffer, capacity) {
            Ok(opened) => opened,
            Err(status) => return status,
        };
        match request::close_composed(&publish, payload_len, room) {
            Ok(request) => {
                state.begin(buffer, capacity, request, ptr::null(), 0);
                MOTEPOST_OK
            }
            Err(error) => of_encode(&error),
        }
    }
}

/// Builds the head alone, for a payload of `payload_len` bytes that you send yourself, such as one that is
/// larger than RAM. The payload in `*publish` is not used.
///
/// When the head is sent, `motepost_exchange_run` calls your `send` with a NULL buffer until the payload is
/// sent: it sends up to `len` of the next bytes and returns how many, as always. `motepost_exchange_want`
/// gives two NULLs and the number of bytes that are left.
///
/// Returns the same as `motepost_exchange_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_exchange_init_head(
    exchange: *mut motepost_exchange_t,
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
    payload_len: usize,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let publish = CheckedPublish::of(publish);
        let (state, publish, room) = match opened(exchange, publish, buffer, capacity) {
            Ok(opened) => opened,
            Err(status) => return status,
        };
        match request::encode_head(&publish, payload_len, room) {
            Ok(head_len) => {
                state.begin(buffer, capacity, 0..head_len, ptr::null(), payload_len);
                MOTEPOST_OK
            }
            Err(error) => of_encode(&error),
        }
    }
}

/// Also records the error type, the date and keep-alive of the response. Call it right after `init`. If
/// you never call it, the linker drops this code.
///
/// Returns `MOTEPOST_OK`; `MOTEPOST_E_STATE` if the exchange is not in progress; `MOTEPOST_E_NULL`.
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
