//! Answers, and what they say: recorded ones of AWS's, and made ones for each rule of RFC 9110 and
//! RFC 9112 that a reader may get wrong.

use motepost::ExchangeError::{self, Chunk, Closed, FieldLine, Framing, StatusLine};
use motepost::Verdict::{self, Accepted, Denied, Rejected, Throttled, Unavailable};

pub struct Case {
    pub name: &'static str,
    /// All that the peer sends before it closes.
    pub bytes: Vec<u8>,
    pub expected: Result<Answer, ExchangeError>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub verdict: Verdict,
    pub reusable: bool,
    pub body: Vec<u8>,
    pub error_type: Vec<u8>,
    pub date: Option<u32>,
    /// Whether only what follows the body, chunks or the connection's end, says that it is whole.
    pub open_ended: bool,
}

impl Answer {
    fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    fn error_type(mut self, error_type: &str) -> Self {
        self.error_type = error_type.into();
        self
    }

    fn date(mut self, unix_seconds: u32) -> Self {
        self.date = Some(unix_seconds);
        self
    }

    /// Its body comes in chunks.
    fn chunked(mut self) -> Self {
        self.open_ended = true;
        self
    }

    /// The connection is of no further use.
    fn last(mut self) -> Self {
        self.reusable = false;
        self
    }

    /// Its body ends with the connection.
    fn until_close(mut self) -> Self {
        self.open_ended = true;
        self.last()
    }
}

fn says(verdict: Verdict, status: u16) -> Answer {
    Answer {
        status,
        verdict,
        reusable: true,
        body: Vec::new(),
        error_type: Vec::new(),
        date: None,
        open_ended: false,
    }
}

fn ok() -> Answer {
    says(Accepted, 200)
}

fn read(name: &'static str, bytes: impl Into<Vec<u8>>, expected: Answer) -> Case {
    Case {
        name,
        bytes: bytes.into(),
        expected: Ok(expected),
    }
}

fn refused(name: &'static str, bytes: impl Into<Vec<u8>>, error: ExchangeError) -> Case {
    Case {
        name,
        bytes: bytes.into(),
        expected: Err(error),
    }
}

/// `HTTP/1.1 200 OK` with these field lines and no body.
fn with_fields(lines: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{lines}\r\ncontent-length: 0\r\n\r\n")
}

/// `HTTP/1.1 200 OK` with these chunks.
fn with_chunks(chunks: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}")
}

/// An answer of AWS's with this status line, error type and body.
fn like_aws(status: &str, error_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n\
         content-type: application/json\r\n\
         content-length: {}\r\n\
         date: Wed, 05 Apr 2023 18:18:25 GMT\r\n\
         x-amzn-RequestId: ae8c1a66-c23e-80c1-0ba0-fc1951698f34\r\n\
         connection: keep-alive\r\n\
         x-amzn-ErrorType: {error_type}\r\n\
         \r\n\
         {body}",
        body.len()
    )
}

const TRACED: &str = r#"{"message":"OK","traceId":"ae8c1a66-c23e-80c1-0ba0-fc1951698f34"}"#;
const NULL: &str = r#"{"message":null,"traceId":"229ca570-9d45-e73d-6fcd-0f977ed89d9a"}"#;
const FORBIDDEN: &str =
    r#"{"message":"Forbidden","traceId":"229ca570-9d45-e73d-6fcd-0f977ed89d9a"}"#;
const THEN: u32 = 1_680_718_705;

pub fn all() -> Vec<Case> {
    let mut cases = answers_of_aws();
    cases.extend(sound());
    cases.extend(broken_status_lines());
    cases.extend(broken_field_lines());
    cases.extend(uncertain_lengths());
    cases.extend(broken_chunks());
    cases.extend(cut());
    cases
}

