//! An exchange that was begun. `run` takes a script, `set_response` the bytes that the peer will say, `move_by_hand` an act, `ask` what
//! is asked for.

use std::ptr::{null, null_mut};
use std::slice::from_raw_parts;

use heapless::Vec;
use motepost::ExchangeError;
use motepost::ffi::*;

use crate::c_abi::message::text;
use crate::c_abi::peer::{Peer, REQUEST, Sides, available, recv_anywhere};
use crate::c_abi::{check_status, is_refused};
use crate::program::Program;
use crate::response;
use crate::token::is_id;

pub(super) const ROOM: usize = 384;
pub(super) const BEHIND: [u8; 8] = [0xa5; 8];

pub(super) struct Exchanged<'a> {
    pub(super) exchange: motepost_exchange_t,
    pub(super) memory: [u8; ROOM + BEHIND.len()],
    pub(super) capacity: usize,
    pub(super) sides: Sides,
    /// What the peer will still say.
    pub(super) response: &'a [u8],
    /// What every call returns: `MOTEPOST_AGAIN` until it ends.
    pub(super) status: i32,
    pub(super) keeps_details: bool,
    pub(super) token_key: &'a [u8],
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
                is_cut: false,
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
        let expected = if self.sides.is_cut {
            // The peer had closed before, when the request was sent: the first failure is the one that is told.
            MOTEPOST_E_CLOSED
        } else {
            self.alone_fails_with()
        };
        if matches!(status, -26..=-20) && self.sides.io_error != -5 {
            assert_eq!(expected, status);
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
