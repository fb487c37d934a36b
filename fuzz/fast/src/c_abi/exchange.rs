//! Requests and exchanges. `begin` takes a kind and a capacity, `run` a script, `set_response` the bytes that the peer will say,
//! `move_by_hand` an act, `ask` what is asked for.

use std::ptr::{null, null_mut};
use std::slice::from_raw_parts;

use heapless::Vec;
use motepost::ExchangeError;
use motepost::ffi::*;

use crate::c_abi::message::{Message, text};
use crate::c_abi::peer::{Peer, REQUEST, Sides, available, recv_anywhere};
use crate::c_abi::{check_status, is_refused, refused};
use crate::program::Program;
use crate::response;
use crate::token::is_id;

const ROOM: usize = 384;
const BEHIND: [u8; 8] = [0xa5; 8];

pub(super) struct Exchanged<'a> {
    exchange: motepost_exchange_t,
    memory: [u8; ROOM + BEHIND.len()],
    capacity: usize,
    sides: Sides,
    /// What the peer will still say.
    response: &'a [u8],
    /// What every call returns: `MOTEPOST_AGAIN` until it ends.
    status: i32,
    keeps_details: bool,
    token_key: &'a [u8],
}

impl<'a> Exchanged<'a> {
    pub(super) fn new() -> Self {
        Self {
            // Memory that C did not clear.
            exchange: motepost_exchange_t {
                opaque_words: [0x5a5a; 10],
                opaque: [0x5a5a_5a5a_5a5a_5a5a; 20],
            },
            memory: [0xa5; ROOM + BEHIND.len()],
            capacity: 0,
            sides: Sides {
                request: [0; REQUEST],
                request_len: 0,
                by_hand_from: 0,
                sent: 0,
                received: Vec::new(),
                send_failed: false,
                io_error: 0,
                window: (null(), 0),
            },
            response: b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK",
            status: MOTEPOST_E_STATE,
            keeps_details: false,
            token_key: b"",
        }
    }

