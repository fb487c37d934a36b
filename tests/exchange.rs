//! One publish from the request's first byte to the answer's last: as a state machine, and over
//! transports in memory.

#[path = "common/miri.rs"]
mod miri;
#[path = "common/requests.rs"]
mod requests;

use core::convert::Infallible;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use miri::one_in;
use motepost::{
    EncodeError, Error, Exchange, ExchangeError, Field, Publish, Reason, Step, Verdict, asynch,
    blocking,
};
use requests::{PAYLOAD, article};

const ANSWER: &[u8] = include_bytes!("responses/accepted.http");
const FORBIDDEN: &[u8] = include_bytes!("responses/forbidden.http");
const BODY: &[u8] = br#"{"message":"OK","traceId":"ae8c1a66-c23e-80c1-0ba0-fc1951698f34"}"#;

fn request() -> Vec<u8> {
    let mut buffer = [0; 512];
    let request = article().encode(&mut buffer).expect("a sound request");
    request.to_vec()
}

fn head_len() -> usize {
    article().head_len().expect("a sound request")
}

/// Sends everything, `most` bytes at a time, and gives what went over the wire, by write.
fn send_all(exchange: &mut Exchange<'_>, most: usize) -> Vec<Vec<u8>> {
    let mut writes = Vec::new();
    loop {
        match exchange.step() {
            Ok(Step::Send(bytes)) => {
                let count = bytes.len().min(most);
                writes.push(bytes[..count].to_vec());
                assert_eq!(exchange.sent(count), Ok(()));
            }
            Ok(Step::Receive(window)) => {
                assert!(!window.is_empty());
                return writes;
            }
            other => panic!("{other:?}"),
        }
    }
}

fn receive(exchange: &mut Exchange<'_>, mut answer: &[u8]) -> Result<(), ExchangeError> {
    while !answer.is_empty() {
        let Step::Receive(window) = exchange.step()? else {
            panic!("the answer is whole already");
        };
        let (now, later) = answer.split_at(window.len().min(answer.len()));
        window[..now.len()].copy_from_slice(now);
        exchange.received(now.len())?;
        answer = later;
    }
    Ok(())
}

// Sending.

#[test]
fn debug_output_of_a_step_says_how_many_bytes_and_not_which() {
    let mut buffer = [0; 512];
    let mut exchange = Exchange::new(&article(), &mut buffer).expect("a sound request");
    let len = request().len();
    assert_eq!(format!("{:?}", exchange.step()), format!("Ok(Send({len}))"));
    send_all(&mut exchange, usize::MAX);
    assert_eq!(format!("{:?}", exchange.step()), "Ok(Receive(512))");
    assert_eq!(receive(&mut exchange, ANSWER), Ok(()));
    assert_eq!(format!("{:?}", exchange.step()), "Ok(Done)");
}

#[test]
fn a_request_that_fits_the_buffer_is_one_write() {
    for spare in [0, 1, 100] {
        let mut buffer = vec![0; request().len() + spare];
        let mut exchange = Exchange::new(&article(), &mut buffer).expect("room enough");
        assert_eq!(send_all(&mut exchange, usize::MAX), [request()]);
    }
}

