//! An outbox of three small sectors, through the C API, over flash whose power the program cuts: what is acknowledged is there after
//! each reset, in order; what was dropped is not; nothing else but the one reading whose push was cut.
//!
//! Input: a byte for each call. 0 resets; 1 and 2 push (a length); 3 and 4 read (how many); 5 drops what was read; 6 counts; 7 has
//! power fail after so many more bytes.

use std::ffi::c_void;

use heapless::Deque;
use motepost::ffi::*;

use crate::c_abi::check_status;
use crate::program::Program;

const SECTOR: usize = 128;
const SECTORS: usize = 3;
const LONGEST: usize = SECTOR - 44;

/// Programs that are longer say no more.
const MOST_SESSIONS: usize = 3;
const MOST_CALLS: usize = 6;

/// More readings than fit the flash.
const MOST: usize = 64;

/// `run` is what the target calls.
pub fn run(data: &[u8]) {
    let mut program = Program(data);
    let mut stored = Stored::new();
    for _ in 0..MOST_SESSIONS {
        // SAFETY: each pointer is to memory of these functions that is as long as it says.
        unsafe { stored.session(&mut program) };
        if program.is_ended() {
            return;
        }
    }
}

/// Flash, and how many bytes it still takes before its power is gone.
struct Chip {
    bytes: [u8; SECTOR * SECTORS],
    left: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Reading {
    len: usize,
    byte: u8,
}

struct Stored {
    chip: Chip,
    owed: Deque<Reading, MOST>,
    /// A push that was cut.
    perhaps: Option<Reading>,
    /// So many of the oldest that are owed may be dropped.
    dropped_perhaps: usize,
    made: u8,
}

impl Stored {
    fn new() -> Self {
        Self {
            chip: Chip {
                bytes: [0xff; SECTOR * SECTORS],
                left: None,
            },
            owed: Deque::new(),
            perhaps: None,
            dropped_perhaps: 0,
            made: 0,
        }
    }

    /// One session: the outbox is opened, used until power fails or the calls end, and read.
    unsafe fn session(&mut self, program: &mut Program<'_>) {
        let flash = motepost_flash_t {
            read: Some(read),
            program: Some(write),
            erase: Some(erase),
            ctx: (&raw mut self.chip).cast(),
            sector_size: SECTOR as u32,
            sectors: SECTORS as u16,
            unit: 1,
            reserved: 0,
        };
        let mut outbox = motepost_outbox_t {
            flash: std::ptr::null(),
            opaque: [0x5a5a_5a5a; 5],
        };
        // SAFETY: the caller's promise.
        unsafe {
            assert_eq!(motepost_outbox_open(&mut outbox, &flash, 7), MOTEPOST_OK);
            assert_eq!(motepost_outbox_epoch(&outbox), 7);
            self.is_all_there(&mut outbox);
            let mut cursor = NO_CURSOR;
            let mut passed = 0;
            for _ in 0..MOST_CALLS {
                let alive = match program.byte() % 8 {
                    0 => break,
                    1 | 2 => self.push(&mut outbox, length(program.byte())),
                    3 | 4 => {
                        passed += self.read(&mut outbox, &mut cursor, passed, program.byte());
                        true
                    }
                    5 => {
                        let alive = self.drop(&mut outbox, &cursor, passed);
                        passed = 0;
                        alive
                    }
                    6 => {
                        self.count(&mut outbox);
                        true
                    }
                    _ => {
                        self.chip.left = Some(usize::from(program.byte()));
                        true
                    }
                };
                if !alive {
                    break;
                }
            }
        }
        self.chip.left = None;
    }

    unsafe fn push(&mut self, outbox: &mut motepost_outbox_t, len: usize) -> bool {
        self.made = self.made.wrapping_add(1);
        let reading = Reading {
            len,
            byte: self.made,
        };
        let bytes = [reading.byte; 256];
        let mut number = 0;
        // SAFETY: the caller's promise.
        let status = unsafe { motepost_outbox_push(outbox, bytes.as_ptr(), len, &mut number) };
        check_status(status);
        match status {
            MOTEPOST_OK => {
                assert!((1..=LONGEST).contains(&len));
                self.owed.push_back(reading).expect("they fit the chip");
            }
            MOTEPOST_E_READING => assert!(!(1..=LONGEST).contains(&len)),
            MOTEPOST_E_FLASH => {
                assert_eq!(self.chip.left, Some(0), "its power is on");
                self.perhaps = Some(reading);
                return false;
            }
            _ => assert_eq!(status, MOTEPOST_E_OUTBOX_FULL),
        }
        true
    }

    /// Up to so many, the next ones that are owed; how many there were.
    unsafe fn read(
        &self,
        outbox: &mut motepost_outbox_t,
        cursor: &mut motepost_outbox_cursor_t,
        passed: usize,
        most: u8,
    ) -> usize {
        let mut count = 0;
        for owed in self.owed.iter().skip(passed).take(most.into()) {
            let before = cursor.number;
            // SAFETY: the caller's promise.
            let found = unsafe { next(outbox, cursor) };
            assert_eq!(found, Some(*owed), "lost, damaged or out of order");
            assert!(cursor.number > before);
            count += 1;
        }
        count
    }

