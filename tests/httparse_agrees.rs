//! Another reader, `httparse`, sees the same in an answer, or ours is the stricter one: each such
//! case is listed with its reason, and ours is nowhere laxer.

#[path = "common/miri.rs"]
mod miri;
#[path = "common/responses.rs"]
mod responses;

use std::collections::HashMap;

use miri::one_in;
use motepost::{ExchangeError, ResponseReader};

/// Cases that only our reader refuses, and why it does.
const STRICTER: &[(&str, &str)] = &[
    // httparse reads bytes, not what they mean.
    ("status 099", "no such class of status"),
    ("status 000", "no such class of status"),
    ("switching protocols", "we asked for no other protocol"),
    // httparse forgives line ends.
    (
        "an empty line first",
        "nothing comes before the first answer on a connection",
    ),
    ("bare LF after the status line", "a line ends with CRLF"),
    ("bare LF after a field line", "a line ends with CRLF"),
    ("bare LF for the empty line", "a line ends with CRLF"),
    ("bare LF far into a value", "a line ends with CRLF"),
    ("bare LF in a trailer", "a line ends with CRLF"),
    ("bare LF for the last line", "a line ends with CRLF"),
    // httparse leaves the length to its caller.
    ("two lengths that differ", "one length"),
    ("the same length twice", "one length"),
    ("zero twice", "one length"),
    ("a list of lengths", "one length"),
    ("length +5", "digits alone"),
    ("length -5", "digits alone"),
    ("length 5 5", "digits alone"),
    ("length 0x5", "digits alone"),
    ("length 5a", "digits alone"),
    ("length a", "digits alone"),
    ("length 5.0", "digits alone"),
    ("no length", "digits alone"),
    ("blanks for a length", "digits alone"),
    ("a length of 2 to the 32nd", "a length that fits"),
    ("a length of 2 to the 32nd and 5", "a length that fits"),
    ("a length of 2 to the 64th and 5", "a length that fits"),
    ("a length of 21 digits", "a length that fits"),
    ("a length behind many zeros", "a length that fits"),
    ("a length with chunks", "a length or chunks"),
    ("chunks with a length", "a length or chunks"),
    ("chunks with a length of zero", "a length or chunks"),
    ("a length with chunks for no body", "a length or chunks"),
    ("gzip", "chunked is the one transfer coding"),
    ("gzip, chunked", "chunked is the one transfer coding"),
    ("chunked, chunked", "chunked is the one transfer coding"),
    ("chunked twice", "chunked is the one transfer coding"),
    ("chunked and gzip", "chunked is the one transfer coding"),
    (
        "chunked with a parameter",
        "chunked is the one transfer coding",
    ),
    (
        "another word before chunked",
        "chunked is the one transfer coding",
    ),
    ("identity", "chunked is the one transfer coding"),
    ("no transfer encoding", "chunked is the one transfer coding"),
    (
        "chunked and more behind many blanks",
        "chunked is the one transfer coding",
    ),
    ("chunks in HTTP/1.0", "HTTP/1.0 has no chunks"),
    // httparse reads over a chunk's extension.
    ("a size of 2 to the 32nd and 5", "a size that fits"),
    ("LF in an extension", "a line holds no control character"),
    ("NUL in an extension", "a line holds no control character"),
];

/// What another reader sees.
#[derive(Debug, PartialEq)]
struct Seen {
    status: u16,
    error_type: Vec<u8>,
    dated: bool,
    close: bool,
    body: Vec<u8>,
}

/// Why there is nothing to be seen.
#[derive(Debug, PartialEq)]
enum Unseen {
    Refused(String),
    Cut,
}

fn refused(error: impl core::fmt::Debug) -> Unseen {
    Unseen::Refused(format!("{error:?}"))
}

type Headers<'h> = [httparse::Header<'h>];

fn values<'h>(headers: &'h Headers<'_>, name: &str) -> Vec<&'h [u8]> {
    let named = |header: &&httparse::Header<'_>| header.name.eq_ignore_ascii_case(name);
    headers
        .iter()
        .filter(named)
        .map(|header| header.value)
        .collect()
}

/// The answer as `httparse` splits it, and with as little judgement as its documentation asks of a
/// caller.
fn by_httparse(mut bytes: &[u8]) -> Result<Seen, Unseen> {
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Response::new(&mut headers);
        let len = match head.parse(bytes).map_err(refused)? {
            httparse::Status::Complete(len) => len,
            httparse::Status::Partial => return Err(Unseen::Cut),
        };
        bytes = &bytes[len..];
        let status = head.code.expect("a whole head has a status");
        if (100..200).contains(&status) && status != 101 {
            continue;
        }
        let error_type = values(head.headers, "x-amzn-errortype")
            .last()
            .map(|value| {
                let value = value.split(|byte| *byte == b':').next().unwrap_or_default();
                let value = value
                    .rsplit(|byte| *byte == b'#')
                    .next()
                    .unwrap_or_default();
                value[..value.len().min(32)].to_vec()
            })
            .unwrap_or_default();
        let dated = values(head.headers, "date")
            .last()
            .is_some_and(|date| date.len() == 29);
        let close = values(head.headers, "connection").iter().any(|value| {
            value.split(|byte| *byte == b',').any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
                // Ours gives up on a list that it cannot keep.
                || value.len() > 50
        });
        let chunked = !values(head.headers, "transfer-encoding").is_empty();
        let length = values(head.headers, "content-length").first().map(|value| {
            let digits = core::str::from_utf8(value).unwrap_or_default();
            digits.parse::<usize>().unwrap_or(0)
        });
        let body = if status == 204 || status == 304 {
            Vec::new()
        } else if chunked {
            chunks(bytes)?
        } else if let Some(length) = length {
            bytes.get(..length).ok_or(Unseen::Cut)?.to_vec()
        } else {
            bytes.to_vec()
        };
        return Ok(Seen {
            status,
            error_type,
            dated,
            close: close
                || head.version == Some(0)
                || (length.is_none() && !chunked && status != 204 && status != 304),
            body,
        });
    }
}