fn answers_of_aws() -> Vec<Case> {
    let aws = |verdict, status, error_type, body: &str| {
        says(verdict, status)
            .error_type(error_type)
            .body(body)
            .date(THEN)
    };
    vec![
        read(
            "accepted, recorded in 2023",
            include_bytes!("../responses/accepted.http"),
            ok().body(TRACED).date(THEN),
        ),
        read(
            "forbidden, recorded in 2020",
            include_bytes!("../responses/forbidden.http"),
            says(Denied, 403)
                .error_type("ForbiddenException")
                .body(NULL)
                .date(1_593_040_247),
        ),
        read(
            "accepted with an empty body, as the API reference has it",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            ok(),
        ),
        read(
            "forbidden by the authorizer",
            like_aws("403 Forbidden", "ForbiddenException", FORBIDDEN),
            aws(Denied, 403, "ForbiddenException", FORBIDDEN),
        ),
        read(
            "forbidden with the lines of a browser's upgrade",
            format!(
                "HTTP/1.1 403 Forbidden\r\n\
                 content-type: application/json\r\n\
                 content-length: 65\r\n\
                 access-control-allow-origin: *\r\n\
                 access-control-expose-headers: x-amzn-ErrorType, x-amzn-RequestId, Date, x-amzn-Trace-Id\r\n\
                 access-control-expose-headers: x-amzn-ErrorMessage\r\n\
                 x-amzn-ErrorType: ForbiddenException:\r\n\
                 \r\n{NULL}"
            ),
            says(Denied, 403)
                .error_type("ForbiddenException")
                .body(NULL),
        ),
        read(
            "400",
            like_aws("400 Bad Request", "InvalidRequestException:", "{}"),
            aws(Rejected, 400, "InvalidRequestException", "{}"),
        ),
        read(
            "401",
            like_aws("401 Unauthorized", "UnauthorizedException:", "{}"),
            aws(Denied, 401, "UnauthorizedException", "{}"),
        ),
        read(
            "404",
            like_aws("404 Not Found", "", ""),
            aws(Rejected, 404, "", ""),
        ),
        read(
            "405",
            like_aws("405 Method Not Allowed", "MethodNotAllowedException:", ""),
            aws(Rejected, 405, "MethodNotAllowedException", ""),
        ),
        read(
            "413",
            like_aws("413 Too Large", "RequestEntityTooLargeException:", ""),
            aws(Rejected, 413, "RequestEntityTooLargeException", ""),
        ),
        read(
            "429",
            like_aws("429 Too Many Requests", "ThrottlingException:", "{}"),
            aws(Throttled, 429, "ThrottlingException", "{}"),
        ),
        read(
            "500",
            like_aws(
                "500 Internal Server Error",
                "InternalFailureException:",
                "{}",
            ),
            aws(Unavailable, 500, "InternalFailureException", "{}"),
        ),
        read(
            "503",
            like_aws(
                "503 Service Unavailable",
                "ServiceUnavailableException:",
                "{}",
            ),
            aws(Unavailable, 503, "ServiceUnavailableException", "{}"),
        ),
        read(
            "504",
            like_aws("504 Gateway Timeout", "GatewayTimeoutException:", "{}"),
            aws(Unavailable, 504, "GatewayTimeoutException", "{}"),
        ),
    ]
}

