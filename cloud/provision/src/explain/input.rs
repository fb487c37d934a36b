//! What people have: a request's bytes, what `curl -v` printed, or what came back.

use crate::aws_response::AwsResponse;

/// What a text is, recognised by its lines.
pub(crate) enum Input {
    Request(Vec<u8>),
    Curl(Curl),
    Response(AwsResponse),
}

/// What `curl -v` shows of a publish. The payload is not in it.
#[derive(Default)]
pub(crate) struct Curl {
    /// The request's head, as it was sent.
    pub(crate) request: Vec<u8>,
    pub(crate) response: Option<AwsResponse>,
    pub(crate) port: Option<u16>,
    pub(crate) alpn: Option<String>,
    /// Why it failed, in curl's words.
    pub(crate) failure: Option<String>,
}

impl Input {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        if is_curl(&text) {
            Self::Curl(Curl::read(&text))
        } else if text.starts_with("HTTP/") {
            let (head, body) = split(bytes);
            Self::Response(AwsResponse::read(head, body))
        } else if let Some(response) = json(&text).or_else(|| from_cli(&text)) {
            Self::Response(response)
        } else {
            Self::Request(bytes.to_vec())
        }
    }
}

/// In a request no line begins so, because `>` is in no method and in no field's name.
fn is_curl(text: &str) -> bool {
    let sent = |line: &str| line.starts_with("> ") && line.contains(" HTTP/");
    text.lines().any(sent)
}

impl Curl {
    /// Of several requests, after a redirect or on a new connection, the last one.
    fn read(text: &str) -> Self {
        let mut curl = Self::default();
        let mut head = Vec::new();
        let mut body = Vec::new();
        let mut has_response = false;
        for line in text.lines() {
            if let Some(sent) = marked(line, '>') {
                if sent.contains(" HTTP/") {
                    curl.request.clear();
                    head.clear();
                    body.clear();
                    has_response = false;
                }
                curl.request.extend_from_slice(sent.as_bytes());
                curl.request.extend_from_slice(b"\r\n");
            } else if let Some(received) = marked(line, '<') {
                // An interim response is followed by another.
                if received.starts_with("HTTP/") {
                    head.clear();
                }
                has_response = true;
                head.extend_from_slice(received.as_bytes());
                head.push(b'\n');
            } else if let Some(info) = marked(line, '*') {
                curl.read_info(info);
            } else if line.starts_with("curl: (") {
                curl.failure = Some(line.to_owned());
            } else if has_response && !is_meter(line) {
                body.extend_from_slice(line.as_bytes());
                body.push(b'\n');
            }
        }
        if !curl.request.ends_with(b"\r\n\r\n") {
            curl.request.extend_from_slice(b"\r\n");
        }
        if has_response {
            curl.response = Some(AwsResponse::read(&head, body.trim_ascii()));
        }
        curl
    }

    fn read_info(&mut self, info: &str) {
        let is_connection =
            info.starts_with("Connected to ") || info.starts_with("Established connection to ");
        if is_connection && let Some((_, after)) = info.split_once(" port ") {
            let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
            self.port = digits.parse().ok();
        }
        for said in ["ALPN: server accepted ", "ALPN, server accepted to use "] {
            if let Some(protocol) = info.strip_prefix(said) {
                self.alpn = Some(protocol.trim().to_owned());
            }
        }
    }
}

/// A line behind curl's mark, which a blank follows unless the line is empty.
fn marked(line: &str, mark: char) -> Option<&str> {
    let rest = line.strip_prefix(mark)?;
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix(' ')
        .map(|rest| rest.trim_end_matches('\r'))
}

/// Curl's own lines between those of the connection: how many bytes went by, and how far it is.
fn is_meter(line: &str) -> bool {
    let line = line.trim_start();
    ["{ [", "} [", "% Total", "Dload"]
        .iter()
        .any(|start| line.starts_with(start))
        || line.contains("--:--:--")
}

/// Head and body, wherever the lines come from.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    for end in [&b"\r\n\r\n"[..], b"\n\n"] {
        if let Some(at) = bytes.windows(end.len()).position(|part| part == end) {
            return (&bytes[..at], &bytes[at + end.len()..]);
        }
    }
    (bytes, b"")
}

/// The body alone, as a device's log has it.
fn json(text: &str) -> Option<AwsResponse> {
    let text = text.trim();
    if !text.starts_with('{') {
        return None;
    }
    let response = AwsResponse::read(b"", text.as_bytes());
    response.other_body.is_empty().then_some(response)
}

/// "An error occurred (ForbiddenException) when calling the Publish operation: Forbidden"
fn from_cli(text: &str) -> Option<AwsResponse> {
    let (_, rest) = text.split_once("An error occurred (")?;
    let (error_type, rest) = rest.split_once(')')?;
    let (_, message) = rest.split_once(": ")?;
    Some(AwsResponse {
        error_type: error_type.to_owned(),
        message: Some(message.trim().to_owned()),
        ..AwsResponse::default()
    })
}
