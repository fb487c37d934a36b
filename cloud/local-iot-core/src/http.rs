//! One request's head from its bytes, and one answer to its bytes (RFC 9112).
//!
//! hyper is not used: it lower-cases field names, and the authorizer's event must carry them as sent; nor can it
//! write names in the mixed case of AWS's `x-amzn-RequestId`.

use std::time::SystemTime;

/// A request's head. No `Debug`: its fields and its query hold secrets.
pub(crate) struct Request {
    method: String,
    path: String,
    query: Option<String>,
    http_1_1: bool,
    headers: Vec<(String, Vec<u8>)>,
}

/// How the body is delimited (RFC 9112, section 6.3).
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(usize),
    Chunked,
}

/// Where the head ends, once it has. A bare CR or LF is refused where RFC 9112 (section 2.2) would let a server
/// be lenient: what two parsers read differently is how requests are smuggled.
pub(crate) fn head_end(buffer: &[u8]) -> Result<Option<usize>, String> {
    for (at, byte) in buffer.iter().enumerate() {
        match byte {
            b'\n' if at == 0 || buffer[at - 1] != b'\r' => {
                return Err("a line ends in a bare LF".to_owned());
            }
            b'\r' if buffer.get(at + 1).is_some_and(|next| *next != b'\n') => {
                return Err("the head holds a bare CR".to_owned());
            }
            b'\n' if buffer[..=at].ends_with(b"\r\n\r\n") => return Ok(Some(at + 1)),
            _ => {}
        }
    }
    Ok(None)
}

impl Request {
    pub(crate) fn parse(head: &[u8], max_fields: usize) -> Result<Self, String> {
        let mut fields = vec![httparse::EMPTY_HEADER; max_fields];
        let mut parsed = httparse::Request::new(&mut fields);
        match parsed.parse(head) {
            Ok(httparse::Status::Complete(_)) => {}
            Ok(httparse::Status::Partial) => return Err("the head is not whole".to_owned()),
            Err(httparse::Error::TooManyHeaders) => {
                return Err(format!("more than {max_fields} header fields"));
            }
            Err(error) => return Err(format!("the head is malformed: {error}")),
        }
        let target = parsed.path.unwrap_or_default();
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let request = Self {
            method: parsed.method.unwrap_or_default().to_owned(),
            path: origin_form(path).to_owned(),
            query,
            http_1_1: parsed.version == Some(1),
            headers: parsed
                .headers
                .iter()
                .map(|field| (field.name.to_owned(), field.value.to_vec()))
                .collect(),
        };
        match (request.all("host").count(), request.http_1_1) {
            (1, _) | (0, false) => Ok(request),
            // RFC 9112, section 3.2.
            (0, true) => Err("HTTP/1.1 without a Host field".to_owned()),
            _ => Err("more than one Host field".to_owned()),
        }
    }