fn sound() -> Vec<Case> {
    let long = |len| "v".repeat(len);
    vec![
        // The status line.
        read(
            "no reason",
            "HTTP/1.1 200 \r\ncontent-length:0\r\n\r\n",
            ok(),
        ),
        read(
            "no blank before no reason",
            "HTTP/1.1 200\r\ncontent-length:0\r\n\r\n",
            ok(),
        ),
        read(
            "a reason of several words",
            "HTTP/1.1 200 A-OK: 1\t2\r\ncontent-length:0\r\n\r\n",
            ok(),
        ),
        read(
            "a reason beyond ASCII",
            &b"HTTP/1.1 200 \xfcber\r\ncontent-length:0\r\n\r\n"[..],
            ok(),
        ),
        read(
            "a long reason",
            format!("HTTP/1.1 200 {}\r\ncontent-length:0\r\n\r\n", long(1000)),
            ok(),
        ),
        read(
            "a redirection",
            "HTTP/1.1 302 Found\r\ncontent-length:0\r\n\r\n",
            says(Rejected, 302),
        ),
        read(
            "the last status",
            "HTTP/1.1 599 ?\r\ncontent-length:0\r\n\r\n",
            says(Unavailable, 599),
        ),
        // RFC 9110 section 15: as 5xx.
        read(
            "status 600",
            "HTTP/1.1 600 ?\r\ncontent-length:0\r\n\r\n",
            says(Unavailable, 600),
        ),
        read(
            "status 999",
            "HTTP/1.1 999 ?\r\ncontent-length:0\r\n\r\n",
            says(Unavailable, 999),
        ),
        // Answers before the answer.
        read(
            "100 before the answer",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK",
            ok().body("OK"),
        ),
        read(
            "several before the answer, whose fields count for nothing",
            "HTTP/1.1 100 Continue\r\nconnection: close\r\ncontent-length: 7\r\n\r\n\
             HTTP/1.0 103 Early Hints\r\ntransfer-encoding: chunked\r\nx-amzn-errortype: Hint\r\n\
             date: Wed, 05 Apr 2023 18:18:25 GMT\r\n\r\n\
             HTTP/1.1 199 ?\r\n\r\n\
             HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK",
            ok().body("OK"),
        ),
        // No body, whatever the fields say.
        read(
            "204",
            "HTTP/1.1 204 No Content\r\n\r\n",
            says(Accepted, 204),
        ),
        read(
            "204 with a length",
            "HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n",
            says(Accepted, 204),
        ),
        read(
            "304 with a length",
            "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n",
            says(Rejected, 304),
        ),
        read(
            "304 with chunks",
            "HTTP/1.1 304 Not Modified\r\ntransfer-encoding: chunked\r\n\r\n",
            says(Rejected, 304),
        ),
        // A body of known length.
        read(
            "zeros before a length",
            "HTTP/1.1 200 OK\r\ncontent-length: 0002\r\n\r\nOK",
            ok().body("OK"),
        ),
        read(
            "blanks around a length",
            "HTTP/1.1 200 OK\r\ncontent-length: \t 2 \t \r\n\r\nOK",
            ok().body("OK"),
        ),
        read(
            "no blank before a length",
            "HTTP/1.1 200 OK\r\nContent-Length:2\r\n\r\nOK",
            ok().body("OK"),
        ),
        read(
            "a body that looks like a head",
            "HTTP/1.1 200 OK\r\ncontent-length: 19\r\n\r\nHTTP/1.1 500 No\r\n\r\n",
            ok().body("HTTP/1.1 500 No\r\n\r\n"),
        ),
        read(
            "a body of any bytes",
            &b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n\0\r\n\xff\n\x7f"[..],
            ok().body(*b"\0\r\n\xff\n\x7f"),
        ),
        read(
            "a body of 300 bytes",
            format!(
                "HTTP/1.1 200 OK\r\ncontent-length: 300\r\n\r\n{}",
                long(300)
            ),
            ok().body(long(300)),
        ),
        // Chunks.
        read("no chunk", with_chunks("0\r\n\r\n"), ok().chunked()),
        read(
            "one chunk",
            with_chunks("5\r\nhello\r\n0\r\n\r\n"),
            ok().body("hello").chunked(),
        ),
        read(
            "chunks",
            with_chunks("1\r\nh\r\n3\r\nell\r\n1\r\no\r\n0\r\n\r\n"),
            ok().body("hello").chunked(),
        ),
        read(
            "hexadecimal sizes in any case",
            with_chunks(
                "a\r\n0123456789\r\nA\r\n0123456789\r\n1f\r\n0123456789012345678901234567890\r\n0\r\n\r\n",
            ),
            ok().body("012345678901234567890123456789012345678901234567890")
                .chunked(),
        ),
        read(
            "zeros before a size",
            with_chunks("00005\r\nhello\r\n000\r\n\r\n"),
            ok().body("hello").chunked(),
        ),
        read(
            "extensions",
            with_chunks("5;a=b;c=\"d;e\"\r\nhello\r\n0;last\r\n\r\n"),
            ok().body("hello").chunked(),
        ),
        read(
            "a long extension",
            with_chunks(&format!("5;{}\r\nhello\r\n0\r\n\r\n", long(1000))),
            ok().body("hello").chunked(),
        ),
        read(
            "blanks after the size of a chunk, as load balancers pad it",
            with_chunks("5   \r\nhello\r\n0 \t\r\n\r\n"),
            ok().body("hello").chunked(),
        ),
        read(
            "blanks before the extension of a chunk",
            with_chunks("5 ;a=b\r\nhello\r\n0\t; c\r\n\r\n"),
            ok().body("hello").chunked(),
        ),
        read(
            "a chunk that looks like the end",
            with_chunks("5\r\n0\r\n\r\n\r\n0\r\n\r\n"),
            ok().body("0\r\n\r\n").chunked(),
        ),
        read(
            "trailers, which change nothing",
            with_chunks(
                "2\r\nOK\r\n0\r\ncontent-length: 9\r\nconnection: close\r\nx-amzn-errortype: No\r\n\
                 date: Wed, 05 Apr 2023 18:18:25 GMT\r\n\r\n",
            ),
            ok().body("OK").chunked(),
        ),
        read(
            "Chunked in any case",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding:CHUNKed\t\r\n\r\n2\r\nOK\r\n0\r\n\r\n",
            ok().body("OK").chunked(),
        ),
        // A body that ends with the connection.
        read(
            "until the peer closes",
            "HTTP/1.1 200 OK\r\n\r\nhello",
            ok().body("hello").until_close(),
        ),
        read(
            "nothing until the peer closes",
            "HTTP/1.1 200 OK\r\n\r\n",
            ok().until_close(),
        ),
        // Whether the connection may be used again.
        read(
            "HTTP/1.0",
            "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nOK",
            ok().body("OK").last(),
        ),
        read(
            "HTTP/1.0 that would go on",
            "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nOK",
            ok().body("OK").last(),
        ),
        read(
            "HTTP/1.0 until the peer closes",
            "HTTP/1.0 403 No\r\n\r\nNo",
            says(Denied, 403).body("No").until_close(),
        ),
        read(
            "connection: close",
            with_fields("connection: close"),
            ok().last(),
        ),
        read(
            "Connection:CLOSE",
            with_fields("Connection:CLOSE"),
            ok().last(),
        ),
        read(
            "close at the end of a list",
            with_fields("connection: keep-alive, Close"),
            ok().last(),
        ),
        read(
            "close inside a list with blanks",
            with_fields("connection:\ta ,\t close\t, b"),
            ok().last(),
        ),
        read(
            "close in an untidy list",
            with_fields("connection: ,,close,"),
            ok().last(),
        ),
        read(
            "close in the second of two lists",
            with_fields("connection: a\r\nconnection: close"),
            ok().last(),
        ),
        read(
            "close in the first of two lists",
            with_fields("connection: close\r\nconnection: a"),
            ok().last(),
        ),
        read(
            "close at the end of a long list",
            with_fields(&format!("connection: {}, close", long(100))),
            ok().last(),
        ),
        read(
            "a long list, which may say close",
            with_fields(&format!("connection: {}", long(100))),
            ok().last(),
        ),
        read(
            "closed is not close",
            with_fields("connection: closed, not-close"),
            ok(),
        ),
        read("an empty list", with_fields("connection:"), ok()),
        // Field lines that mean nothing here.
        read(
            "every character of a name",
            with_fields("!#$%&'*+-.^_`|~09azAZ: x"),
            ok(),
        ),
        read("an empty value", with_fields("x:\r\ny: \t \r\nz:"), ok()),
        read("colons in a value", with_fields("x:::"), ok()),
        read(
            "a value beyond ASCII",
            &b"HTTP/1.1 200 OK\r\nx: \xff\x80\r\ncontent-length: 0\r\n\r\n"[..],
            ok(),
        ),
        read(
            "a line of 63 bytes",
            with_fields(&format!("x: {}", long(60))),
            ok(),
        ),
        read(
            "a line of 64 bytes",
            with_fields(&format!("x: {}", long(61))),
            ok(),
        ),
        read(
            "a line of 65 bytes",
            with_fields(&format!("x: {}", long(62))),
            ok(),
        ),
        read(
            "a line of 2,000 bytes",
            with_fields(&format!("x: {}", long(1997))),
            ok(),
        ),
        read(
            "a name of 64 bytes",
            with_fields(&format!("{}: y", long(64))),
            ok(),
        ),
        read(
            "a name of 2,000 bytes",
            with_fields(&format!("{}: y", long(2000))),
            ok(),
        ),
        read(
            "a name that only begins like one that matters",
            with_fields("content-length-of-another-kind: 7"),
            ok(),
        ),
        read(
            "names that only begin like known ones",
            with_fields(
                "content-lengths: 9\r\ntransfer-encodings: gzip\r\nx-amzn-errortypes: No\r\ndates: No\r\nxconnection: close",
            ),
            ok(),
        ),
        // AWS's error type.
        read(
            "error type with a namespace",
            with_fields("x-amzn-errortype: aws.iot#Denied"),
            ok().error_type("Denied"),
        ),
        read(
            "error type with an address",
            with_fields("x-amzn-errortype: Denied:http://aws.example/#x"),
            ok().error_type("Denied"),
        ),
        read(
            "error type with both",
            with_fields("X-AMZN-ERRORTYPE:aws#Denied:http://aws.example/"),
            ok().error_type("Denied"),
        ),
        read(
            "error type of 32 bytes",
            with_fields("x-amzn-errortype: abcdefghijklmnopqrstuvwxyzABCDEF"),
            ok().error_type("abcdefghijklmnopqrstuvwxyzABCDEF"),
        ),
        read(
            "error type of 33 bytes",
            with_fields("x-amzn-errortype: abcdefghijklmnopqrstuvwxyzABCDEFG"),
            ok().error_type("abcdefghijklmnopqrstuvwxyzABCDEF"),
        ),
        read(
            "error type of 300 bytes",
            with_fields(&format!("x-amzn-errortype: {}", long(300))),
            ok().error_type(&long(32)),
        ),
        read(
            "an empty error type",
            with_fields("x-amzn-errortype: :"),
            ok(),
        ),
        read(
            "two error types",
            with_fields("x-amzn-errortype: LongerOne\r\nx-amzn-errortype: Last"),
            ok().error_type("Last"),
        ),
        // The date.
        read(
            "a date",
            with_fields("Date:Wed, 05 Apr 2023 18:18:25 GMT"),
            ok().date(THEN),
        ),
        read("a date that is none", with_fields("date: now"), ok()),
    ]
}

