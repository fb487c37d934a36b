//! What an answer says, however its bytes arrive and however small the buffer is.

#[path = "common/miri.rs"]
mod miri;
#[path = "common/responses.rs"]
mod responses;

use miri::one_in;
use motepost::{ExchangeError, ResponseReader, Verdict};
use responses::{Answer, Case};

/// What the reader made of an answer.
#[derive(Clone, Debug, PartialEq)]
struct Outcome {
    answer: Answer,
    retry: bool,
    truncated: bool,
}

type Reading = Result<Outcome, ExchangeError>;

/// As much of a body as stays when it meets the buffer's end: the rest was the window for what came
/// behind it.
const WINDOW: usize = 32;

/// What a case becomes in a buffer of this size.
fn expected(case: &Case, capacity: usize) -> Reading {
    case.expected.clone().map(|mut answer| {
        let body = answer.body.len();
        // A body that fits exactly leaves no room to read the end that follows it.
        let truncated = body > capacity || body == capacity && answer.open_ended;
        if truncated {
            answer.body.truncate(capacity.saturating_sub(WINDOW));
        }
        Outcome {
            retry: matches!(answer.verdict, Verdict::Throttled | Verdict::Unavailable),
            truncated,
            answer,
        }
    })
}

/// Reads the pieces as they come, each in as many parts as the window asks for, until the answer is
/// whole; then the peer closes.
fn read<'p>(pieces: impl IntoIterator<Item = &'p [u8]>, capacity: usize, case: &Case) -> Reading {
    const CANARY: u8 = 0xc5;
    let mut memory = vec![CANARY; capacity + 8];
    let (buffer, behind) = memory.split_at_mut(capacity);
    let mut reader = ResponseReader::new();
    for mut piece in pieces {
        while !piece.is_empty() && !reader.is_done() {
            let window = reader.window(buffer);
            let count = piece.len().min(window.len());
            let (now, later) = piece.split_at(count);
            window[..count].copy_from_slice(now);
            reader.received(buffer, count)?;
            piece = later;
        }
    }
    if !reader.is_done() {
        reader.closed()?;
    }
    assert!(behind.iter().all(|byte| *byte == CANARY), "{}", case.name);
    let response = reader.into_response(buffer).expect("a whole answer");
    Ok(Outcome {
        retry: response.verdict().retry(),
        truncated: response.truncated(),
        answer: Answer {
            status: response.status(),
            verdict: response.verdict(),
            reusable: response.reusable(),
            body: response.body().to_vec(),
            error_type: response.error_type().to_vec(),
            date: response.date(),
            open_ended: case.expected.as_ref().is_ok_and(|case| case.open_ended),
        },
    })
}

fn assert_reads<'p>(
    case: &Case,
    capacity: usize,
    pieces: impl IntoIterator<Item = &'p [u8]>,
    note: impl Fn() -> String,
) {
    assert_eq!(
        read(pieces, capacity, case),
        expected(case, capacity),
        "{} in a buffer of {capacity}, {}",
        case.name,
        note()
    );
}

/// Sizes around the window's, around AWS's body of 65 bytes, and one that is plenty.
const CAPACITIES: [usize; 13] = [1, 2, 5, 31, 32, 33, 34, 63, 64, 65, 66, 128, 4096];

/// All of them; under Miri some of the short ones.
fn cases() -> impl Iterator<Item = Case> {
    let all = responses::all().into_iter();
    all.filter(|case| !cfg!(miri) || case.bytes.len() < 300)
        .step_by(one_in(7))
}

#[test]
fn the_cases_are_many_and_their_names_tell_them_apart() {
    let cases = responses::all();
    assert!(cases.len() >= 40, "{}", cases.len());
    let names: std::collections::HashSet<_> = cases.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), cases.len());
}

#[test]
fn an_answer_that_comes_in_one_piece_is_read() {
    for case in cases() {
        for capacity in CAPACITIES.into_iter().step_by(one_in(6)) {
            assert_reads(&case, capacity, [&*case.bytes], || "whole".into());
        }
    }
}

#[test]
fn an_answer_that_comes_byte_by_byte_says_the_same() {
    for case in cases() {
        for capacity in CAPACITIES.into_iter().step_by(one_in(6)) {
            assert_reads(&case, capacity, case.bytes.chunks(1), || "by bytes".into());
        }
    }
}

#[test]
fn an_answer_that_comes_in_two_pieces_says_the_same_wherever_it_is_cut() {
    for case in cases() {
        for capacity in [1, 33, 65, 4096] {
            for cut in (0..case.bytes.len()).step_by(one_in(53)) {
                let (one, two) = case.bytes.split_at(cut);
                assert_reads(&case, capacity, [one, two], || format!("cut at {cut}"));
            }
        }
    }
}

