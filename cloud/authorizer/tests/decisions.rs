//! The table of events, through the handler in this process.

mod support;

use std::collections::HashMap;

use serde_json::{Value, json};
use support::{Expected, block_on, environment, now, open, rows, write_store};

#[test]
fn each_event_of_the_table_has_its_decision_and_its_reason() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("devices.json");
    write_store(&store);
    let mut authorizers = HashMap::new();
    let now = now();
    for row in rows(now) {
        let authorizer = authorizers
            .entry(row.schemes.clone())
            .or_insert_with(|| open(&environment(&row.schemes, &store)));
        let decision = block_on(authorizer.decide(&row.event, now));
        let line: Value = serde_json::from_str(&decision.log_line()).unwrap();
        let name = &row.name;
        match row.expected {
            Expected::Allow { id, scheme } => {
                assert!(decision.denied().is_none(), "{name}: {line}");
                assert_eq!(line["decision"], "allow", "{name}");
                assert_eq!(line["scheme"], scheme, "{name}");
                assert_eq!(line["id"], id, "{name}");
                assert_allows(&decision.answer(), &id);
            }
            Expected::Deny { reason } => {
                let text = decision
                    .denied()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                assert!(text.contains(&reason), "{name}: {line}");
                assert_eq!(line["decision"], "deny", "{name}");
                assert_eq!(line["reason"], text, "{name}");
                assert_denies(&decision.answer());
            }
        }
        assert_no_secret(&decision.log_line(), &row.event);
    }
}

/// Only this device's topics, and every field within AWS's limits.
fn assert_allows(answer: &Value, id: &str) {
    let arn = "arn:aws:iot:eu-central-1:123456789012";
    let statement = |action: &str, resource: String| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    assert_eq!(answer["isAuthenticated"], true);
    assert_eq!(
        answer["policyDocuments"],
        json!([{"Version": "2012-10-17", "Statement": [
            statement("iot:Connect", format!("{arn}:client/{id}")),
            statement("iot:Publish", format!("{arn}:topic/{id}/*")),
        ]}])
    );
    assert_form(answer);
}

/// Nothing in it tells one reason from another.
fn assert_denies(answer: &Value) {
    let expected = json!({
        "isAuthenticated": false,
        "principalId": "denied",
        "policyDocuments": [],
        "disconnectAfterInSeconds": 300,
        "refreshAfterInSeconds": 300,
    });
    assert_eq!(answer, &expected);
    assert_form(answer);
}

fn assert_form(answer: &Value) {
    let principal = answer["principalId"].as_str().unwrap();
    assert!(
        (1..=128).contains(&principal.len())
            && principal.chars().all(|c| c.is_ascii_alphanumeric())
    );
    for field in ["disconnectAfterInSeconds", "refreshAfterInSeconds"] {
        assert!((300..=86_400).contains(&answer[field].as_u64().unwrap()));
    }
}

fn assert_no_secret(line: &str, event: &Value) {
    let sent = [
        event.get("token"),
        event.pointer("/protocolData/http/headers/token"),
    ];
    for token in sent
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|token| !token.is_empty())
    {
        assert!(!line.contains(token), "{line}");
    }
    assert!(!line.contains("horse"), "{line}");
}

#[test]
fn the_log_names_the_connection_but_nothing_that_is_no_name() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("devices.json");
    write_store(&store);
    let authorizer = open(&environment("signed", &store));
    let line = |id: &str| {
        block_on(authorizer.decide(&json!({"connectionMetadata": {"id": id}}), 0)).log_line()
    };
    assert_eq!(
        line("7e4c5a0e-6a3b"),
        r#"{"connection":"7e4c5a0e-6a3b","decision":"deny","reason":"the request carries no token"}"#
    );
    assert_eq!(
        line("a\"b\n"),
        r#"{"decision":"deny","reason":"the request carries no token"}"#
    );
}

#[test]
fn names_topics_and_times_are_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("devices.json");
    write_store(&store);
    let mut variables = environment("static", &store);
    for (name, value) in [
        ("ID_NAME", "x-device-id"),
        ("TOKEN_KEY_NAME", "password"),
        ("PUBLISH_TOPICS", "telemetry/{id}"),
        ("RETAIN", "true"),
        ("SUBSCRIBE_FILTERS", "{id}/commands/#"),
        ("REFRESH_AFTER_SECONDS", "86400"),
        ("DISCONNECT_AFTER_SECONDS", "300"),
    ] {
        variables.push((name, value.to_owned()));
    }
    let headers = json!({"X-Device-Id": "uniqueID", "Password": "correct horse"});
    let event = json!({"protocolData": {"http": {"headers": headers}}});
    let answer = block_on(open(&variables).decide(&event, now())).answer();
    let resources: Vec<_> = answer["policyDocuments"][0]["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .map(|statement| {
            statement["Resource"]
                .as_str()
                .unwrap()
                .rsplit(':')
                .next()
                .unwrap()
        })
        .collect();
    assert_eq!(
        resources,
        [
            "client/uniqueID",
            "topic/telemetry/uniqueID",
            "topicfilter/uniqueID/commands/#",
            "topic/uniqueID/commands/*"
        ]
    );
    assert_eq!(
        (
            &answer["refreshAfterInSeconds"],
            &answer["disconnectAfterInSeconds"]
        ),
        (&json!(86400), &json!(300))
    );
}

#[test]
fn a_counter_is_used_up_only_by_a_message_that_is_accepted() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("devices.json");
    write_store(&store);
    let authorizer = open(&environment("minted", &store));
    let counter = |id: &str, of: &str, value| {
        let token = support::mint(of, motepost::token::Freshness::Counter(value));
        let event = json!({"protocolData": {"http": {"headers": {"id": id, "token": token}}}});
        block_on(authorizer.decide(&event, now()))
            .denied()
            .map(ToString::to_string)
    };
    let before = std::fs::read_to_string(&store).unwrap();
    assert!(
        counter("counting", "fresh", 7).is_some(),
        "another device's"
    );
    assert!(counter("stolen", "stolen", 7).is_some(), "revoked");
    assert_eq!(std::fs::read_to_string(&store).unwrap(), before);
    assert_eq!(counter("counting", "counting", 7), None);
}
