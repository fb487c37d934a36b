//! Topic rules: what they take, what their functions get, and what becomes of a failure. The real CLI is in `aws_cli.rs`.

use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use base64ct::{Base64, Encoding};
use local_iot_core::{Config, Function, Limits, LocalIotCore, TraceEntry};
use rumqttc::QoS;
use serde_json::{Value, json};

use crate::mqtt::{message, subscribe_as};
use crate::mqtt_tls::Device;
use crate::support::*;

const FUNCTION: &str = "arn:aws:lambda:eu-central-1:123456789012:function:f";

fn call(emulator: &LocalIotCore, method: &str, target: &str, body: &Value) -> (u16, Value, String) {
    let body = body.to_string();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost:localhost\r\n{}content-length:{}\r\n\r\n{body}",
        sigv4("iot"),
        body.len()
    );
    let response = ask_at(emulator.control_addr(), request);
    let kind = field(&response.head, "x-amzn-errortype").unwrap_or_default();
    let kind = kind.to_owned();
    let body = serde_json::from_str(&response.body).unwrap();
    (response.status, body, kind)
}

pub fn create(emulator: &LocalIotCore, name: &str, payload: &Value) {
    let (status, response, _) = call(emulator, "POST", &format!("/rules/{name}"), payload);
    assert_eq!(status, 200, "{response}");
}

fn rule(sql: &str) -> Value {
    json!({"sql": sql, "awsIotSqlVersion": "2016-03-23", "actions": [{"lambda": {"functionArn": FUNCTION}}]})
}

/// An emulator whose function `f` passes each event on, and returns what `result` says.
fn start_with(
    limits: Limits,
    result: impl Fn(&Value) -> Result<Value, String> + Send + Sync + 'static,
) -> (LocalIotCore, Receiver<Value>) {
    let (sender, events) = mpsc::channel();
    let function = Arc::new(move |event: &Value| {
        // The test may have seen enough.
        let _ = sender.send(event.clone());
        result(event)
    });
    let emulator = LocalIotCore::start(Config {
        functions: vec![Function::in_process("f", function)],
        limits,
        ..Config::default()
    });
    (emulator.unwrap(), events)
}

fn start_one(sql: &str) -> (LocalIotCore, Receiver<Value>) {
    let (emulator, events) = start_with(Limits::default(), |_| Ok(Value::Null));
    create(&emulator, "r", &rule(sql));
    (emulator, events)
}

/// As the owner, at QoS 1. Returns the notes in the trace.
fn publish(emulator: &LocalIotCore, topic: &str, payload: &[u8]) -> Vec<String> {
    let head = format!(
        "POST /topics/{topic}?qos=1 HTTP/1.1\r\nhost:localhost\r\n{}content-length:{}\r\n\r\n",
        sigv4("iotdata"),
        payload.len()
    );
    let response = ask(emulator, [head.as_bytes(), payload].concat());
    assert_eq!(response.status, 200, "{topic}: {}", response.body);
    let id = field(&response.head, "x-amzn-RequestId")
        .unwrap()
        .to_owned();
    let mut trace = emulator.trace().into_iter();
    let entry = trace.find(|entry| entry.request_id.as_ref() == Some(&id));
    entry.unwrap().notes
}

fn next(events: &Receiver<Value>) -> Value {
    events.recv_timeout(TIMEOUT).expect("an event")
}

/// The first entry that is as wanted, which may come later.
fn entry(emulator: &LocalIotCore, wanted: impl Fn(&TraceEntry) -> bool) -> TraceEntry {
    for recorded in 1.. {
        let entries = emulator.wait_for_trace(recorded, TIMEOUT);
        if let Some(found) = entries.iter().find(|entry| wanted(entry)) {
            return found.clone();
        }
        assert!(entries.len() >= recorded, "{entries:?}");
    }
    unreachable!("it ends with the trace")
}

fn of_rule(entry: &TraceEntry) -> bool {
    entry.rule.is_some()
}

