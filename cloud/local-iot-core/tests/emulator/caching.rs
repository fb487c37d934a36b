//! `enableCachingForHttp`: a response of the function counts again on the same connection.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use local_iot_core::{Authorizer, Behaviour, CachedResponse, Config, LocalIotCore};
use serde_json::json;

use crate::support::*;

/// How often the function was asked, for these tokens one after the other on one connection.
fn asked(caching: bool, cached_response: CachedResponse, tokens: &[&str]) -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let function = Arc::new(move |_: &_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(json!({
            "isAuthenticated": true,
            "principalId": "device",
            "policyDocuments": [{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}],
            "disconnectAfterInSeconds": 300,
            "refreshAfterInSeconds": 300,
        }))
    });
    let emulator = LocalIotCore::start(Config {
        authorizers: vec![Authorizer {
            caching_for_http: caching,
            ..Authorizer::unsigned("A", "token", function)
        }],
        behaviour: Behaviour {
            cached_response,
            ..Behaviour::default()
        },
        ..Config::default()
    })
    .unwrap();
    let mut stream = connect(emulator.http_addr());
    for token in tokens {
        assert_eq!(publish_on(&mut stream, token), 200);
    }
    let cached = emulator
        .trace()
        .iter()
        .filter(|e| e.invocation.as_ref().unwrap().cached)
        .count();
    let asked = count.load(Ordering::SeqCst);
    assert_eq!(asked + cached, tokens.len());
    // What one connection has is not another's.
    let mut other = connect(emulator.http_addr());
    assert_eq!(publish_on(&mut other, tokens[0]), 200);
    assert_eq!(count.load(Ordering::SeqCst), asked + 1);
    asked
}

fn publish_on(stream: &mut TcpStream, token: &str) -> u16 {
    let fields = format!("x-amz-customauthorizer-name:A\r\ntoken:{token}\r\n");
    stream
        .write_all(request("POST", "/topics/a", &fields).as_bytes())
        .unwrap();
    read_response(stream).status
}

#[test]
fn without_it_every_request_is_an_invocation() {
    assert_eq!(
        asked(false, CachedResponse::SameCredentials, &["x", "x", "x"]),
        3
    );
}

#[test]
fn with_it_one_invocation_serves_a_connection() {
    assert_eq!(
        asked(true, CachedResponse::SameCredentials, &["x", "x", "x"]),
        1
    );
}

#[test]
fn whether_another_token_is_another_question_is_a_switch() {
    let tokens = ["x", "y", "x", "y"];
    assert_eq!(asked(true, CachedResponse::SameCredentials, &tokens), 2);
    assert_eq!(asked(true, CachedResponse::SameConnection, &tokens), 1);
}
