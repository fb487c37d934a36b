//! Tags of authorizers and topic rules, byte by byte. The real CLI is in `aws_cli.rs`.

use local_iot_core::{Config, LocalIotCore};
use serde_json::{Value, json};

use crate::support::*;

const FUNCTION: &str = "arn:aws:lambda:eu-central-1:123456789012:function:f";
const RULE: &str = "arn:aws:iot:eu-central-1:123456789012:rule/r";
const AUTHORIZER: &str = "arn:aws:iot:eu-central-1:123456789012:authorizer/A";

fn call(
    emulator: &LocalIotCore,
    method: &str,
    target: &str,
    fields: &str,
    body: &Value,
) -> (u16, Value) {
    let body = body.to_string();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost:localhost\r\n{}{fields}content-length:{}\r\n\r\n{body}",
        sigv4("iot"),
        body.len()
    );
    let response = ask_at(emulator.control_addr(), request);
    (
        response.status,
        serde_json::from_str(&response.body).unwrap(),
    )
}

fn create(emulator: &LocalIotCore) {
    let rule = json!({"sql": "SELECT *", "actions": []});
    let tagging = "x-amz-tagging:a=1&b%20c=%C3%A9\r\n";
    assert_eq!(call(emulator, "POST", "/rules/r", tagging, &rule).0, 200);
    let authorizer = json!({
        "authorizerFunctionArn": FUNCTION, "signingDisabled": true,
        "tags": [{"Key": "stage", "Value": "test"}, {"Key": "empty"}],
    });
    assert_eq!(
        call(emulator, "POST", "/authorizer/A", "", &authorizer).0,
        200
    );
}

fn tags(emulator: &LocalIotCore, arn: &str) -> Value {
    let target = format!(
        "/tags?resourceArn={}",
        arn.replace(':', "%3A").replace('/', "%2F")
    );
    let (status, response) = call(emulator, "GET", &target, "", &json!({}));
    assert_eq!(status, 200, "{response}");
    response["tags"].clone()
}

#[test]
fn tags_come_with_a_resource_change_and_go_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = || Config {
        state: Some(folder.path().join("state.json")),
        ..Config::default()
    };
    let first = LocalIotCore::start(config()).unwrap();
    create(&first);
    let both = json!([{"Key": "a", "Value": "1"}, {"Key": "b c", "Value": "é"}]);
    assert_eq!(tags(&first, RULE), both);
    let change = json!({"resourceArn": RULE, "tags": [{"Key": "a", "Value": "2"}, {"Key": "d"}]});
    assert_eq!(call(&first, "POST", "/tags", "", &change).0, 200);
    let less = json!({"resourceArn": RULE, "tagKeys": ["b c", "none"]});
    assert_eq!(call(&first, "POST", "/untag", "", &less).0, 200);
    drop(first);
    let second = LocalIotCore::start(config()).unwrap();
    let changed = json!([{"Key": "a", "Value": "2"}, {"Key": "d", "Value": ""}]);
    assert_eq!(tags(&second, RULE), changed);
    let of_authorizer = json!([{"Key": "empty", "Value": ""}, {"Key": "stage", "Value": "test"}]);
    assert_eq!(tags(&second, AUTHORIZER), of_authorizer);
    for target in ["/rules/r", "/authorizer/A"] {
        assert_eq!(call(&second, "DELETE", target, "", &json!({})).0, 200);
    }
    let again = json!({"sql": "SELECT *", "actions": []});
    assert_eq!(call(&second, "POST", "/rules/r", "", &again).0, 200);
    assert_eq!(tags(&second, RULE), json!([]));
}

#[test]
fn what_is_refused() {
    let emulator = LocalIotCore::start(Config::default()).unwrap();
    create(&emulator);
    let tag = |arn: &str, tags: Value| json!({"resourceArn": arn, "tags": tags});
    let many: Vec<_> = (0..51).map(|n| json!({"Key": n.to_string()})).collect();
    let foreign = RULE.replace("eu-central-1", "us-east-1");
    let rows = [
        (
            tag("arn:aws:iot:eu-central-1:123456789012:thing/t", json!([])),
            404,
            "no authorizer, topic rule or domain",
        ),
        (tag(&foreign, json!([])), 404, "no authorizer"),
        (tag(RULE, json!([{"Key": ""}])), 400, "1 to 128"),
        (
            tag(RULE, json!([{"Key": "a", "Value": "x".repeat(257)}])),
            400,
            "256 at most",
        ),
        (tag(RULE, json!([{"Key": "aws:x"}])), 400, "AWS's own"),
        (tag(RULE, json!(many)), 410, "at most 50"),
        (json!({"tags": []}), 400, "resourceArn"),
    ];
    for (body, status, expected) in rows {
        let (found, response) = call(&emulator, "POST", "/tags", "", &body);
        let message = response["message"].as_str().unwrap();
        assert_eq!(found, status, "{message}");
        assert!(message.contains(expected), "{message}");
    }
    let wrong = "x-amz-tagging:a=%zz\r\n";
    let rule = json!({"sql": "SELECT *", "actions": []});
    assert_eq!(call(&emulator, "POST", "/rules/s", wrong, &rule).0, 400);
    assert_eq!(call(&emulator, "GET", "/tags", "", &json!({})).0, 400);
}