    pub(super) fn set_response(&mut self, program: &mut Program<'a>) {
        self.response = program.bytes();
    }

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
        sides.io_error = 0;
        self.keeps_details = false;
        self.token_key = message.token_key();
    }

    pub(super) unsafe fn run(&mut self, program: &mut Program<'a>) {
        let acts = program.bytes();
        let mut peer = Peer {
            sides: &mut self.sides,
            acts: acts.iter(),
            response: self.response,
        };
        let transport = peer.transport();
        let mut response = NO_RESPONSE;
        // SAFETY: the caller's promise.
        let status =
            unsafe { motepost_exchange_run(&mut self.exchange, &transport, &mut response) };
        self.response = peer.response;
        self.now(status);
        if status == MOTEPOST_OK {
            // SAFETY: the library's promise.
            unsafe { self.complete(&response) };
        }
    }

    /// One want, and what becomes of it.
    pub(super) unsafe fn move_by_hand(&mut self, program: &mut Program<'a>) {
        let mut want = motepost_want_t {
            send: null(),
            receive: null_mut(),
            len: 1,
        };
        // SAFETY: the caller's promise, and the library's.
        unsafe {
            let status = motepost_exchange_want(&mut self.exchange, &mut want);
            assert_eq!(status, self.status);
            if status != MOTEPOST_AGAIN {
                assert!(want.send.is_null() && want.receive.is_null() && want.len == 0);
                return;
            }
            let window = (!want.receive.is_null()).then_some(want.receive);
            if window.is_some() {
                assert!(want.send.is_null());
                self.sides.check_window(want.receive, want.len);
            } else {
                self.sides.check_offer(want.send, want.len);
            }
            let act = program.byte();
            let count = self.sides.act(act, window, want.len, &mut self.response);
            let status = motepost_exchange_moved(&mut self.exchange, count);
            self.now(status);
        }
    }

    /// What a call returned: the end stays.
    fn now(&mut self, status: i32) {
        check_status(status);
        if self.status == MOTEPOST_AGAIN {
            self.status = status;
            assert!(!is_refused(status) && status != MOTEPOST_E_STATE);
        }
        assert_eq!(status, self.status, "not the same again");
        assert!(self.memory[self.capacity..].starts_with(&BEHIND));
        let alone = self.alone_fails_with();
        if matches!(status, -26..=-20) && self.sides.io_error != -5 {
            assert_eq!(alone, status);
        }
    }

    /// What a reader alone makes of the same bytes.
    fn alone_fails_with(&self) -> i32 {
        if !matches!(self.status, -26..=-20) {
            return MOTEPOST_OK;
        }
        let mut room = [0; ROOM];
        let room = &mut room[..self.capacity];
        match response::read(&self.sides.received, room, |len| len) {
            Ok(_) => MOTEPOST_OK,
            Err(ExchangeError::StatusLine) => MOTEPOST_E_STATUS_LINE,
            Err(ExchangeError::FieldLine) => MOTEPOST_E_FIELD_LINE,
            Err(ExchangeError::Framing) => MOTEPOST_E_FRAMING,
            Err(ExchangeError::Chunk) => MOTEPOST_E_CHUNK,
            Err(ExchangeError::HeadTooLong) => MOTEPOST_E_HEAD_TOO_LONG,
            Err(ExchangeError::Closed) => MOTEPOST_E_CLOSED,
            Err(ExchangeError::BodyTooLong) => MOTEPOST_E_BODY_TOO_LONG,
            Err(error) => panic!("{error}"),
        }
    }

    /// A complete response is what a reader alone reads.
    unsafe fn complete(&mut self, response: &motepost_response_t) {
        let mut room = [0; ROOM];
        let room = &mut room[..self.capacity];
        let alone = response::read(&self.sides.received, room, |len| len);
        let alone = alone.expect("a response");
        assert_eq!(response.body.ptr, self.memory.as_ptr());
        let body = &self.memory[..self.capacity][..response.body.len];
        assert_eq!((response.status, body), (alone.status, alone.body));
        assert_eq!(response.truncated, u8::from(alone.truncated));
        assert!(matches!(
            response.verdict,
            MOTEPOST_ACCEPTED | MOTEPOST_DENIED..=MOTEPOST_UNAVAILABLE
        ));
        let accepted = (200..300).contains(&response.status);
        assert_eq!(response.verdict == MOTEPOST_ACCEPTED, accepted);
        if !self.keeps_details {
            return;
        }
        let (mut date, mut name) = (0, text(b""));
        // SAFETY: the caller's promise, and the library's.
        unsafe {
            let dated = motepost_exchange_date(&mut self.exchange, &mut date);
            assert_eq!((dated == MOTEPOST_OK).then_some(date), alone.date);
            let named = motepost_exchange_error_type(&mut self.exchange, &mut name);
            assert_eq!(named, MOTEPOST_OK);
            let name = from_raw_parts(name.ptr.cast::<u8>(), name.len);
            assert_eq!(name, &alone.error_type[..]);
        }
    }

    /// Everything that an exchange is asked for; each is what its status allows.
    pub(super) unsafe fn ask(&mut self, program: &mut Program<'a>) {
        let exchange = &raw mut self.exchange;
        let is_done = self.status == MOTEPOST_OK;
        let or_state = if is_done {
            MOTEPOST_OK
        } else {
            MOTEPOST_E_STATE
        };
        // SAFETY: the caller's promise.
        unsafe {
            match program.byte() % 8 {
                0 => {
                    let early = self.sides.received.is_empty();
                    let kept = motepost_exchange_keep_details(exchange);
                    let expected = self.status == MOTEPOST_AGAIN;
                    assert_eq!(kept == MOTEPOST_OK, expected);
                    self.keeps_details |= expected && early;
                }
                1 => {
                    let mut response = NO_RESPONSE;
                    let status = motepost_exchange_response(exchange, &mut response);
                    assert_eq!(status, or_state);
                    if is_done {
                        self.complete(&response);
                    }
                }
                2 => {
                    let status = motepost_exchange_status(exchange);
                    assert!(matches!(status, 0 | 200..=999) && (!is_done || status != 0));
                }
                3 => {
                    let error = motepost_exchange_io_error(exchange);
                    assert!(matches!(error, 0 | -5));
                    assert!(self.status != MOTEPOST_E_IO || error == -5);
                }
                4 => {
                    let reusable = motepost_exchange_reusable(exchange);
                    assert!(reusable == 0 || reusable == 1 && is_done);
                }
                5 => {
                    let (mut date, mut name) = (7, text(b""));
                    let dated = motepost_exchange_date(exchange, &mut date);
                    assert!(dated == or_state || dated == MOTEPOST_E_STATE && date == 7);
                    assert_eq!(motepost_exchange_error_type(exchange, &mut name), or_state);
                    assert!(name.len <= 32);
                }
                6 => self.renew(program.number() as u32),
                _ => self.drain(program),
            }
        }
    }

    /// A new token for a denied one, only when the date says so.
    unsafe fn renew(&mut self, minted: u32) {
        let (mut time, mut token) = (minted, [0; MOTEPOST_TOKEN_LEN]);
        let (id, key) = (text(self.token_key), [7; MOTEPOST_KEY_LEN]);
        // SAFETY: the caller's promise.
        let status = unsafe {
            motepost_token_renew(
                &self.exchange,
                key.as_ptr(),
                &id,
                &mut time,
                token.as_mut_ptr(),
            )
        };
        check_status(status);
        assert_eq!(status == MOTEPOST_AGAIN, time != minted);
        assert_eq!(status == MOTEPOST_AGAIN, token[0] != 0);
        assert!(!is_refused(status) || !is_id(self.token_key));
        assert!(self.status == MOTEPOST_OK || status == MOTEPOST_E_STATE);
    }

    /// Drops what the peer would say, in the pieces that the program names.
    unsafe fn drain(&mut self, program: &mut Program<'a>) {
        let acts = program.bytes();
        let mut peer = Peer {
            sides: &mut self.sides,
            acts: acts.iter(),
            response: self.response,
        };
        let mut transport = peer.transport();
        transport.recv = Some(recv_anywhere);
        // SAFETY: the caller's promise.
        let status = unsafe { motepost_transport_drain(&transport, Some(available)) };
        assert!(matches!(status, MOTEPOST_OK | MOTEPOST_AGAIN));
        self.response = peer.response;
    }
}

const NO_RESPONSE: motepost_response_t = motepost_response_t {
    body: motepost_bytes_t {
        ptr: null(),
        len: 0,
    },
    status: 0,
    verdict: 0,
    truncated: 0,
};
