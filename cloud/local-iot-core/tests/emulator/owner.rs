//! The account's owner: a publish signed with SigV4, at the data ports and on the control port.

use local_iot_core::{Authorizer, Config, LocalIotCore};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::support::*;

/// Whose default authorizer must never be asked.
fn start() -> LocalIotCore {
    let never = Arc::new(|_: &_| panic!("the authorizer was asked"));
    LocalIotCore::start(Config {
        authorizers: vec![Authorizer::unsigned("never", "token", never)],
        default_authorizer: Some("never".to_owned()),
        ..Config::default()
    })
    .unwrap()
}

#[test]
fn the_owner_may_publish_anything_legal_and_no_authorizer_is_asked() {
    let emulator = start();
    let publish = request("POST", "/topics/a%2Fb?qos=1&retain=true", &sigv4("iotdata"));
    for address in [emulator.http_addr(), emulator.control_addr()] {
        let response = ask_at(address, &publish);
        assert_eq!(response.status, 200, "{}", response.body);
        let entry = emulator.trace().pop().unwrap();
        assert_eq!(entry.topic.as_deref(), Some("a/b"));
        assert!(entry.authorizer.is_none() && entry.invocation.is_none());
        assert!(
            entry.reason.contains("the owner's credentials"),
            "{}",
            entry.reason
        );
    }
}

#[test]
fn a_presigned_query_is_a_signature_too() {
    let emulator = start();
    let query = format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20261124%2Feu-central-1%2Fiotdata%2Faws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature={}",
        "0".repeat(64)
    );
    let publish = request("POST", &format!("/topics/a?{query}"), "");
    assert_eq!(ask(&emulator, publish).status, 200);
}

#[test]
fn what_is_illegal_is_so_for_the_owner_as_well() {
    let emulator = start();
    let rows = [
        ("/topics/a/%23", 400),
        ("/topics/", 400),
        ("/topics/a?qos=2", 400),
        ("/topics/$aws/events/x", 403),
    ];
    for (target, status) in rows {
        let publish = request("POST", target, &sigv4("iotdata"));
        for address in [emulator.http_addr(), emulator.control_addr()] {
            assert_eq!(ask_at(address, &publish).status, status, "{target}");
        }
    }
}

#[test]
fn a_malformed_or_foreign_signature_is_forbidden() {
    let emulator = start();
    let rows = [
        (
            "authorization:AWS4-HMAC-SHA256 x\r\n".to_owned(),
            "malformed",
        ),
        (sigv4("s3"), "scoped to the service \"s3\""),
    ];
    for (fields, expected) in rows {
        let (status, reason) = judge(&emulator, request("POST", "/topics/a", &fields));
        assert_eq!(status, 403);
        assert!(reason.contains(expected), "{reason}");
    }
}

#[test]
fn a_bearer_token_is_for_the_authorizer() {
    let bearer = Arc::new(|event: &serde_json::Value| {
        let headers = &event["protocolData"]["http"]["headers"];
        Err(format!(
            "it was asked, with {} headers",
            headers.as_object().unwrap().len()
        ))
    });
    let emulator = LocalIotCore::start(Config {
        authorizers: vec![Authorizer::unsigned("A", "Authorization", bearer)],
        default_authorizer: Some("A".to_owned()),
        ..Config::default()
    })
    .unwrap();
    let publish = request(
        "POST",
        "/topics/a",
        "authorization:Bearer AWS4-HMAC-SHA256\r\n",
    );
    let (status, reason) = judge(&emulator, publish);
    assert_eq!(status, 403);
    assert!(reason.contains("it was asked, with 3 headers"), "{reason}");
}

#[test]
fn the_control_port_takes_no_publish_but_the_owner_s() {
    let emulator = crate::support::start();
    let response = ask_at(
        emulator.control_addr(),
        publish("/topics/uniqueID/status", ""),
    );
    assert_eq!(response.status, 403);
    assert_eq!(
        field(&response.head, "x-amzn-errortype"),
        Some("ForbiddenException:")
    );
    let reason = emulator.trace().pop().unwrap().reason;
    assert!(
        reason.contains("custom authentication is at the https and http ports"),
        "{reason}"
    );
}

#[test]
fn a_payload_over_128_kib_is_too_large_on_the_control_port_too() {
    let emulator = start();
    let body = "x".repeat(128 * 1024 + 1);
    let publish = format!(
        "POST /topics/a HTTP/1.1\r\nhost:localhost\r\n{}content-length:{}\r\n\r\n{body}",
        sigv4("iotdata"),
        body.len()
    );
    assert_eq!(ask_at(emulator.control_addr(), publish).status, 413);
}

/// The owner's question to iot-data on the control port, and the response.
fn data(emulator: &LocalIotCore, target: &str) -> (u16, Value) {
    let response = ask_at(
        emulator.control_addr(),
        request("GET", target, &sigv4("iotdata")),
    );
    (
        response.status,
        serde_json::from_str(&response.body).unwrap(),
    )
}

#[test]
fn what_is_retained_is_listed_and_shown_and_forgotten() {
    let emulator = start();
    let publish = |topic: &str, body: &str, fields: &str| {
        let fields = format!("{}{fields}", sigv4("iotdata"));
        let head = format!(
            "POST /topics/{topic} HTTP/1.1\r\nhost:localhost\r\n{fields}content-length:{}\r\n\r\n{body}",
            body.len()
        );
        assert_eq!(ask(&emulator, head).status, 200);
    };
    publish("b?retain=true", "x", "");
    publish("not", "x", "");
    // [{"k":"v"}]
    let properties = "x-amz-mqtt5-user-properties:W3siayI6InYifV0=\r\n";
    publish("a%2Fé?retain=true&qos=1", "hello", properties);
    let (status, mut shown) = data(&emulator, "/retainedMessage/a%2F%C3%A9");
    assert_eq!(status, 200);
    let modified = shown["lastModifiedTime"].take().as_u64().unwrap();
    assert!(modified > 1_600_000_000_000, "{modified}");
    let expected = json!({
        "topic": "a/é", "payload": "aGVsbG8=", "qos": 1, "lastModifiedTime": null,
        "userProperties": "W3siayI6InYifV0=",
    });
    assert_eq!(shown, expected);
    let (_, first) = data(&emulator, "/retainedMessage?maxResults=1");
    let summary = json!({"topic": "a/é", "payloadSize": 5, "qos": 1, "lastModifiedTime": modified});
    assert_eq!(first["retainedTopics"], json!([summary]));
    let token = first["nextToken"]
        .as_str()
        .unwrap()
        .replace('=', "%3D")
        .replace('/', "%2F");
    let (_, second) = data(&emulator, &format!("/retainedMessage?nextToken={token}"));
    assert_eq!(second["retainedTopics"][0]["topic"], "b");
    assert!(second.get("nextToken").is_none());
    publish("b?retain=true", "", "");
    let (status, error) = data(&emulator, "/retainedMessage/b");
    assert_eq!(status, 404);
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("No message is retained")
    );
    for target in [
        "/retainedMessage/a%2F%23",
        "/retainedMessage?maxResults=201",
        "/retainedMessage?nextToken=!",
    ] {
        assert_eq!(data(&emulator, target).0, 400, "{target}");
    }
    let device = request("GET", "/retainedMessage/a", ALLOWED);
    assert_eq!(ask_at(emulator.control_addr(), device).status, 403);
}