#[test]
fn a_short_answer_that_comes_in_three_pieces_says_the_same_wherever_it_is_cut() {
    for case in cases() {
        if case.bytes.len() > 90 {
            continue;
        }
        for second in (0..case.bytes.len()).step_by(one_in(37)) {
            for first in (0..second).step_by(one_in(31)) {
                let (front, three) = case.bytes.split_at(second);
                let (one, two) = front.split_at(first);
                assert_reads(&case, 64, [one, two, three], || {
                    format!("cut at {first} and {second}")
                });
            }
        }
    }
}

#[test]
fn an_answer_that_the_peer_cuts_is_closed_until_it_is_whole() {
    for case in cases() {
        let head = case.bytes.windows(4).position(|four| four == b"\r\n\r\n");
        for cut in (0..case.bytes.len()).step_by(one_in(41)) {
            let reading = read([&case.bytes[..cut]], 4096, &case);
            let until_close = match &case.expected {
                Ok(answer) => {
                    answer.open_ended
                        && !answer.reusable
                        && head.is_some_and(|head| cut >= head + 4)
                }
                Err(_) => false,
            };
            if until_close {
                // Only the peer knows what it still had to say.
                assert!(reading.is_ok(), "{} cut at {cut}", case.name);
            } else if reading != Err(ExchangeError::Closed) {
                // A broken answer may show before its end, and then with its own error.
                assert!(case.expected.is_err(), "{} cut at {cut}", case.name);
                assert_eq!(reading, expected(&case, 4096), "{} cut at {cut}", case.name);
            }
        }
    }
}

#[test]
fn what_stays_of_a_long_body_is_its_beginning() {
    let body: Vec<u8> = (0..1000_u32).map(|index| (index * 31) as u8).collect();
    let by_length = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    let mut chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.chunks(7) {
        chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let forms = [
        (false, [by_length.as_bytes(), &body].concat()),
        (true, chunked),
        (true, [b"HTTP/1.1 200 OK\r\n\r\n", &*body].concat()),
    ];
    for (index, (open_ended, bytes)) in forms.into_iter().enumerate() {
        let until_close = index == 2;
        let case = Case {
            name: "a body of 1,000 bytes",
            bytes,
            expected: Ok(Answer {
                status: 200,
                verdict: Verdict::Accepted,
                reusable: !until_close,
                body: body.clone(),
                error_type: Vec::new(),
                date: None,
                open_ended,
            }),
        };
        let capacities = (1..150).chain([500, 967, 968, 999, 1000, 1001, 1032, 2000]);
        for capacity in capacities.step_by(one_in(39)) {
            for piece in [1, 2, 3, 31, 32, 33, 100, 5000]
                .into_iter()
                .step_by(one_in(3))
            {
                assert_reads(&case, capacity, case.bytes.chunks(piece), || {
                    format!("in pieces of {piece}")
                });
            }
        }
    }
}

// The end of the answer.

#[test]
fn bytes_behind_the_answer_forbid_another_request_on_the_connection() {
    for case in cases() {
        let Ok(answer) = &case.expected else { continue };
        if answer.open_ended && !answer.reusable {
            continue; // Until the peer closes, every byte is body.
        }
        for surplus in [&b"\r\n"[..], b"\0", b"HTTP/1.1 200 OK\r\n\r\n"] {
            let bytes = [&*case.bytes, surplus].concat();
            let mut outcome = expected(&case, 4096);
            if let Ok(outcome) = &mut outcome {
                outcome.answer.reusable = false;
            }
            assert_eq!(read([&*bytes], 4096, &case), outcome, "{}", case.name);
            // They need not come with all of it; with its last byte is enough.
            let (front, end) = bytes.split_at(case.bytes.len() - 1);
            assert_eq!(read([front, end], 4096, &case), outcome, "{}", case.name);
        }
    }
}

#[test]
fn a_connection_that_closed_behind_the_answer_is_not_reusable() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK";
    for closes in [false, true] {
        let mut buffer = [0; 64];
        let mut reader = ResponseReader::new();
        reader.window(&mut buffer)[..answer.len()].copy_from_slice(answer);
        assert_eq!(reader.received(&mut buffer, answer.len()), Ok(()));
        assert!(reader.is_done());
        if closes {
            assert_eq!(reader.closed(), Ok(()));
        }
        let response = reader.into_response(&buffer).expect("a whole answer");
        assert_eq!(response.reusable(), !closes);
        assert_eq!(response.body(), b"OK");
    }
}