#[test]
fn a_rule_is_created_shown_replaced_switched_and_deleted() {
    let emulator = start();
    let payload = json!({
        "sql": "SELECT * FROM 'a/#'", "description": "d",
        "actions": [{"lambda": {"functionArn": FUNCTION}}],
        "errorAction": {"sqs": {"roleArn": "arn:aws:iam::123456789012:role/r", "queueUrl": "https://q"}},
    });
    create(&emulator, "r_1", &payload);
    let (status, mut shown, _) = call(&emulator, "GET", "/rules/r_1", &json!({}));
    assert_eq!(status, 200);
    let created = shown["rule"]["createdAt"].take();
    assert!(created.as_f64().unwrap() > 1.6e9);
    let mut expected = payload.clone();
    expected["ruleName"] = json!("r_1");
    expected["createdAt"] = Value::Null;
    expected["ruleDisabled"] = json!(false);
    expected["awsIotSqlVersion"] = json!("2015-10-08");
    let arn = "arn:aws:iot:eu-central-1:123456789012:rule/r_1";
    assert_eq!(shown, json!({"ruleArn": arn, "rule": expected}));

    create(&emulator, "r_2", &rule("SELECT *"));
    let listed = |query: &str| {
        let (status, response, _) = call(&emulator, "GET", &format!("/rules{query}"), &json!({}));
        assert_eq!(status, 200, "{response}");
        let rules = response["rules"].as_array().unwrap().clone();
        let names = rules.iter().map(|rule| rule["ruleName"].as_str().unwrap());
        let names = names.collect::<Vec<_>>().join(" ");
        (names, response["nextToken"].as_str().map(str::to_owned))
    };
    assert_eq!(
        call(&emulator, "POST", "/rules/r_2/disable", &json!({})).0,
        200
    );
    let (first, token) = listed("?maxResults=1");
    let token = token.unwrap().replace('=', "%3D");
    let (second, end) = listed(&format!("?maxResults=1&nextToken={token}"));
    assert_eq!((first.as_str(), second.as_str(), end), ("r_1", "r_2", None));
    for (query, expected) in [
        ("", "r_1 r_2"),
        ("?ruleDisabled=true", "r_2"),
        ("?ruleDisabled=false", "r_1"),
        ("?topic=a/b", "r_1"),
        ("?topic=b", ""),
    ] {
        assert_eq!(listed(query).0, expected, "{query}");
    }
    assert_eq!(
        call(&emulator, "POST", "/rules/r_2/enable", &json!({})).0,
        200
    );
    assert_eq!(listed("?ruleDisabled=true").0, "");

    assert_eq!(
        call(&emulator, "PATCH", "/rules/r_1", &rule("SELECT * FROM 'b'")).0,
        200
    );
    let (_, shown, _) = call(&emulator, "GET", "/rules/r_1", &json!({}));
    assert_eq!(shown["rule"]["createdAt"], created);
    assert_eq!(shown["rule"]["sql"], "SELECT * FROM 'b'");
    assert!(shown["rule"].get("errorAction").is_none());
    assert_eq!(call(&emulator, "DELETE", "/rules/r_1", &json!({})).0, 200);
    assert_eq!(listed("").0, "r_2");
}

