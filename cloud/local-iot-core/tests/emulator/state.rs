//! The state file: what exists in one run exists in the next.

use std::path::Path;

use local_iot_core::{Config, LocalIotCore};
use serde_json::{Value, json};

use crate::support::*;

fn start(path: &Path) -> LocalIotCore {
    LocalIotCore::start(config(path)).unwrap()
}

fn config(path: &Path) -> Config {
    Config {
        state: Some(path.to_owned()),
        ..Config::default()
    }
}

fn call(emulator: &LocalIotCore, method: &str, target: &str, body: &Value) -> u16 {
    let body = body.to_string();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost:localhost\r\n{}content-length:{}\r\n\r\n{body}",
        sigv4("iot"),
        body.len()
    );
    ask_at(emulator.control_addr(), request).status
}

#[test]
fn authorizers_and_the_default_one_survive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let first = start(&path);
    let body = json!({
        "authorizerFunctionArn": "arn:aws:lambda:eu-central-1:123456789012:function:customAuthFunc",
        "signingDisabled": true, "tokenKeyName": "token", "status": "ACTIVE",
    });
    assert_eq!(call(&first, "POST", "/authorizer/A", &body), 200);
    assert_eq!(
        call(
            &first,
            "POST",
            "/default-authorizer",
            &json!({"authorizerName": "A"})
        ),
        200
    );
    let idle = json!({"status": "INACTIVE"});
    assert_eq!(
        call(&first, "PUT", "/authorizer/unsignedAuthorizer", &idle),
        200
    );
    assert_eq!(
        call(
            &first,
            "DELETE",
            "/authorizer/unsignedAuthorizer",
            &json!({})
        ),
        200
    );
    drop(first);
    let second = start(&path);
    let publish = request("POST", "/topics/a/b", "token:allow\r\nid:a\r\n");
    assert_eq!(ask(&second, publish).status, 200);
    assert_eq!(second.trace()[0].authorizer.as_deref(), Some("A"));
    assert_eq!(
        call(&second, "GET", "/authorizer/unsignedAuthorizer", &json!({})),
        404
    );
}

#[test]
fn retained_messages_survive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let topic = || -> Value {
        let kept: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        kept["retained"][0]["topic"].clone()
    };
    let first = start(&path);
    let bytes = publish("/topics/uniqueID/status?retain=true&qos=1", "");
    assert_eq!(ask(&first, bytes).status, 200);
    // From the response on.
    assert_eq!(topic(), "uniqueID/status");
    drop(first);
    drop(start(&path));
    assert_eq!(topic(), "uniqueID/status");
}

#[test]
fn a_retained_message_that_expired_meanwhile_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let first = start(&path);
    for topic in ["gone", "left"] {
        let target = format!("/topics/uniqueID/{topic}?retain=true&messageExpiry=3600");
        assert_eq!(ask(&first, publish(&target, "")).status, 200);
    }
    drop(first);
    let mut kept: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let gone = kept["retained"]
        .as_array_mut()
        .unwrap()
        .first_mut()
        .unwrap();
    assert_eq!(gone["topic"], "uniqueID/gone");
    let expires = gone["expires_ms"].as_u64().unwrap();
    // As if an hour and a second had passed.
    gone["expires_ms"] = json!(expires - 3_601_000);
    std::fs::write(&path, kept.to_string()).unwrap();
    let second = start(&path);
    let list = format!(
        "GET /retainedMessage HTTP/1.1\r\nhost:localhost\r\n{}\r\n",
        sigv4("iotdata")
    );
    let list: Value = serde_json::from_str(&ask_at(second.control_addr(), list).body).unwrap();
    let topics = list["retainedTopics"].as_array().unwrap();
    assert_eq!(topics.len(), 1, "{list}");
    assert_eq!(topics[0]["topic"], "uniqueID/left");
}

#[test]
fn a_retained_message_that_cannot_be_written_is_not_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state").join("file.json");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    let emulator = start(&path);
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    let (status, reason) = judge(&emulator, publish("/topics/uniqueID/a?retain=true", ""));
    assert_eq!(status, 500);
    assert!(reason.contains("could not be kept"), "{reason}");
    let (status, _) = judge(&emulator, publish("/topics/uniqueID/a", ""));
    assert_eq!(status, 200);
}

#[test]
fn a_damaged_file_keeps_the_emulator_from_starting_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    for text in ["", "{", "[]", "{\"version\":1}"] {
        std::fs::write(&path, text).unwrap();
        let error = LocalIotCore::start(config(&path))
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains("state.json") && error.contains("left as it is"),
            "{error}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_change_that_cannot_be_written_does_not_happen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state").join("file.json");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    let emulator = start(&path);
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    let body = json!({"authorizerName": "unsignedAuthorizer"});
    assert_eq!(call(&emulator, "POST", "/default-authorizer", &body), 500);
    assert_eq!(
        call(&emulator, "GET", "/default-authorizer", &json!({})),
        404
    );
}
