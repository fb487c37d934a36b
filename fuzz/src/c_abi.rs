//! The C API, as C calls it: raw structs, every region an allocation of its own for the sanitizer to watch, NULLs
//! with and without lengths. Where the structs are right it does what the Rust API does.
//!
//! Input: the fields of a request (see `fields.rs`); behind `Z`: three numbers, two of capacity and one of how many
//! bytes of script follow, the script, and the answer. Flags besides those of `encode` put a NULL or a
//! number out of its range somewhere (`README.md`).

use std::ffi::{CStr, c_char, c_void};
use std::ptr::{null, null_mut};

use motepost::EncodeError;
use motepost::ffi::*;
use motepost_fuzz_fast::fields::{Fields, text};
use motepost_fuzz_fast::request::with_publish;
use motepost_fuzz_fast::response;
use motepost_fuzz_fast::token::is_id;

pub fn run(data: &[u8]) {
    let fields = Fields::of(data);
    let mut memory = Memory::default();
    let publish = memory.publish(&fields);
    let [low, high, steps, rest @ ..] = fields.script else {
        return;
    };
    let capacity = usize::from(u16::from_le_bytes([*low, *high])) % 2048;
    let (script, answer) = rest.split_at(rest.len().min(usize::from(*steps)));
    // SAFETY: every pointer is NULL or an allocation of its length, which `memory` keeps; that is what C has to see to.
    unsafe {
        let head_len = built(&publish, &fields, capacity);
        composed(&publish, &fields, capacity, script);
        exchanged(&publish, &fields, capacity, script, answer, head_len);
        minted(&fields, script, capacity);
    }
}

/// Keeps the allocations that the structs point to.
#[derive(Default)]
struct Memory {
    regions: Vec<Box<[u8]>>,
    pairs: Vec<Box<[motepost_pair_t]>>,
    properties: Vec<Box<motepost_properties_t>>,
}

const NO_TEXT: motepost_str_t = motepost_str_t {
    ptr: null(),
    len: 0,
};

impl Memory {
    /// The text in an allocation of its own, exactly as long.
    fn text(&mut self, bytes: &[u8]) -> motepost_str_t {
        let region: Box<[u8]> = bytes.into();
        let text = motepost_str_t {
            ptr: region.as_ptr().cast(),
            len: region.len(),
        };
        self.regions.push(region);
        text
    }

    fn bytes(&mut self, bytes: &[u8]) -> motepost_bytes_t {
        let text = self.text(bytes);
        motepost_bytes_t {
            ptr: text.ptr.cast(),
            len: text.len,
        }
    }

    fn pairs(&mut self, pairs: &[[&[u8]; 2]], wrong: bool) -> *const motepost_pair_t {
        let mut made: Vec<_> = pairs
            .iter()
            .map(|[name, value]| motepost_pair_t {
                name: self.text(name),
                value: self.text(value),
            })
            .collect();
        if let Some(last) = made.last_mut()
            && wrong
        {
            last.value = motepost_str_t {
                ptr: null(),
                len: 3,
            };
        }
        let made = made.into_boxed_slice();
        let ptr = if made.is_empty() {
            null()
        } else {
            made.as_ptr()
        };
        self.pairs.push(made);
        ptr
    }

