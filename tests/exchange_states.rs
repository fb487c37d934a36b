//! The exchange in every state with every move: a model of it, written from its documentation, is walked to a fixpoint, and in
//! each state the exchange does what the model says.

#[path = "common/miri.rs"]
mod miri;

use std::ops::Range;
use std::time::Instant;

use ExchangeError::{Chunk, Closed, FieldLine, Framing, Overrun, StatusLine};
use miri::one_in;
use motepost::{Exchange, ExchangeError, Publish, Step};

const PAYLOAD: &[u8] = b"21.5";
const PUBLISH: Publish<'static> = Publish::new("h", "t", PAYLOAD);

/// What the caller of an exchange can do.
#[derive(Clone, Copy, Debug)]
enum Move {
    Sent(usize),
    Received(usize),
    SendFailed,
    Closed,
}

/// How the exchange came to its request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Begun {
    New,
    Composed,
    /// The payload is sent by the caller.
    Head,
}

#[derive(Clone, Copy, Debug)]
enum Ends {
    /// By itself, with these bytes.
    Whole,
    WithTheConnection,
    /// It is malformed, which its last byte shows.
    Broken(ExchangeError),
}

/// What the peer says. More bytes than these are `x`.
#[derive(Debug)]
struct Answer {
    bytes: &'static [u8],
    /// How many bytes the final status line and what is before it have.
    status_line: usize,
    body: Range<usize>,
    ends: Ends,
}

const ANSWERS: [Answer; 9] = [
    Answer {
        bytes: b"HTTP/1.1 200 OK\r\ncontent-length:3\r\n\r\nabc",
        status_line: 17,
        body: 37..40,
        ends: Ends::Whole,
    },
    Answer {
        bytes: b"HTTP/1.1 200 OK\r\ntransfer-encoding:chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        status_line: 17,
        body: 49..52,
        ends: Ends::Whole,
    },
    Answer {
        bytes: b"HTTP/1.1 204\r\n\r\n",
        status_line: 14,
        body: 16..16,
        ends: Ends::Whole,
    },
    Answer {
        bytes: b"HTTP/1.1 100\r\n\r\nHTTP/1.1 200\r\ncontent-length:1\r\n\r\na",
        status_line: 30,
        body: 50..51,
        ends: Ends::Whole,
    },
    Answer {
        bytes: b"HTTP/1.0 200 OK\r\n\r\nab",
        status_line: 17,
        body: 19..21,
        ends: Ends::WithTheConnection,
    },
    Answer {
        bytes: b"HTTP/1.1 20 OK\r\n",
        status_line: usize::MAX,
        body: 0..0,
        ends: Ends::Broken(StatusLine),
    },
    Answer {
        bytes: b"HTTP/1.1 200 OK\r\na ",
        status_line: 17,
        body: 0..0,
        ends: Ends::Broken(FieldLine),
    },
    Answer {
        bytes: b"HTTP/1.1 200 OK\r\ncontent-length:z\r\n",
        status_line: 17,
        body: 0..0,
        ends: Ends::Broken(Framing),
    },
    Answer {
        bytes: b"HTTP/1.1 200 OK\r\ntransfer-encoding:chunked\r\n\r\nz\r\n",
        status_line: 17,
        body: 0..0,
        ends: Ends::Broken(Chunk),
    },
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Open,
    /// `spent`: the connection serves no other request.
    Done {
        spent: bool,
    },
    Failed(ExchangeError),
}

/// What the model knows of an exchange.
#[derive(Clone, Copy, Debug, PartialEq)]
struct State {
    sent: usize,
    received: usize,
    has_status: bool,
    /// The peer may still wait for the rest of the request.
    send_failed: bool,
    outcome: Outcome,
}

#[derive(Debug)]
struct Model<'a> {
    begun: Begun,
    capacity: usize,
    /// How many bytes of the request are offered in the first piece.
    first_piece: usize,
    request: &'a [u8],
    answer: &'a Answer,
}

