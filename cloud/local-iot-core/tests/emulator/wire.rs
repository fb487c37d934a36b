//! HTTP/1.1 itself: reuse of connections, and everything that could be read in two ways.

use std::io::Write;

use crate::support::*;
use local_iot_core::Behaviour;

#[test]
fn a_connection_serves_one_request_after_another() {
    let emulator = start();
    let mut stream = connect(emulator.http_addr());
    for target in [
        "/topics/uniqueID/a",
        "/topics/other/a",
        "/topics/uniqueID/b",
    ] {
        stream.write_all(publish(target, "").as_bytes()).unwrap();
        assert_eq!(
            read_response(&mut stream).status,
            if target.contains("other") { 403 } else { 200 }
        );
    }
}

#[test]
fn pipelined_requests_get_their_responses_in_order() {
    let emulator = start();
    let mut stream = connect(emulator.http_addr());
    let all = [
        "/topics/uniqueID/a",
        "/topics/other/a",
        "/nowhere",
        "/topics/uniqueID/b",
    ]
    .map(|target| publish(target, ""))
    .concat();
    stream.write_all(all.as_bytes()).unwrap();
    let statuses = [(); 4].map(|()| read_response(&mut stream).status);
    assert_eq!(statuses, [200, 403, 404, 200]);
}

#[test]
fn a_request_may_arrive_a_byte_at_a_time() {
    let emulator = start();
    let mut stream = connect(emulator.http_addr());
    stream.set_nodelay(true).unwrap();
    for byte in publish("/topics/uniqueID/a", "").bytes() {
        stream.write_all(&[byte]).unwrap();
    }
    assert_eq!(read_response(&mut stream).status, 200);
}

#[test]
fn the_connection_closes_when_the_client_asked_for_it() {
    let emulator = start();
    let rows = [
        publish("/topics/uniqueID/a", "connection:close\r\n"),
        publish("/topics/uniqueID/a", "").replace("HTTP/1.1", "HTTP/1.0"),
    ];
    for bytes in rows {
        let mut stream = connect(emulator.http_addr());
        stream.write_all(bytes.as_bytes()).unwrap();
        // AWS is seen to write keep-alive even then.
        assert_eq!(
            field(&read_response(&mut stream).head, "connection"),
            Some("keep-alive")
        );
        assert!(closed(&mut stream));
    }
}

#[test]
fn http_1_0_is_served() {
    let bytes = publish("/topics/uniqueID/a", "")
        .replace("HTTP/1.1", "HTTP/1.0")
        .replace("host:localhost\r\n", "");
    assert_eq!(ask(&start(), bytes).status, 200);
}

#[test]
fn what_could_be_read_in_two_ways_is_refused_and_the_connection_closed() {
    let emulator = start();
    let rows = [
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\ncontent-length:2\r\ntransfer-encoding:chunked\r\n\r\n",
            "both",
        ),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\ncontent-length:2\r\ncontent-length:2\r\n\r\n",
            "more than one Content-Length",
        ),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\ncontent-length:2\r\ncontent-length:3\r\n\r\n",
            "more than one Content-Length",
        ),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\ncontent-length:2, 2\r\n\r\n",
            "not a number",
        ),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\ncontent-length:+2\r\n\r\n",
            "not a number",
        ),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\ncontent-length:2x\r\n\r\n",
            "not a number",
        ),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\ncontent-length:\r\n\r\n",
            "empty or too large",
        ),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\ncontent-length:18446744073709551617\r\n\r\n",
            "too large",
        ),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\ntransfer-encoding:gzip\r\n\r\n",
            "other than chunked",
        ),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\ntransfer-encoding:gzip, chunked\r\n\r\n",
            "other than chunked",
        ),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\ntransfer-encoding:chunked\r\n\r\n",
            "Content-Length",
        ),
        (
            "POST /topics/a HTTP/1.0\r\nhost:x\r\ntransfer-encoding:chunked\r\n\r\n",
            "HTTP/1.0",
        ),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\ncontent-length : 2\r\n\r\n",
            "malformed",
        ),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\nid:a\r\n b\r\n\r\n",
            "malformed",
        ),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\nid:a\0b\r\n\r\n",
            "malformed",
        ),
        ("POST /topics/a HTTP/1.1\nhost:x\n\n", "bare LF"),
        ("POST /topics/a HTTP/1.1\r\nhost:x\nid:a\r\n\r\n", "bare LF"),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\nid:a\rb\r\n\r\n",
            "bare CR",
        ),
        ("POST /topics/a HTTP/1.1\r\n\r\n", "without a Host"),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\nhost:y\r\n\r\n",
            "more than one Host",
        ),
        ("POST /topics/a HTTP/3.0\r\nhost:x\r\n\r\n", "malformed"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "malformed"),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\nexpect:miracle\r\n\r\n",
            "Expect",
        ),
        ("\r\n\r\n", "not whole"),
        ("\u{16}\u{3}\u{1}\n", "speaks TLS to the http port"),
    ];
    for (bytes, reason) in rows {
        let mut stream = connect(emulator.http_addr());
        stream.write_all(bytes.as_bytes()).unwrap();
        stream
            .write_all(publish("/topics/uniqueID/smuggled", "").as_bytes())
            .unwrap();
        let response = read_response(&mut stream);
        assert_eq!(response.status, 400, "{bytes:?}");
        assert!(closed(&mut stream), "{bytes:?}");
        let entry = emulator.trace().pop().unwrap();
        assert!(entry.reason.contains(reason), "{bytes:?}: {}", entry.reason);
    }
    assert!(emulator.trace().iter().all(|entry| !entry.accepted));
}