    /// A request that another parser has read.
    pub(crate) fn of_parts(
        method: &str,
        path: &str,
        query: Option<&str>,
        headers: Vec<(String, Vec<u8>)>,
    ) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.map(str::to_owned),
            http_1_1: true,
            headers,
        }
    }

    pub(crate) fn method(&self) -> &str {
        &self.method
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// The first field of that name, in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        self.all(name).next()
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.headers()
            .filter(move |(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The host's name without a port, if there is one.
    pub(crate) fn host(&self) -> Option<&str> {
        let host = std::str::from_utf8(self.header("host")?).ok()?;
        match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => Some(name),
            _ => Some(host),
        }
    }

    /// Everything about which two parsers could disagree is refused (RFC 9112, sections 6.1, 6.3 and 11.2).
    pub(crate) fn framing(&self) -> Result<Framing, String> {
        let mut lengths = self.all("content-length");
        let length = lengths.next();
        if lengths.next().is_some() {
            return Err("more than one Content-Length".to_owned());
        }
        let codings: Vec<_> = self.all("transfer-encoding").collect();
        match (length, codings.as_slice()) {
            (Some(_), [_, ..]) => Err("both Content-Length and Transfer-Encoding".to_owned()),
            (None, []) => Ok(Framing::Length(0)),
            (None, [coding]) if !self.http_1_1 => Err(format!(
                "Transfer-Encoding ({} bytes) in HTTP/1.0",
                coding.len()
            )),
            (None, [coding]) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
            (None, _) => Err("a Transfer-Encoding other than chunked".to_owned()),
            (Some(digits), []) => {
                // `parse` alone would let a sign through.
                let text = std::str::from_utf8(digits)
                    .ok()
                    .filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
                let text = text.ok_or("Content-Length is not a number")?;
                text.parse()
                    .map(Framing::Length)
                    .map_err(|_| "Content-Length is empty or too large to be true".to_owned())
            }
        }
    }

    /// Whether another request may follow (RFC 9112, section 9.3).
    pub(crate) fn keep_alive(&self) -> bool {
        let has = |option: &str| {
            self.all("connection")
                .flat_map(|value| value.split(|b| *b == b','))
                .any(|item| item.trim_ascii().eq_ignore_ascii_case(option.as_bytes()))
        };
        !has("close") && (self.http_1_1 || has("keep-alive"))
    }

    /// Whether the client waits to be told to send its body (RFC 9110, section 10.1.1).
    pub(crate) fn expects_continue(&self) -> Result<bool, String> {
        match self.header("expect") {
            Some(value) if value.eq_ignore_ascii_case(b"100-continue") => Ok(self.http_1_1),
            Some(_) => Err("an Expect other than 100-continue".to_owned()),
            None => Ok(false),
        }
    }
}

/// A server must accept the absolute form as well (RFC 9112, section 3.2.2).
fn origin_form(target: &str) -> &str {
    let scheme_end = ["http://", "https://"].iter().find_map(|scheme| {
        let start = target.get(..scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(scheme.len())
    });
    match scheme_end {
        Some(end) => target[end..]
            .find('/')
            .map_or("/", |slash| &target[end + slash..]),
        None => target,
    }
}

/// The kinds of answer, each with its status and AWS's name for it (API reference, "Publish"; Developer Guide,
/// "AWS IoT error codes"). 403 is not modelled there and is what AWS really sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    InvalidRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    TooLarge,
    InternalFailure,
}

impl Status {
    pub(crate) fn code(self) -> u16 {
        self.parts().0
    }

    pub(crate) fn error_type(self) -> Option<&'static str> {
        self.parts().2
    }

    fn parts(self) -> (u16, &'static str, Option<&'static str>) {
        match self {
            Self::Ok => (200, "OK", None),
            Self::InvalidRequest => (400, "Bad Request", Some("InvalidRequestException")),
            Self::Unauthorized => (401, "Unauthorized", Some("UnauthorizedException")),
            Self::Forbidden => (403, "Forbidden", Some("ForbiddenException")),
            // AWS's body and type for an unknown path are UNCONFIRMED.
            Self::NotFound => (404, "Not Found", Some("ResourceNotFoundException")),
            Self::MethodNotAllowed => {
                (405, "Method Not Allowed", Some("MethodNotAllowedException"))
            }
            Self::TooLarge => (
                413,
                "Request Entity Too Large",
                Some("RequestEntityTooLargeException"),
            ),
            Self::InternalFailure => (
                500,
                "Internal Server Error",
                Some("InternalFailureException"),
            ),
        }
    }
}

pub(crate) struct Answer<'a> {
    pub(crate) status: Status,
    pub(crate) message: &'a str,
    pub(crate) request_id: &'a str,
}

