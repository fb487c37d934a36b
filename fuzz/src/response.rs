//! Answers: any split gives the same result, and where others read the same bytes they see the same.
//!
//! Input: what the peer sends before it closes.

use motepost::{ExchangeError, ResponseReader};

use crate::peers;
use crate::rng::Rng;

/// As much of a body as its buffer's end gives up when there is more to come.
const WINDOW: usize = 32;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) error_type: Vec<u8>,
    pub(crate) date: Option<u32>,
    pub(crate) truncated: bool,
}

pub fn run(data: &[u8]) {
    let mut rng = Rng::of(data);
    let large = data.len() + WINDOW + 1;
    let whole = read(data, large, |len| len);
    assert_eq!(read(data, large, |_| 1), whole, "byte by byte");
    assert_eq!(
        read(data, large, |len| 1 + rng.below(len)),
        whole,
        "in pieces"
    );

    let small = 1 + rng.below(large);
    let cut = read(data, small, |len| len);
    assert_eq!(read(data, small, |_| 1), cut, "byte by byte, into {small}");
    assert_eq!(
        read(data, small, |len| 1 + rng.below(len)),
        cut,
        "in pieces, into {small}"
    );
    same_but_cut(&whole, &cut, small);

    if let Ok(seen) = &whole {
        assert!(
            !seen.truncated && (200..=999).contains(&seen.status) && seen.error_type.len() <= 32
        );
        httparse_agrees(seen, data);
        if let Some((status, body)) = peers::client(data) {
            assert_eq!(
                (status, &body),
                (seen.status, &seen.body),
                "hyper sees another answer"
            );
        }
    }
}

/// Reads the answer in pieces of the lengths that `piece` chooses, up to what it is given.
pub(crate) fn read(
    mut data: &[u8],
    capacity: usize,
    mut piece: impl FnMut(usize) -> usize,
) -> Result<Seen, ExchangeError> {
    // On the heap and exact, so that the sanitizer sees what is touched behind it.
    let mut buffer = vec![0; capacity].into_boxed_slice();
    let mut reader = ResponseReader::new();
    while !data.is_empty() && !reader.is_done() {
        let window = reader.window(&mut buffer);
        assert!(!window.is_empty(), "no room before the answer is whole");
        let count = piece(data.len().min(window.len()));
        window[..count].copy_from_slice(&data[..count]);
        reader.received(&mut buffer, count)?;
        data = &data[count..];
    }
    if !reader.is_done() {
        reader.closed()?;
    }
    let response = reader.into_response(&buffer).expect("a whole answer");
    Ok(Seen {
        status: response.status(),
        body: response.body().to_vec(),
        error_type: response.error_type().to_vec(),
        date: response.date(),
        truncated: response.truncated(),
    })
}

/// A small buffer costs the end of the body and nothing else.
fn same_but_cut(
    whole: &Result<Seen, ExchangeError>,
    cut: &Result<Seen, ExchangeError>,
    capacity: usize,
) {
    let (Ok(whole), Ok(cut)) = (whole, cut) else {
        assert_eq!(whole, cut, "into {capacity}");
        return;
    };
    let mut expected = whole.clone();
    if cut.truncated {
        assert!(whole.body.len() >= capacity, "truncated, and it fitted");
        expected.body.truncate(capacity.saturating_sub(WINDOW));
        expected.truncated = true;
    }
    assert_eq!(*cut, expected, "into {capacity}");
}

/// What ours takes, httparse takes too, and its heads lead to the same body.
fn httparse_agrees(seen: &Seen, mut data: &[u8]) {
    loop {
        let mut headers = vec![httparse::EMPTY_HEADER; data.len() / 3 + 1];
        let mut head = httparse::Response::new(&mut headers);
        let parsed = head
            .parse(data)
            .expect("ours takes a head that httparse refuses");
        let httparse::Status::Complete(len) = parsed else {
            panic!("ours takes half a head");
        };
        data = &data[len..];
        let status = head.code.expect("a status");
        if status < 200 {
            continue;
        }
        assert_eq!(status, seen.status);
        let values = |name: &str| -> Vec<&[u8]> {
            let named = head
                .headers
                .iter()
                .filter(|header| header.name.eq_ignore_ascii_case(name));
            named.map(|header| header.value).collect()
        };
        let (lengths, codings) = (values("content-length"), values("transfer-encoding"));
        let body = match (lengths.as_slice(), codings.as_slice()) {
            ([], []) if !matches!(status, 204 | 304) => data.to_vec(),
            (_, []) if matches!(status, 204 | 304) => Vec::new(),
            ([], [_]) if matches!(status, 204 | 304) => Vec::new(),
            ([], [coding]) => {
                assert!(coding.eq_ignore_ascii_case(b"chunked") && head.version == Some(1));
                chunks(data)
            }
            ([length], []) => {
                let length = str::from_utf8(length)
                    .expect("digits")
                    .parse::<usize>()
                    .expect("a number");
                data[..length].to_vec()
            }
            more => panic!("ours takes {more:?}"),
        };
        assert_eq!(body, seen.body);
        return;
    }
}

fn chunks(mut data: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let Ok(httparse::Status::Complete((len, size))) = httparse::parse_chunk_size(data) else {
            panic!("ours takes a chunk size that httparse refuses");
        };
        data = &data[len..];
        let size = usize::try_from(size).expect("a size that fits");
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&data[..size]);
        assert_eq!(&data[size..size + 2], b"\r\n");
        data = &data[size + 2..];
    }
}
