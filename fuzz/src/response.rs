//! Responses: any split gives the same result, and where others read the same bytes they see the same.
//!
//! Input: what the peer sends before it closes.

use motepost_fuzz_fast::response::{Seen, any_split, large, read, same_but_cut};
use motepost_fuzz_fast::rng::Rng;

use crate::peers;

/// `run` is what the target calls.
pub fn run(data: &[u8]) {
    let mut rng = Rng::of(data);
    let large = large(data);
    // Exact, so that the sanitizer sees what is touched behind it.
    let room = |len| vec![0; len].into_boxed_slice();
    let [mut one, mut other] = [room(large), room(large)];
    let whole = any_split(data, &mut rng, &mut one, &mut other);
    let bytes = read(data, &mut other, |_| 1);
    assert_eq!(bytes, whole, "byte by byte");

    let small = 1 + rng.below(large);
    let [mut one, mut other] = [room(small), room(small)];
    let cut = any_split(data, &mut rng, &mut one, &mut other);
    let bytes = read(data, &mut other, |_| 1);
    assert_eq!(bytes, cut, "byte by byte, into {small}");
    same_but_cut(&whole, &cut, small);

    if let Ok(seen) = &whole {
        httparse_agrees(seen, data);
        if let Some((status, body)) = peers::client(data) {
            assert_eq!(
                (status, &body[..]),
                (seen.status, seen.body),
                "hyper sees another response"
            );
        }
    }
}

/// What ours takes, httparse takes too, and its heads lead to the same body.
fn httparse_agrees(seen: &Seen<'_>, mut data: &[u8]) {
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
        // A size is digits, however many (RFC 9112 section 7.1); httparse takes sixteen, zeros too.
        while let [b'0', b'0', ..] = data {
            data = &data[1..];
        }
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
