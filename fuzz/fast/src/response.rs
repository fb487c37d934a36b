//! Responses: any split gives the same result, a small buffer costs the end of the body and nothing else, a failure stays.
//!
//! Input: what the peer sends before it closes.

use heapless::Vec;
use motepost::{ExchangeError, Response, ResponseReader};

use crate::rng::Rng;

/// As much of a body as its buffer's end gives up when there is more to come.
const WINDOW: usize = 32;

/// More than the longest input needs.
const ROOM: usize = 1024;

/// What a response says.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen<'b> {
    pub status: u16,
    pub body: &'b [u8],
    pub error_type: Vec<u8, 32>,
    pub date: Option<u32>,
    pub truncated: bool,
}

/// A response, or the error that ended it.
pub type Result<'b> = std::result::Result<Seen<'b>, ExchangeError>;

/// `run` is what the target calls.
pub fn run(data: &[u8]) {
    let large = large(data);
    if large <= ROOM {
        let [mut one, mut two, mut three, mut four] = [[0; ROOM]; 4];
        let mut rng = Rng::of(data);
        let whole = any_split(data, &mut rng, &mut one[..large], &mut two[..large]);
        let small = 1 + rng.below(large);
        let cut = any_split(data, &mut rng, &mut three[..small], &mut four[..small]);
        same_but_cut(&whole, &cut, small);
    }
}

/// A buffer that cuts nothing.
pub fn large(data: &[u8]) -> usize {
    data.len() + WINDOW + 1
}

/// Reads in one piece, and byte by byte or in pieces, with two buffers of one size.
pub fn any_split<'b>(
    data: &[u8],
    rng: &mut Rng,
    one: &'b mut [u8],
    other: &mut [u8],
) -> Result<'b> {
    let whole = read(data, one, |len| len);
    let most = match rng.below(4) {
        0 => 1,
        1 => 9,
        _ => usize::MAX,
    };
    let split = read(data, other, |len| 1 + rng.below(len.min(most)));
    assert_eq!(split, whole, "in pieces of up to {most}");
    if let Ok(seen) = &whole {
        assert!((200..=999).contains(&seen.status));
    }
    whole
}

/// A small buffer costs the end of the body and nothing else.
pub fn same_but_cut(whole: &Result<'_>, cut: &Result<'_>, capacity: usize) {
    let (Ok(whole), Ok(cut)) = (whole, cut) else {
        assert_eq!(whole, cut, "into {capacity}");
        return;
    };
    assert!(!whole.truncated, "truncated in a large buffer");
    let mut expected = whole.clone();
    if cut.truncated {
        assert!(whole.body.len() >= capacity, "truncated, and it fitted");
        let kept = capacity.saturating_sub(WINDOW);
        expected.body = &whole.body[..kept];
        expected.truncated = true;
    }
    assert_eq!(*cut, expected, "into {capacity}");
}

/// Reads a response in pieces of the lengths that `piece` chooses, up to what it is given.
pub fn read<'b>(
    mut data: &[u8],
    buffer: &'b mut [u8],
    mut piece: impl FnMut(usize) -> usize,
) -> Result<'b> {
    let mut reader = ResponseReader::new();
    while !data.is_empty() && !reader.is_done() {
        let window = reader.window(buffer);
        assert!(!window.is_empty(), "no room before the response is whole");
        let count = piece(data.len().min(window.len()));
        window[..count].copy_from_slice(&data[..count]);
        if let Err(error) = reader.received(buffer, count) {
            return stays(reader, buffer, error);
        }
        data = &data[count..];
    }
    if !reader.is_done()
        && let Err(error) = reader.closed()
    {
        return stays(reader, buffer, error);
    }
    let response = reader.into_response(buffer).expect("a whole response");
    Ok(Seen::of(&response))
}

fn stays<'b>(mut reader: ResponseReader, buffer: &'b mut [u8], error: ExchangeError) -> Result<'b> {
    for count in [0, 1, usize::MAX] {
        assert_eq!(reader.received(buffer, count), Err(error));
    }
    assert_eq!(reader.closed(), Err(error));
    assert!(!reader.is_done() && reader.into_response(buffer).is_none());
    Err(error)
}

impl<'b> Seen<'b> {
    /// Of a complete response.
    pub fn of(response: &Response<'b>) -> Self {
        let error_type = Vec::from_slice(response.error_type());
        Self {
            status: response.status(),
            body: response.body(),
            error_type: error_type.expect("32 bytes at most"),
            date: response.date(),
            truncated: response.truncated(),
        }
    }
}