#[test]
fn asking_for_the_window_changes_nothing() {
    let body = "b".repeat(64);
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 64\r\n\r\n{body}");
    let mut buffer = [0; 64];
    let mut reader = ResponseReader::new();
    for byte in answer.bytes() {
        for _ in 0..3 {
            assert!(!reader.window(&mut buffer).is_empty());
        }
        reader.window(&mut buffer)[0] = byte;
        assert_eq!(reader.received(&mut buffer, 1), Ok(()));
    }
    assert!(reader.is_done());
    let _ = reader.window(&mut buffer);
    let response = reader.into_response(&buffer).expect("a whole answer");
    assert_eq!(response.body(), body.as_bytes());
    assert!(!response.truncated());
}

#[test]
fn there_is_no_response_before_the_end() {
    let reader = ResponseReader::new();
    assert!(!reader.is_done());
    assert!(reader.into_response(&[]).is_none());
    assert!(ResponseReader::default().into_response(&[0; 8]).is_none());
}

#[test]
fn more_bytes_than_the_window_has_are_an_overrun() {
    for count in [65, 66, usize::MAX - 1, usize::MAX] {
        let mut buffer = [b'H'; 64];
        let mut reader = ResponseReader::new();
        assert_eq!(
            reader.received(&mut buffer, count),
            Err(ExchangeError::Overrun)
        );
    }
    let mut buffer = [0; 64];
    let mut reader = ResponseReader::new();
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n0123456789";
    buffer[..head.len()].copy_from_slice(head);
    assert_eq!(reader.received(&mut buffer, head.len()), Ok(()));
    assert_eq!(reader.window(&mut buffer).len(), 54);
    assert_eq!(
        reader.received(&mut buffer, 55),
        Err(ExchangeError::Overrun)
    );
    assert_eq!(
        reader.received(&mut buffer, usize::MAX),
        Err(ExchangeError::Overrun)
    );
}

#[test]
fn no_bytes_change_nothing() {
    let mut buffer = [0; 64];
    let mut reader = ResponseReader::new();
    for byte in *b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK" {
        assert_eq!(reader.received(&mut buffer, 0), Ok(()));
        assert!(!reader.is_done());
        reader.window(&mut buffer)[0] = byte;
        assert_eq!(reader.received(&mut buffer, 1), Ok(()));
    }
    assert_eq!(reader.received(&mut buffer, 0), Ok(()));
    let response = reader.into_response(&buffer).expect("a whole answer");
    assert!(response.reusable());
}

// An endless head.

/// The reading of these pieces, without the tables.
fn read_pieces<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Reading {
    let case = Case {
        name: "",
        bytes: Vec::new(),
        expected: Err(ExchangeError::Closed),
    };
    read(pieces, 100_000, &case)
}

const MAX_HEAD: usize = 65_535;