    unsafe fn drop(
        &mut self,
        outbox: &mut motepost_outbox_t,
        cursor: &motepost_outbox_cursor_t,
        passed: usize,
    ) -> bool {
        // SAFETY: the caller's promise.
        let status = unsafe { motepost_outbox_drop(outbox, cursor) };
        check_status(status);
        match status {
            MOTEPOST_OK => self.forget(passed),
            MOTEPOST_E_FLASH | MOTEPOST_E_NOT_KEPT => {
                assert!(status == MOTEPOST_E_NOT_KEPT || self.chip.left == Some(0));
                self.dropped_perhaps = passed;
                return false;
            }
            _ => panic!("{status}"),
        }
        true
    }

    fn forget(&mut self, count: usize) {
        for _ in 0..count {
            self.owed.pop_front();
        }
    }

    /// After a reset: what is owed, and nothing else.
    unsafe fn is_all_there(&mut self, outbox: &mut motepost_outbox_t) {
        let mut there = Deque::<Reading, MOST>::new();
        let mut cursor = NO_CURSOR;
        // SAFETY: the caller's promise.
        while let Some(reading) = unsafe { next(outbox, &mut cursor) } {
            there.push_back(reading).expect("they fit the chip");
        }
        // One call was cut. A drop may have held for the oldest of its readings: their sector is erased before the mark is written.
        let missing = self.owed.len().saturating_sub(there.len());
        self.forget(missing.min(self.dropped_perhaps));
        self.dropped_perhaps = 0;
        if let Some(reading) = self.perhaps.take()
            && there.back() == Some(&reading)
        {
            self.owed.push_back(reading).expect("they fit the chip");
        }
        assert!(
            there.iter().eq(&self.owed),
            "lost, back, damaged or out of order"
        );
    }

    unsafe fn count(&self, outbox: &mut motepost_outbox_t) {
        let mut count = 0;
        // SAFETY: the caller's promise.
        let status = unsafe { motepost_outbox_count(outbox, &mut count) };
        assert_eq!((status, count as usize), (MOTEPOST_OK, self.owed.len()));
    }
}

/// The reading at the cursor, whose bytes are all the same.
unsafe fn next(
    outbox: &mut motepost_outbox_t,
    cursor: &mut motepost_outbox_cursor_t,
) -> Option<Reading> {
    let (mut bytes, mut len) = ([0; SECTOR], 0);
    // SAFETY: the caller's promise.
    let status =
        unsafe { motepost_outbox_next(outbox, cursor, bytes.as_mut_ptr(), SECTOR, &mut len) };
    if status == MOTEPOST_NO_MORE {
        return None;
    }
    assert_eq!(status, MOTEPOST_OK);
    let byte = bytes[0];
    assert!(bytes[..len].iter().all(|other| *other == byte), "damaged");
    Some(Reading { len, byte })
}

/// Mostly short: checksums of long ones take most of the time.
fn length(byte: u8) -> usize {
    usize::from(if byte < 128 { byte % 16 } else { byte - 128 })
}

const NO_CURSOR: motepost_outbox_cursor_t = motepost_outbox_cursor_t {
    position: 0,
    number: 0,
};

impl Chip {
    /// The part of the flash. How many of so many bytes change before power fails, and whether it does.
    fn change(&mut self, at: u32, len: usize) -> (&mut [u8], usize, i32) {
        let done = match &mut self.left {
            Some(left) => {
                let done = len.min(*left);
                *left -= done;
                done
            }
            None => len,
        };
        let part = &mut self.bytes[at as usize..][..len];
        (part, done, if done == len { 0 } else { -1 })
    }
}

unsafe extern "C" fn read(ctx: *mut c_void, at: u32, to: *mut c_void, len: usize) -> i32 {
    assert!(len <= 32);
    // SAFETY: `ctx` is a `Chip`, and the buffer is as long as it says.
    unsafe {
        let part = &(&(*ctx.cast::<Chip>()).bytes)[at as usize..][..len];
        to.cast::<u8>().copy_from_nonoverlapping(part.as_ptr(), len);
    }
    0
}

unsafe extern "C" fn write(ctx: *mut c_void, at: u32, from: *const c_void, len: usize) -> i32 {
    assert!(len <= 32);
    // SAFETY: the same.
    let (chip, bytes) = unsafe {
        (
            &mut *ctx.cast::<Chip>(),
            std::slice::from_raw_parts(from.cast::<u8>(), len),
        )
    };
    let (part, done, status) = chip.change(at, len);
    for (slot, byte) in part.iter_mut().zip(bytes).take(done) {
        // Zeros may go over what is torn.
        assert!(*slot == 0xff || *byte == 0, "programmed twice");
        *slot = *byte;
    }
    status
}

unsafe extern "C" fn erase(ctx: *mut c_void, at: u32, len: u32) -> i32 {
    assert_eq!((len as usize, at as usize % SECTOR), (SECTOR, 0));
    // SAFETY: the same.
    let chip = unsafe { &mut *ctx.cast::<Chip>() };
    let (part, done, status) = chip.change(at, len as usize);
    part[..done].fill(0xff);
    status
}
