//! One request's head from its bytes (RFC 9112).
//!
//! hyper is not used: it lower-cases field names, and the authorizer's event must carry them as sent.

use super::broken::first_broken;
use super::framing::{Framing, FramingFault, framing};
use crate::endpoint::Endpoint;

/// A request's head. No `Debug`: its fields and its query hold secrets.
pub struct RequestHead {
    method: String,
    path: String,
    query: Option<String>,
    http_1_1: bool,
    headers: Vec<(String, Vec<u8>)>,
}

/// Where the head ends, once it has. A bare CR or LF is refused where RFC 9112 (section 2.2) would let a server
/// be lenient: what two parsers read differently is how requests are smuggled.
pub fn head_end(buffer: &[u8]) -> Result<Option<usize>, String> {
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

impl RequestHead {
    /// From a whole head, which ends in an empty line.
    pub fn parse(head: &[u8], max_fields: usize) -> Result<Self, String> {
        let mut fields = vec![httparse::EMPTY_HEADER; max_fields];
        let mut parsed = httparse::Request::new(&mut fields);
        match parsed.parse(head) {
            Ok(httparse::Status::Complete(_)) => {}
            Ok(httparse::Status::Partial) => return Err("the head is not whole".to_owned()),
            Err(httparse::Error::TooManyHeaders) => {
                return Err(format!("more than {max_fields} header fields"));
            }
            Err(error) => {
                let line = first_broken(head).unwrap_or_else(|| error.to_string());
                return Err(format!("the head is malformed: {line}"));
            }
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
    pub fn of_parts(
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

    /// As it was sent.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The target's path, encoded as it was sent.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What follows the first `?` of the target.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// All fields, names and values as they were sent.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// The first field of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.all(name).next()
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.headers()
            .filter(move |(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The host's name without a port, or all of the field if it names none.
    pub fn host(&self) -> Option<&str> {
        let field = std::str::from_utf8(self.header("host")?).ok()?;
        Some(Endpoint::parse(field).map_or(field, |endpoint| endpoint.host()))
    }

    /// How the body is delimited.
    pub fn framing(&self) -> Result<Framing, FramingFault> {
        let values = |name| self.all(name).collect::<Vec<_>>();
        framing(
            self.http_1_1,
            &values("content-length"),
            &values("transfer-encoding"),
        )
    }

    /// Whether another request may follow (RFC 9112, section 9.3).
    pub fn keep_alive(&self) -> bool {
        let has = |option: &str| {
            self.all("connection")
                .flat_map(|value| value.split(|b| *b == b','))
                .any(|item| item.trim_ascii().eq_ignore_ascii_case(option.as_bytes()))
        };
        !has("close") && (self.http_1_1 || has("keep-alive"))
    }

    /// Whether the client waits to be told to send its body (RFC 9110, section 10.1.1).
    pub fn expects_continue(&self) -> Result<bool, String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(head: &str) -> Result<RequestHead, String> {
        RequestHead::parse(head.as_bytes(), 4)
    }

    fn with(headers: &str) -> RequestHead {
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
}
