//! Cases that firmware would meet in use: inputs that compile, run and go wrong. None was seen on a real board. One kind a
//! section.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use motepost::ffi::*;
use motepost::{
    CustomAuthorizer, EncodeError, Error, Exchange, ExchangeError, Field, Publish, Reason, Step,
    Verdict, asynch, blocking,
};

const HOST: &str = "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com";

/// The largest payload, or under Miri one that is large enough.
const LARGE: usize = if cfg!(miri) { 3_000 } else { 131_072 };

fn publish(payload: &[u8]) -> Publish<'_> {
    Publish::new(HOST, "uniqueID/status", payload)
        .authorizer(CustomAuthorizer::named("unsignedAuthorizer").token("token", "allow"))
        .headers(&[("id", "uniqueID")])
}

fn text(text: &str) -> motepost_str_t {
    motepost_str_t {
        ptr: text.as_ptr().cast::<c_char>(),
        len: text.len(),
    }
}

const fn zeroed_publish() -> motepost_publish_t {
    // SAFETY: zeros are what the header tells C to start from.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

fn c_publish(payload: *const u8, len: usize) -> motepost_publish_t {
    motepost_publish_t {
        endpoint: text(HOST),
        topic: text("uniqueID/status"),
        payload: motepost_bytes_t { ptr: payload, len },
        ..zeroed_publish()
    }
}

const fn exchange() -> motepost_exchange_t {
    // SAFETY: zeros are an exchange that was not begun.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

const fn response() -> motepost_response_t {
    // SAFETY: zeros are valid for each of its members.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

const fn refused(field: Field, reason: Reason) -> i32 {
    -(field as i32 * 100 + reason as i32)
}

/// A line to a peer: what it has said, and what becomes of sending.
#[derive(Clone, Default)]
struct Line {
    heard: Vec<u8>,
    sent: usize,
    /// Sending fails after this many bytes.
    breaks_at: Option<usize>,
    calls: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

impl embedded_io::Error for Broken {
    fn kind(&self) -> embedded_io::ErrorKind {
        embedded_io::ErrorKind::BrokenPipe
    }
}

impl embedded_io::ErrorType for Line {
    type Error = Broken;
}

impl embedded_io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        self.calls += 1;
        let room = self.breaks_at.map_or(usize::MAX, |at| at - self.sent);
        let count = bytes.len().min(room);
        self.sent += count;
        if count == 0 { Err(Broken) } else { Ok(count) }
    }

    fn flush(&mut self) -> Result<(), Broken> {
        Ok(())
    }
}

impl embedded_io::Read for Line {
    fn read(&mut self, window: &mut [u8]) -> Result<usize, Broken> {
        self.calls += 1;
        let count = window.len().min(self.heard.len());
        for (slot, byte) in window.iter_mut().zip(self.heard.drain(..count)) {
            *slot = byte;
        }
        Ok(count)
    }
}

impl embedded_io::ReadReady for Line {
    fn read_ready(&mut self) -> Result<bool, Broken> {
        Ok(!self.heard.is_empty())
    }
}

/// The same line for the async shell. It never waits.
struct Now(Line);

impl embedded_io_async::ErrorType for Now {
    type Error = Broken;
}

impl embedded_io_async::Write for Now {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        embedded_io::Write::write(&mut self.0, bytes)
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        Ok(())
    }
}

impl embedded_io_async::Read for Now {
    async fn read(&mut self, window: &mut [u8]) -> Result<usize, Broken> {
        embedded_io::Read::read(&mut self.0, window)
    }
}

impl embedded_io::ReadReady for Now {
    fn read_ready(&mut self) -> Result<bool, Broken> {
        embedded_io::ReadReady::read_ready(&mut self.0)
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

unsafe extern "C" fn line_recv(ctx: *mut c_void, window: *mut c_void, len: usize) -> i32 {
    // SAFETY: `ctx` is a `Line`, and the window is as long as it says.
    let (line, window) = unsafe {
        (
            &mut *ctx.cast::<Line>(),
            std::slice::from_raw_parts_mut(window.cast::<u8>(), len),
        )
    };
    match embedded_io::Read::read(line, window) {
        Ok(0) if line.breaks_at.is_some() => MOTEPOST_IO_CLOSED,
        Ok(count) => i32::try_from(count).expect("a small count"),
        Err(Broken) => -5,
    }
}

unsafe extern "C" fn line_send(ctx: *mut c_void, bytes: *const c_void, len: usize) -> i32 {
    // SAFETY: `ctx` is a `Line`, and the bytes are as many as it says.
    let (line, bytes) = unsafe {
        (
            &mut *ctx.cast::<Line>(),
            std::slice::from_raw_parts(bytes.cast::<u8>(), len),
        )
    };
    match embedded_io::Write::write(line, bytes) {
        Ok(count) => i32::try_from(count).expect("a small count"),
        Err(Broken) => -32,
    }
}

unsafe extern "C" fn line_available(ctx: *mut c_void) -> i32 {
    // SAFETY: `ctx` is a `Line`.
    let line = unsafe { &*ctx.cast::<Line>() };
    i32::try_from(line.heard.len()).expect("a small count")
}

fn transport(line: &mut Line) -> motepost_transport_t {
    motepost_transport_t {
        recv: Some(line_recv),
        send: Some(line_send),
        ctx: ptr::from_mut(line).cast(),
    }
}

/// Publishes from C, and gives the status, the response and the exchange.
fn run(
    line: &mut Line,
    publish: &motepost_publish_t,
    buffer: &mut [u8],
) -> (i32, motepost_response_t, motepost_exchange_t) {
    let (mut exchange, mut response) = (exchange(), response());
    let transport = transport(line);
    // SAFETY: the pointers are valid for the calls.
    let status = unsafe {
        match motepost_exchange_init(&mut exchange, publish, buffer.as_mut_ptr(), buffer.len()) {
            MOTEPOST_OK => motepost_exchange_run(&mut exchange, &transport, &mut response),
            status => status,
        }
    };
    (status, response, exchange)
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK";
const DENIED: &[u8] = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
const TOO_LARGE: &[u8] = b"HTTP/1.1 413 Payload Too Large\r\ncontent-length: 9\r\n\r\ntoo large";

// A response belongs to its request.

#[test]
fn what_was_received_before_a_request_is_not_its_response() {
    let late = || Line {
        heard: OK.to_vec(),
        ..Line::default()
    };
    let mut line = late();
    assert_eq!(blocking::drop_received(&mut line), Ok(true));
    assert_eq!(line.heard, b"");

    let mut line = Now(late());
    assert_eq!(block_on(asynch::drop_received(&mut line)), Ok(true));
    assert_eq!(line.0.heard, b"");

    for available in [None, Some(line_available as unsafe extern "C" fn(_) -> _)] {
        let mut line = late();
        let transport = transport(&mut line);
        // SAFETY: the pointers are valid for the call.
        let status = unsafe { motepost_transport_drain(&transport, available) };
        assert_eq!((status, &line.heard[..]), (MOTEPOST_OK, &b""[..]));
        line.heard = DENIED.to_vec();
        let mut buffer = [0; 320];
        let (status, response, _) = run(&mut line, &c_publish(b"21".as_ptr(), 2), &mut buffer);
        assert_eq!((status, response.verdict), (MOTEPOST_OK, MOTEPOST_DENIED));
    }
}

#[test]
fn a_line_that_never_falls_silent_lets_the_caller_look_at_its_deadline() {
    let noise = || Line {
        heard: vec![b'x'; 5_000],
        ..Line::default()
    };
    let mut line = noise();
    assert_eq!(blocking::drop_received(&mut line), Ok(false));
    assert_eq!(line.heard.len(), 5_000 - 1_024);
    let mut line = noise();
    let transport = transport(&mut line);
    // SAFETY: the pointers are valid for the call.
    let status = unsafe { motepost_transport_drain(&transport, Some(line_available)) };
    assert_eq!((status, line.heard.len()), (MOTEPOST_AGAIN, 5_000 - 1_024));
}

#[test]
fn a_line_that_cannot_be_read_is_not_taken_for_silent() {
    unsafe extern "C" fn fails(_: *mut c_void, _: *mut c_void, _: usize) -> i32 {
        -7
    }
    let mut line = Line::default();
    let whole = transport(&mut line);
    let broken = motepost_transport_t {
        recv: Some(fails),
        ..whole
    };
    let deaf = motepost_transport_t {
        recv: None,
        ..whole
    };
    // SAFETY: the pointers are valid for the calls, or NULL.
    unsafe {
        assert_eq!(motepost_transport_drain(&broken, None), MOTEPOST_E_IO);
        assert_eq!(motepost_transport_drain(&deaf, None), MOTEPOST_E_NULL);
        assert_eq!(motepost_transport_drain(ptr::null(), None), MOTEPOST_E_NULL);
    }
}

// Memory that is used twice.

#[test]
fn a_payload_that_overlaps_the_buffer_is_refused_before_anything_is_written() {
    let mut memory = [b'.'; 400];
    let start = memory.as_mut_ptr();
    // The buffer is from 100 to 300.
    for (at, len, overlaps) in [
        (0, 100, false),
        (0, 101, true),
        (50, 300, true),
        (100, 1, true),
        (150, 20, true),
        (299, 1, true),
        (299, 50, true),
        (300, 50, false),
        (150, 0, false),
    ] {
        // SAFETY: all of it is within `memory`, through one pointer.
        unsafe {
            let (buffer, payload) = (start.add(100), start.add(at));
            let publish = c_publish(payload, len);
            let (mut exchange, mut size) = (exchange(), 0);
            let expected = if overlaps {
                refused(Field::Payload, Reason::Overlap)
            } else {
                MOTEPOST_OK
            };
            let begun = motepost_exchange_init(&mut exchange, &publish, buffer, 200);
            assert_eq!(begun, expected, "{at} {len}");
            let head = motepost_publish_encode_head(&publish, buffer, 200, &mut size);
            assert_eq!(head, expected, "{at} {len}");
            let encoded = motepost_publish_encode(&publish, buffer, 200, &mut size);
            assert!(encoded == expected || !overlaps, "{at} {len}: {encoded}");
            start.write_bytes(b'.', 400);
        }
    }
}

#[test]
fn a_composed_payload_may_be_named_by_the_struct_as_well() {
    let mut buffer = [0; 320];
    let (mut exchange, mut room, mut room_len) = (exchange(), ptr::null_mut(), 0);
    let (start, capacity) = (buffer.as_mut_ptr(), buffer.len());
    let mut publish = c_publish(ptr::null(), 0);
    // SAFETY: the pointers are valid for the calls.
    unsafe {
        let found = motepost_publish_room(&publish, start, capacity, &mut room, &mut room_len);
        assert_eq!(found, MOTEPOST_OK);
        room.write(b'7');
        publish.payload = motepost_bytes_t { ptr: room, len: 1 };
        let begun = motepost_exchange_init_composed(&mut exchange, &publish, start, capacity, 1);
        assert_eq!(begun, MOTEPOST_OK);
    }
}

// A deadline, and a bound.

/// Gives one byte at a time, forever.
struct Drip<'b>(std::iter::Cycle<std::slice::Iter<'b, u8>>, usize);

impl embedded_io::ErrorType for Drip<'_> {
    type Error = Broken;
}

impl embedded_io::Write for Drip<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        self.1 += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Broken> {
        Ok(())
    }
}

impl embedded_io::Read for Drip<'_> {
    fn read(&mut self, window: &mut [u8]) -> Result<usize, Broken> {
        self.1 += 1;
        window[0] = *self.0.next().expect("it never ends");
        Ok(1)
    }
}

