//! Random sequences of the C calls that need no exchange: encoders, a drained line, batches, and an outbox in RAM whose functions
//! fail now and then. They are right if nothing is undefined: run this under Miri. Natively it looks that a status is one of the
//! header's.

#[path = "common/c.rs"]
mod c;
#[path = "common/miri.rs"]
mod miri;

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;

use c::{Random, check_status, programs, text};
use miri::one_in;
use motepost::ffi::*;

const SECTOR: usize = 128;
const SECTORS: usize = 3;
const ROOM: usize = 300;

/// The memory of one program, as C has it.
struct Memory {
    batch: MaybeUninit<motepost_batch_t>,
    room: [MaybeUninit<u8>; ROOM],
    outbox: MaybeUninit<motepost_outbox_t>,
    cursor: MaybeUninit<motepost_outbox_cursor_t>,
    reading: [MaybeUninit<u8>; SECTOR],
    size: usize,
    number: u32,
}

/// RAM that is flash, and a line.
struct Parts {
    random: Random,
    ram: [u8; SECTOR * SECTORS],
}

/// # Safety
/// `ctx` is a `Parts`.
unsafe fn parts(ctx: *mut c_void) -> (bool, *mut c_void) {
    // SAFETY: the caller's promise.
    let parts = unsafe { &mut *ctx.cast::<Parts>() };
    (parts.random.below(40) == 0, parts.ram.as_mut_ptr().cast())
}

unsafe extern "C" fn read(ctx: *mut c_void, at: u32, bytes: *mut c_void, len: usize) -> i32 {
    // SAFETY: `ctx` is a `Parts`, and the library stays in the region that it was given.
    unsafe {
        match parts(ctx) {
            (true, _) => -1,
            (false, ram) => motepost_ram_read(ram, at, bytes, len),
        }
    }
}

unsafe extern "C" fn program(ctx: *mut c_void, at: u32, bytes: *const c_void, len: usize) -> i32 {
    // SAFETY: the same. What fails may have been programmed.
    unsafe {
        let (fails, ram) = parts(ctx);
        motepost_ram_program(ram, at, bytes, len) - i32::from(fails)
    }
}

unsafe extern "C" fn erase(ctx: *mut c_void, at: u32, len: u32) -> i32 {
    // SAFETY: the same.
    unsafe {
        let (fails, ram) = parts(ctx);
        motepost_ram_erase(ram, at, len) - i32::from(fails)
    }
}

unsafe extern "C" fn recv(ctx: *mut c_void, window: *mut c_void, len: usize) -> i32 {
    // SAFETY: `ctx` is a `Parts`, and the window is as long as it says.
    unsafe {
        let random = &mut (*ctx.cast::<Parts>()).random;
        window.cast::<u8>().write_bytes(b'x', len);
        match random.below(4) {
            0 => 0,
            1 => -7,
            _ => i32::try_from(len).unwrap(),
        }
    }
}

unsafe extern "C" fn available(ctx: *mut c_void) -> i32 {
    // SAFETY: `ctx` is a `Parts`.
    unsafe { i32::from((*ctx.cast::<Parts>()).random.chance()) }
}

/// One call of an encoder.
///
/// # Safety
/// The pointers are to a `Memory` and to structs that outlive the call.
unsafe fn encode(
    random: &mut Random,
    memory: *mut Memory,
    publish: *const motepost_publish_t,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        let buffer = (&raw mut (*memory).room).cast::<u8>();
        let size = &raw mut (*memory).size;
        let capacity = random.below(ROOM as u32 + 1) as usize;
        match random.below(6) {
            0 => motepost_publish_encode(publish, buffer, capacity, size),
            1 => motepost_publish_head_len(publish, size),
            2 => motepost_publish_encode_head(publish, buffer, capacity, size),
            3 => motepost_publish_encode_target(publish, buffer, capacity, size),
            4 => motepost_publish_encode_field_lines(publish, buffer, capacity, size),
            _ => {
                let (mut room, mut request) = (ptr::null_mut(), ptr::null());
                match motepost_publish_room(publish, buffer, capacity, &mut room, size) {
                    MOTEPOST_OK => {
                        let len = random.below(*size as u32 + 2) as usize;
                        room.write_bytes(b'7', len.min(*size));
                        motepost_publish_compose(publish, buffer, capacity, len, &mut request, size)
                    }
                    status => status,
                }
            }
        }
    }
}