fn broken_status_lines() -> Vec<Case> {
    let of = |name, line: &[u8]| {
        refused(
            name,
            [line, b"\r\ncontent-length: 0\r\n\r\n"].concat(),
            StatusLine,
        )
    };
    vec![
        of("HTTP/2.0", b"HTTP/2.0 200 OK"),
        of("HTTP/1.2", b"HTTP/1.2 200 OK"),
        of("HTTP/1.10", b"HTTP/1.10 200 OK"),
        of("HTTP/1", b"HTTP/1 200 OK"),
        of("http/1.1", b"http/1.1 200 OK"),
        of("another protocol", b"ICY 200 OK"),
        of("status 099", b"HTTP/1.1 099 OK"),
        of("status 000", b"HTTP/1.1 000 OK"),
        of("status 1000", b"HTTP/1.1 1000 OK"),
        of("status 20", b"HTTP/1.1 20 OK"),
        of("status 2xx", b"HTTP/1.1 2xx OK"),
        of("status +20", b"HTTP/1.1 +20 OK"),
        of("status 20a", b"HTTP/1.1 20a OK"),
        of("no status", b"HTTP/1.1"),
        of("no status behind a blank", b"HTTP/1.1 "),
        of("no blank before the status", b"HTTP/1.1200 OK"),
        of("two blanks before the status", b"HTTP/1.1  200 OK"),
        of("a tab before the status", b"HTTP/1.1\t200 OK"),
        of("no blank before the reason", b"HTTP/1.1 200OK"),
        of("a blank before the protocol", b" HTTP/1.1 200 OK"),
        of("an empty line first", b"\r\nHTTP/1.1 200 OK"),
        of("switching protocols", b"HTTP/1.1 101 Switching Protocols"),
        of("a request", b"GET / HTTP/1.1"),
        of("NUL in the status line", b"HTTP/1.1 200 O\0K"),
        of("DEL in the status line", b"HTTP/1.1 200 O\x7fK"),
        of("bare LF after the status line", b"HTTP/1.1 200 OK\nx: y"),
        of("bare CR in the status line", b"HTTP/1.1 200 OK\rx: y"),
        of("two CRs after the status line", b"HTTP/1.1 200 OK\r"),
        of("a TLS alert", b"\x15\x03\x03\x00\x02\x02\x28"),
        refused(
            "no status line behind an interim answer",
            "HTTP/1.1 100 Continue\r\n\r\nOK\r\n\r\n",
            StatusLine,
        ),
    ]
}