#[test]
fn a_deadline_is_looked_at_before_each_call_of_the_transport() {
    let reading = publish(b"21.5");
    for calls in [0_usize, 1, 2, 100] {
        let mut drip = Drip(b"HTTP/1.1 100 Continue\r\n\r\n".iter().cycle(), 0);
        let (mut buffer, mut left) = ([0; 320], calls);
        let result = blocking::publish_until(&mut drip, &reading, &mut buffer, || {
            let has_expired = left == 0;
            left = left.saturating_sub(1);
            has_expired
        });
        assert!(matches!(result, Err(Error::TimedOut)), "{result:?}");
        assert_eq!(drip.1, calls);
    }
}

impl embedded_io_async::Write for Drip<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        embedded_io::Write::write(self, bytes)
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        Ok(())
    }
}

impl embedded_io_async::Read for Drip<'_> {
    async fn read(&mut self, window: &mut [u8]) -> Result<usize, Broken> {
        embedded_io::Read::read(self, window)
    }
}

/// A timeout drops the future instead of polling it again.
#[test]
fn an_async_publish_gives_way_after_each_call_of_a_transport_that_never_waits() {
    let reading = publish(b"21.5");
    for response in [
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n",
    ] {
        let mut drip = Drip(response.as_bytes().iter().cycle(), 0);
        let mut buffer = [0; 320];
        let polls = 40;
        {
            let mut future = std::pin::pin!(asynch::publish(&mut drip, &reading, &mut buffer));
            let waker = std::task::Waker::noop();
            for _ in 0..polls {
                let polled = future
                    .as_mut()
                    .poll(&mut std::task::Context::from_waker(waker));
                assert!(polled.is_pending());
            }
        }
        assert_eq!(drip.1, polls);
    }
}

