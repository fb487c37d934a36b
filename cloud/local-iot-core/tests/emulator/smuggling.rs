//! Requests that two parsers could take apart in two ways. Each is refused, or read in the one way of RFC 9112; what
//! it hides is published never, as an MQTT subscriber sees; and others get responses meanwhile.

use std::io::{Read, Write};

use rumqttc::Connection;

use crate::mqtt::{message, subscribe_as};
use crate::support::*;
use local_iot_core::{Behaviour, LocalIotCore};

/// What is to become of a row.
enum Reading {
    /// 400, and nothing behind it is looked at.
    Refused,
    /// A publish to uniqueID/outer whose payload is all that was hidden.
    Hidden,
    /// A response of that status, with all that was hidden read as its body.
    Status(u16),
}
use Reading::{Hidden, Refused, Status};

/// A whole request, to a topic that nobody may ever see.
fn hidden() -> String {
    publish("/topics/uniqueID/smuggled", "")
}

struct Watched {
    emulator: LocalIotCore,
    subscriber: Connection,
    _client: rumqttc::Client,
}

impl Watched {
    fn start(accept_chunked: bool) -> Self {
        let emulator = start_with(Behaviour {
            accept_chunked,
            ..Behaviour::default()
        });
        let (client, subscriber) = subscribe_as("watcher", &emulator, "#");
        Self {
            emulator,
            subscriber,
            _client: client,
        }
    }

    /// Sends it with an honest request behind, and checks all responses and all that is published.
    fn check(&mut self, bytes: &[u8], reading: &Reading) {
        let shown = String::from_utf8_lossy(bytes);
        let mut stream = connect(self.emulator.http_addr());
        stream.write_all(bytes).unwrap();
        let last = publish("/topics/uniqueID/last", "connection:close\r\n");
        // It may be closed by now.
        let _ = stream.write_all(last.as_bytes());
        let mut responses = String::new();
        // A reset after the response is as good an end as any.
        let _ = stream.read_to_string(&mut responses);
        let statuses: Vec<u16> = responses
            .match_indices("HTTP/1.1 ")
            .map(|(at, start)| at + start.len())
            // A reason may name HTTP/1.1 as well.
            .filter_map(|at| responses[at..].get(..3)?.parse().ok())
            .filter(|status| *status != 100)
            .collect();
        let expected = match reading {
            Refused => vec![400],
            Hidden => vec![200, 200],
            Status(status) => vec![*status, 200],
        };
        assert_eq!(statuses, expected, "{shown}");

        assert_eq!(
            ask(&self.emulator, publish("/topics/uniqueID/other", "")).status,
            200
        );
        let mut seen = Vec::new();
        while seen
            .last()
            .is_none_or(|(topic, _)| topic != "uniqueID/other")
        {
            let publish = message(&mut self.subscriber);
            let payload = String::from_utf8(publish.payload.to_vec()).unwrap();
            seen.push((publish.topic, payload));
        }
        let seen: Vec<_> = seen
            .iter()
            .map(|(topic, payload)| (topic.as_str(), payload.as_str()))
            .collect();
        let hidden = hidden();
        let (outer, last) = (("uniqueID/outer", hidden.as_str()), ("uniqueID/last", "{}"));
        let other = ("uniqueID/other", "{}");
        let expected = match reading {
            Refused => vec![other],
            Hidden => vec![outer, last, other],
            Status(_) => vec![last, other],
        };
        assert_eq!(seen, expected, "{shown}");
    }
}

fn outer(line: &str, fields: &str) -> String {
    format!(
        "{line}\r\nhost:localhost\r\n{ALLOWED}{fields}\r\n{}",
        hidden()
    )
}

const LINE: &str = "POST /topics/uniqueID/outer HTTP/1.1";