fn broken_field_lines() -> Vec<Case> {
    let of = |name, lines: &[u8]| {
        let bytes = [
            b"HTTP/1.1 200 OK\r\n",
            lines,
            b"\r\ncontent-length: 0\r\n\r\n",
        ]
        .concat();
        refused(name, bytes, FieldLine)
    };
    let long = |len| b"v".repeat(len);
    vec![
        of("bare LF after a field line", b"x: y\nz: y"),
        of("bare LF for the empty line", b"x: y\r\n\ncontent-length: 0"),
        of("bare CR in a value", b"x: y\rz: y"),
        of("two CRs after a field line", b"x: y\r"),
        of("NUL in a value", b"x: \0"),
        of("NUL in a name", b"x\0: y"),
        of("DEL in a value", b"x: \x7f"),
        of("escape in a value", b"x: \x1b[2J"),
        of(
            "a control far into a value",
            &[b"x: ", &*long(500), b"\0"].concat(),
        ),
        of(
            "bare LF far into a value",
            &[b"x: ", &*long(500), b"\ny: z"].concat(),
        ),
        of("a blank before the colon", b"content-length : 5"),
        of("a tab before the colon", b"transfer-encoding\t: chunked"),
        of("a folded line", b"x: y\r\n z"),
        of("a line folded with a tab", b"x: y\r\n\tz"),
        of("a blank before the first name", b" x: y"),
        of("no colon", b"x"),
        of("no colon in a long line", &long(500)),
        of("an empty name", b": y"),
        of("two words for a name", b"x y: z"),
        of("a name with quotes", b"\"x\": y"),
        of("a name beyond ASCII", b"\xfc: y"),
        refused(
            "a broken line in an interim answer",
            "HTTP/1.1 100 Continue\r\nx\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            FieldLine,
        ),
        refused(
            "no colon in a trailer",
            with_chunks("0\r\nx\r\n\r\n"),
            FieldLine,
        ),
        refused(
            "NUL in a trailer",
            with_chunks("0\r\nx: \0\r\n\r\n"),
            FieldLine,
        ),
        refused(
            "bare LF in a trailer",
            with_chunks("0\r\nx: y\n\r\n"),
            FieldLine,
        ),
        refused(
            "a folded trailer",
            with_chunks("0\r\nx: y\r\n z\r\n\r\n"),
            FieldLine,
        ),
        refused(
            "bare LF for the last line",
            with_chunks("0\r\n\n"),
            FieldLine,
        ),
    ]
}