#[test]
#[cfg_attr(miri, ignore = "65,535 bytes in the interpreter, and no pointers")]
fn a_body_that_is_thrown_away_has_a_bound() {
    let head = b"HTTP/1.1 200 OK\r\n\r\n";
    let mut reader = motepost::ResponseReader::new();
    let mut buffer = [0; 100];
    buffer[..head.len()].copy_from_slice(head);
    assert_eq!(reader.received(&mut buffer, head.len()), Ok(()));
    let mut thrown_away = 0;
    let error = loop {
        let len = reader.window(&mut buffer).len();
        match reader.received(&mut buffer, len) {
            Ok(()) => thrown_away += len,
            Err(error) => break error,
        }
    };
    assert_eq!(error, ExchangeError::BodyTooLong);
    assert!((65_000..=65_635).contains(&thrown_away), "{thrown_away}");
}

#[test]
#[cfg_attr(miri, ignore = "65,535 bytes in the interpreter, and no pointers")]
fn an_endless_body_in_chunks_has_a_bound_whatever_their_lines_hold() {
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for (chunk, expected) in [
        (
            "ff\r\n".to_owned() + &"x".repeat(255) + "\r\n",
            ExchangeError::BodyTooLong,
        ),
        ("1\r\nx\r\n".to_owned(), ExchangeError::HeadTooLong),
        (
            "1;".to_owned() + &"x".repeat(60_000) + "\r\nx\r\n",
            ExchangeError::HeadTooLong,
        ),
    ] {
        let mut reader = motepost::ResponseReader::new();
        let mut buffer = [0; 100];
        buffer[..head.len()].copy_from_slice(head);
        assert_eq!(reader.received(&mut buffer, head.len()), Ok(()));
        let mut bytes = chunk.as_bytes().iter().cycle().take(131_070 + 100);
        let result = bytes.try_for_each(|byte| {
            reader.window(&mut buffer)[0] = *byte;
            reader.received(&mut buffer, 1)
        });
        assert_eq!(result, Err(expected));
    }
}

