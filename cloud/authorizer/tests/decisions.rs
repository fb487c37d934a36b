//! What the function decides, in this process.

mod support;

use serde_json::json;
use support::{block_on, environment, now, open_now, table, write_store};

#[test]
fn each_event_of_the_table_has_its_decision_and_its_reason() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("devices.json");
    write_store(&store);
    block_on(table::check(async |schemes| {
        support::open(&environment(schemes, &store)).await
    }));
}

#[test]
fn the_log_names_the_connection_but_nothing_that_is_no_name() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("devices.json");
    write_store(&store);
    let authorizer = open_now(&environment("signed", &store));
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
        ("MQTT", "true"),
        ("SUBSCRIBE_FILTERS", "{id}/commands/#"),
        ("REFRESH_AFTER_SECONDS", "86400"),
        ("DISCONNECT_AFTER_SECONDS", "300"),
    ] {
        variables.push((name, value.to_owned()));
    }
    let headers = json!({"X-Device-Id": "uniqueID", "Password": "correct horse"});
    let event = json!({"protocolData": {"http": {"headers": headers}}});
    let response = block_on(open_now(&variables).decide(&event, now())).response();
    let resources: Vec<_> = response["policyDocuments"][0]["Statement"]
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
            &response["refreshAfterInSeconds"],
            &response["disconnectAfterInSeconds"]
        ),
        (&json!(86400), &json!(300))
    );
}

#[test]
fn a_counter_is_used_up_only_by_a_message_that_is_accepted() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("devices.json");
    write_store(&store);
    let authorizer = open_now(&environment("minted", &store));
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
