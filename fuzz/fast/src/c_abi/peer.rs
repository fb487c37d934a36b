//! What was sent and received, and a transport that does what the program says: 0xF0 closes, 0xF1 and 0xF2 claim too much, 0xF5
//! fails, a byte below 0x80 moves so many bytes, others all.

use std::ffi::c_void;
use std::slice::from_raw_parts;

use heapless::Vec;
use motepost::ffi::*;

/// More than a request needs.
pub(super) const REQUEST: usize = 4096;

/// More than the longest input holds.
pub(super) const RECEIVED: usize = 1024;

/// What the exchange must do next.
pub(super) struct Sides {
    /// The request as it must go out.
    pub(super) request: [u8; REQUEST],
    pub(super) request_len: usize,
    /// Where the payload begins, if firmware sends it by itself.
    pub(super) by_hand_from: usize,
    pub(super) sent: usize,
    pub(super) received: Vec<u8, RECEIVED>,
    /// The transport failed or closed while there was something to send.
    pub(super) send_failed: bool,
    /// The response has no end: the transport failed in it, or had nothing more when it could not send either.
    pub(super) is_cut: bool,
    /// What the transport first failed with.
    pub(super) io_error: i32,
    /// Where the exchange may receive to.
    pub(super) window: (*const u8, usize),
}

impl Sides {
    /// What is offered to send is what comes next.
    pub(super) unsafe fn check_offer(&self, offered: *const u8, len: usize) {
        assert!(len > 0 && !self.send_failed);
        let next = &self.request[self.sent..self.request_len][..len];
        if offered.is_null() {
            assert!(self.sent >= self.by_hand_from && self.sent + len == self.request_len);
        } else {
            // SAFETY: the library's promise.
            let offered = unsafe { from_raw_parts(offered, len) };
            assert_eq!(offered, next, "not the next bytes");
        }
    }

    /// Where it wants to receive is in its buffer, once all is sent.
    pub(super) fn check_window(&self, window: *const u8, len: usize) {
        let (start, capacity) = self.window;
        let at = window.addr().wrapping_sub(start.addr());
        assert!(len > 0 && at < capacity && at + len <= capacity);
        assert!(self.sent == self.request_len || self.send_failed);
    }

    /// The number for what is done with an offer, or with a window of so many bytes.
    pub(super) unsafe fn act(
        &mut self,
        act: u8,
        window: Option<*mut u8>,
        len: usize,
        response: &mut &[u8],
    ) -> i32 {
        let most = match window {
            Some(_) if response.is_empty() => return self.failed(window, MOTEPOST_IO_CLOSED),
            Some(_) => len.min(response.len()),
            None => len,
        };
        let count = match act {
            0xf0 => return self.failed(window, MOTEPOST_IO_CLOSED),
            0xf1 => return len as i32 + 1,
            0xf2 => return i32::MAX,
            0xf5 => return self.failed(window, -5),
            few @ 0..0x80 => usize::from(few).min(most),
            _ => most,
        };
        if let Some(window) = window {
            let (now, later) = response.split_at(count);
            // SAFETY: the window is as long as it says.
            unsafe { window.copy_from_nonoverlapping(now.as_ptr(), count) };
            let kept = self.received.extend_from_slice(now);
            kept.expect("more than the input holds");
            *response = later;
            self.is_cut |= self.send_failed && count == 0;
        } else {
            self.sent += count;
        }
        count as i32
    }

    fn failed(&mut self, window: Option<*mut u8>, error: i32) -> i32 {
        self.send_failed |= window.is_none();
        self.is_cut |= window.is_some() && error != MOTEPOST_IO_CLOSED;
        if self.io_error == 0 {
            self.io_error = error;
        }
        error
    }
}

/// What the callbacks share.
pub(super) struct Peer<'s, 'r> {
    pub(super) sides: &'s mut Sides,
    pub(super) acts: std::slice::Iter<'r, u8>,
    pub(super) response: &'r [u8],
}

impl Peer<'_, '_> {
    pub(super) fn transport(&mut self) -> motepost_transport_t {
        motepost_transport_t {
            recv: Some(recv),
            send: Some(send),
            ctx: (&raw mut *self).cast(),
        }
    }

    fn next(&mut self) -> u8 {
        self.acts.next().copied().unwrap_or_default()
    }
}

unsafe extern "C" fn send(ctx: *mut c_void, offered: *const c_void, len: usize) -> i32 {
    // SAFETY: `ctx` is a `Peer`, and the library keeps its promises.
    unsafe {
        let peer = &mut *ctx.cast::<Peer<'_, '_>>();
        peer.sides.check_offer(offered.cast(), len);
        let act = peer.next();
        peer.sides.act(act, None, len, &mut &[][..])
    }
}

unsafe extern "C" fn recv(ctx: *mut c_void, window: *mut c_void, len: usize) -> i32 {
    // SAFETY: the same.
    unsafe {
        let peer = &mut *ctx.cast::<Peer<'_, '_>>();
        peer.sides.check_window(window.cast(), len);
        let act = peer.next();
        let window = Some(window.cast());
        peer.sides.act(act, window, len, &mut peer.response)
    }
}

/// For `motepost_transport_drain`: whether something is there.
pub(super) unsafe extern "C" fn available(ctx: *mut c_void) -> i32 {
    // SAFETY: the same.
    let peer = unsafe { &*ctx.cast::<Peer<'_, '_>>() };
    i32::from(!peer.response.is_empty())
}

/// For `motepost_transport_drain`: receives into its scratch, which is in no window.
pub(super) unsafe extern "C" fn recv_anywhere(
    ctx: *mut c_void,
    to: *mut c_void,
    len: usize,
) -> i32 {
    // SAFETY: the same.
    unsafe {
        let peer = &mut *ctx.cast::<Peer<'_, '_>>();
        let count = usize::from(peer.next()).min(len).min(peer.response.len());
        let (now, later) = peer.response.split_at(count);
        to.cast::<u8>()
            .copy_from_nonoverlapping(now.as_ptr(), count);
        peer.response = later;
        count as i32
    }
}
