//! Lambda's runtime API, as far as one process with one event needs it: the process can be killed in the middle, and
//! tried again as Lambda does, with the same request id.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

pub struct Invocation {
    process: Child,
    listener: TcpListener,
}

impl Invocation {
    /// Starts the binary, and hands it the event.
    pub fn start(variables: &[(&'static str, String)], request: &str, event: &Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_splitter"))
            .env_clear()
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .env(
                "AWS_LAMBDA_RUNTIME_API",
                listener.local_addr().unwrap().to_string(),
            )
            .env("AWS_LAMBDA_FUNCTION_NAME", "splitter")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "log")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "log")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let invocation = Self { process, listener };
        let (mut stream, head, _) = invocation.request();
        assert!(
            head.starts_with("GET /2018-06-01/runtime/invocation/next"),
            "{head}"
        );
        let body = event.to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: {request}\r\nlambda-runtime-deadline-ms: 4102444800000\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:123456789012:function:splitter\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        invocation
    }

    /// Power off, time over, out of memory: nothing is put in order.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// What the function returns, or the error that it fails with.
    pub fn end(self) -> Result<Value, Value> {
        let (mut stream, head, body) = self.request();
        stream
            .write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .unwrap();
        let body = serde_json::from_slice(&body).unwrap();
        self.kill();
        if head.split(' ').nth(1).unwrap().ends_with("/response") {
            Ok(body)
        } else {
            Err(body)
        }
    }

    fn request(&self) -> (TcpStream, String, Vec<u8>) {
        let (stream, _) = self.listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut head).unwrap(), 0, "{head}");
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse().unwrap())
        });
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).unwrap();
        (stream, head, body)
    }
}