#[test]
fn lengths_and_codings_are_read_in_one_way_or_refused() {
    let length = hidden().len();
    let overflow = u128::from(u64::MAX) + 1;
    let rows = [
        // One length, however it is written.
        (format!("content-length:{length}\r\n"), Hidden),
        (format!("content-length:000{length}\r\n"), Hidden),
        (format!("Content-Length: \t {length} \t \r\n"), Hidden),
        (
            format!("content_length:0\r\ncontent-length:{length}\r\n"),
            Hidden,
        ),
        (
            format!("connection:content-length\r\ncontent-length:{length}\r\n"),
            Hidden,
        ),
        (
            format!("upgrade:h2c\r\nconnection:upgrade\r\ncontent-length:{length}\r\n"),
            Hidden,
        ),
        (
            format!("expect:100-continue\r\ncontent-length:{length}\r\n"),
            Hidden,
        ),
        (format!("te:chunked\r\ncontent-length:{length}\r\n"), Hidden),
        // Two lengths.
        (
            format!("content-length:{length}\r\ncontent-length:{length}\r\n"),
            Refused,
        ),
        (
            format!("content-length:{length}\r\nCONTENT-LENGTH:0\r\n"),
            Refused,
        ),
        (
            format!("content-length:0\r\ncontent-length:{length}\r\n"),
            Refused,
        ),
        (format!("content-length:{length}, {length}\r\n"), Refused),
        (format!("content-length:0,{length}\r\n"), Refused),
        // What is no length.
        (format!("content-length:+{length}\r\n"), Refused),
        (format!("content-length:-{length}\r\n"), Refused),
        (format!("content-length:0x{length:x}\r\n"), Refused),
        (format!("content-length:{length}.0\r\n"), Refused),
        (format!("content-length:{length};x\r\n"), Refused),
        (format!("content-length:\"{length}\"\r\n"), Refused),
        (format!("content-length:{length} 0\r\n"), Refused),
        (format!("content-length:{length}\u{b}\r\n"), Refused),
        (
            format!("content-length:{}\r\n", overflow + length as u128),
            Refused,
        ),
        (format!("content-length:{overflow}{overflow}\r\n"), Refused),
        ("content-length:\r\n".to_owned(), Refused),
        ("content-length:1e1\r\n".to_owned(), Refused),
        ("content-length:\u{665}\r\n".to_owned(), Refused),
        // A length and a coding.
        (
            format!("content-length:{length}\r\ntransfer-encoding:chunked\r\n"),
            Refused,
        ),
        (
            format!("transfer-encoding:chunked\r\ncontent-length:{length}\r\n"),
            Refused,
        ),
        (
            format!("content-length:{length}\r\ntransfer-encoding:identity\r\n"),
            Refused,
        ),
        (
            format!("content-length:{length}\r\ntransfer-encoding:\r\n"),
            Refused,
        ),
        // Codings.
        (
            "transfer-encoding:chunked\r\ntransfer-encoding:chunked\r\n".to_owned(),
            Refused,
        ),
        (
            "transfer-encoding:chunked\r\ntransfer-encoding:identity\r\n".to_owned(),
            Refused,
        ),
        ("transfer-encoding:chunked, chunked\r\n".to_owned(), Refused),
        (
            "transfer-encoding:chunked, identity\r\n".to_owned(),
            Refused,
        ),
        (
            "transfer-encoding:identity, chunked\r\n".to_owned(),
            Refused,
        ),
        ("transfer-encoding:gzip, chunked\r\n".to_owned(), Refused),
        ("transfer-encoding:identity\r\n".to_owned(), Refused),
        ("transfer-encoding:chunked,\r\n".to_owned(), Refused),
        ("transfer-encoding:,chunked\r\n".to_owned(), Refused),
        ("transfer-encoding:chunked;q=1\r\n".to_owned(), Refused),
        ("transfer-encoding:\"chunked\"\r\n".to_owned(), Refused),
        ("transfer-encoding:xchunked\r\n".to_owned(), Refused),
        ("transfer-encoding:\u{b}chunked\r\n".to_owned(), Refused),
        ("transfer-encoding:\r\n".to_owned(), Refused),
    ];
    for accept_chunked in [false, true] {
        let mut watched = Watched::start(accept_chunked);
        for (fields, reading) in &rows {
            watched.check(outer(LINE, fields).as_bytes(), reading);
        }
    }
}