// A struct that is not zeroed.

#[test]
fn the_numbers_of_a_struct_are_looked_at_before_its_functions_are_called() {
    let mut publish = MaybeUninit::<motepost_publish_t>::uninit();
    // SAFETY: every bit pattern that is read below is written here; the functions are never called.
    let publish = unsafe {
        publish.as_mut_ptr().write_bytes(0xa5, 1);
        &raw mut *publish.as_mut_ptr()
    };
    let (mut buffer, mut len) = ([0; 320], 0);
    let mut sizes = [(); 3].map(|()| 0);
    // SAFETY: the struct is garbage, but for the members that C sets.
    unsafe {
        (&raw mut (*publish).endpoint).write(text(HOST));
        (&raw mut (*publish).topic).write(text("uniqueID/status"));
        (&raw mut (*publish).payload).write(motepost_bytes_t {
            ptr: ptr::null(),
            len: 0,
        });
        (&raw mut (*publish).qos).write(1);
        (&raw mut (*publish).retain).write(0);
        let flag = refused(Field::Flag, Reason::OutOfRange);
        let (start, capacity) = (buffer.as_mut_ptr(), buffer.len());
        let statuses = [
            motepost_publish_encode(publish, start, capacity, &mut len),
            motepost_publish_encode_head(publish, start, capacity, &mut len),
            motepost_publish_head_len(publish, &mut sizes[0]),
            motepost_publish_encode_target(publish, start, capacity, &mut sizes[1]),
            motepost_publish_encode_field_lines(publish, start, capacity, &mut sizes[2]),
            motepost_exchange_init(&mut exchange(), publish, start, capacity),
            motepost_exchange_init_head(&mut exchange(), publish, start, capacity, 9),
            motepost_exchange_init_composed(&mut exchange(), publish, start, capacity, 0),
        ];
        assert_eq!(statuses, [flag; 8]);
    }
}