    fn publish(&mut self, fields: &Fields<'_>) -> motepost_publish_t {
        let with_properties = has_properties(fields);
        let properties = motepost_properties_t {
            content_type: self.text(fields.content_type),
            response_topic: self.text(fields.response_topic),
            correlation_data: if fields.flag(b't') {
                motepost_bytes_t {
                    ptr: null(),
                    len: 7,
                }
            } else {
                self.bytes(fields.correlation_data)
            },
            user: self.pairs(&fields.user, fields.flag(b'o')),
            user_count: fields.user.len(),
            message_expiry: fields.message_expiry,
            payload_format: match (fields.flag(b'1'), fields.flag(b'2'), fields.flag(b'3')) {
                (_, _, true) => 3,
                (true, _, _) => MOTEPOST_PAYLOAD_BYTES,
                (_, true, _) => MOTEPOST_PAYLOAD_UTF8,
                _ => MOTEPOST_PAYLOAD_NOT_STATED,
            },
            reserved: [0, 0, fields.flag(b's').into()],
        };
        self.properties.push(Box::new(properties));
        let properties: *const motepost_properties_t = match self.properties.last() {
            Some(properties) if with_properties => &raw const **properties,
            _ => null(),
        };
        motepost_publish_t {
            endpoint: self.text(fields.endpoint),
            topic: if fields.flag(b'n') {
                motepost_str_t {
                    ptr: null(),
                    len: 5,
                }
            } else {
                self.text(fields.topic)
            },
            payload: self.bytes(fields.payload),
            authorizer: if fields.authorizer.is_empty() {
                NO_TEXT
            } else {
                self.text(fields.authorizer)
            },
            token_key: self.text(fields.token_key),
            token: self.text(fields.token),
            signature: self.text(fields.signature),
            encode_signature: Some(if fields.signature_is_raw {
                motepost_encode_signature
            } else {
                motepost_copy_signature
            }),
            credentials_in_query: fields.flag(b'y').then_some(motepost_credentials_in_query),
            encode_properties: (with_properties != fields.flag(b'm'))
                .then_some(motepost_encode_properties),
            properties,
            headers: if fields.flag(b'h') {
                null()
            } else {
                self.pairs(&fields.headers, fields.flag(b'v'))
            },
            header_count: fields.headers.len(),
            qos: u8::from(fields.flag(b'q')) + 2 * u8::from(fields.flag(b'Q')),
            retain: u8::from(fields.flag(b'r')) + 2 * u8::from(fields.flag(b'G')),
            reserved: [0, fields.flag(b'g').into()],
        }
    }
}

fn has_properties(fields: &Fields<'_>) -> bool {
    !(fields.content_type.is_empty()
        && fields.response_topic.is_empty()
        && fields.correlation_data.is_empty()
        && fields.user.is_empty()
        && fields.message_expiry == 0)
        || [b'1', b'2', b'3', b's', b'm', b't']
            .iter()
            .any(|flag| fields.flag(*flag))
}

/// Whether the struct says what Rust's types could say too.
fn is_rusts(fields: &Fields<'_>) -> bool {
    let texts = [
        fields.endpoint,
        fields.topic,
        fields.authorizer,
        fields.token_key,
        fields.token,
        fields.content_type,
        fields.response_topic,
    ];
    let of_pairs = fields.headers.iter().chain(&fields.user).flatten();
    let is_text = |bytes: &&[u8]| text(bytes).len() == bytes.len();
    texts.iter().chain(of_pairs).all(is_text)
        && (fields.signature_is_raw || is_text(&fields.signature))
        && !fields
            .flags
            .iter()
            .any(|flag| b"ntosmhvQGg3".contains(flag))
}

/// What a status says of a refusal or a short buffer, as Rust has it.
fn status_of(error: EncodeError) -> i32 {
    match error {
        EncodeError::Refused { field, reason } => -(100 * field as i32 + reason as i32),
        _ => MOTEPOST_E_BUFFER,
    }
}

/// A status is one of the header's and has words.
fn check_status(status: i32) {
    let (text, field) = (motepost_strerror(status), motepost_field_name(status));
    // SAFETY: the header promises strings that end in NUL.
    let (text, field) = unsafe { (CStr::from_ptr(text), CStr::from_ptr(field)) };
    assert_ne!(text, c"not a status of this library", "{status}");
    assert_eq!(status <= MOTEPOST_E_REFUSED, !field.is_empty(), "{status}");
}

