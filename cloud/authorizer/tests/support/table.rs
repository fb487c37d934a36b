//! The table of events, `events.json`, and what each decision must be.

use std::collections::HashMap;

use motepost_authorizer::Authorizer;
use serde_json::{Value, json};

use super::{Expected, now, rows};

/// Runs all of it, in its order, through authorizers that `open` makes for the schemes of each row.
pub async fn check(open: impl AsyncFn(&str) -> Authorizer) {
    let mut authorizers = HashMap::new();
    let now = now();
    for row in rows(now) {
        if !authorizers.contains_key(&row.schemes) {
            authorizers.insert(row.schemes.clone(), open(&row.schemes).await);
        }
        let decision = authorizers[&row.schemes].decide(&row.event, now).await;
        let line: Value = serde_json::from_str(&decision.log_line()).unwrap();
        let name = &row.name;
        match row.expected {
            Expected::Allow { id, scheme } => {
                assert!(decision.denied().is_none(), "{name}: {line}");
                assert_eq!(line["decision"], "allow", "{name}");
                assert_eq!(line["scheme"], scheme, "{name}");
                assert_eq!(line["id"], id, "{name}");
                assert_allows(&decision.response(), &id);
            }
            Expected::Deny { reason } => {
                let text = decision
                    .denied()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                assert!(text.contains(&reason), "{name}: {line}");
                assert_eq!(line["decision"], "deny", "{name}");
                assert_eq!(line["reason"], text, "{name}");
                assert_denies(&decision.response());
            }
        }
        assert_no_secret(&decision.log_line(), &row.event);
    }
}

/// Only this device's topics, and every field within AWS's limits.
fn assert_allows(response: &Value, id: &str) {
    let arn = "arn:aws:iot:eu-central-1:123456789012";
    let statement = |action: &str, resource: String| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    assert_eq!(response["isAuthenticated"], true);
    assert_eq!(
        response["policyDocuments"],
        json!([{"Version": "2012-10-17", "Statement": [
            statement("iot:Connect", format!("{arn}:client/{id}")),
            statement("iot:Publish", format!("{arn}:topic/{id}/*")),
        ]}])
    );
    assert_form(response);
}

/// Nothing in it tells one reason from another.
fn assert_denies(response: &Value) {
    let expected = json!({
        "isAuthenticated": false,
        "principalId": "denied",
        "policyDocuments": [],
        "disconnectAfterInSeconds": 300,
        "refreshAfterInSeconds": 300,
    });
    assert_eq!(response, &expected);
    assert_form(response);
}

fn assert_form(response: &Value) {
    let principal = response["principalId"].as_str().unwrap();
    assert!(
        (1..=128).contains(&principal.len())
            && principal.chars().all(|c| c.is_ascii_alphanumeric())
    );
    for field in ["disconnectAfterInSeconds", "refreshAfterInSeconds"] {
        assert!((300..=86_400).contains(&response[field].as_u64().unwrap()));
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