// A response that was there is read, and its status told.

#[test]
fn a_rejection_before_the_end_of_a_large_payload_is_the_response() {
    let payload = vec![b'x'; LARGE];
    let reading = publish(&payload);
    let head_len = reading.head_len().expect("a sound publish");
    for breaks_at in [0, 1, head_len, head_len + 1_000] {
        let line = || Line {
            heard: TOO_LARGE.to_vec(),
            breaks_at: Some(breaks_at),
            ..Line::default()
        };
        let mut buffer = [0; 400];
        let seen = blocking::publish(&mut line(), &reading, &mut buffer)
            .map(|response| (response.status(), response.verdict()));
        assert_eq!(seen, Ok((413, Verdict::Rejected)), "blocking, {breaks_at}");

        let mut now = Now(line());
        let seen = block_on(asynch::publish(&mut now, &reading, &mut buffer))
            .map(|response| (response.status(), response.verdict()));
        assert_eq!(seen, Ok((413, Verdict::Rejected)), "async, {breaks_at}");

        let message = c_publish(payload.as_ptr(), payload.len());
        let (status, response, _) = run(&mut line(), &message, &mut buffer);
        assert_eq!(
            (status, response.status, response.verdict),
            (MOTEPOST_OK, 413, MOTEPOST_REJECTED),
            "C, {breaks_at}"
        );
    }
}

#[test]
fn without_a_complete_response_c_reports_the_error_of_sending() {
    for heard in [&b""[..], b"HTTP/1.1 413 Pay", &TOO_LARGE[..50]] {
        let mut line = Line {
            heard: heard.to_vec(),
            breaks_at: Some(0),
            ..Line::default()
        };
        let mut buffer = [0; 400];
        let (status, _, exchange) = run(&mut line, &c_publish(b"21".as_ptr(), 2), &mut buffer);
        // SAFETY: the exchange was begun.
        let error = unsafe { motepost_exchange_io_error(&exchange) };
        assert_eq!((status, error), (MOTEPOST_E_IO, -32), "{heard:?}");
    }
}

#[test]
fn a_transport_by_hand_is_asked_for_what_the_peer_said_before_sending_failed() {
    let mut buffer = [0; 400];
    for (after, expected) in [
        (0, MOTEPOST_E_IO),
        (-7, MOTEPOST_E_IO),
        (MOTEPOST_IO_CLOSED, MOTEPOST_E_IO),
    ] {
        let mut exchange = exchange();
        let mut want = motepost_want_t {
            send: ptr::null(),
            receive: ptr::null_mut(),
            len: 0,
        };
        let publish = c_publish(b"21".as_ptr(), 2);
        let (start, capacity) = (buffer.as_mut_ptr(), buffer.len());
        // SAFETY: the pointers are valid for the calls.
        unsafe {
            assert_eq!(
                motepost_exchange_init(&mut exchange, &publish, start, capacity),
                MOTEPOST_OK
            );
            assert_eq!(motepost_exchange_moved(&mut exchange, -32), MOTEPOST_AGAIN);
            assert_eq!(
                motepost_exchange_want(&mut exchange, &mut want),
                MOTEPOST_AGAIN
            );
            assert!(want.send.is_null() && !want.receive.is_null());
            assert_eq!(motepost_exchange_moved(&mut exchange, after), expected);
            assert_eq!(motepost_exchange_io_error(&exchange), -32);
        }
    }
}

