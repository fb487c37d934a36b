//! Requests per second through the whole emulator over TLS on kept connections, with the authorizer in process, as a
//! process of its own, and with its response cached. It prints figures and judges none: `cargo bench -p local-iot-core`.
//!
//! The process is this very program, so that the figure is the emulator's and not an interpreter's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use local_iot_core::{Authorizer, Config, Decider, Function, LocalIotCore};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

const TIME: Duration = Duration::from_secs(3);

fn main() {
    if let Ok(api) = std::env::var("AWS_LAMBDA_RUNTIME_API") {
        return serve(&api);
    }
    // `cargo test --benches` runs it too, and wants to know only whether it works.
    let time = if std::env::args().any(|argument| argument == "--bench") {
        TIME
    } else {
        Duration::from_millis(50)
    };
    for (what, authorizer) in [
        ("in process", "closure"),
        ("process of its own", "process"),
        ("response cached", "cached"),
    ] {
        for connections in [1, 2, 8] {
            let rate = measure(authorizer, connections, time);
            println!("{what:>18}, {connections} connections: {rate:>8.0} requests/s");
        }
    }
}

fn start() -> LocalIotCore {
    let closure: local_iot_core::AuthorizerFunction = Arc::new(|_| Ok(grant()));
    let function = Function::process("bench", std::env::current_exe().unwrap());
    LocalIotCore::start(Config {
        functions: vec![function],
        authorizers: vec![
            Authorizer::unsigned("closure", "token", Arc::clone(&closure)),
            Authorizer::new("process", "token", Decider::Function("bench".to_owned())),
            Authorizer {
                caching_for_http: true,
                ..Authorizer::unsigned("cached", "token", closure)
            },
        ],
        ..Config::default()
    })
    .unwrap()
}

fn measure(authorizer: &str, connections: usize, time: Duration) -> f64 {
    let emulator = start();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(emulator.ca_pem().as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    let request = format!(
        "POST /topics/uniqueID/status HTTP/1.1\r\nhost:localhost\r\nx-amz-customauthorizer-name:{authorizer}\r\n\
         token:allow\r\nid:uniqueID\r\ncontent-length:10\r\n\r\n0123456789"
    );
    let mut clients: Vec<_> = (0..connections)
        .map(|_| connect(&emulator, Arc::clone(&config)))
        .collect();
    // The handshake and the start of a process are not what is measured.
    for client in &mut clients {
        exchange(client, &request);
    }
    let begun = Instant::now();
    let total: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = clients
            .iter_mut()
            .map(|client| {
                scope.spawn(|| {
                    let mut count = 0;
                    while begun.elapsed() < time {
                        exchange(client, &request);
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    });
    total as f64 / begun.elapsed().as_secs_f64()
}

type Client = StreamOwned<ClientConnection, TcpStream>;

fn connect(emulator: &LocalIotCore, config: Arc<ClientConfig>) -> Client {
    let name = ServerName::try_from("localhost").unwrap();
    let tcp = TcpStream::connect(emulator.https_addr()).unwrap();
    tcp.set_nodelay(true).unwrap();
    StreamOwned::new(ClientConnection::new(config, name).unwrap(), tcp)
}

fn exchange(client: &mut Client, request: &str) {
    client.write_all(request.as_bytes()).unwrap();
    client.flush().unwrap();
    let mut response = Vec::new();
    let mut buffer = [0; 1024];
    // Every response here is a 200, whose body ends in the only brace.
    while response.last() != Some(&b'}') {
        let count = client.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "the emulator closed");
        response.extend_from_slice(&buffer[..count]);
    }
    assert!(response.starts_with(b"HTTP/1.1 200 "));
}

fn grant() -> Value {
    json!({
        "isAuthenticated": true,
        "principalId": "device",
        "policyDocuments": [{
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}],
        }],
        "disconnectAfterInSeconds": 86_400,
        "refreshAfterInSeconds": 86_400,
    })
}

/// The function's process: the Lambda runtime API on one kept connection.
fn serve(api: &str) {
    let stream = TcpStream::connect(api).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream);
    loop {
        let head = call(&mut reader, "GET", "next", "");
        let id = head
            .lines()
            .find_map(|line| line.strip_prefix("lambda-runtime-aws-request-id: "))
            .unwrap();
        let path = format!("{id}/response");
        call(&mut reader, "POST", &path, &grant().to_string());
    }
}

fn call(reader: &mut BufReader<TcpStream>, method: &str, path: &str, body: &str) -> String {
    let request = format!(
        "{method} /2018-06-01/runtime/invocation/{path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    reader.get_mut().write_all(request.as_bytes()).unwrap();
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "the API is gone");
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut response = vec![0; length.unwrap().parse().unwrap()];
    reader.read_exact(&mut response).unwrap();
    head
}