/// One call of a batch.
///
/// # Safety
/// The pointers are to a `Memory` and to structs that outlive the call.
unsafe fn fill(random: &mut Random, memory: *mut Memory) -> i32 {
    const VALUES: [&[u8]; 6] = [
        b"21.5",
        b"[1,{\"a\":null}]",
        b"\x82\x01\x02",
        b"nonsense",
        b"",
        b"\"\xc3\xa9\"",
    ];
    // SAFETY: the caller's promise.
    unsafe {
        let batch = (&raw mut (*memory).batch).cast::<motepost_batch_t>();
        let room = (&raw mut (*memory).room).cast::<u8>();
        let capacity = random.below(ROOM as u32) as usize;
        let value = VALUES[random.below(6) as usize];
        let base = motepost_senml_base_t {
            name: text("urn:dev:ow:10e2073a01080063:"),
            time: random.below(3),
        };
        let base = if random.chance() { &base } else { ptr::null() };
        let record = motepost_senml_record_t {
            name: text("temperature"),
            unit: text(if random.chance() { "Cel" } else { "" }),
            value: random.below(1 << 24) as i32 - (1 << 23),
            time: random.below(9) as i32 - 4,
            value_places: random.below(11) as u8,
            time_places: random.below(3) as u8,
            reserved: [0; 2],
        };
        match random.below(12) {
            0 => motepost_batch_json(batch, room, capacity, Some(motepost_batch_check_json)),
            1 => motepost_batch_cbor(batch, room, capacity, Some(motepost_batch_check_cbor)),
            2 => motepost_batch_json(batch, room, capacity, None),
            3 => motepost_batch_finish(batch, &raw mut (*memory).size),
            4 | 5 => motepost_senml_json(batch, base, &record),
            6 | 7 => motepost_senml_cbor(batch, base, &record),
            // A value in the room itself.
            8 => motepost_batch_push(batch, room, 1),
            _ => motepost_batch_push(batch, value.as_ptr(), value.len()),
        }
    }
}

/// One call of an outbox.
///
/// # Safety
/// The pointers are to a `Memory` and to structs that outlive the call.
unsafe fn keep(random: &mut Random, memory: *mut Memory, flash: *const motepost_flash_t) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        let outbox = (&raw mut (*memory).outbox).cast::<motepost_outbox_t>();
        let cursor = (&raw mut (*memory).cursor).cast::<motepost_outbox_cursor_t>();
        let reading = (&raw mut (*memory).reading).cast::<u8>();
        let (size, number) = (&raw mut (*memory).size, &raw mut (*memory).number);
        match random.below(16) {
            0 => motepost_outbox_open(outbox, flash, random.below(9)),
            1..6 => {
                let kept = [random.below(256) as u8; 90];
                let number = if random.chance() {
                    number
                } else {
                    ptr::null_mut()
                };
                motepost_outbox_push(outbox, kept.as_ptr(), random.below(91) as usize, number)
            }
            6..11 => motepost_outbox_next(
                outbox,
                cursor,
                reading,
                random.below(SECTOR as u32) as usize,
                size,
            ),
            11 | 12 => motepost_outbox_drop(outbox, cursor),
            13 => motepost_outbox_count(outbox, number),
            14 => {
                motepost_outbox_epoch(outbox);
                MOTEPOST_OK
            }
            _ => {
                cursor.write_bytes(0, 1);
                MOTEPOST_OK
            }
        }
    }
}

#[test]
fn no_sequence_of_calls_is_undefined() {
    programs(10_000 / one_in(1_000), run);
}

fn run(random: &mut Random, publish: *const motepost_publish_t) {
    let mut parts = Parts {
        random: Random(random.0 ^ 0x5555),
        ram: [if random.chance() { 0xff } else { 0x5a }; SECTOR * SECTORS],
    };
    let ctx = ptr::from_mut(&mut parts).cast();
    let transport = motepost_transport_t {
        recv: Some(recv),
        send: None,
        ctx,
    };
    let flash = motepost_flash_t {
        read: Some(read),
        program: Some(program),
        erase: Some(erase),
        ctx,
        sector_size: SECTOR as u32,
        sectors: SECTORS as u16,
        unit: 1,
        reserved: 0,
    };
    let mut memory = Memory {
        batch: MaybeUninit::zeroed(),
        room: [MaybeUninit::uninit(); ROOM],
        outbox: MaybeUninit::zeroed(),
        cursor: MaybeUninit::zeroed(),
        reading: [MaybeUninit::uninit(); SECTOR],
        size: 0,
        number: 0,
    };
    // One pointer for all calls: a batch keeps the one to its room.
    let memory = &raw mut memory;
    for _ in 0..60 {
        // SAFETY: all of it outlives the call.
        let status = unsafe {
            match random.below(8) {
                0 => encode(random, memory, publish),
                1 => motepost_transport_drain(&transport, random.chance().then_some(available)),
                2..5 => fill(random, memory),
                _ => keep(random, memory, &flash),
            }
        };
        check_status(status);
    }
}
