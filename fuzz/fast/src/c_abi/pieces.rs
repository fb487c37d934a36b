//! Batches, SenML and tokens. A batch is begun with a kind and a capacity; a value has its bytes; a record four bytes of value, one of
//! places, a name and a unit; a token a kind, a value and an id.

use std::slice::from_raw_parts;

use motepost::ffi::*;
use motepost::token::{DeviceKey, Freshness};

use crate::c_abi::message::text;
use crate::c_abi::{check_status, refused};
use crate::fields;
use crate::program::Program;
use crate::token::is_id;

const ROOM: usize = 200;
const BEHIND: [u8; 8] = [0xa5; 8];

pub(super) struct Pieces {
    batch: motepost_batch_t,
    /// Values are checked with `even`.
    own_check: bool,
    memory: [u8; ROOM + BEHIND.len()],
}

unsafe extern "C" fn even(_: *const u8, len: usize) -> i32 {
    if len.is_multiple_of(2) {
        MOTEPOST_OK
    } else {
        -7
    }
}

impl Pieces {
    pub(super) fn new() -> Self {
        Self {
            batch: motepost_batch_t {
                room: std::ptr::null_mut(),
                capacity: 0,
                len: 0,
                check: None,
                base: 0,
            },
            own_check: false,
            memory: [0xa5; ROOM + BEHIND.len()],
        }
    }

    pub(super) unsafe fn call(&mut self, program: &mut Program<'_>) {
        // SAFETY: the caller's promise.
        unsafe {
            match program.byte() % 8 {
                0 => self.begin(program),
                1..4 => self.push(program),
                4 | 5 => self.push_record(program),
                6 => self.finish(),
                _ => mint(program),
            }
        }
    }

    unsafe fn begin(&mut self, program: &mut Program<'_>) {
        let (kind, capacity) = (program.byte(), program.number() % ROOM);
        let checks: [motepost_batch_check_t; 4] = [
            None,
            Some(motepost_batch_check_json),
            Some(motepost_batch_check_cbor),
            Some(even),
        ];
        let check = checks[usize::from(kind / 2 % 4)];
        self.own_check = kind / 2 % 4 == 3;
        self.memory = [0xa5; ROOM + BEHIND.len()];
        let room = self.memory.as_mut_ptr();
        // SAFETY: the caller's promise.
        let status = unsafe {
            if kind % 2 == 0 {
                motepost_batch_json(&mut self.batch, room, capacity, check)
            } else {
                motepost_batch_cbor(&mut self.batch, room, capacity, check)
            }
        };
        assert_eq!(status == MOTEPOST_OK, capacity >= 2);
        assert!(status == MOTEPOST_OK || status == MOTEPOST_E_BUFFER);
    }

    unsafe fn push(&mut self, program: &mut Program<'_>) {
        let value = program.bytes();
        let before = (self.batch.len, self.memory);
        let (ptr, len) = (value.as_ptr(), value.len());
        // SAFETY: the caller's promise.
        let status = unsafe { motepost_batch_push(&mut self.batch, ptr, len) };
        self.is_as_it_must(before, status, value);
        if self.batch.len > 2 {
            // SAFETY: the same. A value in the room itself.
            let inside = unsafe { motepost_batch_push(&mut self.batch, self.batch.room, 1) };
            assert_eq!(
                inside,
                refused(MOTEPOST_FIELD_READING, MOTEPOST_REASON_OVERLAP)
            );
        }
    }

    unsafe fn push_record(&mut self, program: &mut Program<'_>) {
        let value = program.number() as i32 - (1 << 15);
        let (places, kind) = (program.byte() % 11, program.byte());
        let base = motepost_senml_base_t {
            name: text(b"urn:dev:"),
            time: u32::from(kind),
        };
        let record = motepost_senml_record_t {
            name: text(program.bytes()),
            unit: text(program.bytes()),
            value,
            time: i32::from(kind) - 128,
            value_places: places,
            time_places: 0,
            reserved: [0, u8::from(kind == 255)],
        };
        let base = if kind % 4 < 2 {
            &base
        } else {
            std::ptr::null()
        };
        let before = (self.batch.len, self.memory);
        // SAFETY: the caller's promise.
        let status = unsafe {
            if kind % 2 == 0 {
                motepost_senml_json(&mut self.batch, base, &record)
            } else {
                motepost_senml_cbor(&mut self.batch, base, &record)
            }
        };
        self.is_as_it_must(before, status, b"");
    }

    /// The array has grown by the value, or is as it was.
    fn is_as_it_must(
        &self,
        (before_len, before): (usize, [u8; ROOM + BEHIND.len()]),
        status: i32,
        value: &[u8],
    ) {
        if status == -7 {
            assert!(self.own_check, "nobody says so");
        } else {
            check_status(status);
        }
        let len = self.batch.len;
        if len == 0 {
            assert!(status != MOTEPOST_OK && before_len == 0);
            return;
        }
        let kept = before_len - 1;
        assert_eq!(
            self.memory[..kept],
            before[..kept],
            "what was there has changed"
        );
        let end = if self.memory[0] == b'[' { b']' } else { 0xff };
        assert_eq!(self.memory[len - 1], end, "no end");
        assert!(len <= self.batch.capacity);
        if status == MOTEPOST_OK {
            let grown = &self.memory[kept..len - 1];
            assert!(grown.ends_with(value) && grown.len() <= value.len() + 1 || value.is_empty());
        } else {
            assert_eq!(len, before_len);
        }
        assert!(self.memory[self.batch.capacity..].starts_with(&BEHIND));
    }

    unsafe fn finish(&self) {
        let mut len = 7;
        // SAFETY: the caller's promise.
        let status = unsafe { motepost_batch_finish(&self.batch, &mut len) };
        assert_eq!((status == MOTEPOST_OK, len), (len != 0, self.batch.len));
    }
}

/// What the Rust API mints.
unsafe fn mint(program: &mut Program<'_>) {
    let (kind, value) = (program.byte() % 4, program.number() as u32);
    let id = program.bytes();
    let (key, mut token) = ([kind; MOTEPOST_KEY_LEN], [0; MOTEPOST_TOKEN_LEN]);
    // SAFETY: the caller's promise.
    let status =
        unsafe { motepost_token_mint(key.as_ptr(), &text(id), kind, value, token.as_mut_ptr()) };
    check_status(status);
    let freshness = match kind {
        MOTEPOST_TOKEN_TIME => Freshness::Time(value),
        MOTEPOST_TOKEN_COUNTER => Freshness::Counter(value),
        _ => {
            let out_of_range = refused(MOTEPOST_FIELD_TOKEN, MOTEPOST_REASON_OUT_OF_RANGE);
            assert_eq!(status, out_of_range);
            return;
        }
    };
    assert_eq!(status == MOTEPOST_OK, is_id(id));
    if status == MOTEPOST_OK {
        let minted = DeviceKey::new(key).mint(fields::text(id), freshness);
        // SAFETY: the array is there.
        let token = unsafe { from_raw_parts(token.as_ptr().cast::<u8>(), token.len()) };
        assert_eq!(minted.expect("the same id").as_bytes(), token);
    }
}
