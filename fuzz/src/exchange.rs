//! Whole exchanges over a transport that does what the fuzzer says: short counts, faults, closes, lies.
//!
//! Input: the fields of a request (see `fields.rs`); behind `Z`: two bytes of capacity, one of how many bytes of
//! script follow, the script, and the answer.

use arbitrary::{Arbitrary, Unstructured};
use motepost::{EncodeError, Error, Exchange, ExchangeError, Publish, Step, blocking};

use crate::encode::with_publish;
use crate::fields::Fields;
use crate::response;

pub fn run(data: &[u8]) {
    let Ok(fields) = Fields::arbitrary(&mut Unstructured::new(data)) else {
        return;
    };
    let [low, high, steps, rest @ ..] = fields.script else {
        return;
    };
    let capacity = usize::from(u16::from_le_bytes([*low, *high])) % 2048;
    let (script, answer) = rest.split_at(rest.len().min(usize::from(*steps)));
    with_publish(&fields, |publish| {
        stepwise(publish, &fields, capacity, script, answer);
        over_a_transport(publish, &fields, capacity, script, answer);
    });
}

fn request(publish: &Publish<'_>) -> Vec<u8> {
    let mut buffer = vec![0; publish.head_len().expect("a sound request") + 200_000];
    publish.encode(&mut buffer).expect("room enough").to_vec()
}

/// What becomes of one exchange: the answer, or the error that it repeats.
fn stepwise(
    publish: &Publish<'_>,
    fields: &Fields<'_>,
    capacity: usize,
    script: &[u8],
    answer: &[u8],
) {
    let mut buffer = vec![0; capacity].into_boxed_slice();
    let all = buffer.as_ptr_range();
    let mut exchange = match Exchange::new(publish, &mut buffer) {
        Ok(exchange) => exchange,
        Err(error) => return not_begun(publish, capacity, error),
    };
    let request = request(publish);
    let (mut sent, mut taken) = (0, 0);
    let mut script = script.iter().copied();
    let failure = loop {
        let action = script.next().unwrap_or(0xff);
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
            Ok(Step::Payload(_)) => panic!("the exchange has its payload"),
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
    let response = exchange.into_response().expect("a whole answer");
    let alone = response::read(&answer[..taken], capacity, |len| len).expect("the same answer");
    assert_eq!(
        (response.status(), response.body()),
        (alone.status, &alone.body[..])
    );
    assert_eq!(
        (response.truncated(), response.date()),
        (alone.truncated, alone.date)
    );
    assert!(sent == request.len() && fields.payload.len() <= sent);
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
    script: std::slice::Iter<'a, u8>,
    answer: &'a [u8],
    written: Vec<u8>,
    ended: Option<Ended>,
    lied: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ended {
    Failed,
    WroteNothing,
}

#[derive(Debug, PartialEq)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

impl embedded_io::Error for Broken {
    fn kind(&self) -> embedded_io::ErrorKind {
        embedded_io::ErrorKind::Other
    }
}

impl embedded_io::ErrorType for Scripted<'_> {
    type Error = Broken;
}

impl Scripted<'_> {
    fn next(&mut self) -> Result<u8, Broken> {
        assert!(self.ended.is_none() && !self.lied, "used behind its end");
        match self.script.next().copied().unwrap_or(0xff) {
            0xf5 => {
                self.ended = Some(Ended::Failed);
                Err(Broken)
            }
            action => Ok(action),
        }
    }
}

impl embedded_io::Write for Scripted<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
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
        self.written.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> Result<(), Broken> {
        Ok(())
    }
}

impl embedded_io::Read for Scripted<'_> {
    fn read(&mut self, window: &mut [u8]) -> Result<usize, Broken> {
        assert!(!window.is_empty());
        if self.ended.is_some() {
            // Looked for after a failure in sending: the peer has said nothing.
            return Err(Broken);
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

fn over_a_transport(
    publish: &Publish<'_>,
    fields: &Fields<'_>,
    capacity: usize,
    script: &[u8],
    answer: &[u8],
) {
    let mut transport = Scripted {
        script: script.iter(),
        answer,
        written: Vec::new(),
        ended: None,
        lied: false,
    };
    let mut buffer = vec![0; capacity].into_boxed_slice();
    let result = blocking::publish(&mut transport, publish, &mut buffer);
    match result {
        Err(Error::Encode(error)) => {
            assert!(transport.written.is_empty());
            not_begun(publish, capacity, error);
        }
        Err(Error::Transport(Broken)) => assert_eq!(transport.ended, Some(Ended::Failed)),
        Err(Error::WriteZero) => assert_eq!(transport.ended, Some(Ended::WroteNothing)),
        Err(Error::Exchange(error)) => {
            assert!(transport.ended.is_none());
            assert_eq!(transport.lied, error == ExchangeError::Overrun);
        }
        Err(error) => panic!("{error}"),
        Ok(response) => {
            assert!(transport.ended.is_none() && !transport.lied);
            assert_eq!(transport.written, request(publish));
            assert!(transport.written.ends_with(fields.payload));
            let taken = answer.len() - transport.answer.len();
            let alone =
                response::read(&answer[..taken], capacity, |len| len).expect("the same answer");
            assert_eq!(
                (response.status(), response.body()),
                (alone.status, &alone.body[..])
            );
        }
    }
}
