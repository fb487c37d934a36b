//! Every status, and the exact bytes of the responses.

use crate::support::*;
use local_iot_core::{Behaviour, Oversize};

/// Date and id are the two things that differ from one response to the next.
fn normalised(response: &Response) -> String {
    let id = field(&response.head, "x-amzn-RequestId").unwrap();
    let date = field(&response.head, "date").unwrap();
    assert_eq!(id.len(), 36);
    assert!(httpdate::parse_http_date(date).is_ok());
    format!("{}{}", response.head, response.body)
        .replace(id, "<id>")
        .replace(date, "<date>")
}

#[test]
fn an_accepted_publish_gets_a_response_byte_for_byte_as_by_aws() {
    let response = ask(&start(), publish("/topics/uniqueID/status?qos=1", ""));
    assert_eq!(response.body.len(), 65);
    assert_eq!(
        normalised(&response),
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 65\r\ndate: <date>\r\n\
         x-amzn-RequestId: <id>\r\nconnection: keep-alive\r\n\r\n{\"message\":\"OK\",\"traceId\":\"<id>\"}"
    );
}

#[test]
fn a_refused_publish_gets_a_response_byte_for_byte_as_by_aws() {
    let response = ask(&start(), publish("/topics/other/status", ""));
    assert_eq!(
        normalised(&response),
        "HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: 72\r\ndate: <date>\r\n\
         x-amzn-RequestId: <id>\r\nconnection: keep-alive\r\nx-amzn-ErrorType: ForbiddenException:\r\n\r\n\
         {\"message\":\"Forbidden\",\"traceId\":\"<id>\"}"
    );
}

#[test]
fn every_refusal_by_custom_authentication_looks_the_same() {
    let emulator = start();
    let named = |name: &str, rest: &str| {
        request(
            "POST",
            "/topics/uniqueID/status",
            &format!("x-amz-customauthorizer-name:{name}\r\n{rest}"),
        )
    };
    let refused: Vec<_> = [
        request(
            "POST",
            "/topics/uniqueID/status",
            "token:allow\r\nid:uniqueID\r\n",
        ),
        named("nobody", "token:allow\r\nid:uniqueID\r\n"),
        named("unsignedAuthorizer", "id:uniqueID\r\n"),
        named("unsignedAuthorizer", "token:wrong\r\nid:uniqueID\r\n"),
        named("unsignedAuthorizer", "token:deny\r\nid:uniqueID\r\n"),
        named("unsignedAuthorizer", "token:allow\r\n"),
        named("unsignedAuthorizer", "token:allow\r\nid:other\r\n"),
    ]
    .map(|bytes| normalised(&ask(&emulator, bytes)))
    .into();
    assert!(refused[0].starts_with("HTTP/1.1 403 Forbidden\r\n"));
    assert!(refused.iter().all(|response| *response == refused[0]));
    let mut reasons: Vec<_> = emulator
        .trace()
        .into_iter()
        .map(|entry| entry.reason)
        .collect();
    reasons.sort();
    reasons.dedup();
    assert_eq!(reasons.len(), refused.len(), "{reasons:#?}");
}

#[test]
fn every_status_comes_with_aws_s_name_for_it_and_a_reason() {
    let rows = [
        (
            publish("/topics/uniqueID/a", ""),
            200,
            None,
            "allows iot:Publish",
        ),
        (
            publish("/topics/uniqueID/a?qos=2", ""),
            400,
            Some("InvalidRequestException:"),
            "qos 2",
        ),
        (
            publish("/topics/uniqueID/a?retain=yes", ""),
            400,
            Some("InvalidRequestException:"),
            "retain",
        ),
        (
            publish("/topics/", ""),
            400,
            Some("InvalidRequestException:"),
            "empty",
        ),
        (
            publish("/topics/a/%2B", ""),
            400,
            Some("InvalidRequestException:"),
            "subscribing",
        ),
        (
            publish("/topics/a+b", ""),
            400,
            Some("InvalidRequestException:"),
            "subscribing",
        ),
        (
            publish("/topics/1/2/3/4/5/6/7/8/9", ""),
            400,
            Some("InvalidRequestException:"),
            "slashes",
        ),
        (
            publish("/topics/$aws/events/x", ""),
            403,
            Some("ForbiddenException:"),
            "reserved",
        ),
        (
            publish("/topics/uniqueID/a", "authorization:AWS4-HMAC-SHA256 x\r\n"),
            403,
            Some("ForbiddenException:"),
            "SigV4",
        ),
        (
            publish("/topics/uniqueID/a?X-Amz-Algorithm=AWS4-HMAC-SHA256", ""),
            403,
            Some("ForbiddenException:"),
            "SigV4",
        ),
        (
            publish("/topics/uniqueID/a", "authorization:Bearer x\r\n"),
            200,
            None,
            "allows",
        ),
        (
            publish("/topic/a", ""),
            404,
            Some("ResourceNotFoundException:"),
            "/topics/<topic>",
        ),
        (
            publish("/topics", ""),
            404,
            Some("ResourceNotFoundException:"),
            "/topics/<topic>",
        ),
        (
            request("GET", "/topics/a", ALLOWED),
            405,
            Some("MethodNotAllowedException:"),
            "only POST",
        ),
        (
            request("PUT", "/topics/a", ALLOWED),
            405,
            Some("MethodNotAllowedException:"),
            "only POST",
        ),
        (
            request("post", "/topics/a", ALLOWED),
            405,
            Some("MethodNotAllowedException:"),
            "only POST",
        ),
    ];
    let emulator = start();
    for (bytes, status, error_type, reason) in rows {
        let response = ask(&emulator, &bytes);
        let entry = emulator.trace().pop().unwrap();
        assert_eq!(response.status, status, "{bytes}");
        assert_eq!(field(&response.head, "x-amzn-ErrorType"), error_type);
        assert_eq!(entry.status, Some(status));
        assert_eq!(entry.accepted, status == 200);
        assert_eq!(
            entry.request_id.as_deref(),
            field(&response.head, "x-amzn-RequestId")
        );
        assert!(response.body.contains(entry.request_id.as_deref().unwrap()));
        assert!(entry.reason.contains(reason), "{}", entry.reason);
    }
}

#[test]
fn a_head_request_gets_a_response_without_a_body() {
    let emulator = start();
    let mut stream = connect(emulator.http_addr());
    let bytes = format!(
        "HEAD /topics/a HTTP/1.1\r\nhost:localhost\r\n\r\n{}",
        publish("/topics/uniqueID/a", "")
    );
    std::io::Write::write_all(&mut stream, bytes.as_bytes()).unwrap();
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let mut byte = [0];
        std::io::Read::read_exact(&mut stream, &mut byte).unwrap();
        head.push(byte[0].into());
    }
    assert!(head.starts_with("HTTP/1.1 405 "));
    assert_eq!(read_response(&mut stream).status, 200);
}