#[test]
fn what_is_refused_has_aws_s_type() {
    let (emulator, _events) = start_one("SELECT *");
    let missing = "Access to topic rule 'none' was denied";
    let invalid = "InvalidRequestException";
    let republish =
        json!({"sql": "SELECT *", "actions": [{"republish": {"roleArn": "r", "topic": "t"}}]});
    let fine = rule("SELECT *");
    let rows = [
        (
            "POST",
            "/rules/r",
            &fine,
            409,
            "ResourceAlreadyExistsException",
            "r already exists",
        ),
        ("POST", "/rules/a-b", &fine, 400, invalid, "ruleName"),
        (
            "POST",
            "/rules/b",
            &rule("SELECT * FROM 'a' WHERE b"),
            400,
            "SqlParseException",
            "WHERE is not supported",
        ),
        (
            "PATCH",
            "/rules/r",
            &rule("SELECT b FROM 'a'"),
            400,
            "SqlParseException",
            "the attribute b",
        ),
        (
            "POST",
            "/rules/b",
            &republish,
            400,
            invalid,
            "the action republish",
        ),
        (
            "POST",
            "/rules/b",
            &json!({"sql": 1}),
            400,
            invalid,
            "topicRulePayload",
        ),
        (
            "GET",
            "/rules/none",
            &json!({}),
            401,
            "UnauthorizedException",
            missing,
        ),
        (
            "PATCH",
            "/rules/none",
            &fine,
            401,
            "UnauthorizedException",
            missing,
        ),
        (
            "DELETE",
            "/rules/none",
            &json!({}),
            401,
            "UnauthorizedException",
            missing,
        ),
        (
            "POST",
            "/rules/none/enable",
            &json!({}),
            401,
            "UnauthorizedException",
            missing,
        ),
        (
            "POST",
            "/rules/none/disable",
            &json!({}),
            401,
            "UnauthorizedException",
            missing,
        ),
        (
            "GET",
            "/rules?maxResults=0",
            &json!({}),
            400,
            invalid,
            "maxResults",
        ),
        (
            "GET",
            "/rules?nextToken=!",
            &json!({}),
            400,
            invalid,
            "nextToken",
        ),
        (
            "GET",
            "/rules?ruleDisabled=1",
            &json!({}),
            400,
            invalid,
            "ruleDisabled",
        ),
    ];
    for (method, target, body, status, kind, text) in rows {
        let (found, response, error) = call(&emulator, method, target, body);
        assert_eq!(
            (found, error.as_str()),
            (status, kind),
            "{method} {target}: {response}"
        );
        let message = response["message"].as_str().unwrap();
        assert!(message.contains(text), "{message}");
    }
}

#[test]
fn there_are_no_more_rules_than_the_limit() {
    let limits = Limits {
        rules: 1,
        ..Limits::default()
    };
    let (emulator, _events) = start_with(limits, |_| Ok(Value::Null));
    create(&emulator, "a", &rule("SELECT *"));
    let (status, _, kind) = call(&emulator, "POST", "/rules/b", &rule("SELECT *"));
    assert_eq!((status, kind.as_str()), (410, "LimitExceededException"));
}

