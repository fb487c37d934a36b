//! Requests: what is accepted says what went in and nothing else, read in place; what is refused breaks a rule; nothing is
//! written behind the buffer.
//!
//! Input: the fields of a request (see `fields.rs`).

use motepost::{EncodeError, Publish};

use crate::expected::{check_target, field_lines};
use crate::fields::{Fields, text};
use crate::request::with_publish;
use crate::rng::Rng;
use crate::rules::{field_is_sound, is_sound};

const CANARY: u8 = 0xc5;
const BEHIND: usize = 8;

/// More than the longest input needs: each byte of a text becomes six at most.
const ROOM: usize = 4096;

/// A buffer of just the size that a call is given.
struct Room([u8; ROOM + BEHIND]);

impl Room {
    fn new() -> Self {
        Self([CANARY; ROOM + BEHIND])
    }

    /// Runs with `len` bytes, and finds what was written behind them.
    fn exact<'m, T>(&'m mut self, len: usize, run: impl FnOnce(&'m mut [u8]) -> T) -> T {
        let (buffer, behind) = self.0.split_at_mut(len);
        let result = run(buffer);
        let is_untouched = behind[..BEHIND] == [CANARY; BEHIND];
        assert!(is_untouched, "written behind the buffer");
        result
    }
}

/// `run` is what the target calls.
pub fn run(data: &[u8]) {
    let fields = Fields::of(data);
    let mut rng = Rng::of(data);
    with_publish(&fields, |publish| match publish.head_len() {
        Ok(head_len) => accepted(&fields, publish, head_len, &mut rng),
        Err(error) => refused(&fields, publish, error, &mut rng),
    });
}

fn accepted(fields: &Fields<'_>, publish: &Publish<'_>, head_len: usize, rng: &mut Rng) {
    assert!(is_sound(fields), "accepted against the rules");
    let payload = fields.payload;
    let total = head_len + payload.len();
    if total + 5 > ROOM {
        return;
    }
    let mut room = Room::new();
    let request = room.exact(total, |buffer| publish.encode(buffer));
    let request = request.expect("room enough");
    assert_eq!(request.len(), total);
    assert_eq!(&request[head_len..], payload);
    read_back(fields, &request[..head_len]);

    // One of the other ways to write it.
    let mut room = Room::new();
    match rng.below(5) {
        0 => {
            let short = rng.below(total);
            let result = room.exact(short, |buffer| publish.encode(buffer).map(|_| ()));
            assert_eq!(result, Err(EncodeError::BufferTooSmall { needed: total }));
        }
        1 => {
            let short = rng.below(head_len);
            let needed = head_len;
            let result = room.exact(short, |buffer| publish.encode_head(buffer).map(|_| ()));
            assert_eq!(result, Err(EncodeError::BufferTooSmall { needed }));
        }
        2 => {
            let head = room.exact(head_len, |buffer| publish.encode_head(buffer));
            assert_eq!(head.as_deref(), Ok(&request[..head_len]));
        }
        3 => {
            let composed = room.exact(total, |buffer| {
                publish.compose(buffer, |room| {
                    room[..payload.len()].copy_from_slice(payload);
                    payload.len()
                })
            });
            assert_eq!(composed.as_deref(), Ok(request));
        }
        _ => {
            let target = room.exact(total, |buffer| publish.encode_target(buffer));
            let target = target.expect("a part");
            assert_eq!(&request[5..][..target.len()], target);
            let mut room = Room::new();
            let lines = room.exact(total, |buffer| publish.encode_field_lines(buffer));
            let lines = lines.expect("a part");
            let before = "POST  HTTP/1.1\r\nhost:\r\n".len() + target.len();
            let at = before + text(fields.endpoint).len();
            assert_eq!(&request[at..][..lines.len()], lines);
            assert!(request[at + lines.len()..].starts_with(b"content-length:"));
        }
    }
}

/// Every way to write it refuses alike, for a rule that is broken indeed.
fn refused(fields: &Fields<'_>, publish: &Publish<'_>, error: EncodeError, rng: &mut Rng) {
    let EncodeError::Refused { field, reason } = error else {
        panic!("a size was asked for: {error}");
    };
    assert!(!field.name().is_empty() && !reason.text().is_empty());
    assert!(!field_is_sound(fields, field), "{error}: no such fault");
    let mut room = Room::new();
    let len = rng.below(ROOM);
    let again = room.exact(len, |buffer| match rng.below(3) {
        0 => publish.encode(buffer).map(|_| ()),
        1 => publish.encode_head(buffer).map(|_| ()),
        _ => publish
            .compose(buffer, |_| panic!("asked for nothing"))
            .map(|_| ()),
    });
    assert_eq!(again, Err(error));
}

/// The request line and one line for each field, in their order: each ends with CRLF and holds no other control character.
fn read_back(fields: &Fields<'_>, head: &[u8]) {
    let mut rest = head;
    let mut line = || {
        let is_end = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
        let end = rest.iter().position(is_end).expect("another line");
        let (line, after) = rest.split_at(end);
        rest = after.strip_prefix(b"\r\n").expect("CR and LF end a line");
        line
    };
    let first = line().strip_prefix(b"POST ").expect("a method");
    let target = first.strip_suffix(b" HTTP/1.1").expect("a version");
    check_target(fields, target);
    field_lines(fields, &mut |name, value| {
        let found = line().strip_prefix(name.as_bytes()).expect("a name");
        let found = found.strip_prefix(b":").expect("a colon");
        assert!(value.is(found.iter().copied()), "another value of {name}");
    });
    assert!(line().is_empty(), "more than was asked for");
    assert!(rest.is_empty(), "a line behind the head");
}