/// Builds through every function; the head's length, if there is one.
unsafe fn built(
    publish: &motepost_publish_t,
    fields: &Fields<'_>,
    capacity: usize,
) -> Option<usize> {
    type Encode =
        unsafe extern "C" fn(*const motepost_publish_t, *mut u8, usize, *mut usize) -> i32;
    let all: [Encode; 4] = [
        motepost_publish_encode,
        motepost_publish_encode_head,
        motepost_publish_encode_target,
        motepost_publish_encode_field_lines,
    ];
    for encode in all {
        let mut len = usize::MAX;
        let mut buffer = vec![0; capacity].into_boxed_slice();
        let status = unsafe { encode(publish, buffer.as_mut_ptr(), capacity, &mut len) };
        check_status(status);
        match status {
            MOTEPOST_OK => assert!(len <= capacity),
            MOTEPOST_E_BUFFER => {
                assert!(len > capacity);
                let mut exact = vec![0; len].into_boxed_slice();
                let status = unsafe { encode(publish, exact.as_mut_ptr(), exact.len(), &mut len) };
                assert_eq!((status, len), (MOTEPOST_OK, exact.len()));
            }
            _ => assert_eq!(len, 0),
        }
        let asked = unsafe { encode(publish, null_mut(), 0, &mut len) };
        assert!(asked == MOTEPOST_E_BUFFER || asked == status && asked != MOTEPOST_OK || len == 0);
        assert_eq!(
            unsafe { encode(null(), buffer.as_mut_ptr(), capacity, &mut len) },
            MOTEPOST_E_NULL
        );
        assert_eq!(
            unsafe { encode(publish, null_mut(), 9, &mut len) },
            MOTEPOST_E_NULL
        );
        assert_eq!(
            unsafe { encode(publish, buffer.as_mut_ptr(), capacity, null_mut()) },
            MOTEPOST_E_NULL
        );
    }
    let mut head_len = 0;
    let status = unsafe { motepost_publish_head_len(publish, &mut head_len) };
    check_status(status);
    if is_rusts(fields) {
        let (rusts_head_len, rusts) = with_publish(fields, |publish| {
            let mut buffer = vec![0; capacity];
            (
                publish.head_len(),
                publish.encode(&mut buffer).map(<[u8]>::to_vec),
            )
        });
        assert_eq!(
            status,
            rusts_head_len.map_or_else(status_of, |_| MOTEPOST_OK)
        );
        assert_eq!(head_len, rusts_head_len.unwrap_or(0));
        let (mut buffer, mut len) = (vec![0; capacity].into_boxed_slice(), 0);
        let status =
            unsafe { motepost_publish_encode(publish, buffer.as_mut_ptr(), capacity, &mut len) };
        match rusts {
            Ok(request) => assert_eq!((status, &buffer[..len]), (MOTEPOST_OK, &request[..])),
            Err(error) => assert_eq!(status, status_of(error)),
        }
    }
    (status == MOTEPOST_OK).then_some(head_len)
}

/// A payload written to the room makes the same request as a payload elsewhere.
unsafe fn composed(
    publish: &motepost_publish_t,
    fields: &Fields<'_>,
    capacity: usize,
    script: &[u8],
) {
    let mut buffer = vec![0; capacity].into_boxed_slice();
    let (mut room, mut room_len) = (null_mut(), 0);
    let status = unsafe {
        motepost_publish_room(
            publish,
            buffer.as_mut_ptr(),
            capacity,
            &mut room,
            &mut room_len,
        )
    };
    check_status(status);
    let payload = &fields.payload[..fields.payload.len().min(room_len)];
    let mut len = 0;
    let mut request = null();
    if status == MOTEPOST_OK {
        for (at, byte) in payload.iter().enumerate() {
            unsafe { room.wrapping_add(at).write(*byte) };
        }
        // Also lengths beyond the room.
        let claimed = match script.first() {
            Some(0xf1) => room_len + 1,
            Some(0xf2) => usize::MAX,
            _ => payload.len(),
        };
        let made = unsafe {
            motepost_publish_compose(
                publish,
                buffer.as_mut_ptr(),
                capacity,
                claimed,
                &mut request,
                &mut len,
            )
        };
        check_status(made);
        if claimed > room_len {
            let expected = if claimed > MOTEPOST_MAX_PAYLOAD as usize {
                -(100 * MOTEPOST_FIELD_PAYLOAD + MOTEPOST_REASON_TOO_LONG)
            } else {
                MOTEPOST_E_BUFFER
            };
            assert_eq!(made, expected);
            return;
        }
        assert_eq!(made, MOTEPOST_OK);
        let mut elsewhere = *publish;
        elsewhere.payload.len = payload.len();
        let mut expected = vec![0; len].into_boxed_slice();
        let mut expected_len = 0;
        let status = unsafe {
            motepost_publish_encode(
                &elsewhere,
                expected.as_mut_ptr(),
                expected.len(),
                &mut expected_len,
            )
        };
        assert_eq!((status, expected_len), (MOTEPOST_OK, len));
        assert_eq!(
            unsafe { std::slice::from_raw_parts(request, len) },
            &expected[..]
        );
    } else {
        let made = unsafe {
            motepost_publish_compose(
                publish,
                buffer.as_mut_ptr(),
                capacity,
                payload.len(),
                &mut request,
                &mut len,
            )
        };
        assert_eq!(made, status);
    }
}

