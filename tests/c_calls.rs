//! Random sequences of C calls, over memory that is never initialised by the test. They are right if nothing
//! is undefined: run this under Miri. Natively it looks that a status is one of the header's.

#[path = "common/c.rs"]
mod c;
#[path = "common/miri.rs"]
mod miri;

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use c::{Random, check_status, programs, text};
use miri::one_in;
use motepost::ffi::*;

const RESPONSES: [&[u8]; 5] = [
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK",
    b"HTTP/1.1 403 Forbidden\r\ndate: Wed, 05 Apr 2023 18:18:25 GMT\r\nx-amzn-errortype: ForbiddenException:\r\n\r\nno",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5  \r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nOK",
    b"not HTTP",
];

/// What the callbacks share.
struct Peer {
    random: Random,
    response: &'static [u8],
}

unsafe extern "C" fn recv(ctx: *mut c_void, window: *mut c_void, len: usize) -> i32 {
    // SAFETY: `ctx` is a `Peer`, and the window is as long as it says.
    unsafe {
        let peer = &mut *ctx.cast::<Peer>();
        match peer.random.below(8) {
            0 => return 0,
            1 if peer.response.is_empty() => return -7,
            _ if peer.response.is_empty() => return MOTEPOST_IO_CLOSED,
            _ => {}
        }
        let most = peer.response.len().min(len).min(9);
        let count = 1 + peer.random.below(u32::try_from(most).unwrap().max(1)) as usize;
        let count = count.min(most);
        let (now, rest) = peer.response.split_at(count);
        ptr::copy_nonoverlapping(now.as_ptr(), window.cast(), count);
        peer.response = rest;
        i32::try_from(count).unwrap()
    }
}

unsafe extern "C" fn send(ctx: *mut c_void, _: *const c_void, len: usize) -> i32 {
    // SAFETY: `ctx` is a `Peer`.
    let peer = unsafe { &mut *ctx.cast::<Peer>() };
    match peer.random.below(12) {
        0 => 0,
        1 => -5,
        2 => MOTEPOST_IO_CLOSED,
        _ => i32::try_from(len.min(1 + peer.random.below(60) as usize)).unwrap(),
    }
}

/// The memory of one program, as C has it.
struct Memory {
    exchange: MaybeUninit<motepost_exchange_t>,
    response: MaybeUninit<motepost_response_t>,
    want: MaybeUninit<motepost_want_t>,
    buffer: [MaybeUninit<u8>; 300],
    token: [c_char; MOTEPOST_TOKEN_LEN],
    size: usize,
    time: u32,
}

/// One call, chosen at random.
///
/// # Safety
/// The pointers are to the members of one `Memory` and to structs that outlive the call.
unsafe fn call(
    random: &mut Random,
    memory: *mut Memory,
    publish: *const motepost_publish_t,
    transport: *const motepost_transport_t,
    moved: &mut bool,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        let exchange = (&raw mut (*memory).exchange).cast::<motepost_exchange_t>();
        let response = (&raw mut (*memory).response).cast();
        let want = (&raw mut (*memory).want).cast::<motepost_want_t>();
        let buffer = (&raw mut (*memory).buffer).cast::<u8>();
        let size = &raw mut (*memory).size;
        let token = (&raw mut (*memory).token).cast();
        let capacity = [0, 40, 200, 300][random.below(4) as usize];
        let publish = if random.below(20) == 0 {
            ptr::null()
        } else {
            publish
        };
        let key = [7; MOTEPOST_KEY_LEN];
        let id = text("uniqueID");
        match random.below(20) {
            0..3 => {
                buffer.write_bytes(0, 300);
                motepost_exchange_init(exchange, publish, buffer, capacity)
            }
            3 => {
                buffer.write_bytes(0, 300);
                motepost_exchange_init_head(exchange, publish, buffer, capacity, 50)
            }
            4 => {
                buffer.write_bytes(0, 300);
                let mut room = ptr::null_mut();
                match motepost_publish_room(publish, buffer, capacity, &mut room, size) {
                    MOTEPOST_OK => {
                        room.write_bytes(b'7', *size);
                        let len = *size / 2;
                        motepost_exchange_init_composed(exchange, publish, buffer, capacity, len)
                    }
                    status => status,
                }
            }
            5 => motepost_exchange_keep_details(exchange),
            6..11 => motepost_exchange_run(exchange, transport, response),
            11 | 12 => {
                let status = motepost_exchange_want(exchange, want);
                *moved = status == MOTEPOST_AGAIN;
                status
            }
            13 | 14 if *moved => {
                // As much as was wanted, at most: the exchange reads what is in its window.
                *moved = false;
                let want = want.read();
                if !want.receive.is_null() {
                    want.receive.write_bytes(b'x', want.len);
                }
                let count = i32::try_from(want.len).unwrap();
                let counts = [count, count / 2, 0, -9, MOTEPOST_IO_CLOSED, i32::MAX];
                motepost_exchange_moved(exchange, counts[random.below(6) as usize])
            }
            15 => {
                motepost_exchange_status(exchange);
                motepost_exchange_reusable(exchange);
                motepost_exchange_io_error(exchange);
                motepost_exchange_date(exchange, &raw mut (*memory).time)
            }
            16 => {
                let mut kind = text("");
                let status = motepost_exchange_error_type(exchange, &mut kind);
                if status == MOTEPOST_OK {
                    assert!(kind.len <= 32);
                }
                status
            }
            17 => motepost_exchange_response(exchange, response),
            18 => motepost_token_mint(
                key.as_ptr(),
                &id,
                MOTEPOST_TOKEN_TIME,
                random.below(9),
                token,
            ),
            _ => {
                let time = &raw mut (*memory).time;
                time.write(0);
                motepost_token_renew(exchange, key.as_ptr(), &id, time, token)
            }
        }
    }
}

#[test]
fn no_sequence_of_calls_is_undefined() {
    programs(20_000 / one_in(4_000), run);
}

fn run(random: &mut Random, publish: *const motepost_publish_t) {
    let mut peer = Peer {
        random: Random(random.0 ^ 0x5555),
        response: RESPONSES[random.below(5) as usize],
    };
    let transport = motepost_transport_t {
        recv: Some(recv),
        send: Some(send),
        ctx: ptr::from_mut(&mut peer).cast(),
    };
    let mut memory = Memory {
        exchange: MaybeUninit::zeroed(),
        response: MaybeUninit::uninit(),
        want: MaybeUninit::uninit(),
        buffer: [MaybeUninit::uninit(); 300],
        token: [0; MOTEPOST_TOKEN_LEN],
        size: 0,
        time: 0,
    };
    // One pointer for all calls: an exchange keeps those of earlier ones.
    let memory = &raw mut memory;
    let mut moved = false;
    for _ in 0..40 {
        // SAFETY: all of it outlives the call.
        let status = unsafe { call(random, memory, publish, &transport, &mut moved) };
        check_status(status);
    }
}