#[test]
fn lines_and_fields_end_in_one_way_or_are_refused() {
    let length = hidden().len();
    let rows = [
        // Folded.
        format!("content-length:\r\n {length}\r\n"),
        format!("x:y\r\n content-length:{length}\r\n"),
        format!("x:y\r\n\tcontent-length:{length}\r\n"),
        "transfer-encoding:\r\n chunked\r\n".to_owned(),
        // Not ended by CR LF.
        format!("x:y\ncontent-length:{length}\r\n"),
        format!("x:y\rcontent-length:{length}\r\n"),
        format!("content-length:{length}\n"),
        format!("content-length:{length}\r\r\n"),
        format!("x:y\n\ncontent-length:{length}\r\n"),
        // Names that are none.
        format!("content-length :{length}\r\n"),
        format!("content-length\t:{length}\r\n"),
        "transfer-encoding :chunked\r\n".to_owned(),
        format!("content length:{length}\r\n"),
        format!("content-length {length}\r\n"),
        format!("content-length\0:{length}\r\n"),
        format!(":{length}\r\n"),
        format!("\u{e9}:y\r\ncontent-length:{length}\r\n"),
        format!("(x):y\r\ncontent-length:{length}\r\n"),
        // Values that are none.
        format!("x:\0\r\ncontent-length:{length}\r\n"),
        format!("content-length:{length}\0\r\n"),
        format!("x:\u{7f}\r\ncontent-length:{length}\r\n"),
        // Hosts.
        format!("host:other\r\ncontent-length:{length}\r\n"),
    ];
    let mut watched = Watched::start(true);
    for fields in &rows {
        watched.check(outer(LINE, fields).as_bytes(), &Refused);
    }
    let without_host = outer(LINE, &format!("content-length:{length}\r\n"));
    let without_host = without_host.replacen("host:localhost\r\n", "", 1);
    watched.check(without_host.as_bytes(), &Refused);
}

#[test]
fn request_lines_are_read_in_one_way_or_refused() {
    let fields = format!("content-length:{}\r\n", hidden().len());
    let rows = [
        (
            "POST http://localhost/topics/uniqueID/outer HTTP/1.1",
            Hidden,
        ),
        (
            "POST https://elsewhere:1/topics/uniqueID/outer HTTP/1.1",
            Hidden,
        ),
        ("POST /topics/uniqueID/outer? HTTP/1.1", Hidden),
        ("\r\nPOST /topics/uniqueID/outer HTTP/1.1", Hidden),
        (
            "POST http://localhost?/topics/uniqueID/outer HTTP/1.1",
            Status(404),
        ),
        (
            "POST //localhost/topics/uniqueID/outer HTTP/1.1",
            Status(404),
        ),
        (
            "POST ftp://localhost/topics/uniqueID/outer HTTP/1.1",
            Status(404),
        ),
        ("POST localhost:80 HTTP/1.1", Status(404)),
        ("OPTIONS * HTTP/1.1", Status(404)),
        ("CONNECT localhost:80 HTTP/1.1", Status(404)),
        ("GET /topics/uniqueID/outer HTTP/1.1", Status(405)),
        ("DELETE /topics/uniqueID/outer HTTP/1.1", Status(405)),
        ("HEAD /topics/uniqueID/outer HTTP/1.1", Status(405)),
        ("post /topics/uniqueID/outer HTTP/1.1", Status(405)),
        ("POST /topics/uniqueID/outer#x HTTP/1.1", Status(400)),
        ("POST /topics/uniqueID/outer HTTP/1.1 HTTP/1.1", Refused),
        ("POST /topics/uniqueID/outer HTTP/1.1 ", Refused),
        ("POST  /topics/uniqueID/outer HTTP/1.1", Refused),
        ("POST\t/topics/uniqueID/outer HTTP/1.1", Refused),
        ("POST /topics/uniqueID/outer\tHTTP/1.1", Refused),
        (" POST /topics/uniqueID/outer HTTP/1.1", Refused),
        ("POST /topics/uniqueID/outer", Refused),
        ("POST /topics/uniqueID/outer HTTP/0.9", Refused),
        ("POST /topics/uniqueID/outer HTTP/1.2", Refused),
        ("POST /topics/uniqueID/outer HTTP/2.0", Refused),
        ("POST /topics/uniqueID/outer HTTP/1.10", Refused),
        ("POST /topics/uniqueID/outer HTTP/01.1", Refused),
        ("POST /topics/uniqueID/outer http/1.1", Refused),
        ("POST /topics/uniqueID/\0outer HTTP/1.1", Refused),
        ("P\0ST /topics/uniqueID/outer HTTP/1.1", Refused),
    ];
    let mut watched = Watched::start(false);
    for (line, reading) in &rows {
        watched.check(outer(line, &fields).as_bytes(), reading);
    }
    // HTTP/1.0 has no chunks, and closes.
    let old = outer(
        "POST /topics/uniqueID/outer HTTP/1.0",
        "transfer-encoding:chunked\r\n",
    );
    watched.check(old.as_bytes(), &Refused);
}