fn chunks(mut bytes: &[u8]) -> Result<Vec<u8>, Unseen> {
    let mut body = Vec::new();
    loop {
        let (len, size) = match httparse::parse_chunk_size(bytes).map_err(refused)? {
            httparse::Status::Complete(found) => found,
            httparse::Status::Partial => return Err(Unseen::Cut),
        };
        bytes = &bytes[len..];
        if size == 0 {
            let mut headers = [httparse::EMPTY_HEADER; 64];
            return match httparse::parse_headers(bytes, &mut headers).map_err(refused)? {
                httparse::Status::Complete(_) => Ok(body),
                httparse::Status::Partial => Err(Unseen::Cut),
            };
        }
        let size = usize::try_from(size).map_err(refused)?;
        let data = bytes.get(..size).ok_or(Unseen::Cut)?;
        body.extend_from_slice(data);
        bytes = &bytes[size..];
        bytes = match bytes {
            [b'\r', b'\n', rest @ ..] => rest,
            [] | [b'\r'] => return Err(Unseen::Cut),
            _ => return Err(refused("no CRLF behind a chunk")),
        };
    }
}

/// The answer as our reader sees it.
fn by_ours(bytes: &[u8]) -> Result<Seen, Unseen> {
    let mut buffer = vec![0; bytes.len() + 64];
    let mut reader = ResponseReader::new();
    reader.window(&mut buffer)[..bytes.len()].copy_from_slice(bytes);
    let read = reader.received(&mut buffer, bytes.len());
    let read = read.and_then(|()| {
        if reader.is_done() {
            Ok(())
        } else {
            reader.closed()
        }
    });
    match read {
        Err(ExchangeError::Closed) => return Err(Unseen::Cut),
        Err(error) => return Err(refused(error)),
        Ok(()) => {}
    }
    let response = reader.into_response(&buffer).expect("a whole answer");
    Ok(Seen {
        status: response.status(),
        error_type: response.error_type().to_vec(),
        dated: response.date().is_some(),
        close: !response.reusable(),
        body: response.body().to_vec(),
    })
}

/// How the two differ: not at all, or in this way.
#[derive(Debug, PartialEq)]
enum Difference {
    Stricter,
    Laxer(String),
    Other(String),
}

fn difference(bytes: &[u8]) -> Option<Difference> {
    let (ours, theirs) = (by_ours(bytes), by_httparse(bytes));
    match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) if ours == theirs => None,
        (Err(Unseen::Refused(_)), Err(Unseen::Refused(_))) => None,
        (Err(Unseen::Cut), Err(Unseen::Cut)) => None,
        // What is broken may show before its end or behind it.
        (Err(Unseen::Refused(_)), Ok(_) | Err(Unseen::Cut)) => Some(Difference::Stricter),
        (Ok(_) | Err(Unseen::Cut), Err(Unseen::Refused(why))) => {
            Some(Difference::Laxer(why.clone()))
        }
        _ => Some(Difference::Other(format!("{ours:?} and {theirs:?}"))),
    }
}

#[test]
fn both_read_every_answer_alike_but_where_ours_is_stricter_for_a_reason() {
    let mut listed: HashMap<&str, &str> = STRICTER.iter().copied().collect();
    assert_eq!(listed.len(), STRICTER.len(), "a case is listed twice");
    let mut problems = Vec::new();
    for case in responses::all() {
        assert_eq!(by_ours(&case.bytes).is_ok(), case.expected.is_ok());
        let reason = listed.remove(case.name);
        match (difference(&case.bytes), reason) {
            (None, None) | (Some(Difference::Stricter), Some(_)) => {}
            (None, Some(reason)) => problems.push(format!(
                "{:?} is listed ({reason}), and the two agree",
                case.name
            )),
            (Some(difference), _) => problems.push(format!("{:?}: {difference:?}", case.name)),
        }
    }
    for (name, _) in listed {
        problems.push(format!("{name:?} is listed, and there is no such case"));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_head_that_is_cut_is_whole_to_neither_and_ours_refuses_it_no_earlier() {
    for case in responses::all().into_iter().step_by(one_in(6)) {
        let is_long = cfg!(miri) && case.bytes.len() > 300;
        if is_long || STRICTER.iter().any(|(name, _)| *name == case.name) {
            continue;
        }
        let head = case.bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let head = head.map_or(case.bytes.len(), |head| head + 3);
        for cut in (0..head).step_by(one_in(41)) {
            let cut_off = &case.bytes[..cut];
            let (ours, theirs) = (by_ours(cut_off), by_httparse(cut_off));
            // Ours judges a line when it has all of it, so it may still wait where httparse refuses.
            let agree = match theirs {
                Err(Unseen::Cut) => ours == theirs,
                Err(Unseen::Refused(_)) => ours.is_err(),
                Ok(_) => false,
            };
            assert!(agree, "{} cut at {cut}: {ours:?}", case.name);
        }
    }
}

#[test]
fn the_comparison_can_fail() {
    let same = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(difference(same), None);
    let stricter = b"HTTP/1.1 200 OK\ncontent-length: 0\r\n\r\n";
    assert_eq!(difference(stricter), Some(Difference::Stricter));
    // More fields than the other reader was given room for are, to it, too many.
    let many = [b"HTTP/1.1 200 OK\r\n", &*b"a:b\r\n".repeat(65), b"\r\n"].concat();
    assert!(matches!(difference(&many), Some(Difference::Laxer(_))));
}
