//! Whole exchanges over a transport that does what the fuzzer says: short counts, faults, closes, lies.
//!
//! Input: a byte whose lowest bits are the payload's length and whose highest has the payload sent by hand; then the script of an
//! exchange.

use embedded_io::ErrorKind;
use motepost::{
    CustomAuthorizer, EncodeError, Error, Exchange, ExchangeError, Publish, Step, blocking,
};

use crate::response::{self, Seen};

/// More than a request or a buffer of the target has.
const ROOM: usize = 512;

/// `run` is what the target calls.
pub fn run(data: &[u8]) {
    let Some((kind, script)) = data.split_first() else {
        return;
    };
    let Some(script) = Script::of(script, ROOM) else {
        return;
    };
    let payload = &[b'p'; 128][..usize::from(kind % 128)];
    let publish = Publish::new("host.example", "uniqueID/status", payload)
        .authorizer(CustomAuthorizer::named("unsignedAuthorizer").token("token", "allow"));
    let [mut request, mut buffer, mut again] = [[0; ROOM]; 3];
    let request = publish.encode(&mut request).expect("room enough");
    let capacity = script.capacity;
    let rooms = [&mut buffer[..capacity], &mut again[..capacity]];
    stepwise(&publish, request, &script, kind & 128 != 0, rooms);
    over_a_transport(
        &publish,
        request,
        &script,
        [&mut buffer[..capacity], &mut again[..capacity]],
    );
}

/// What a transport does: two bytes of capacity, one of how many bytes of script follow, the script, and the response.
pub struct Script<'a> {
    pub capacity: usize,
    acts: &'a [u8],
    response: &'a [u8],
}

impl<'a> Script<'a> {
    /// With a capacity below `most`.
    pub fn of(data: &'a [u8], most: usize) -> Option<Self> {
        let ([low, high, count], rest) = data.split_first_chunk()?;
        let (acts, response) = rest.split_at(rest.len().min(usize::from(*count)));
        Some(Self {
            capacity: usize::from(u16::from_le_bytes([*low, *high])) % most,
            acts,
            response,
        })
    }
}

/// What becomes of one exchange: the response, or the error that it repeats. Both rooms are as large as the script says, and the
/// payload may be sent by hand.
pub fn stepwise(
    publish: &Publish<'_>,
    request: &[u8],
    script: &Script<'_>,
    by_hand: bool,
    [buffer, again]: [&mut [u8]; 2],
) {
    let all = buffer.as_ptr_range();
    let begun = if by_hand {
        let head_len = publish.head_len().unwrap_or_default();
        Exchange::new_head(publish, request.len() - head_len, buffer)
    } else {
        Exchange::new(publish, buffer)
    };
    let mut exchange = match begun {
        Ok(exchange) => exchange,
        Err(error) => return not_begun(publish, script.capacity, error),
    };
    let answer = script.response;
    let (mut sent, mut taken) = (0, 0);
    let mut acts = script.acts.iter().copied();
    let failure = loop {
        let action = acts.next().unwrap_or(0xff);
        // What is offered, and whether it is to be sent.
        let (offered, sending) = match exchange.step() {
            Ok(Step::Done) => break None,
            Ok(Step::Send(bytes)) => {
                assert_eq!(bytes, &request[sent..][..bytes.len()], "not the next bytes");
                assert!(!bytes.is_empty());
                (bytes.len(), true)
            }
            Ok(Step::Receive(window)) => {
                assert_eq!(sent, request.len(), "it waits before all was sent");
                let window_is = window.as_ptr_range();
                assert!(window_is.start >= all.start && window_is.end <= all.end);
                assert!(!window.is_empty());
                let count = window.len().min(answer.len() - taken);
                window[..count].copy_from_slice(&answer[taken..][..count]);
                (window.len(), false)
            }
            Ok(Step::Payload(len)) => {
                assert!(by_hand && sent + len == request.len());
                (len, true)
            }
            Err(error) => panic!("{error} without a cause"),
        };
        let moved = match action {
            0xf0 => exchange.closed(),
            0xf1 => lie(&mut exchange, sending, offered + 1),
            0xf2 => lie(&mut exchange, sending, usize::MAX),
            0xf3 => lie(&mut exchange, !sending, 1),
            0xf4 => {
                // Nothing of the other kind is no lie.
                let nothing = if sending {
                    exchange.received(0)
                } else {
                    exchange.sent(0)
                };
                assert_eq!(nothing, Ok(()));
                continue;
            }
            _ if sending => {
                let count = part(action, offered);
                sent += count;
                assert_eq!(exchange.sent(count), Ok(()));
                continue;
            }
            _ if taken == answer.len() => exchange.closed(),
            _ => {
                let count = part(action, offered.min(answer.len() - taken));
                taken += count;
                exchange.received(count)
            }
        };
        if let Err(error) = moved {
            break Some(error);
        }
    };
    if let Some(error) = failure {
        for count in [0, 1, usize::MAX] {
            assert_eq!(exchange.step(), Err(error));
            assert_eq!(exchange.sent(count), Err(error));
            assert_eq!(exchange.received(count), Err(error));
            assert_eq!(exchange.closed(), Err(error));
        }
        assert!(exchange.into_response().is_none());
        return;
    }
    let response = exchange.into_response().expect("a whole response");
    same_as_alone(&Seen::of(&response), &answer[..taken], again);
    assert_eq!(sent, request.len());
}