#[test]
fn chunked_bodies_are_a_switch() {
    let body = "1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n";
    let chunked = publish("/topics/uniqueID/a", "transfer-encoding:chunked\r\n")
        .replace("content-length:2\r\n\r\n{}", &format!("\r\n{body}"));
    let two = chunked.repeat(2);
    assert_eq!(ask(&start(), &two).status, 400);
    let emulator = start_with(Behaviour {
        accept_chunked: true,
        ..Behaviour::default()
    });
    let mut stream = connect(emulator.http_addr());
    stream.write_all(two.as_bytes()).unwrap();
    assert_eq!(
        [(); 2].map(|()| read_response(&mut stream).status),
        [200, 200]
    );
    let broken = chunked.replace("1;x=y\r\n}", "2\r\n}");
    assert_eq!(ask(&emulator, broken + "xxxx").status, 400);
}

#[test]
fn no_content_length_is_an_empty_body() {
    let bytes = publish("/topics/uniqueID/a", "").replace("content-length:2\r\n\r\n{}", "\r\n");
    assert_eq!(ask(&start(), bytes).status, 200);
}

#[test]
fn a_client_that_waits_for_100_continue_gets_it() {
    let emulator = start();
    let mut stream = connect(emulator.http_addr());
    let bytes = publish("/topics/uniqueID/a", "Expect:100-continue\r\n");
    let (head, body) = bytes.split_at(bytes.len() - 2);
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(
        read_response(&mut stream).head,
        "HTTP/1.1 100 Continue\r\n\r\n"
    );
    stream.write_all(body.as_bytes()).unwrap();
    assert_eq!(read_response(&mut stream).status, 200);
    assert_eq!(emulator.trace().len(), 1);
}

#[test]
fn no_100_continue_for_a_payload_that_is_too_large() {
    let bytes = publish("/topics/uniqueID/a", "expect:100-continue\r\n").replace(
        "content-length:2\r\n\r\n{}",
        "content-length:131073\r\n\r\n",
    );
    assert_eq!(ask(&start(), bytes).status, 413);
}

#[test]
fn a_client_that_leaves_in_the_middle_is_traced_without_a_status() {
    let emulator = start();
    for (bytes, part) in [
        ("POST /topics", "the head"),
        (
            "POST /topics/a HTTP/1.1\r\nhost:x\r\ncontent-length:2\r\n\r\n{",
            "the body",
        ),
    ] {
        let before = emulator.trace().len();
        let mut stream = connect(emulator.http_addr());
        stream.write_all(bytes.as_bytes()).unwrap();
        drop(stream);
        let entry = emulator.wait_for_trace(before + 1, TIMEOUT).pop().unwrap();
        assert_eq!((entry.status, entry.accepted), (None, false));
        assert!(entry.reason.contains(part), "{}", entry.reason);
    }
}