#[test]
fn a_status_that_was_read_is_told_although_the_exchange_failed() {
    for (heard, status) in [
        (&b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab"[..], 200),
        (b"HTTP/1.1 200 OK\r\n", 200),
        (b"HTTP/1.1 200 O", 0),
        (b"HTTP/1.1 100 Continue\r\n\r\n", 0),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nx", 503),
        (b"", 0),
    ] {
        let mut line = Line {
            heard: heard.to_vec(),
            breaks_at: Some(usize::MAX),
            ..Line::default()
        };
        let mut buffer = [0; 400];
        let (failed, _, mut exchange) = run(&mut line, &c_publish(b"21".as_ptr(), 2), &mut buffer);
        assert_eq!(failed, MOTEPOST_E_CLOSED);
        // SAFETY: the exchange was begun.
        let told = unsafe { motepost_exchange_status(&mut exchange) };
        assert_eq!(told, status, "{}", heard.escape_ascii());

        let reading = publish(b"21");
        let mut exchange = Exchange::new(&reading, &mut buffer).expect("a sound publish");
        while let Ok(Step::Send(bytes)) = exchange.step() {
            let count = bytes.len();
            exchange.sent(count).expect("as many as offered");
        }
        if let Ok(Step::Receive(window)) = exchange.step() {
            window[..heard.len()].copy_from_slice(heard);
        }
        exchange.received(heard.len()).expect("a sound beginning");
        assert_eq!(exchange.closed(), Err(ExchangeError::Closed));
        assert_eq!(
            exchange.status(),
            (status != 0).then(|| u16::try_from(status).expect("a status"))
        );
    }
}

#[test]
fn an_exchange_that_was_not_begun_has_no_status() {
    // SAFETY: NULL is allowed.
    unsafe {
        assert_eq!(motepost_exchange_status(&mut exchange()), 0);
        assert_eq!(motepost_exchange_status(ptr::null_mut()), 0);
    }
}

// One credential, once.

#[test]
fn a_header_that_repeats_a_credential_is_refused_in_any_case() {
    let reserved = Some((Field::HeaderName, Reason::Reserved));
    for (name, expected) in [
        ("token", reserved),
        ("TOKEN", reserved),
        ("ToKeN", reserved),
        ("x-amz-customauthorizer-name", reserved),
        ("X-Amz-CustomAuthorizer-Name", reserved),
        ("x-amz-customauthorizer-signature", reserved),
        ("x-amz-customauthorizer-anything", reserved),
        ("tokens", None),
        ("toke", None),
        ("x-amz-customauthorizer", None),
    ] {
        for authorizer in [
            CustomAuthorizer::endpoint_default().token("Token", "allow"),
            CustomAuthorizer::named("a")
                .token("token", "allow")
                .in_query(),
        ] {
            let headers = [("id", "uniqueID"), (name, "deny")];
            let reading = Publish::new(HOST, "a/b", b"")
                .authorizer(authorizer)
                .headers(&headers);
            let refusal = match reading.head_len() {
                Err(EncodeError::Refused { field, reason }) => Some((field, reason)),
                _ => None,
            };
            assert_eq!(refusal, expected, "{name}");
        }
    }
}

#[test]
fn a_token_key_is_no_header_of_the_authorizer() {
    let authorizer =
        CustomAuthorizer::named("a").token("x-amz-customauthorizer-signature", "allow");
    let reading = Publish::new(HOST, "a/b", b"").authorizer(authorizer);
    assert_eq!(
        reading.head_len(),
        Err(EncodeError::Refused {
            field: Field::TokenKey,
            reason: Reason::Reserved
        })
    );
}

#[test]
fn without_a_token_no_header_repeats_one() {
    let reading = Publish::new(HOST, "a/b", b"").headers(&[("token", "allow")]);
    assert!(reading.head_len().is_ok());
}

// Texts that say what to do.

#[test]
fn an_endpoint_that_is_a_url_is_told_to_be_a_host_name_alone() {
    for endpoint in ["https://h.example", "h.example/", "h.example/topics"] {
        let error = Publish::new(endpoint, "a/b", b"")
            .head_len()
            .expect_err("a URL")
            .to_string();
        assert!(
            error.contains("the host name alone, without https://"),
            "{error}"
        );
    }
}

// Memory that the header allows to alias.

#[test]
fn a_length_may_be_a_member_of_the_struct_itself() {
    let mut buffer = [0; 320];
    let mut publish = c_publish(b"21".as_ptr(), 2);
    let publish = &raw mut publish;
    // SAFETY: one pointer to the struct, from which the other is made.
    unsafe {
        let len = &raw mut (*publish).header_count;
        let status = motepost_publish_encode(publish, buffer.as_mut_ptr(), buffer.len(), len);
        assert_eq!(status, MOTEPOST_OK);
        assert!(buffer[..*len].ends_with(b"\r\n\r\n21"));
    }
}

unsafe extern "C" fn recv_that_writes_the_transport(
    ctx: *mut c_void,
    window: *mut c_void,
    _: usize,
) -> i32 {
    // SAFETY: `ctx` is the transport itself, and the window holds a response.
    unsafe {
        (*ctx.cast::<motepost_transport_t>()).recv = None;
        ptr::copy_nonoverlapping(DENIED.as_ptr(), window.cast(), DENIED.len());
    }
    i32::try_from(DENIED.len()).expect("a small count")
}

unsafe extern "C" fn send_all(_: *mut c_void, _: *const c_void, len: usize) -> i32 {
    i32::try_from(len).expect("a small count")
}

#[test]
fn a_callback_may_write_the_callers_own_transport() {
    let mut buffer = [0; 320];
    let (mut exchange, mut response) = (exchange(), response());
    let mut transport = motepost_transport_t {
        recv: Some(recv_that_writes_the_transport),
        send: Some(send_all),
        ctx: ptr::null_mut(),
    };
    let transport = &raw mut transport;
    let publish = c_publish(b"21".as_ptr(), 2);
    let (start, capacity) = (buffer.as_mut_ptr(), buffer.len());
    // SAFETY: the pointers are valid for the calls.
    unsafe {
        (*transport).ctx = transport.cast();
        assert_eq!(
            motepost_exchange_init(&mut exchange, &publish, start, capacity),
            MOTEPOST_OK
        );
        let status = motepost_exchange_run(&mut exchange, transport, &mut response);
        assert_eq!((status, response.status), (MOTEPOST_OK, 403));
    }
}

// A payload larger than RAM.

#[test]
fn the_caller_sends_a_payload_that_it_alone_can_read() {
    let payload: Vec<u8> = (0..LARGE).map(|at| at as u8).collect();
    let reading = publish(b"not this one");
    let mut buffer = [0; 400];
    let mut exchange =
        Exchange::new_head(&reading, payload.len(), &mut buffer).expect("a sound publish");
    let mut sent = Vec::new();
    let response = loop {
        match exchange.step().expect("a sound exchange") {
            Step::Send(bytes) => {
                sent.extend_from_slice(bytes);
                let count = bytes.len();
                exchange.sent(count).expect("as many as offered");
            }
            Step::Payload(left) => {
                let at = payload.len() - left;
                let piece = &payload[at..payload.len().min(at + 4_096)];
                sent.extend_from_slice(piece);
                exchange.sent(piece.len()).expect("as many as are left");
            }
            Step::Receive(window) => {
                window[..OK.len()].copy_from_slice(OK);
                exchange.received(OK.len()).expect("a sound response");
            }
            Step::Done => break exchange.into_response().expect("complete"),
        }
    };
    assert_eq!(response.verdict(), Verdict::Accepted);
    let mut expected = vec![0; LARGE + 400];
    let whole = publish(&payload);
    assert_eq!(sent, whole.encode(&mut expected).expect("it fits"));
}

#[test]
fn a_shell_that_cannot_send_such_a_payload_says_so() {
    let reading = publish(b"");
    let mut buffers = [[0; 400]; 2];
    let [mut first, mut second] = buffers
        .each_mut()
        .map(|buffer| Exchange::new_head(&reading, 5, buffer).expect("a sound publish"));
    let result = blocking::run(&mut Line::default(), &mut first);
    assert!(matches!(result, Err(Error::PayloadUnsent)), "{result:?}");
    let result = block_on(asynch::run(&mut Now(Line::default()), &mut second));
    assert!(matches!(result, Err(Error::PayloadUnsent)), "{result:?}");
}

struct Flash {
    line: Line,
    sent: Vec<u8>,
    payload_sent: usize,
}

unsafe extern "C" fn send_from_flash(ctx: *mut c_void, bytes: *const c_void, len: usize) -> i32 {
    // SAFETY: `ctx` is a `Flash`, and the bytes are as many as it says, or NULL.
    unsafe {
        let flash = &mut *ctx.cast::<Flash>();
        if bytes.is_null() {
            let count = len.min(1_000);
            flash.sent.extend(std::iter::repeat_n(b'f', count));
            flash.payload_sent += count;
            return i32::try_from(count).expect("a small count");
        }
        let bytes = std::slice::from_raw_parts(bytes.cast::<u8>(), len);
        flash.sent.extend_from_slice(bytes);
        i32::try_from(len).expect("a small count")
    }
}

unsafe extern "C" fn recv_of_flash(ctx: *mut c_void, window: *mut c_void, len: usize) -> i32 {
    // SAFETY: `ctx` is a `Flash`.
    unsafe {
        let flash = &mut *ctx.cast::<Flash>();
        line_recv(ptr::from_mut(&mut flash.line).cast(), window, len)
    }
}

#[test]
fn c_is_asked_for_the_payload_with_a_null_buffer() {
    let mut flash = Flash {
        line: Line {
            heard: OK.to_vec(),
            ..Line::default()
        },
        sent: Vec::new(),
        payload_sent: 0,
    };
    let transport = motepost_transport_t {
        recv: Some(recv_of_flash),
        send: Some(send_from_flash),
        ctx: ptr::from_mut(&mut flash).cast(),
    };
    let (mut exchange, mut response) = (exchange(), response());
    let mut buffer = [0; 320];
    let publish = c_publish(ptr::null(), 0);
    let (start, capacity) = (buffer.as_mut_ptr(), buffer.len());
    // SAFETY: the pointers are valid for the calls.
    let status = unsafe {
        assert_eq!(
            motepost_exchange_init_head(&mut exchange, &publish, start, capacity, LARGE),
            MOTEPOST_OK
        );
        motepost_exchange_run(&mut exchange, &transport, &mut response)
    };
    assert_eq!((status, response.verdict), (MOTEPOST_OK, MOTEPOST_ACCEPTED));
    assert_eq!(flash.payload_sent, LARGE);
    let head = flash.sent.len() - LARGE;
    let end = format!("content-length:{LARGE}\r\n\r\n");
    assert!(flash.sent[..head].ends_with(end.as_bytes()));
}

#[test]
fn a_payload_that_does_not_fit_is_not_copied_in_part() {
    let payload = [b'x'; 200];
    let publish = c_publish(payload.as_ptr(), payload.len());
    let mut buffer = [b'.'; 300];
    let mut exchange = exchange();
    let mut head_len = 0;
    let (start, capacity) = (buffer.as_mut_ptr(), buffer.len());
    // SAFETY: the pointers are valid for the calls.
    unsafe {
        assert_eq!(
            motepost_publish_head_len(&publish, &mut head_len),
            MOTEPOST_OK
        );
        assert_eq!(
            motepost_exchange_init(&mut exchange, &publish, start, capacity),
            MOTEPOST_OK
        );
    }
    assert!(head_len + payload.len() > capacity);
    assert!(buffer[head_len..].iter().all(|byte| *byte == b'.'));
}