impl Answer<'_> {
    pub(crate) fn body(&self) -> String {
        let message = serde_json::Value::from(self.message);
        format!(
            "{{\"message\":{message},\"traceId\":\"{}\"}}",
            self.request_id
        )
    }

    /// Byte for byte as in dumps of AWS: order, case, `connection: keep-alive` even if the client asked for close,
    /// and the colon that ends the error type.
    pub(crate) fn to_bytes(&self, now: SystemTime, with_body: bool) -> Vec<u8> {
        let (code, phrase, error_type) = self.status.parts();
        let id = self.request_id;
        let body = self.body();
        let error = error_type.map_or(String::new(), |name| {
            format!("x-amzn-ErrorType: {name}:\r\n")
        });
        format!(
            "HTTP/1.1 {code} {phrase}\r\n\
             content-type: application/json\r\n\
             content-length: {}\r\n\
             date: {}\r\n\
             x-amzn-RequestId: {id}\r\n\
             connection: keep-alive\r\n\
             {error}\r\n{}",
            body.len(),
            httpdate::fmt_http_date(now),
            if with_body { &body } else { "" },
        )
        .into_bytes()
    }
}

/// A random UUID (RFC 9562, section 5.4).
pub(crate) fn uuid() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok([
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(head: &str) -> Result<Request, String> {
        Request::parse(head.as_bytes(), 4)
    }

    fn with(headers: &str) -> Request {
        parse(&format!("POST / HTTP/1.1\r\nhost: x\r\n{headers}\r\n")).unwrap()
    }

    #[test]
    fn the_end_of_a_head() {
        type Row = (&'static [u8], Result<Option<usize>, &'static str>);
        let rows: [Row; 8] = [
            (b"", Ok(None)),
            (b"GET / HTTP/1.1\r\nhost: x\r\n\r", Ok(None)),
            (b"GET / HTTP/1.1\r\nhost: x\r\n\r\nrest", Ok(Some(27))),
            (b"GET / HTTP/1.1\r\n\r\n\n", Ok(Some(18))),
            (b"\n", Err("bare LF")),
            (b"GET / HTTP/1.1\n", Err("bare LF")),
            (b"GET / HTTP/1.1\r\nhost: x\n\r\n", Err("bare LF")),
            (b"GET / HTTP/1.1\rhost", Err("bare CR")),
        ];
        for (bytes, expected) in rows {
            match (head_end(bytes), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
                (found, _) => panic!("{found:?}"),
            }
        }
    }

    #[test]
    fn field_names_keep_their_case_and_are_found_in_any() {
        let request = with("X-Amz-CustomAuthorizer-Name:  A \r\n");
        assert!(
            request
                .headers()
                .any(|(name, value)| name == "X-Amz-CustomAuthorizer-Name" && value == b"A")
        );
        assert_eq!(
            request.header("x-amz-customauthorizer-name"),
            Some(b"A".as_slice())
        );
    }

    #[test]
    fn the_target_is_split_into_path_and_query() {
        let rows = [
            ("/topics/a?b?c", "/topics/a", Some("b?c")),
            ("/topics/a", "/topics/a", None),
            ("/topics/a?", "/topics/a", Some("")),
            ("https://host:1/topics/a?b", "/topics/a", Some("b")),
            ("HTTP://host", "/", None),
        ];
        for (target, path, query) in rows {
            let request = parse(&format!("POST {target} HTTP/1.1\r\nhost: x\r\n\r\n")).unwrap();
            assert_eq!((request.path(), request.query()), (path, query));
        }
    }

    #[test]
    fn malformed_heads_are_refused() {
        let rows = [
            "POST / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nhost: x\r\nhost: x\r\n\r\n",
            "POST / HTTP/1.0\r\nhost: x\r\nHOST: y\r\n\r\n",
            "POST / HTTP/1.1\r\nhost : x\r\n\r\n",
            "POST / HTTP/1.1\r\nhost: x\r\n folded\r\n\r\n",
            "POST / HTTP/1.1\r\n host: x\r\n\r\n",
            "POST / HTTP/1.1\r\nhost: x\0\r\n\r\n",
            "POST / HTTP/1.1\r\n: x\r\n\r\n",
            "POST  / HTTP/1.1\r\nhost: x\r\n\r\n",
            "POST / HTTP/2.0\r\nhost: x\r\n\r\n",
            "POST /\r\nhost: x\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\n",
            "POST / HTTP/1.1\r\nhost: x\r\n1: x\r\n2: x\r\n3: x\r\n4: x\r\n\r\n",
        ];
        for head in rows {
            assert!(parse(head).is_err(), "{head:?}");
        }
    }

    #[test]
    fn http_1_0_needs_no_host() {
        assert!(parse("POST / HTTP/1.0\r\n\r\n").is_ok());
    }

    #[test]
    fn bodies_are_delimited_in_one_way_or_refused() {
        let rows = [
            ("", Some(Framing::Length(0))),
            ("content-length: 0\r\n", Some(Framing::Length(0))),
            ("content-length: 007\r\n", Some(Framing::Length(7))),
            ("transfer-encoding: Chunked\r\n", Some(Framing::Chunked)),
            ("content-length: 1\r\ncontent-length: 1\r\n", None),
            ("content-length: 1\r\nContent-Length: 2\r\n", None),
            ("content-length: 1, 1\r\n", None),
            ("content-length: 1\r\ntransfer-encoding: chunked\r\n", None),
            ("content-length: +1\r\n", None),
            ("content-length: -1\r\n", None),
            ("content-length: 1a\r\n", None),
            ("content-length: 0x1\r\n", None),
            ("content-length:\r\n", None),
            ("content-length: 99999999999999999999999\r\n", None),
            ("transfer-encoding: gzip\r\n", None),
            ("transfer-encoding: gzip, chunked\r\n", None),
            ("transfer-encoding: chunked, chunked\r\n", None),
            ("transfer-encoding: xchunked\r\n", None),
            (
                "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
                None,
            ),
        ];
        for (headers, expected) in rows {
            assert_eq!(with(headers).framing().ok(), expected, "{headers:?}");
        }
        let old = parse("POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
        assert!(old.framing().is_err());
    }

    #[test]
    fn keep_alive_is_the_default_of_http_1_1_only() {
        let rows = [
            ("1.1", "", true),
            ("1.1", "connection: close\r\n", false),
            ("1.1", "Connection: TE, Close\r\n", false),
            ("1.0", "", false),
            ("1.0", "connection: keep-alive\r\n", true),
        ];
        for (version, headers, expected) in rows {
            let request = parse(&format!(
                "POST / HTTP/{version}\r\nhost: x\r\n{headers}\r\n"
            ))
            .unwrap();
            assert_eq!(request.keep_alive(), expected);
        }
    }

    #[test]
    fn the_host_loses_its_port() {
        for (field, name) in [("a.b:8443", "a.b"), ("a.b", "a.b"), ("[::1]:80", "[::1]")] {
            let request = parse(&format!("POST / HTTP/1.1\r\nhost: {field}\r\n\r\n")).unwrap();
            assert_eq!(request.host(), Some(name));
        }
    }

    #[test]
    fn success_is_written_as_aws_writes_it() {
        let answer = Answer {
            status: Status::Ok,
            message: "OK",
            request_id: "ae8c1a66-c23e-80c1-0ba0-fc1951698f34",
        };
        let date = httpdate::parse_http_date("Wed, 05 Apr 2023 18:18:25 GMT").unwrap();
        assert_eq!(
            String::from_utf8(answer.to_bytes(date, true)).unwrap(),
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 65\r\n\
             date: Wed, 05 Apr 2023 18:18:25 GMT\r\nx-amzn-RequestId: ae8c1a66-c23e-80c1-0ba0-fc1951698f34\r\n\
             connection: keep-alive\r\n\r\n\
             {\"message\":\"OK\",\"traceId\":\"ae8c1a66-c23e-80c1-0ba0-fc1951698f34\"}"
        );
    }

    #[test]
    fn ids_are_random_uuids() {
        let (one, two) = (uuid().unwrap(), uuid().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 36);
        assert_eq!(&one[14..15], "4");
        assert!(matches!(&one[19..20], "8" | "9" | "a" | "b"));
    }
}
