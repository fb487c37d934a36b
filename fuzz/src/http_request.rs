//! The local emulator's HTTP: it takes nothing that two parsers could read as two requests.
//!
//! Input: what a client sends.

use motepost_contract::http::{ChunkDecoder, ChunkFault, Framing, RequestHead, head_end};

use crate::peers;

const MAX_FIELDS: usize = 64;
const MAX_BODY: usize = 4096;

/// The same body, a byte at a time.
fn in_pieces(bytes: &[u8]) -> Result<Option<Vec<u8>>, ChunkFault> {
    let (mut decoder, mut buffer) = (ChunkDecoder::new(MAX_BODY), Vec::new());
    for byte in bytes {
        buffer.push(*byte);
        if let Some(body) = decoder.read(&mut buffer)? {
            return Ok(Some(body));
        }
    }
    Ok(None)
}

pub fn run(data: &[u8]) {
    let end = head_end(data);
    assert_eq!(
        end.as_ref().map_err(|_| ()),
        expected_end(data).as_ref().map_err(|()| ())
    );
    let Ok(Some(end)) = end else {
        return;
    };
    let (head, rest) = data.split_at(end);
    let Ok(request) = RequestHead::parse(head, MAX_FIELDS) else {
        return;
    };
    let lines: Vec<&[u8]> = head[..end - 4]
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .skip_while(|line| line.is_empty())
        .skip(1)
        .collect();
    check_fields(&request, &lines);
    let _ = (
        request.host(),
        request.keep_alive(),
        request.expects_continue().is_ok(),
    );

    let lengths = count(&lines, b"content-length");
    let codings = count(&lines, b"transfer-encoding");
    let framing = request.framing();
    if lengths > 1 || codings > 1 || (lengths > 0 && codings > 0) {
        assert!(framing.is_err(), "{lengths} lengths and {codings} codings");
    }
    let body = match framing {
        Err(_) => return,
        Ok(Framing::Length(length)) if length > MAX_BODY => return,
        Ok(Framing::Length(length)) => rest.get(..length).map(<[u8]>::to_vec),
        Ok(Framing::Chunked) => {
            let mut left = rest.to_vec();
            let whole = ChunkDecoder::new(MAX_BODY).read(&mut left);
            assert_eq!(whole, in_pieces(rest));
            match whole {
                Ok(body) => body.inspect(|body| {
                    assert!(rest.ends_with(&left) && body.len() <= MAX_BODY);
                }),
                Err(_) => return,
            }
        }
    };
    // What hyper takes as well, it reads as the same request.
    if let (Some(seen), Some(body)) = (peers::server(data).first(), body) {
        assert_eq!(
            (seen.method.as_str(), &seen.body),
            (request.method(), &body)
        );
        let path = seen.target.split('?').next().unwrap_or_default();
        if request.path().starts_with('/') && path.starts_with('/') {
            let ours = request.path().split('#').next().unwrap_or_default();
            assert_eq!(path.split('#').next().unwrap_or_default(), ours);
        }
    }
}

/// By looking for what is wrong first, where the contract's reader goes byte by byte.
fn expected_end(data: &[u8]) -> Result<Option<usize>, ()> {
    let end = data
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map(|at| at + 4);
    let head = &data[..end.unwrap_or(data.len())];
    let bare_lf = (0..head.len()).any(|at| head[at] == b'\n' && (at == 0 || head[at - 1] != b'\r'));
    let bare_cr = (0..head.len())
        .any(|at| head[at] == b'\r' && head.get(at + 1).is_some_and(|next| *next != b'\n'));
    if bare_lf || bare_cr { Err(()) } else { Ok(end) }
}

/// Each line is one field, whole: none is folded, none lost, none made up.
fn check_fields(request: &RequestHead, lines: &[&[u8]]) {
    let found: Vec<_> = request.headers().collect();
    assert_eq!(found.len(), lines.len());
    assert!(found.len() <= MAX_FIELDS);
    for ((name, value), line) in found.iter().zip(lines) {
        let colon = line.iter().position(|byte| *byte == b':').expect("a colon");
        assert_eq!(name.as_bytes(), &line[..colon]);
        assert!(
            !name.is_empty() && !name.bytes().any(|byte| byte.is_ascii_whitespace()),
            "{name:?}"
        );
        let trimmed = line[colon + 1..].trim_ascii();
        assert_eq!(*value, trimmed, "{name}");
        assert!(!value.contains(&0));
    }
    let hosts = count(lines, b"host");
    assert!(hosts <= 1, "{hosts} hosts");
}

fn count(lines: &[&[u8]], name: &[u8]) -> usize {
    let named = |line: &&&[u8]| {
        let found = line.split(|byte| *byte == b':').next().unwrap_or_default();
        found.eq_ignore_ascii_case(name)
    };
    lines.iter().filter(named).count()
}
