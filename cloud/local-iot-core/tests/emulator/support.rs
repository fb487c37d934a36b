//! Starting an emulator, and speaking HTTP to it byte by byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use local_iot_core::{Behaviour, Config, Limits, LocalIotCore};

/// Long enough for any machine; nothing waits for it unless a test fails.
pub const TIMEOUT: Duration = Duration::from_secs(60);

pub fn start() -> LocalIotCore {
    LocalIotCore::start(Config::default()).unwrap()
}

pub fn start_with(behaviour: Behaviour) -> LocalIotCore {
    LocalIotCore::start(Config {
        behaviour,
        ..Config::default()
    })
    .unwrap()
}

pub fn start_within(limits: Limits) -> LocalIotCore {
    LocalIotCore::start(Config {
        limits,
        ..Config::default()
    })
    .unwrap()
}

/// The head fields of a publish that the blog post's function allows on `uniqueID/...`.
pub const ALLOWED: &str =
    "x-amz-customauthorizer-name:unsignedAuthorizer\r\ntoken:allow\r\nid:uniqueID\r\n";

/// A request for that device's topic, with any method, target and further fields, and a body of two bytes.
pub fn request(method: &str, target: &str, fields: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nhost:localhost\r\n{fields}content-length:2\r\n\r\n{{}}")
}

pub fn publish(target: &str, fields: &str) -> String {
    request("POST", target, &format!("{ALLOWED}{fields}"))
}

/// The same with a body of one's own.
pub fn publish_with(target: &str, body: &str) -> String {
    let length = body.len();
    publish(target, "").replace(
        "content-length:2\r\n\r\n{}",
        &format!("content-length:{length}\r\n\r\n{body}"),
    )
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream
}

/// One response, whole.
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: String,
}

pub fn read_response(stream: &mut impl Read) -> Response {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a response");
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length = field(&head, "content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    Response {
        status,
        head,
        body: String::from_utf8(body).unwrap(),
    }
}

pub fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Sends bytes on a fresh plain connection and reads the first response.
pub fn ask(emulator: &LocalIotCore, bytes: impl AsRef<[u8]>) -> Response {
    ask_at(emulator.http_addr(), bytes)
}

pub fn ask_at(address: SocketAddr, bytes: impl AsRef<[u8]>) -> Response {
    let mut stream = connect(address);
    stream.write_all(bytes.as_ref()).unwrap();
    read_response(&mut stream)
}

/// The status of the response and the reason in the trace.
pub fn judge(emulator: &LocalIotCore, bytes: impl AsRef<[u8]>) -> (u16, String) {
    let status = ask(emulator, bytes).status;
    (status, emulator.trace().last().unwrap().reason.clone())
}

/// What an AWS client signs with, for the service `iot` or `iotdata`.
pub fn sigv4(service: &str) -> String {
    format!(
        "authorization:AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/eu-central-1/{service}/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={}\r\n",
        "0123456789abcdef".repeat(4)
    )
}

/// Whether the server has closed: the end of the stream, or a reset.
pub fn closed(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    !matches!(stream.read(&mut byte), Ok(1..))
}
