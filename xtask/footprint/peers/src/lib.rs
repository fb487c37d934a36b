//! The same functions for C from each client: build the request, parse the response, and the complete publish.
//!
//! Each gives 0 when the work was done as it must be. The buffers are the caller's, so that what is counted is the client's.
#![no_std]

#[cfg(feature = "edge-http")]
#[path = "edge_http.rs"]
mod client;
#[cfg(feature = "httparse")]
#[path = "httparse.rs"]
mod client;
#[cfg(feature = "nanofish")]
#[path = "nanofish.rs"]
mod client;
#[cfg(feature = "reqwless")]
#[path = "reqwless.rs"]
mod client;
#[cfg(not(feature = "httparse"))]
mod memory;
#[cfg(not(feature = "httparse"))]
mod typical;

use core::slice;

/// What a client made of a response.
struct Parsed {
    status: u16,
    body_len: usize,
}

/// The response of `article.h`.
fn is_typical(parsed: Option<Parsed>) -> i32 {
    match parsed {
        Some(Parsed {
            status: 200,
            body_len: 65,
        }) => 0,
        _ => 1,
    }
}

/// # Safety
/// `sent` must point to `sent_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peer_build(sent: *mut u8, sent_len: usize) -> i32 {
    // SAFETY: as the caller promises.
    client::build(unsafe { slice::from_raw_parts_mut(sent, sent_len) })
}

/// What a client does in `peer_parse` before it parses, for those that cannot parse alone.
///
/// # Safety
/// As for `peer_build`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peer_before_parse(sent: *mut u8, sent_len: usize) -> i32 {
    #[cfg(feature = "nanofish")]
    {
        // SAFETY: as the caller promises.
        unsafe { peer_build(sent, sent_len) }
    }
    #[cfg(not(feature = "nanofish"))]
    {
        let _ = (sent, sent_len);
        0
    }
}

/// # Safety
/// `buffer` must point to `len` bytes, `response` to `response_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peer_parse(
    buffer: *mut u8,
    len: usize,
    response: *const u8,
    response_len: usize,
) -> i32 {
    // SAFETY: as the caller promises.
    let (buffer, response) = unsafe {
        (
            slice::from_raw_parts_mut(buffer, len),
            slice::from_raw_parts(response, response_len),
        )
    };
    is_typical(client::parse(buffer, response))
}

/// # Safety
/// `sent` must point to `sent_len` bytes, `buffer` to `len`, `response` to `response_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peer_publish(
    sent: *mut u8,
    sent_len: usize,
    buffer: *mut u8,
    len: usize,
    response: *const u8,
    response_len: usize,
) -> i32 {
    // SAFETY: as the caller promises.
    let (sent, buffer, response) = unsafe {
        (
            slice::from_raw_parts_mut(sent, sent_len),
            slice::from_raw_parts_mut(buffer, len),
            slice::from_raw_parts(response, response_len),
        )
    };
    is_typical(client::publish(sent, buffer, response))
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