/// What a transport behind the callbacks does next.
struct Transport<'a> {
    script: std::slice::Iter<'a, u8>,
    answer: &'a [u8],
    written: usize,
    send_failed: bool,
}

impl Transport<'_> {
    /// The count to report for so many bytes, and how many of them to move.
    fn next(&mut self, offered: usize) -> (i32, usize) {
        match self.script.next().copied().unwrap_or(0xff) {
            0xf0 => (MOTEPOST_IO_CLOSED, 0),
            0xf1 => (offered as i32 + 1, 0),
            0xf2 => (i32::MAX, 0),
            0xf5 => (-5, 0),
            few @ 0..0x80 => (
                i32::from(few).min(offered as i32),
                usize::from(few).min(offered),
            ),
            _ => (offered as i32, offered),
        }
    }
}

unsafe extern "C" fn send(ctx: *mut c_void, buffer: *const c_void, len: usize) -> i32 {
    let transport = unsafe { &mut *ctx.cast::<Transport<'_>>() };
    let (count, moved) = transport.next(len);
    // Reads what it was offered, for the sanitizer.
    let bytes = unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), len) };
    std::hint::black_box(bytes.iter().fold(0, |all: u8, byte| all ^ byte));
    transport.written += moved;
    transport.send_failed |= count < 0;
    count
}