fn uncertain_lengths() -> Vec<Case> {
    let of = |name, lines: &str| {
        let bytes = format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
        refused(name, bytes, Framing)
    };
    vec![
        of(
            "two lengths that differ",
            "content-length: 5\r\ncontent-length: 6",
        ),
        of(
            "the same length twice",
            "content-length: 5\r\ncontent-length: 5",
        ),
        of("zero twice", "content-length: 0\r\ncontent-length: 0"),
        of("a list of lengths", "content-length: 5, 5"),
        of("length +5", "content-length: +5"),
        of("length -5", "content-length: -5"),
        of("length 5 5", "content-length:  5 5"),
        of("length 0x5", "content-length: 0x5"),
        of("length 5a", "content-length: 5a"),
        of("length a", "content-length: a"),
        of("length 5.0", "content-length: 5.0"),
        of("no length", "content-length:"),
        of("blanks for a length", "content-length: \t "),
        of("a length of 2 to the 32nd", "content-length: 4294967296"),
        of(
            "a length of 2 to the 32nd and 5",
            "content-length: 4294967301",
        ),
        of(
            "a length of 2 to the 64th and 5",
            "content-length: 18446744073709551621",
        ),
        of(
            "a length of 21 digits",
            "content-length: 100000000000000000005",
        ),
        of(
            "a length behind many zeros",
            &format!("content-length: {}5", "0".repeat(64)),
        ),
        of(
            "a length with chunks",
            "content-length: 5\r\ntransfer-encoding: chunked",
        ),
        of(
            "chunks with a length",
            "transfer-encoding: chunked\r\ncontent-length: 5",
        ),
        of(
            "chunks with a length of zero",
            "transfer-encoding: chunked\r\ncontent-length: 0",
        ),
        of("gzip", "transfer-encoding: gzip"),
        of("gzip, chunked", "transfer-encoding: gzip, chunked"),
        of("chunked, chunked", "transfer-encoding: chunked, chunked"),
        of(
            "chunked twice",
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
        ),
        of(
            "chunked and gzip",
            "transfer-encoding: chunked\r\ntransfer-encoding: gzip",
        ),
        of("chunked with a parameter", "transfer-encoding: chunked;x=y"),
        of(
            "another word before chunked",
            "transfer-encoding: x\tchunked",
        ),
        of("identity", "transfer-encoding: identity"),
        of("no transfer encoding", "transfer-encoding:"),
        of(
            "chunked and more behind many blanks",
            &format!("transfer-encoding: chunked{}, gzip", " ".repeat(64)),
        ),
        refused(
            "chunks in HTTP/1.0",
            "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            Framing,
        ),
        refused(
            "a length with chunks for no body",
            "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\ntransfer-encoding: chunked\r\n\r\n",
            Framing,
        ),
    ]
}