fn same_as_alone(seen: &Seen<'_>, answer: &[u8], room: &mut [u8]) {
    let alone = response::read(answer, room, |len| len);
    assert_eq!(alone.as_ref(), Ok(seen));
}

fn lie(exchange: &mut Exchange<'_>, sending: bool, count: usize) -> Result<(), ExchangeError> {
    let moved = if sending {
        exchange.sent(count)
    } else {
        exchange.received(count)
    };
    assert_eq!(moved, Err(ExchangeError::Overrun));
    moved
}

/// How many of so many bytes: none, a few, or all.
fn part(action: u8, of: usize) -> usize {
    match action {
        0x80.. => of,
        few => usize::from(few).min(of),
    }
}

fn not_begun(publish: &Publish<'_>, capacity: usize, error: EncodeError) {
    match publish.head_len() {
        Ok(needed) => {
            assert!(needed > capacity);
            assert_eq!(error, EncodeError::BufferTooSmall { needed });
        }
        Err(refused) => assert_eq!(error, refused),
    }
}

/// The blocking shell over the same script: `0xF5` fails, `0x00` moves nothing, `0xF1` lies.
struct Scripted<'a> {
    acts: std::slice::Iter<'a, u8>,
    answer: &'a [u8],
    request: &'a [u8],
    sent: usize,
    ended: Option<Ended>,
    lied: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ended {
    Failed,
    WroteNothing,
}

impl embedded_io::ErrorType for Scripted<'_> {
    type Error = ErrorKind;
}

impl Scripted<'_> {
    fn next(&mut self) -> Result<u8, ErrorKind> {
        assert!(self.ended.is_none() && !self.lied, "used behind its end");
        match self.acts.next().copied().unwrap_or(0xff) {
            0xf5 => {
                self.ended = Some(Ended::Failed);
                Err(ErrorKind::Other)
            }
            action => Ok(action),
        }
    }
}

impl embedded_io::Write for Scripted<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        assert!(!bytes.is_empty());
        let action = self.next()?;
        if action == 0xf1 {
            self.lied = true;
            return Ok(bytes.len() + 1);
        }
        let count = part(action, bytes.len());
        if count == 0 {
            self.ended = Some(Ended::WroteNothing);
        }
        let next = &self.request[self.sent..][..count];
        assert_eq!(&bytes[..count], next, "not the next bytes");
        self.sent += count;
        Ok(count)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl embedded_io::Read for Scripted<'_> {
    fn read(&mut self, window: &mut [u8]) -> Result<usize, ErrorKind> {
        assert!(!window.is_empty());
        if self.ended.is_some() {
            // Looked for after a failure in sending: the peer has said nothing.
            return Err(ErrorKind::Other);
        }
        let action = self.next()?;
        if action == 0xf1 {
            self.lied = true;
            return Ok(window.len() + 1);
        }
        let count = part(action.max(1), window.len().min(self.answer.len()));
        let (now, later) = self.answer.split_at(count);
        window[..count].copy_from_slice(now);
        self.answer = later;
        Ok(count)
    }
}

/// The same through the blocking adapter.
pub fn over_a_transport(
    publish: &Publish<'_>,
    request: &[u8],
    script: &Script<'_>,
    [buffer, again]: [&mut [u8]; 2],
) {
    let mut transport = Scripted {
        acts: script.acts.iter(),
        answer: script.response,
        request,
        sent: 0,
        ended: None,
        lied: false,
    };
    let result = blocking::publish(&mut transport, publish, buffer);
    match result {
        Err(Error::Encode(error)) => {
            assert_eq!(transport.sent, 0);
            not_begun(publish, script.capacity, error);
        }
        Err(Error::Transport(ErrorKind::Other)) => assert_eq!(transport.ended, Some(Ended::Failed)),
        Err(Error::WriteZero) => assert_eq!(transport.ended, Some(Ended::WroteNothing)),
        Err(Error::Exchange(error)) => {
            assert!(transport.ended.is_none());
            assert_eq!(transport.lied, error == ExchangeError::Overrun);
        }
        Err(error) => panic!("{error}"),
        Ok(response) => {
            assert!(transport.ended.is_none() && !transport.lied);
            assert_eq!(transport.sent, request.len());
            let taken = script.response.len() - transport.answer.len();
            same_as_alone(&Seen::of(&response), &script.response[..taken], again);
        }
    }
}