#[test]
fn a_payload_may_have_131072_bytes_and_not_one_more() {
    let of = |length: usize| {
        let head = format!(
            "POST /topics/uniqueID/a HTTP/1.1\r\nhost:localhost\r\n{ALLOWED}content-length:{length}\r\n\r\n"
        );
        [head.into_bytes(), vec![b'x'; length]].concat()
    };
    let emulator = start();
    assert_eq!(ask(&emulator, of(131_072)).status, 200);
    let response = ask(&emulator, of(131_073));
    assert_eq!(response.status, 413);
    assert_eq!(
        field(&response.head, "x-amzn-ErrorType"),
        Some("RequestEntityTooLargeException:")
    );
    assert_eq!(emulator.trace()[1].topic.as_deref(), Some("uniqueID/a"));
    let other = start_with(Behaviour {
        oversize: Oversize::InvalidRequest,
        ..Behaviour::default()
    });
    assert_eq!(ask(&other, of(131_073)).status, 400);
}

#[test]
fn basic_ingest_is_accepted_with_a_note_that_there_is_no_such_rule() {
    let all = std::sync::Arc::new(|_: &serde_json::Value| Ok(crate::authorizers::grant("*", "*")));
    let emulator = crate::authorizers::start_unsigned(all);
    assert_eq!(
        ask(&emulator, publish("/topics/$aws/rules/device_events", "")).status,
        200
    );
    assert_eq!(
        ask(
            &emulator,
            publish("/topics/%24aws%2Frules%2Fr%2F1/2/3/4/5/6/7/8", "")
        )
        .status,
        200
    );
    assert!(
        emulator
            .trace()
            .iter()
            .all(|entry| entry.notes.iter().any(|note| note.contains("RuleNotFound")))
    );
}