#[test]
fn chunks_are_read_in_one_way_or_refused() {
    let (hidden, length) = (hidden(), hidden().len());
    let half = length / 2;
    let (first, second) = hidden.split_at(half);
    let rest = length - half;
    let rows = [
        (format!("{length:x}\r\n{hidden}\r\n0\r\n\r\n"), Hidden),
        (format!("{length:X}\r\n{hidden}\r\n000\r\n\r\n"), Hidden),
        (
            format!("00{length:x};a=\"b\"\r\n{hidden}\r\n0;c\r\n\r\n"),
            Hidden,
        ),
        (
            format!("{half:x}\r\n{first}\r\n{rest:x}\r\n{second}\r\n0\r\n\r\n"),
            Hidden,
        ),
        (
            format!("{length:x}\r\n{hidden}\r\n0\r\ncontent-length:5\r\nhost:x\r\n\r\n"),
            Hidden,
        ),
        // Sizes that are none.
        (format!("+{length:x}\r\n{hidden}\r\n0\r\n\r\n"), Refused),
        (format!("-{length:x}\r\n{hidden}\r\n0\r\n\r\n"), Refused),
        (format!("0x{length:x}\r\n{hidden}\r\n0\r\n\r\n"), Refused),
        (format!(" {length:x}\r\n{hidden}\r\n0\r\n\r\n"), Refused),
        (format!("{length:x} \r\n{hidden}\r\n0\r\n\r\n"), Refused),
        (format!("{length:x} ;a\r\n{hidden}\r\n0\r\n\r\n"), Refused),
        (format!("\r\n{length:x}\r\n{hidden}\r\n0\r\n\r\n"), Refused),
        (format!(";a\r\n{hidden}\r\n0\r\n\r\n"), Refused),
        (
            format!("100000000{length:08x}\r\n{hidden}\r\n0\r\n\r\n"),
            Refused,
        ),
        // Lines that end in another way.
        (format!("{length:x}\n{hidden}\r\n0\r\n\r\n"), Refused),
        (format!("{length:x}\r{hidden}\r\n0\r\n\r\n"), Refused),
        (format!("{length:x};a\rb\r\n{hidden}\r\n0\r\n\r\n"), Refused),
        (format!("{length:x};a\nb\r\n{hidden}\r\n0\r\n\r\n"), Refused),
        (format!("{length:x}\r\n{hidden}\n0\r\n\r\n"), Refused),
        (format!("{length:x}\r\n{hidden}0\r\n\r\n"), Refused),
        (
            format!("{:x}\r\n{hidden}\r\n0\r\n\r\n", length - 1),
            Refused,
        ),
        (format!("0\n\r\n{hidden}"), Refused),
        (format!("0\r\n\n{hidden}"), Refused),
        // Trailers that are none.
        (format!("0\r\n{hidden}"), Refused),
        (format!("0\r\nx:y\r\n folded\r\n\r\n{hidden}"), Refused),
        (format!("0\r\nx :y\r\n\r\n{hidden}"), Refused),
        (format!("0\r\nx:y\n\r\n{hidden}"), Refused),
    ];
    let mut watched = Watched::start(true);
    let head = format!("{LINE}\r\nhost:localhost\r\n{ALLOWED}transfer-encoding:chunked\r\n\r\n");
    for (body, reading) in &rows {
        watched.check(format!("{head}{body}").as_bytes(), reading);
    }
}

#[test]
fn a_body_that_is_too_large_is_not_looked_into() {
    let mut watched = Watched::start(true);
    let bodies = [
        outer(LINE, "content-length:131073\r\n"),
        outer(LINE, "transfer-encoding:chunked\r\n").replacen("\r\n\r\n", "\r\n\r\n20001\r\n", 1),
    ];
    for bytes in bodies {
        assert_eq!(ask(&watched.emulator, &bytes).status, 413);
        watched.check(outer(LINE, "content-length:x\r\n").as_bytes(), &Refused);
    }
}
