//! A function in Rust, of the standard library alone, behind the emulator: this very program. Started by the emulator
//! it is the function; started by cargo it is the test, so it has no harness.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use local_iot_core::{Authorizer, Config, Decider, Function, LocalIotCore};

fn main() {
    match std::env::var("AWS_LAMBDA_RUNTIME_API") {
        Ok(api) => serve(&api),
        Err(_) => {
            a_rust_function_is_started_asked_and_heard();
            println!("1 passed, 0 failed");
        }
    }
}

fn a_rust_function_is_started_asked_and_heard() {
    let emulator = LocalIotCore::start(Config {
        functions: vec![Function::process("rust", std::env::current_exe().unwrap())],
        authorizers: vec![Authorizer::new(
            "A",
            "token",
            Decider::Function("rust".to_owned()),
        )],
        default_authorizer: Some("A".to_owned()),
        ..Config::default()
    })
    .unwrap();
    for (token, status) in [("right", 200), ("wrong", 403), ("right", 200)] {
        let mut device = TcpStream::connect(emulator.http_addr()).unwrap();
        let head = "POST /topics/a HTTP/1.1\r\nhost:localhost\r\nconnection:close\r\n";
        write!(device, "{head}token:{token}\r\ncontent-length:0\r\n\r\n").unwrap();
        let mut response = String::new();
        device.read_to_string(&mut response).unwrap();
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{response}"
        );
        let entry = emulator.trace().pop().unwrap();
        assert_eq!(entry.invocation.unwrap().output, ["an event with a token"]);
    }
}

fn serve(api: &str) {
    loop {
        let (head, event) = call(api, "GET", "next", "");
        let id = head
            .lines()
            .find_map(|line| line.strip_prefix("lambda-runtime-aws-request-id: "))
            .expect("the id of the event");
        let event: serde_json::Value = serde_json::from_str(&event).expect("an event");
        println!("an event with a token");
        let response = serde_json::json!({
            "isAuthenticated": event["token"] == "right",
            "principalId": "device",
            "policyDocuments": [{
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}],
            }],
            "disconnectAfterInSeconds": 300,
            "refreshAfterInSeconds": 300,
        });
        call(
            api,
            "POST",
            &format!("{id}/response"),
            &response.to_string(),
        );
    }
}

fn call(api: &str, method: &str, path: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(api).expect("the runtime API");
    let head = format!("{method} /2018-06-01/runtime/invocation/{path} HTTP/1.1\r\nhost: {api}");
    let length = body.len();
    write!(
        stream,
        "{head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .expect("the runtime API takes a request");
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let read = reader.read_line(&mut head).expect("a response");
        assert_ne!(read, 0, "the runtime API is gone");
    }
    let mut body = String::new();
    reader.read_to_string(&mut body).expect("a response's body");
    (head, body)
}
