//! The work: the blog post's publish, and AWS's response.

pub(crate) const HOST: &str = "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com";
pub(crate) const TOPIC: &str = "uniqueID/status";
pub(crate) const PATH: &str = "/topics/uniqueID/status?qos=1";
pub(crate) const AUTHORIZER: &str = "unsignedAuthorizer";
pub(crate) const TOKEN: &str = "allow";
pub(crate) const ID: &str = "uniqueID";
pub(crate) const PAYLOAD: &[u8] = br#"{"message":"Hello from unsigned custom auth"}"#;

/// What clients that choose their own header send besides host and content-length.
pub(crate) const HEADERS: [(&str, &str); 3] = [
    ("x-amz-customauthorizer-name", AUTHORIZER),
    ("token", TOKEN),
    ("id", ID),
];

/// The answer: a head of 188 bytes and a body of 65.
pub const ANSWER: &[u8; 253] = b"HTTP/1.1 200 OK\r\n\
    content-type: application/json\r\n\
    content-length: 65\r\n\
    date: Wed, 05 Apr 2023 18:18:25 GMT\r\n\
    x-amzn-RequestId: d9b1b1c0-7f7c-4e1d-9c6e-3f4b2a1c0d9e\r\n\
    connection: keep-alive\r\n\
    \r\n\
    {\"message\":\"OK\",\"traceId\":\"d9b1b1c0-7f7c-4e1d-9c6e-3f4b2a1c0d9e\"}";

/// The buffer that a request is built in.
pub type Request = [u8; 512];

/// An answer that has come in, which a parser may overwrite.
pub type Answer = [u8; 253];

/// What a parser found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Parsed {
    /// The HTTP status.
    pub status: u16,
    /// The length of the body.
    pub body_len: usize,
}

/// An empty buffer.
#[must_use]
pub fn request() -> Request {
    [0; 512]
}

/// An answer that has just come in.
#[must_use]
pub fn answer() -> Answer {
    *ANSWER
}