#[test]
fn one_that_does_not_fit_is_the_head_and_the_callers_own_payload() {
    let payload = PAYLOAD.to_vec();
    let publish = Publish::new("host.example", "t", &payload);
    let head_len = publish.head_len().expect("a sound request");
    for len in [head_len, head_len + 1, head_len + payload.len() - 1] {
        let mut buffer = vec![0; len];
        let mut exchange = Exchange::new(&publish, &mut buffer).expect("room enough");
        match exchange.step() {
            Ok(Step::Send(head)) => {
                assert_eq!(head.len(), head_len);
                assert!(head.ends_with(b"\r\n\r\n"));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(exchange.sent(head_len), Ok(()));
        match exchange.step() {
            Ok(Step::Send(rest)) => {
                assert!(core::ptr::eq(rest, &*payload), "the payload was copied");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(exchange.sent(payload.len()), Ok(()));
        assert!(matches!(exchange.step(), Ok(Step::Receive(_))));
    }
}

#[test]
fn a_head_without_a_payload_is_one_write_in_a_buffer_of_its_size() {
    let publish = Publish::new("host.example", "t", b"");
    let mut buffer = vec![0; publish.head_len().expect("a sound request")];
    let mut exchange = Exchange::new(&publish, &mut buffer).expect("room enough");
    assert_eq!(send_all(&mut exchange, usize::MAX).len(), 1);
}

#[test]
fn a_composed_request_is_one_write() {
    let mut buffer = [0xee; 300];
    let mut exchange = Exchange::compose(&article(), &mut buffer, |room| {
        room[..PAYLOAD.len()].copy_from_slice(PAYLOAD);
        PAYLOAD.len()
    })
    .expect("room enough");
    assert_eq!(send_all(&mut exchange, usize::MAX), [request()]);
    assert_eq!(receive(&mut exchange, ANSWER), Ok(()));
    let response = exchange.into_response().expect("a whole answer");
    assert_eq!(response.body(), BODY);
}

#[test]
fn the_transport_may_take_the_request_in_any_pieces() {
    // Every partition of a small request into two writes and the rest.
    let publish = Publish::new("h", "t", b"21.5");
    let mut whole = [0; 128];
    let whole = publish.encode(&mut whole).expect("a sound request");
    let head_len = publish.head_len().expect("a sound request");
    for capacity in [head_len, head_len + 3, whole.len(), whole.len() + 9] {
        for first in (0..=whole.len()).step_by(one_in(23)) {
            for second in (0..=whole.len() - first).step_by(one_in(23)) {
                let mut buffer = vec![0; capacity];
                let mut exchange = Exchange::new(&publish, &mut buffer).expect("room enough");
                let mut wire = Vec::new();
                for piece in [first, second] {
                    let mut left = piece;
                    while left > 0 {
                        let Ok(Step::Send(bytes)) = exchange.step() else {
                            panic!("not all was sent");
                        };
                        let count = bytes.len().min(left);
                        wire.extend_from_slice(&bytes[..count]);
                        assert_eq!(exchange.sent(count), Ok(()));
                        left -= count;
                    }
                }
                wire.extend(send_all(&mut exchange, usize::MAX).concat());
                assert_eq!(wire, whole, "{first} and {second} in {capacity}");
            }
        }
    }
    for most in (1..40).step_by(one_in(7)) {
        let mut buffer = [0; 300];
        let mut exchange = Exchange::new(&article(), &mut buffer).expect("room enough");
        assert_eq!(send_all(&mut exchange, most).concat(), request());
    }
}

#[test]
fn a_transport_that_moves_nothing_changes_nothing() {
    let mut buffer = vec![0; head_len()];
    let mut exchange = Exchange::new(&article(), &mut buffer).expect("room enough");
    let mut wire = Vec::new();
    while let Ok(Step::Send(bytes)) = exchange.step() {
        wire.push(bytes[0]);
        assert_eq!(exchange.sent(0), Ok(()));
        assert_eq!(exchange.received(0), Ok(()));
        assert_eq!(exchange.sent(1), Ok(()));
    }
    assert_eq!(wire, request());
    for byte in ANSWER {
        let Ok(Step::Receive(window)) = exchange.step() else {
            panic!("the answer is whole too early");
        };
        window[0] = *byte;
        assert_eq!(exchange.received(0), Ok(()));
        assert_eq!(exchange.sent(0), Ok(()));
        assert_eq!(exchange.received(1), Ok(()));
    }
    assert_eq!(exchange.received(0), Ok(()));
    assert_eq!(exchange.step(), Ok(Step::Done));
    let response = exchange.into_response().expect("a whole answer");
    assert_eq!(response.body(), BODY);
    assert!(response.reusable());
}

#[test]
fn asking_twice_gives_the_same_step() {
    let mut buffer = [0; 300];
    let mut exchange = Exchange::new(&article(), &mut buffer).expect("room enough");
    for most in [usize::MAX, 1] {
        let first = match exchange.step() {
            Ok(Step::Send(bytes)) => bytes.to_vec(),
            other => panic!("{other:?}"),
        };
        assert_eq!(exchange.step(), Ok(Step::Send(&first)));
        assert_eq!(exchange.sent(first.len().min(most).min(7)), Ok(()));
    }
    send_all(&mut exchange, usize::MAX);
    for _ in 0..3 {
        assert!(matches!(exchange.step(), Ok(Step::Receive(window)) if window.len() == 300));
    }
    assert_eq!(receive(&mut exchange, ANSWER), Ok(()));
    for _ in 0..3 {
        assert_eq!(exchange.step(), Ok(Step::Done));
    }
}

// Receiving.

#[test]
fn the_answer_takes_the_requests_place_in_the_buffer() {
    let mut buffer = vec![0; head_len()];
    let range = buffer.as_ptr_range();
    let mut exchange = Exchange::new(&article(), &mut buffer).expect("room enough");
    send_all(&mut exchange, usize::MAX);
    assert_eq!(receive(&mut exchange, ANSWER), Ok(()));
    let response = exchange.into_response().expect("a whole answer");
    assert_eq!(response.body(), BODY);
    assert_eq!(response.body().as_ptr(), range.start);
    assert_eq!(response.verdict(), Verdict::Accepted);
    assert_eq!(response.date(), Some(1_680_718_705));
}

#[test]
fn there_is_no_response_before_the_answer_is_whole() {
    for len in (0..=ANSWER.len()).rev().step_by(one_in(41)) {
        let mut buffer = [0; 300];
        let mut exchange = Exchange::new(&article(), &mut buffer).expect("room enough");
        send_all(&mut exchange, usize::MAX);
        assert_eq!(receive(&mut exchange, &ANSWER[..len]), Ok(()));
        let whole = len == ANSWER.len();
        assert_eq!(exchange.step() == Ok(Step::Done), whole);
        assert_eq!(exchange.into_response().is_some(), whole, "{len} bytes");
    }
    let mut buffer = [0; 300];
    let unsent = Exchange::new(&article(), &mut buffer).expect("room enough");
    assert!(unsent.into_response().is_none());
}

#[test]
fn an_answer_may_end_with_the_connection() {
    let mut buffer = [0; 300];
    let mut exchange = Exchange::new(&article(), &mut buffer).expect("room enough");
    send_all(&mut exchange, usize::MAX);
    assert_eq!(receive(&mut exchange, b"HTTP/1.0 200 OK\r\n\r\nOK"), Ok(()));
    assert!(matches!(exchange.step(), Ok(Step::Receive(_))));
    assert_eq!(exchange.closed(), Ok(()));
    assert_eq!(exchange.step(), Ok(Step::Done));
    let response = exchange.into_response().expect("a whole answer");
    assert_eq!((response.body(), response.reusable()), (&b"OK"[..], false));
}

#[test]
fn a_connection_that_closes_behind_the_answer_is_not_used_again() {
    let mut buffer = [0; 300];
    let mut exchange = Exchange::new(&article(), &mut buffer).expect("room enough");
    send_all(&mut exchange, usize::MAX);
    assert_eq!(receive(&mut exchange, ANSWER), Ok(()));
    assert_eq!(exchange.closed(), Ok(()));
    let response = exchange.into_response().expect("a whole answer");
    assert!(!response.reusable());
}

// Failing.

/// An exchange at this stage: 0 before the request, 1 in its head, 2 in its payload, 3 before the
/// answer, 4 in it.
fn at_stage(stage: usize, buffer: &mut [u8]) -> Exchange<'_> {
    let mut exchange = Exchange::new(&PUBLISH, buffer).expect("room enough");
    match stage {
        0 => {}
        1 => assert_eq!(exchange.sent(5), Ok(())),
        2 => {
            assert_eq!(exchange.sent(head_len()), Ok(()));
            assert_eq!(exchange.sent(5), Ok(()));
        }
        _ => {
            send_all(&mut exchange, usize::MAX);
            if stage == 4 {
                assert_eq!(receive(&mut exchange, &ANSWER[..50]), Ok(()));
            }
        }
    }
    exchange
}

static PUBLISH: Publish<'static> = article();

fn assert_latched(mut exchange: Exchange<'_>, error: ExchangeError) {
    for _ in 0..2 {
        assert_eq!(exchange.step(), Err(error));
        assert_eq!(exchange.sent(0), Err(error));
        assert_eq!(exchange.sent(1), Err(error));
        assert_eq!(exchange.received(0), Err(error));
        assert_eq!(exchange.received(1), Err(error));
        assert_eq!(exchange.received(usize::MAX), Err(error));
        assert_eq!(exchange.closed(), Err(error));
    }
    assert!(exchange.into_response().is_none());
}

#[test]
fn a_transport_that_claims_more_than_it_was_offered_is_refused_for_ever() {
    for stage in 0..=4 {
        let offered = {
            let mut buffer = vec![0; head_len()];
            match at_stage(stage, &mut buffer).step() {
                Ok(Step::Send(bytes)) => bytes.len(),
                Ok(Step::Receive(window)) => window.len(),
                other => panic!("{other:?}"),
            }
        };
        for count in [offered + 1, offered + 2, usize::MAX] {
            let mut buffer = vec![0; head_len()];
            let mut exchange = at_stage(stage, &mut buffer);
            let moved = if stage < 3 {
                exchange.sent(count)
            } else {
                exchange.received(count)
            };
            assert_eq!(moved, Err(ExchangeError::Overrun), "stage {stage}, {count}");
            assert_latched(exchange, ExchangeError::Overrun);
        }
    }
}

#[test]
fn bytes_that_were_not_asked_for_are_refused_for_ever() {
    for stage in 0..=4 {
        let mut buffer = vec![0; head_len()];
        let mut exchange = at_stage(stage, &mut buffer);
        let moved = if stage < 3 {
            exchange.received(1)
        } else {
            exchange.sent(1)
        };
        assert_eq!(moved, Err(ExchangeError::Overrun), "stage {stage}");
        assert_latched(exchange, ExchangeError::Overrun);
    }
}

#[test]
fn a_connection_that_closes_too_early_is_refused_for_ever() {
    for stage in 0..=4 {
        let mut buffer = vec![0; head_len()];
        let mut exchange = at_stage(stage, &mut buffer);
        assert_eq!(
            exchange.closed(),
            Err(ExchangeError::Closed),
            "stage {stage}"
        );
        assert_latched(exchange, ExchangeError::Closed);
    }
}

#[test]
fn a_broken_answer_is_refused_for_ever() {
    let table: [(&[u8], ExchangeError); 4] = [
        (b"HTTP/2.0 200 OK\r\n", ExchangeError::StatusLine),
        (b"HTTP/1.1 200 OK\r\nx : y\r\n", ExchangeError::FieldLine),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: +5\r\n",
            ExchangeError::Framing,
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n",
            ExchangeError::Chunk,
        ),
    ];
    for (answer, error) in table {
        let mut buffer = [0; 300];
        let mut exchange = Exchange::new(&article(), &mut buffer).expect("room enough");
        send_all(&mut exchange, usize::MAX);
        assert_eq!(receive(&mut exchange, answer), Err(error));
        assert_latched(exchange, error);
    }
}

// Over transports in memory.

/// A transport that counts what is done to it, and moves at most so many bytes at a time.
#[derive(Default)]
struct Memory {
    written: Vec<u8>,
    writes: usize,
    flushes: usize,
    reads: usize,
    answer: Vec<u8>,
    /// 0 is no limit.
    most: usize,
    fails: Option<Fault>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Fault {
    Write,
    Flush,
    Read,
    /// Accepts nothing after so many bytes.
    WriteZeroAt(usize),
}

#[derive(Debug, PartialEq)]
struct Broken;

impl core::fmt::Display for Broken {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("broken")
    }
}

impl core::error::Error for Broken {}

impl embedded_io::Error for Broken {
    fn kind(&self) -> embedded_io::ErrorKind {
        embedded_io::ErrorKind::Other
    }
}

impl Memory {
    fn answering(answer: &[u8]) -> Self {
        Self {
            answer: answer.to_vec(),
            ..Self::default()
        }
    }

    fn limit(&self, len: usize) -> usize {
        if self.most == 0 {
            len
        } else {
            len.min(self.most)
        }
    }
}

impl embedded_io::ErrorType for Memory {
    type Error = Broken;
}

impl embedded_io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        assert!(!bytes.is_empty(), "a write of nothing");
        assert_eq!(self.reads, 0, "a write behind a read");
        self.writes += 1;
        let mut count = self.limit(bytes.len());
        match self.fails {
            Some(Fault::Write) => return Err(Broken),
            Some(Fault::WriteZeroAt(len)) => count = count.min(len - self.written.len()),
            _ => {}
        }
        self.written.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> Result<(), Broken> {
        assert_eq!(self.reads, 0, "a flush behind a read");
        self.flushes += 1;
        if self.fails == Some(Fault::Flush) {
            return Err(Broken);
        }
        Ok(())
    }
}

impl embedded_io::Read for Memory {
    fn read(&mut self, window: &mut [u8]) -> Result<usize, Broken> {
        assert!(!window.is_empty(), "a read of nothing");
        let may_flush = !matches!(self.fails, Some(Fault::Write | Fault::WriteZeroAt(_)));
        assert_eq!(self.flushes == 1, may_flush, "a read before the flush");
        self.reads += 1;
        if self.fails == Some(Fault::Read) {
            return Err(Broken);
        }
        let count = self.limit(window.len()).min(self.answer.len());
        for (slot, byte) in window.iter_mut().zip(self.answer.drain(..count)) {
            *slot = byte;
        }
        Ok(count)
    }
}

/// The same, and pending once before each move.
#[derive(Default)]
struct Later(Memory);

/// Pending the first time, so that a future which loses its place shows.
async fn later() {
    let mut polled = false;
    core::future::poll_fn(|context| {
        if core::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl embedded_io_async::ErrorType for Later {
    type Error = Broken;
}

impl embedded_io_async::Write for Later {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        later().await;
        embedded_io::Write::write(&mut self.0, bytes)
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        later().await;
        embedded_io::Write::flush(&mut self.0)
    }
}

impl embedded_io_async::Read for Later {
    async fn read(&mut self, window: &mut [u8]) -> Result<usize, Broken> {
        later().await;
        embedded_io::Read::read(&mut self.0, window)
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..100_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("the future is never ready");
}

/// What a caller sees of a publish.
type Seen = Result<(u16, Vec<u8>), Error<Broken>>;

/// Publishes the blog post's request by both shells, which do the same to the transport, and see the
/// same.
fn publish(make: impl Fn() -> Memory, capacity: usize) -> (Seen, Memory) {
    let mut buffer = vec![0; capacity];
    let mut blocked = make();
    let seen = blocking::publish(&mut blocked, &article(), &mut buffer)
        .map(|response| (response.status(), response.body().to_vec()));

    let mut buffer = vec![0; capacity];
    let mut awaited = Later(make());
    let seen_later = block_on(asynch::publish(&mut awaited, &article(), &mut buffer))
        .map(|response| (response.status(), response.body().to_vec()));

    let Later(awaited) = awaited;
    assert_eq!(seen, seen_later);
    assert_eq!(blocked.written, awaited.written);
    assert_eq!(
        (blocked.writes, blocked.flushes, blocked.reads),
        (awaited.writes, awaited.flushes, awaited.reads)
    );
    (seen, blocked)
}

#[test]
fn a_publish_is_one_write_one_flush_and_one_read() {
    let (seen, transport) = publish(|| Memory::answering(ANSWER), 300);
    assert_eq!(seen, Ok((200, BODY.to_vec())));
    assert_eq!(transport.written, request());
    assert_eq!(
        (transport.writes, transport.flushes, transport.reads),
        (1, 1, 1)
    );
}

#[test]
fn a_payload_that_does_not_fit_is_a_second_write_before_the_one_flush() {
    let (seen, transport) = publish(|| Memory::answering(ANSWER), head_len());
    assert_eq!(seen, Ok((200, BODY.to_vec())));
    assert_eq!(transport.written, request());
    assert_eq!((transport.writes, transport.flushes), (2, 1));
}

#[test]
fn a_transport_may_move_as_little_as_it_likes() {
    for most in [100, 64, 7, 3, 2, 1].into_iter().step_by(one_in(4)) {
        for capacity in [head_len(), 300] {
            let make = || Memory {
                most,
                ..Memory::answering(ANSWER)
            };
            let (seen, transport) = publish(make, capacity);
            assert_eq!(seen, Ok((200, BODY.to_vec())), "{most} bytes at a time");
            assert_eq!(transport.written, request());
            assert_eq!(transport.flushes, 1);
        }
    }
}

#[test]
fn an_answer_that_says_no_is_no_error() {
    let (seen, _) = publish(|| Memory::answering(FORBIDDEN), 300);
    assert!(matches!(seen, Ok((403, _))));
}

#[test]
fn nothing_is_read_behind_the_answer() {
    // A transport that keeps the connection would wait forever in such a read.
    let (seen, transport) = publish(
        || Memory {
            most: ANSWER.len(),
            ..Memory::answering(&[ANSWER, FORBIDDEN].concat())
        },
        300,
    );
    assert!(seen.is_ok());
    assert_eq!(transport.reads, 1);
    assert_eq!(transport.answer, FORBIDDEN);
}

#[test]
fn a_transport_that_accepts_nothing_is_an_error_and_no_panic() {
    for at in [0, 1, head_len(), request().len() - 1] {
        for capacity in [head_len(), 300] {
            let make = || Memory {
                fails: Some(Fault::WriteZeroAt(at)),
                ..Memory::default()
            };
            let (seen, transport) = publish(make, capacity);
            assert_eq!(seen, Err(Error::WriteZero), "after {at} bytes");
            assert_eq!(transport.written, &request()[..at]);
            // One read, for what the peer may have said already.
            assert_eq!((transport.flushes, transport.reads), (0, 1));
        }
    }
}

#[test]
fn the_transports_own_error_is_passed_through() {
    for (fault, writes, flushes, reads) in [
        (Fault::Write, 1, 0, 1),
        (Fault::Flush, 1, 1, 1),
        (Fault::Read, 1, 1, 1),
    ] {
        let make = || Memory {
            fails: Some(fault),
            ..Memory::default()
        };
        let (seen, transport) = publish(make, 300);
        assert_eq!(seen, Err(Error::Transport(Broken)));
        assert_eq!(
            (transport.writes, transport.flushes, transport.reads),
            (writes, flushes, reads)
        );
    }
}

#[test]
fn what_the_peer_said_before_sending_failed_is_the_response() {
    let close_delimited = b"HTTP/1.1 413 Payload Too Large\r\n\r\ntoo large";
    let payload_too_large = b"HTTP/1.1 413 Payload Too Large\r\ncontent-length: 0\r\n\r\n";
    for fault in [
        Fault::Write,
        Fault::WriteZeroAt(0),
        Fault::WriteZeroAt(head_len()),
        Fault::Flush,
    ] {
        for answer in [&payload_too_large[..], close_delimited] {
            for most in [0, 1] {
                let make = || Memory {
                    fails: Some(fault),
                    most,
                    ..Memory::answering(answer)
                };
                let (seen, _) = publish(make, head_len());
                assert!(matches!(seen, Ok((413, _))), "{fault:?}: {seen:?}");
            }
        }
    }
}

#[test]
fn a_connection_on_which_sending_failed_is_not_reusable() {
    let payload_too_large = b"HTTP/1.1 413 Payload Too Large\r\ncontent-length: 0\r\n\r\n";
    for fault in [Fault::Write, Fault::WriteZeroAt(0), Fault::Flush] {
        let make = || Memory {
            fails: Some(fault),
            ..Memory::answering(payload_too_large)
        };
        let mut buffer = vec![0; 300];
        let mut transport = make();
        let response =
            blocking::publish(&mut transport, &article(), &mut buffer).expect("a response");
        assert!(!response.reusable(), "{fault:?}, blocking");
        let mut buffer = vec![0; 300];
        let mut transport = Later(make());
        let response = block_on(asynch::publish(&mut transport, &article(), &mut buffer));
        assert!(
            !response.expect("a response").reusable(),
            "{fault:?}, async"
        );
    }
}

#[test]
fn half_a_response_does_not_hide_that_sending_failed() {
    for (fault, error) in [
        (Fault::Write, Error::Transport(Broken)),
        (Fault::WriteZeroAt(1), Error::WriteZero),
        (Fault::Flush, Error::Transport(Broken)),
    ] {
        for len in [0, 1, 20, ANSWER.len() - 1] {
            let make = || Memory {
                fails: Some(fault),
                ..Memory::answering(&ANSWER[..len])
            };
            let (seen, _) = publish(make, 300);
            assert_eq!(seen.as_ref(), Err(&error), "{fault:?} with {len} bytes");
        }
    }
}

#[test]
fn a_read_of_nothing_is_the_end_of_the_connection() {
    for len in [0, 1, 100, ANSWER.len() - 1] {
        let (seen, _) = publish(|| Memory::answering(&ANSWER[..len]), 300);
        assert_eq!(
            seen,
            Err(Error::Exchange(ExchangeError::Closed)),
            "after {len} bytes"
        );
    }
    let (seen, _) = publish(|| Memory::answering(b"HTTP/1.1 200 OK\r\n\r\nOK"), 300);
    assert_eq!(seen, Ok((200, b"OK".to_vec())));
}

#[test]
fn a_broken_answer_is_an_error() {
    let (seen, _) = publish(|| Memory::answering(b"HTTP/2.0 200 OK\r\n\r\n"), 300);
    assert_eq!(seen, Err(Error::Exchange(ExchangeError::StatusLine)));
}

#[test]
fn a_request_that_cannot_be_built_touches_no_transport() {
    let (seen, transport) = publish(|| Memory::answering(ANSWER), head_len() - 1);
    let needed = head_len();
    assert_eq!(
        seen,
        Err(Error::Encode(EncodeError::BufferTooSmall { needed }))
    );
    assert_eq!((transport.writes, transport.flushes), (0, 0));

    let mut transport = Memory::answering(ANSWER);
    let wildcard = Publish::new("host.example", "a/#", b"");
    let mut buffer = [0; 300];
    let seen = blocking::publish(&mut transport, &wildcard, &mut buffer).map(|_| ());
    assert_eq!(
        seen,
        Err(Error::Encode(EncodeError::Refused {
            field: Field::Topic,
            reason: Reason::Wildcard
        }))
    );
    assert_eq!((transport.writes, transport.flushes), (0, 0));
}

#[test]
fn both_shells_drive_an_exchange_with_a_composed_payload() {
    let compose = |room: &mut [u8]| {
        room[..PAYLOAD.len()].copy_from_slice(PAYLOAD);
        PAYLOAD.len()
    };
    let mut buffer = [0; 300];
    let mut transport = Memory::answering(ANSWER);
    let mut exchange = Exchange::compose(&article(), &mut buffer, compose).expect("room enough");
    blocking::run(&mut transport, &mut exchange).expect("an answer");
    let response = exchange.into_response().expect("a whole answer");
    assert_eq!(response.body(), BODY);
    assert_eq!((&transport.written, transport.writes), (&request(), 1));

    let mut buffer = [0; 300];
    let mut transport = Later(Memory::answering(ANSWER));
    let mut exchange = Exchange::compose(&article(), &mut buffer, compose).expect("room enough");
    block_on(asynch::run(&mut transport, &mut exchange)).expect("an answer");
    let response = exchange.into_response().expect("a whole answer");
    assert_eq!(response.body(), BODY);
    assert_eq!((&transport.0.written, transport.0.writes), (&request(), 1));
}

#[test]
fn the_status_that_was_read_outlives_an_error() {
    for (answer, status) in [
        (
            &b"HTTP/1.1 200 OK\r\ncontent-length: 65\r\n\r\n{\"mess"[..],
            Some(200),
        ),
        (b"HTTP/1.1 400 Bad Request\r\n", Some(400)),
        (b"HTTP/1.1 40", None),
        (b"", None),
    ] {
        let text = answer.escape_ascii();
        let mut buffers = [[0; 300]; 2];
        let [mut first, mut second] = buffers
            .each_mut()
            .map(|buffer| Exchange::new(&article(), buffer).expect("room enough"));
        let mut transport = Memory::answering(answer);
        let result = blocking::run(&mut transport, &mut first);
        assert_eq!(
            result,
            Err(Error::Exchange(ExchangeError::Closed)),
            "{text}"
        );
        let mut transport = Later(Memory::answering(answer));
        let result = block_on(asynch::run(&mut transport, &mut second));
        assert_eq!(
            result,
            Err(Error::Exchange(ExchangeError::Closed)),
            "{text}"
        );
        assert_eq!(
            (first.status(), second.status()),
            (status, status),
            "{text}"
        );
    }
}

#[test]
fn the_errors_say_in_plain_words_what_went_wrong() {
    let table: [(Error<Broken>, &str); 7] = [
        (
            EncodeError::BufferTooSmall { needed: 241 }.into(),
            "the buffer must hold 241 bytes",
        ),
        (
            EncodeError::Refused {
                field: Field::Topic,
                reason: Reason::Wildcard,
            }
            .into(),
            "topic holds + or #, which only a topic filter may",
        ),
        (
            ExchangeError::Closed.into(),
            "the peer closed before its response was complete",
        ),
        (Error::Transport(Broken), "the transport failed: broken"),
        (Error::WriteZero, "the transport accepts no bytes"),
        (Error::PayloadUnsent, "the payload is the caller's to send"),
        (Error::TimedOut, "the deadline has passed"),
    ];
    for (error, text) in table {
        assert_eq!(error.to_string(), text);
    }
    let boxed: Box<dyn core::error::Error> = Box::new(Error::<Infallible>::WriteZero);
    assert!(boxed.source().is_none());
}