fn broken_chunks() -> Vec<Case> {
    let of = |name, chunks: &str| refused(name, with_chunks(chunks), Chunk);
    vec![
        of("no chunk size", "\r\nhello\r\n0\r\n\r\n"),
        of("an extension without a size", ";x=y\r\nhello\r\n0\r\n\r\n"),
        of("size g", "g\r\nhello\r\n0\r\n\r\n"),
        of("size 0x5", "0x5\r\nhello\r\n0\r\n\r\n"),
        of("size +5", "+5\r\nhello\r\n0\r\n\r\n"),
        of("size -5", "-5\r\nhello\r\n0\r\n\r\n"),
        of("size 5 5", "5 5\r\nhello\r\n0\r\n\r\n"),
        of("a blank before a size", " 5\r\nhello\r\n0\r\n\r\n"),
        of(
            "a size of 2 to the 32nd and 5",
            "100000005\r\nhello\r\n0\r\n\r\n",
        ),
        of(
            "a size of 2 to the 64th and 5",
            "10000000000000005\r\nhello\r\n0\r\n\r\n",
        ),
        of(
            "a size behind 64 zeros",
            &format!("{}5\r\nhello\r\n0\r\n\r\n", "0".repeat(64)),
        ),
        of("no CRLF behind a chunk", "5\r\nhello0\r\n\r\n"),
        of("more data than the size says", "4\r\nhello\r\n0\r\n\r\n"),
        of("less data than the size says", "6\r\nhello\r\n0\r\n\r\n"),
        of("LF behind a size", "5\nhello\r\n0\r\n\r\n"),
        of("LF behind a chunk", "5\r\nhello\n0\r\n\r\n"),
        of("CR without LF behind a chunk", "5\r\nhello\rx0\r\n\r\n"),
        of(
            "CR without LF in an extension",
            "5;a\rb\r\nhello\r\n0\r\n\r\n",
        ),
        of("LF in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n"),
        of("NUL in an extension", "5;\0\r\nhello\r\n0\r\n\r\n"),
    ]
}

fn cut() -> Vec<Case> {
    vec![
        refused("nothing", "", Closed),
        refused("half a status line", "HTTP/1.1 20", Closed),
        refused(
            "half a head",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n",
            Closed,
        ),
        refused(
            "all but the last LF",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r",
            Closed,
        ),
        refused(
            "half a body",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell",
            Closed,
        ),
        refused("half a chunk", with_chunks("5\r\nhell"), Closed),
        refused("no last chunk", with_chunks("5\r\nhello\r\n"), Closed),
        refused(
            "no end of the trailers",
            with_chunks("0\r\nx: y\r\n"),
            Closed,
        ),
        refused(
            "an interim answer alone",
            "HTTP/1.1 100 Continue\r\n\r\n",
            Closed,
        ),
        refused(
            "the largest length there is, and nothing",
            "HTTP/1.1 200 OK\r\ncontent-length: 167772159\r\n\r\n",
            Closed,
        ),
        refused(
            "the largest size there is, and nothing",
            with_chunks("FFFFFFF\r\n"),
            Closed,
        ),
    ]
}