unsafe extern "C" fn recv(ctx: *mut c_void, buffer: *mut c_void, len: usize) -> i32 {
    let transport = unsafe { &mut *ctx.cast::<Transport<'_>>() };
    if transport.answer.is_empty() {
        return MOTEPOST_IO_CLOSED;
    }
    let (count, moved) = transport.next(len.min(transport.answer.len()));
    let (now, later) = transport.answer.split_at(moved);
    unsafe { std::ptr::copy_nonoverlapping(now.as_ptr(), buffer.cast(), moved) };
    transport.answer = later;
    if count > 0 && moved == 0 {
        len as i32 + 1
    } else {
        count
    }
}

unsafe fn exchanged(
    publish: &motepost_publish_t,
    fields: &Fields<'_>,
    capacity: usize,
    script: &[u8],
    answer: &[u8],
    head_len: Option<usize>,
) {
    let mut buffer = vec![0; capacity].into_boxed_slice();
    // Not zeros: memory that C did not clear.
    let mut exchange = Box::new(motepost_exchange_t {
        opaque_words: [0x5a5a; 10],
        opaque: [0x5a5a_5a5a_5a5a_5a5a; 20],
    });
    let mut response = Box::new(unsafe { std::mem::zeroed::<motepost_response_t>() });
    let status = unsafe { motepost_exchange_response(&mut *exchange, &mut *response) };
    assert_eq!(status, MOTEPOST_E_STATE);
    let status =
        unsafe { motepost_exchange_init(&mut *exchange, publish, buffer.as_mut_ptr(), capacity) };
    check_status(status);
    let kept = unsafe { motepost_exchange_keep_details(&mut *exchange) };
    assert_eq!(kept == MOTEPOST_OK, status == MOTEPOST_OK);
    assert_eq!(
        status == MOTEPOST_OK,
        head_len.is_some_and(|len| len <= capacity)
    );
    let mut transport = Transport {
        script: script.iter(),
        answer,
        written: 0,
        send_failed: false,
    };
    let functions = motepost_transport_t {
        recv: Some(recv),
        send: Some(send),
        ctx: (&raw mut transport).cast(),
    };
    let begun = status == MOTEPOST_OK;
    // Each call without progress uses a byte of the script up, or of the answer.
    let status = (0..script.len() + 2)
        .map(|_| unsafe { motepost_exchange_run(&mut *exchange, &functions, &mut *response) })
        .find(|status| *status != MOTEPOST_AGAIN)
        .expect("it ends");
    check_status(status);
    let again = unsafe { motepost_exchange_run(&mut *exchange, &functions, &mut *response) };
    assert_eq!(again, status, "not the same again");
    let mut want = motepost_want_t {
        send: null(),
        receive: null_mut(),
        len: 1,
    };
    assert_eq!(
        unsafe { motepost_exchange_want(&mut *exchange, &mut want) },
        status
    );
    assert!(want.send.is_null() && want.receive.is_null() && want.len == 0);
    let io_error = unsafe { motepost_exchange_io_error(&*exchange) };
    // After a failure in sending, what the peer has said already may be a response, or broken.
    assert!(status != MOTEPOST_E_IO || io_error == -5);
    assert!(io_error == 0 || io_error == -5 && begun);
    let mut date = 7;
    let dated = unsafe { motepost_exchange_date(&mut *exchange, &mut date) };
    let mut error_name = NO_TEXT;
    let named = unsafe { motepost_exchange_error_type(&mut *exchange, &mut error_name) };
    let reusable = unsafe { motepost_exchange_reusable(&mut *exchange) };
    if status != MOTEPOST_OK {
        assert_eq!(
            (dated, named, reusable),
            (MOTEPOST_E_STATE, MOTEPOST_E_STATE, 0)
        );
        assert_eq!(
            unsafe { motepost_exchange_response(&mut *exchange, &mut *response) },
            MOTEPOST_E_STATE
        );
        assert_eq!(status == MOTEPOST_E_STATE, !begun);
        return;
    }
    let taken = answer.len() - transport.answer.len();
    let mut room = vec![0; capacity].into_boxed_slice();
    let alone = response::read(&answer[..taken], &mut room, |len| len);
    let alone = alone.expect("the same answer");
    let body = unsafe { std::slice::from_raw_parts(response.body.ptr, response.body.len) };
    assert_eq!(named, MOTEPOST_OK);
    let error_type =
        unsafe { std::slice::from_raw_parts(error_name.ptr.cast::<u8>(), error_name.len) };
    assert_eq!(
        (response.status, body, error_type),
        (alone.status, alone.body, &alone.error_type[..])
    );
    assert_eq!((dated == MOTEPOST_OK).then_some(date), alone.date);
    // A response that was there when sending failed comes before all is sent.
    let whole = head_len.unwrap_or_default() + fields.payload.len();
    assert!(transport.send_failed || transport.written == whole);
    assert_eq!(response.truncated, u8::from(alone.truncated));
    assert!(response.verdict <= MOTEPOST_UNAVAILABLE && matches!(reusable, 0 | 1));
    let (mut time, mut token) = (0, vec![0 as c_char; MOTEPOST_TOKEN_LEN].into_boxed_slice());
    let key = vec![7; MOTEPOST_KEY_LEN].into_boxed_slice();
    let id = Box::new(publish.token_key);
    let renewed = unsafe {
        motepost_token_renew(
            &*exchange,
            key.as_ptr(),
            &*id,
            &mut time,
            token.as_mut_ptr(),
        )
    };
    assert_eq!(renewed == MOTEPOST_AGAIN, time != 0);
    let is_refused = renewed < MOTEPOST_E_REFUSED && !is_id(fields.token_key);
    assert!(renewed == MOTEPOST_AGAIN || renewed == MOTEPOST_OK || is_refused);
}

/// A token is what the Rust API mints, in as many characters.
unsafe fn minted(fields: &Fields<'_>, script: &[u8], value: usize) {
    let kind = script.first().copied().unwrap_or(MOTEPOST_TOKEN_TIME);
    let key: Box<[u8]> = vec![kind; MOTEPOST_KEY_LEN].into();
    let mut token = vec![0 as c_char; MOTEPOST_TOKEN_LEN].into_boxed_slice();
    let region: Box<[u8]> = fields.token_key.into();
    let id = Box::new(motepost_str_t {
        ptr: region.as_ptr().cast(),
        len: region.len(),
    });
    let status =
        unsafe { motepost_token_mint(key.as_ptr(), &*id, kind, value as u32, token.as_mut_ptr()) };
    check_status(status);
    assert_eq!(
        status == MOTEPOST_OK,
        matches!(kind, 1 | 2) && is_id(fields.token_key)
    );
    let nulls = unsafe {
        let no_id = motepost_str_t {
            ptr: null(),
            len: 4,
        };
        [
            motepost_token_mint(null(), &*id, 1, 0, token.as_mut_ptr()),
            motepost_token_mint(key.as_ptr(), null(), 1, 0, token.as_mut_ptr()),
            motepost_token_mint(key.as_ptr(), &no_id, 1, 0, token.as_mut_ptr()),
            motepost_token_mint(key.as_ptr(), &*id, 1, 0, null_mut()),
        ]
    };
    assert_eq!(nulls, [MOTEPOST_E_NULL; 4]);
}
