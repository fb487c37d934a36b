//! Requests, and how an exchange begins. `build` takes which part, `begin` a kind and a capacity.

use std::ptr::null_mut;
use std::slice::from_raw_parts;

use motepost::ffi::*;

use crate::c_abi::exchange::{BEHIND, Exchanged, ROOM};
use crate::c_abi::message::Message;
use crate::c_abi::peer::REQUEST;
use crate::c_abi::{check_status, refused};
use crate::program::Program;

impl<'a> Exchanged<'a> {
    /// What one function writes; its exact size, and one byte less.
    pub(super) unsafe fn build(&mut self, message: &Message<'a>, program: &mut Program<'a>) {
        let encode = match program.byte() % 4 {
            0 => motepost_publish_encode,
            1 => motepost_publish_encode_head,
            2 => motepost_publish_encode_target,
            _ => motepost_publish_encode_field_lines,
        };
        message.with(message.payload(), |publish| {
            let mut made = [0xa5; REQUEST + BEHIND.len()];
            let mut len = usize::MAX;
            // SAFETY: the caller's promise.
            unsafe {
                let status = encode(publish, made.as_mut_ptr(), REQUEST, &mut len);
                check_status(status);
                if status != MOTEPOST_OK {
                    assert!(len == 0 || status == MOTEPOST_E_BUFFER);
                    assert_ne!(encode(publish, null_mut(), 0, &mut len), MOTEPOST_OK);
                    return;
                }
                assert!(len <= REQUEST);
                let exact = len;
                let mut again = [0xa5; REQUEST + BEHIND.len()];
                let status = encode(publish, again.as_mut_ptr(), exact, &mut len);
                assert_eq!((status, len), (MOTEPOST_OK, exact));
                assert_eq!(again[..exact], made[..exact]);
                assert!(again[exact..].starts_with(&BEHIND));
                if let Some(short) = exact.checked_sub(1) {
                    let status = encode(publish, again.as_mut_ptr(), short, &mut len);
                    assert_eq!((status, len), (MOTEPOST_E_BUFFER, exact));
                }
            }
        });
    }

    /// A new exchange, whatever the old one was.
    pub(super) unsafe fn begin(&mut self, message: &Message<'a>, program: &mut Program<'a>) {
        let kind = program.byte() % 8;
        self.capacity = program.number() % ROOM;
        self.memory = [0xa5; ROOM + BEHIND.len()];
        self.sides.window = (self.memory.as_ptr(), self.capacity);
        let (buffer, capacity) = (self.memory.as_mut_ptr(), self.capacity);
        let exchange = &raw mut self.exchange;
        let mut payload = message.payload();
        if kind == 7 {
            // SAFETY: it is there; the library must not look at it.
            let inside = unsafe { from_raw_parts(buffer, capacity.min(9)) };
            self.status = message.with(inside, |publish| unsafe {
                motepost_exchange_init(exchange, publish, buffer, capacity)
            });
            let overlap = refused(MOTEPOST_FIELD_PAYLOAD, MOTEPOST_REASON_OVERLAP);
            assert!(inside.is_empty() || self.status == overlap || self.status != MOTEPOST_OK);
            self.status = MOTEPOST_E_STATE;
            return;
        }
        // SAFETY: the caller's promise.
        let status = unsafe {
            if kind == 6 {
                payload = self.composed(message);
                message.with(b"", |publish| {
                    let len = payload.len();
                    motepost_exchange_init_composed(exchange, publish, buffer, capacity, len)
                })
            } else {
                message.with(payload, |publish| match kind {
                    5 => {
                        let len = publish.payload.len;
                        motepost_exchange_init_head(exchange, publish, buffer, capacity, len)
                    }
                    _ => motepost_exchange_init(exchange, publish, buffer, capacity),
                })
            }
        };
        check_status(status);
        assert!(self.memory[capacity..].starts_with(&BEHIND));
        // SAFETY: the same.
        unsafe { self.expect(message, payload, kind, status) };
    }

    /// Writes as much of the payload to the room of `motepost_publish_room` as fits.
    unsafe fn composed(&mut self, message: &Message<'a>) -> &'a [u8] {
        let payload = message.payload();
        let (mut room, mut len) = (null_mut::<u8>(), 0);
        let (buffer, capacity) = (self.memory.as_mut_ptr(), self.capacity);
        // SAFETY: the caller's promise, and the library's about the room.
        unsafe {
            let status = message.with(b"", |publish| {
                motepost_publish_room(publish, buffer, capacity, &mut room, &mut len)
            });
            if status != MOTEPOST_OK {
                return payload;
            }
            let fits = &payload[..payload.len().min(len)];
            assert!(room.addr() + len <= buffer.addr() + capacity);
            room.copy_from_nonoverlapping(fits.as_ptr(), fits.len());
            fits
        }
    }

    /// The request that must go out now, or the same refusal.
    unsafe fn expect(&mut self, message: &Message<'a>, payload: &[u8], kind: u8, status: i32) {
        let (mut len, mut head_len) = (0, 0);
        let request = self.sides.request.as_mut_ptr();
        // SAFETY: the caller's promise.
        let (whole, head) = message.with(payload, |publish| unsafe {
            (
                motepost_publish_encode(publish, request, REQUEST, &mut len),
                motepost_publish_head_len(publish, &mut head_len),
            )
        });
        assert_eq!(whole, head, "the request would not fit");
        self.status = MOTEPOST_E_STATE;
        if whole != MOTEPOST_OK {
            // Composed, it has room for the payload, or none.
            assert!(status == whole || kind == 6 && status != MOTEPOST_OK);
            return;
        }
        let needed = if kind == 6 { len } else { head_len };
        if status == MOTEPOST_OK {
            assert!(needed <= self.capacity);
            self.status = MOTEPOST_AGAIN;
        } else {
            let too_long = refused(MOTEPOST_FIELD_PAYLOAD, MOTEPOST_REASON_TOO_LONG);
            let is_small = status == MOTEPOST_E_BUFFER || kind == 6 && status == too_long;
            assert!(is_small && needed > self.capacity, "{status}");
        }
        let sides = &mut self.sides;
        sides.request_len = len;
        sides.by_hand_from = if kind == 5 { head_len } else { usize::MAX };
        sides.sent = 0;
        sides.received.clear();
        sides.send_failed = false;
        sides.is_cut = false;
        sides.io_error = 0;
        self.keeps_details = false;
        self.token_key = message.token_key();
    }
}