impl Model<'_> {
    const START: State = State {
        sent: 0,
        received: 0,
        has_status: false,
        send_failed: false,
        outcome: Outcome::Open,
    };

    /// How many bytes may be sent now.
    fn unsent(&self, state: State) -> usize {
        let end = if state.sent < self.first_piece {
            self.first_piece
        } else {
            self.request.len()
        };
        end - state.sent
    }

    fn body(&self, state: State) -> &[u8] {
        let body = &self.answer.body;
        &self.answer.bytes[body.start..state.received.clamp(body.start, body.end)]
    }

    fn window(&self, state: State) -> usize {
        self.capacity - self.body(state).len()
    }

    /// What the move gives, and the state after it.
    fn after(&self, mut state: State, chosen: Move) -> (Result<(), ExchangeError>, State) {
        if let Outcome::Failed(error) = state.outcome {
            return (Err(error), state);
        }
        let unsent = self.unsent(state);
        match chosen {
            Move::SendFailed => {
                state.sent = self.request.len();
                state.send_failed = true;
            }
            Move::Closed => state.outcome = self.closed(state),
            Move::Sent(count) if count <= unsent => state.sent += count,
            Move::Received(0) => {}
            Move::Received(count) if unsent == 0 && count <= self.window(state) => {
                self.receive(&mut state, count);
            }
            Move::Sent(_) | Move::Received(_) => state.outcome = Outcome::Failed(Overrun),
        }
        match state.outcome {
            Outcome::Failed(error) => {
                // Nothing else is looked at any more.
                (state.sent, state.received) = (0, 0);
                (Err(error), state)
            }
            _ => (Ok(()), state),
        }
    }

    fn closed(&self, state: State) -> Outcome {
        let is_in_open_body = matches!(self.answer.ends, Ends::WithTheConnection)
            && state.received >= self.answer.body.start;
        match state.outcome {
            Outcome::Open if !is_in_open_body => Outcome::Failed(Closed),
            _ => Outcome::Done { spent: true },
        }
    }

    fn receive(&self, state: &mut State, count: usize) {
        if let Outcome::Done { .. } = state.outcome {
            state.outcome = Outcome::Done { spent: true };
            return;
        }
        let whole = self.answer.bytes.len();
        let all = state.received + count;
        state.received = all.min(whole);
        state.has_status |= all >= self.answer.status_line;
        state.outcome = match self.answer.ends {
            Ends::Whole if all >= whole => Outcome::Done { spent: all > whole },
            Ends::Broken(error) if all >= whole => Outcome::Failed(error),
            _ => state.outcome,
        };
    }

    /// All that can be tried in a state: every count up to one more than is offered, and the largest.
    fn moves(&self, state: State) -> Vec<Move> {
        let window = self.window(state);
        // A body that ends with the connection has no end of its own: no more of it than the answer has.
        let most = match self.answer.ends {
            Ends::WithTheConnection => window.min(self.answer.bytes.len() - state.received),
            _ => window,
        };
        let step = one_in(17);
        let sent = (0..=self.unsent(state)).step_by(step).map(Move::Sent);
        let received = (0..=most).step_by(step).map(Move::Received);
        let others = [
            Move::Sent(self.unsent(state) + 1),
            Move::Sent(usize::MAX),
            Move::Received(window + 1),
            Move::Received(usize::MAX),
            Move::SendFailed,
            Move::Closed,
        ];
        sent.chain(received).chain(others).collect()
    }

    /// Begins an exchange, makes these moves, and looks at it after each.
    fn check(&self, moves: &[Move]) {
        let mut buffer = vec![0; self.capacity];
        let mut exchange = match self.begun {
            Begun::New => Exchange::new(&PUBLISH, &mut buffer),
            Begun::Head => Exchange::new_head(&PUBLISH, PAYLOAD.len(), &mut buffer),
            Begun::Composed => Exchange::compose(&PUBLISH, &mut buffer, |room| {
                room[..PAYLOAD.len()].copy_from_slice(PAYLOAD);
                PAYLOAD.len()
            }),
        }
        .expect("room enough");
        let mut state = Self::START;
        self.looks_like(&mut exchange, state);
        for chosen in moves {
            let (expected, next) = self.after(state, *chosen);
            let given = match *chosen {
                Move::Sent(count) => exchange.sent(count),
                Move::Received(count) => {
                    if let Ok(Step::Receive(window)) = exchange.step() {
                        let rest = self.answer.bytes[state.received..].iter().copied();
                        let bytes = rest.chain(std::iter::repeat(b'x'));
                        for (slot, byte) in window.iter_mut().take(count).zip(bytes) {
                            *slot = byte;
                        }
                    }
                    exchange.received(count)
                }
                Move::SendFailed => {
                    exchange.send_failed();
                    expected
                }
                Move::Closed => exchange.closed(),
            };
            assert_eq!(given, expected, "{moves:?} of {self:?}");
            state = next;
            self.looks_like(&mut exchange, state);
        }
        let response = exchange.into_response();
        let Outcome::Done { spent } = state.outcome else {
            assert!(response.is_none(), "{moves:?} of {self:?}");
            return;
        };
        let response = response.expect("a whole response");
        assert_eq!(response.body(), self.body(state), "{moves:?} of {self:?}");
        let reusable = !spent && !state.send_failed;
        assert_eq!(response.reusable(), reusable, "{moves:?} of {self:?}");
    }

    /// What the exchange asks for next, and what it has read.
    fn looks_like(&self, exchange: &mut Exchange<'_>, state: State) {
        assert_eq!(exchange.status().is_some(), state.has_status, "{self:?}");
        let unsent = self.unsent(state);
        let is_callers = self.begun == Begun::Head && state.sent >= self.first_piece;
        let is_right = match (exchange.step(), state.outcome) {
            (Err(given), Outcome::Failed(error)) => given == error,
            (Ok(Step::Done), Outcome::Done { .. }) => true,
            (Ok(Step::Payload(len)), Outcome::Open) => is_callers && len == unsent && len > 0,
            (Ok(Step::Send(bytes)), Outcome::Open) => {
                !is_callers && unsent > 0 && *bytes == self.request[state.sent..][..unsent]
            }
            (Ok(Step::Receive(window)), Outcome::Open) => {
                unsent == 0 && window.len() == self.window(state)
            }
            _ => false,
        };
        assert!(is_right, "{:?} in {state:?} of {self:?}", exchange.step());
    }

    /// Makes every move in every state that moves lead to. Returns how many states and how many moves there are.
    fn walk(&self) -> (usize, usize) {
        let mut ways = vec![(Self::START, Vec::new())];
        let (mut at, mut tried) = (0, 0);
        while let Some((state, way)) = ways.get(at).cloned() {
            for chosen in self.moves(state) {
                let moves = [&way[..], &[chosen]].concat();
                self.check(&moves);
                tried += 1;
                let (_, next) = self.after(state, chosen);
                if ways.iter().all(|(known, _)| *known != next) {
                    ways.push((next, moves));
                }
            }
            at += 1;
        }
        (ways.len(), tried)
    }
}

#[test]
fn every_move_in_every_state_does_what_is_documented() {
    let head_len = PUBLISH.head_len().expect("a sound request");
    let mut request = [0; 96];
    let request = PUBLISH.encode(&mut request).expect("a sound request");
    let whole = request.len();
    let begun = Instant::now();
    let (mut states, mut moves) = (0, 0);
    for (begun, capacity, first_piece) in [
        (Begun::New, head_len, head_len),
        (Begun::New, whole - 1, head_len),
        (Begun::New, whole, whole),
        (Begun::New, whole + 9, whole),
        (Begun::Composed, whole, whole),
        (Begun::Composed, whole + 9, whole),
        (Begun::Head, head_len, head_len),
        (Begun::Head, whole + 9, head_len),
    ]
    .into_iter()
    .step_by(one_in(3))
    {
        for answer in ANSWERS.iter().step_by(one_in(4)) {
            let model = Model {
                begun,
                capacity,
                first_piece,
                request,
                answer,
            };
            let (found, tried) = model.walk();
            states += found;
            moves += tried;
        }
    }
    let seconds = begun.elapsed().as_secs_f32();
    eprintln!("{states} states of exchanges, {moves} moves, {seconds:.1} s");
}