#[test]
#[cfg_attr(miri, ignore = "65,535 bytes in the interpreter, and no pointers")]
fn a_head_may_have_65_535_bytes_and_no_more() {
    let start = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n";
    let one_line = |len: usize| {
        let mut head = start.to_vec();
        head.extend_from_slice(b"x:");
        head.resize(len - 4, b'v');
        head.extend_from_slice(b"\r\n\r\n");
        head
    };
    let many_lines = |len: usize| {
        let mut head = start.to_vec();
        while head.len() + 7 + 6 <= len {
            head.extend_from_slice(b"x: yz\r\n");
        }
        head.extend_from_slice(b"x:");
        head.resize(len - 4, b'v');
        head.extend_from_slice(b"\r\n\r\n");
        head
    };
    for make in [&one_line as &dyn Fn(usize) -> Vec<u8>, &many_lines] {
        for (len, whole) in [
            (MAX_HEAD, true),
            (MAX_HEAD + 1, false),
            (MAX_HEAD + 2, false),
        ] {
            let head = make(len);
            assert_eq!(head.len(), len);
            for piece in [1, 7, 1000, 65_534, 65_535, 65_536, 100_000] {
                let reading = read_pieces(head.chunks(piece));
                if whole {
                    assert!(reading.is_ok(), "{len} in pieces of {piece}: {reading:?}");
                } else {
                    assert_eq!(
                        reading,
                        Err(ExchangeError::HeadTooLong),
                        "pieces of {piece}"
                    );
                }
            }
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "65,535 bytes in the interpreter, and no pointers")]
fn an_endless_head_is_refused_before_what_is_wrong_behind_it() {
    let mut head = b"HTTP/1.1 200 OK\r\nx:".to_vec();
    head.resize(MAX_HEAD, b'v');
    head.extend_from_slice(b"v\0\n");
    for piece in [1, 7, 1000, 65_535, 65_536, 100_000] {
        assert_eq!(
            read_pieces(head.chunks(piece)),
            Err(ExchangeError::HeadTooLong),
            "in pieces of {piece}"
        );
    }
}

#[test]
#[cfg_attr(miri, ignore = "65,535 bytes in the interpreter, and no pointers")]
fn endless_interim_answers_trailers_and_chunk_lines_are_refused_too() {
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(3000);
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let trailers = [chunked, &b"0\r\n"[..], &b"x: y\r\n".repeat(12_000)].concat();
    let extension = [chunked, &b"5;"[..], &b"x".repeat(70_000)].concat();
    for bytes in [interim, trailers, extension] {
        for piece in [1, 1000, 100_000] {
            assert_eq!(
                read_pieces(bytes.chunks(piece)),
                Err(ExchangeError::HeadTooLong),
                "in pieces of {piece}"
            );
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "13,000 chunks in the interpreter, and no pointers")]
fn the_lines_of_all_chunks_together_have_the_same_bound() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let short = ("1\r\nx\r\n".to_owned(), (MAX_HEAD - head.len() - 5) / 5);
    let extended = (format!("1;{}\r\nx\r\n", "y".repeat(20_000)), 3);
    for (chunk, most) in [short, extended] {
        for (chunks, whole) in [(most, true), (most + 1, false)] {
            let bytes = format!("{head}{}0\r\n\r\n", chunk.repeat(chunks));
            for piece in [1, 1000, 100_000] {
                let reading = read_pieces(bytes.as_bytes().chunks(piece));
                let body = reading.map(|outcome| outcome.answer.body.len());
                let expected = if whole {
                    Ok(chunks)
                } else {
                    Err(ExchangeError::HeadTooLong)
                };
                assert_eq!(body, expected, "in pieces of {piece}");
            }
        }
    }
}

// The verdict.

#[test]
fn every_status_has_its_verdict() {
    for status in (100..=999_u16).step_by(one_in(13)) {
        let expected = match status {
            100..=199 => continue,
            200..=299 => (Verdict::Accepted, false),
            401 | 403 => (Verdict::Denied, false),
            429 => (Verdict::Throttled, true),
            // RFC 9110 sections 15.5.9 and 15.5.20, RFC 8470 section 5.2.
            408 | 421 | 425 => (Verdict::Unavailable, true),
            500.. => (Verdict::Unavailable, true),
            _ => (Verdict::Rejected, false),
        };
        let answer = format!("HTTP/1.1 {status} ?\r\ncontent-length: 0\r\n\r\n");
        let outcome = read_pieces([answer.as_bytes()]).expect("a sound answer");
        assert_eq!(outcome.answer.status, status);
        assert_eq!(
            (outcome.answer.verdict, outcome.retry),
            expected,
            "{status}"
        );
    }
}

#[test]
fn every_interim_status_but_101_is_skipped() {
    for status in 100..=199_u16 {
        let answers =
            format!("HTTP/1.1 {status} ?\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        let reading = read_pieces([answers.as_bytes()]).map(|outcome| outcome.answer.status);
        if status == 101 {
            assert_eq!(reading, Err(ExchangeError::StatusLine));
        } else {
            assert_eq!(reading, Ok(200), "{status}");
        }
    }
}

// The date.

fn date_of(date: &str) -> Option<u32> {
    let answer = format!("HTTP/1.1 200 OK\r\ndate: {date}\r\ncontent-length: 0\r\n\r\n");
    read_pieces([answer.as_bytes()])
        .expect("a sound answer")
        .answer
        .date
}

#[test]
fn a_date_becomes_unix_seconds() {
    let table = [
        ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
        ("Thu, 01 Jan 1970 00:00:01 GMT", Some(1)),
        ("Thu, 01 Jan 1970 23:59:59 GMT", Some(86_399)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
        ("Sun, 09 Sep 2001 01:46:40 GMT", Some(1_000_000_000)),
        // Leap years.
        ("Mon, 28 Feb 2000 00:00:00 GMT", Some(951_696_000)),
        ("Tue, 29 Feb 2000 00:00:00 GMT", Some(951_782_400)),
        ("Wed, 01 Mar 2000 00:00:00 GMT", Some(951_868_800)),
        ("Thu, 29 Feb 2024 12:00:00 GMT", Some(1_709_208_000)),
        // 2100 is none.
        ("Sun, 28 Feb 2100 23:59:59 GMT", Some(4_107_542_399)),
        ("Mon, 01 Mar 2100 00:00:00 GMT", Some(4_107_542_400)),
        // A leap second is the second that follows it.
        ("Sat, 31 Dec 2016 23:59:60 GMT", Some(1_483_228_800)),
        // Where 31 bits end, and the last year before 32 bits do.
        ("Tue, 19 Jan 2038 03:14:08 GMT", Some(2_147_483_648)),
        ("Thu, 31 Dec 2105 23:59:59 GMT", Some(4_291_747_199)),
        ("Fri, 01 Jan 2106 00:00:00 GMT", None),
        ("Wed, 31 Dec 1969 23:59:59 GMT", None),
        ("Sat, 01 Jan 0000 00:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
    ];
    for (date, seconds) in table {
        assert_eq!(date_of(date), seconds, "{date}");
    }
}

#[test]
fn a_date_that_is_no_imf_fixdate_is_none() {
    let table = [
        "",
        "now",
        "1680718705",
        "2023-04-05T18:18:25Z",
        // The obsolete forms (RFC 9110 section 5.6.7).
        "Wednesday, 05-Apr-23 18:18:25 GMT",
        "Wed Apr  5 18:18:25 2023",
        // One byte off.
        "Wed, 5 Apr 2023 18:18:25 GMT",
        "Wed, 05 Apr 2023 18:18:25 UTC",
        "Wed, 05 Apr 2023 18:18:25 GMTx",
        "Wed. 05 Apr 2023 18:18:25 GMT",
        "Wed, 05-Apr-2023 18:18:25 GMT",
        "Wed, 05 Apr 2023 18-18-25 GMT",
        "Wed, 05 Apr 2023T18:18:25 GMT",
        "Wed, 05 Apr 2023 18:18:25+GMT",
        "Wed, 05 apr 2023 18:18:25 GMT",
        "Wed, 05 Abr 2023 18:18:25 GMT",
        "Wed, 05 anF 2023 18:18:25 GMT",
        "Wed, x5 Apr 2023 18:18:25 GMT",
        "Wed, +5 Apr 2023 18:18:25 GMT",
        "Wed,  5 Apr 2023 18:18:25 GMT",
        "Wed, 05 Apr 202x 18:18:25 GMT",
        "Wed, 05 Apr 2023 1x:18:25 GMT",
        "Wed, 05 Apr 2023 18:1x:25 GMT",
        "Wed, 05 Apr 2023 18:18:2x GMT",
        // Out of range.
        "Wed, 00 Apr 2023 18:18:25 GMT",
        "Wed, 32 Apr 2023 18:18:25 GMT",
        "Fri, 31 Apr 2023 18:18:25 GMT",
        "Wed, 29 Feb 2023 18:18:25 GMT",
        "Fri, 30 Feb 2024 18:18:25 GMT",
        "Mon, 29 Feb 2100 18:18:25 GMT",
        "Sun, 31 Jun 2023 18:18:25 GMT",
        "Sun, 31 Sep 2023 18:18:25 GMT",
        "Sun, 31 Nov 2023 18:18:25 GMT",
        "Wed, 05 Apr 2023 24:18:25 GMT",
        "Wed, 05 Apr 2023 18:60:25 GMT",
        "Wed, 05 Apr 2023 18:18:61 GMT",
    ];
    for date in table {
        assert_eq!(date_of(date), None, "{date:?}");
    }
}

#[test]
#[cfg_attr(miri, ignore = "49,673 days in the interpreter, and no pointers")]
fn every_day_until_2105_is_the_day_before_and_one() {
    const MONTHS: [(&str, u32); 12] = [
        ("Jan", 31),
        ("Feb", 28),
        ("Mar", 31),
        ("Apr", 30),
        ("May", 31),
        ("Jun", 30),
        ("Jul", 31),
        ("Aug", 31),
        ("Sep", 30),
        ("Oct", 31),
        ("Nov", 30),
        ("Dec", 31),
    ];
    let mut days = 0;
    for year in 1970..=2105_u32 {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        for (month, len) in MONTHS {
            let len = if leap && month == "Feb" { 29 } else { len };
            for day in 1..=len {
                let date = format!("Day, {day:02} {month} {year} 00:00:00 GMT");
                assert_eq!(date_of(&date), Some(days * 86_400), "{date}");
                days += 1;
            }
        }
    }
    assert_eq!(days, 49_673);
}