#[test]
fn a_message_reaches_each_rule_that_it_matches() {
    let (emulator, events) = start_with(Limits::default(), |_| Ok(Value::Null));
    let one = "SELECT *, topic() AS t, topic(2) AS level FROM 'a/+'";
    create(&emulator, "one", &rule(one));
    create(
        &emulator,
        "every",
        &rule("SELECT encode(*, 'base64') AS data FROM '#'"),
    );
    create(&emulator, "other", &rule("SELECT * FROM 'b/#'"));
    let notes = publish(&emulator, "a/b", br#"{"x":1}"#);
    assert_eq!(notes, ["the rule every takes it", "the rule one takes it"]);
    let mut found = [next(&events), next(&events)];
    found.sort_by_key(|event| event.get("data").is_some());
    let expected = [
        json!({"x": 1, "t": "a/b", "level": "b"}),
        json!({"data": Base64::encode_string(br#"{"x":1}"#)}),
    ];
    assert_eq!(found, expected);
    let done = entry(&emulator, |entry| entry.rule.as_deref() == Some("one"));
    assert!(done.accepted, "{done}");
    assert_eq!(done.topic.as_deref(), Some("a/b"));
    assert_eq!(done.invocation.unwrap().function, "f");
    assert!(events.try_recv().is_err());
}

#[test]
fn basic_ingest_reaches_its_rule_and_no_subscriber() {
    let (emulator, events) = start_one("SELECT topic() AS t, encode(*, 'base64') AS d FROM 'x'");
    let (_client, mut connection) = subscribe_as("watcher", &emulator, "#");
    let notes = publish(&emulator, "$aws/rules/r/uniqueID/batch", b"\xff");
    assert_eq!(notes, ["Basic Ingest: the rule r takes it"]);
    assert_eq!(next(&events), json!({"t": "uniqueID/batch", "d": "/w=="}));
    // What comes next is the first that the subscriber sees.
    publish(&emulator, "y", b"after");
    assert_eq!(message(&mut connection).topic, "y");
}

#[test]
fn basic_ingest_for_a_rule_that_is_disabled_or_not_there_is_accepted_and_lost() {
    let (emulator, events) = start_one("SELECT * FROM 'a'");
    call(&emulator, "POST", "/rules/r/disable", &json!({}));
    for (topic, expected) in [
        (
            "$aws/rules/r/a",
            "RuleNotFound: Basic Ingest goes to the rule r alone, and it is disabled",
        ),
        (
            "$aws/rules/R/a",
            "RuleNotFound: Basic Ingest goes to the rule R alone, and there is no rule of that name",
        ),
    ] {
        let notes = publish(&emulator, topic, b"{}");
        assert!(notes[0].starts_with(expected), "{notes:?}");
    }
    assert!(publish(&emulator, "a", b"{}").is_empty());
    call(&emulator, "POST", "/rules/r/enable", &json!({}));
    publish(&emulator, "a", br#"{"n":2}"#);
    assert_eq!(next(&events), json!({"n": 2}));
}

#[test]
fn an_mqtt_client_s_messages_reach_rules_with_its_id() {
    let (emulator, events) = start_one("SELECT *, clientid() AS c, topic() AS t FROM 'a/#'");
    let (client, mut connection) = subscribe_as("device1", &emulator, "b");
    for topic in ["a/b", "$aws/rules/r/c/d"] {
        client
            .publish(topic, QoS::AtLeastOnce, false, "{}")
            .unwrap();
    }
    client.publish("b", QoS::AtLeastOnce, false, "{}").unwrap();
    message(&mut connection);
    let mut topics = [next(&events), next(&events)];
    topics.sort_by_key(|event| event["t"].to_string());
    let expected = [
        json!({"c": "device1", "t": "a/b"}),
        json!({"c": "device1", "t": "c/d"}),
    ];
    assert_eq!(topics, expected);
}

#[test]
fn a_function_that_fails_is_tried_twice_more_and_the_error_action_hears_nothing() {
    let limits = Limits {
        event_retries: vec![Duration::ZERO; 2],
        ..Limits::default()
    };
    let (emulator, events) = start_with(limits, |_| Err("no table".to_owned()));
    let mut payload = rule("SELECT * FROM 'a'");
    payload["errorAction"] = json!({"lambda": {"functionArn": FUNCTION}});
    create(&emulator, "r", &payload);
    publish(&emulator, "a", b"{}");
    let last = entry(&emulator, |entry| {
        entry
            .notes
            .iter()
            .any(|note| note.contains("that was the last try"))
    });
    assert!(!last.accepted);
    assert_eq!(last.reason, "the function failed: no table");
    let tries = emulator.trace().into_iter().filter(of_rule).count();
    assert_eq!((tries, events.try_iter().count()), (3, 3));
}

#[test]
fn what_a_rule_cannot_pass_on_goes_to_the_error_action() {
    let (emulator, events) = start_with(Limits::default(), |_| Ok(Value::Null));
    let queue = json!({"sqs": {"roleArn": "arn:aws:iam::1:role/r", "queueUrl": "https://q"}});
    let function = json!({"lambda": {"functionArn": FUNCTION}});
    let missing = format!("{FUNCTION}_missing");
    for (name, error_action, action) in [
        ("queue", queue, FUNCTION),
        ("function", function, FUNCTION),
        ("missing", Value::Null, missing.as_str()),
    ] {
        let mut payload = rule(&format!("SELECT * FROM '{name}'"));
        payload["errorAction"] = error_action;
        payload["actions"][0]["lambda"]["functionArn"] = json!(action);
        create(&emulator, name, &payload);
        let payload: &[u8] = if name == "missing" { b"{}" } else { b"\xff" };
        publish(&emulator, name, payload);
    }
    let failed = |name: &'static str| {
        entry(&emulator, move |entry| {
            entry.rule.as_deref() == Some(name) && entry.operation == Some("RULE")
        })
    };
    let refused = failed("queue");
    assert!(!refused.accepted);
    assert!(
        refused.reason.contains("the payload is not JSON"),
        "{refused}"
    );
    let (to, document) = refused.notes[0].split_once(": ").unwrap();
    assert_eq!(to, "the error action would send to https://q");
    let mut document: Value = serde_json::from_str(document).unwrap();
    assert!(document["cloudwatchTraceId"].take().is_string());
    let reason = document["failures"][0]["errorMessage"].take();
    assert!(reason.as_str().unwrap().contains("encode(*, 'base64')"));
    let mut expected = json!({
        "ruleName": "queue", "topic": "queue", "cloudwatchTraceId": null, "clientId": "n/a",
        "base64OriginalPayload": "/w==",
        "failures": [{"failedAction": "LambdaAction", "failedResource": FUNCTION, "errorMessage": null}],
    });
    assert_eq!(document, expected);

    let mut event = next(&events);
    event["cloudwatchTraceId"].take();
    event["failures"][0]["errorMessage"].take();
    expected["ruleName"] = json!("function");
    expected["topic"] = json!("function");
    assert_eq!(event, expected);
    entry(&emulator, |entry| {
        entry.operation == Some("RULE ERROR ACTION")
    });

    let refused = failed("missing");
    assert!(
        refused.reason.contains("there is no function f_missing"),
        "{refused}"
    );
    assert!(refused.notes[0].contains("no error action"), "{refused}");
}

#[test]
fn a_rule_that_calls_itself_without_end_does_not_take_the_emulator_down() {
    let limits = Limits {
        rule_queue: 8,
        trace_entries: 100_000,
        ..Limits::default()
    };
    let address = Arc::new(OnceLock::new());
    let at = Arc::clone(&address);
    let (emulator, _events) = start_with(limits, move |_| {
        // Two for one.
        for _ in 0..2 {
            let publish = request("POST", "/topics/a", &sigv4("iotdata"));
            ask_at(*at.wait(), publish);
        }
        Ok(Value::Null)
    });
    address.set(emulator.http_addr()).unwrap();
    create(&emulator, "r", &rule("SELECT * FROM 'a'"));
    publish(&emulator, "a", b"{}");
    let lost = entry(&emulator, |entry| entry.reason.contains("lost to the rule"));
    assert!(
        lost.reason.contains("publish what calls it again"),
        "{lost}"
    );
    publish(&emulator, "b", b"{}");
    assert_eq!(call(&emulator, "DELETE", "/rules/r", &json!({})).0, 200);
}

#[test]
fn basic_ingest_that_finds_no_room_is_to_be_sent_again() {
    let limits = Limits {
        rule_queue: 2,
        ..Limits::default()
    };
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let (emulator, _events) = start_with(limits, move |_| {
        // Until the test lets go.
        let _ = held.lock().unwrap().recv();
        Ok(Value::Null)
    });
    create(&emulator, "r", &rule("SELECT *"));
    for _ in 0..2 {
        publish(&emulator, "$aws/rules/r/a", b"{}");
    }
    let third = request("POST", "/topics/$aws/rules/r/a?qos=1", &sigv4("iotdata"));
    let (status, reason) = judge(&emulator, third);
    assert_eq!(status, 500);
    assert!(reason.contains("too many messages wait"), "{reason}");
    drop(release);
}

#[test]
fn rules_survive_in_the_state_file() {
    let folder = tempfile::tempdir().unwrap();
    let config = || Config {
        state: Some(folder.path().join("state.json")),
        ..Config::default()
    };
    let first = LocalIotCore::start(config()).unwrap();
    create(&first, "r", &rule("SELECT * FROM 'a'"));
    call(&first, "POST", "/rules/r/disable", &json!({}));
    let (_, before, _) = call(&first, "GET", "/rules/r", &json!({}));
    drop(first);
    let second = LocalIotCore::start(config()).unwrap();
    let (_, after, _) = call(&second, "GET", "/rules/r", &json!({}));
    assert_eq!(after, before);
    assert_eq!(after["rule"]["ruleDisabled"], true);
}

#[test]
fn the_last_will_of_a_client_that_is_lost_reaches_rules() {
    let (emulator, events) =
        start_one("SELECT clientid() AS c, encode(*, 'base64') AS d FROM 'd/#'");
    let username = "d?x-amz-customauthorizer-name=unsignedAuthorizer&token=allow";
    for plain in [false, true] {
        let (device, connack) = if plain {
            let stream = connect(emulator.mqtt_addr());
            Device::connect_on(stream, 4, username, Some("d/will"))
        } else {
            Device::connect(&emulator, 4, username, Some("d/will"))
        };
        assert_eq!(connack[3], 0);
        drop(device);
        // `gone`
        assert_eq!(next(&events), json!({"c": "d", "d": "Z29uZQ=="}));
    }
}
