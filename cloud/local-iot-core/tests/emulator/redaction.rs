//! What the trace shows of texts that came from outside, and that no credential is among them.

use std::sync::Arc;

use local_iot_core::{Authorizer, Config, Function, Limits, LocalIotCore, TraceEntry};
use serde_json::{Value, json};

use crate::mqtt_tls::{Device, packet, text};
use crate::rules;
use crate::support::*;

/// An emulator whose authorizer `A` returns what `function` makes of the event's token.
fn start_asking(
    function: impl Fn(&str) -> Result<Value, String> + Send + Sync + 'static,
) -> LocalIotCore {
    let function =
        Arc::new(move |event: &Value| function(event["token"].as_str().unwrap_or_default()));
    LocalIotCore::start(Config {
        authorizers: vec![Authorizer::unsigned("A", "token", function)],
        ..Config::default()
    })
    .unwrap()
}

fn grant(effect: &str, resource: &str) -> Result<Value, String> {
    let statement = json!({"Effect": effect, "Action": "*", "Resource": resource});
    Ok(json!({
        "isAuthenticated": true,
        "principalId": "device",
        "policyDocuments": [{"Version": "2012-10-17", "Statement": [statement]}],
        "disconnectAfterInSeconds": 300,
        "refreshAfterInSeconds": 300,
    }))
}

/// The entry of a publish with these fields after the authorizer's name.
fn entry(emulator: &LocalIotCore, target: &str, fields: &str) -> TraceEntry {
    let fields = format!("x-amz-customauthorizer-name:A\r\n{fields}");
    ask(emulator, request("POST", target, &fields));
    emulator.trace().last().unwrap().clone()
}

#[test]
fn an_effect_in_the_wrong_case_is_quoted_though_the_token_is_the_same_word() {
    let emulator = start_asking(|token| grant(token, "*"));
    for token in ["allow", "ALLOW", "deny"] {
        let entry = entry(&emulator, "/topics/a", &format!("token:{token}\r\n"));
        assert_eq!(
            entry.reason,
            format!(
                "Effect of statement 1 of document 1 is \"{token}\": it must be exactly \"Allow\" or \"Deny\", case included"
            )
        );
    }
    let entry = entry(&emulator, "/topics/a", "token:Xk3_secret\r\n");
    assert!(
        entry.reason.contains("is \"<redacted>\": it must be"),
        "{}",
        entry.reason
    );
}

#[test]
fn the_emulator_s_own_words_stay_whatever_the_token_is() {
    let emulator = start_asking(|_| grant("Allow", "nowhere"));
    let expected = entry(&emulator, "/topics/a", "").reason;
    for token in [
        "no",
        "statement",
        "Resource",
        "iot:Publish",
        "1",
        "a",
        "topic",
    ] {
        let entry = entry(&emulator, "/topics/a", &format!("token:{token}\r\n"));
        assert_eq!(entry.reason, expected, "{token}");
    }
}

#[test]
fn a_token_that_is_a_word_is_cut_out_of_a_function_s_words_where_it_is_one() {
    let emulator = start_asking(|token| Err(format!("{token} is not allowed: unknown {token}")));
    let entry = entry(&emulator, "/topics/a", "token:allow\r\n");
    assert_eq!(
        entry.reason,
        "the function failed: <redacted> is not allowed: unknown <redacted>"
    );
}

#[test]
fn a_topic_level_that_is_also_the_token_stays_readable() {
    let emulator = start_asking(|_| {
        grant(
            "Allow",
            "arn:aws:iot:eu-central-1:123456789012:topic/status",
        )
    });
    let entry = entry(&emulator, "/topics/status/a", "token:status\r\n");
    assert!(
        entry
            .reason
            .contains("with Resource \"arn:aws:iot:eu-central-1:123456789012:topic/status\""),
        "{}",
        entry.reason
    );
}

/// What a function returns when it misuses this secret.
type Say = fn(&str) -> Result<Value, String>;

/// Every way in which one secret can be sent, and come back from the function.
#[test]
fn no_form_of_a_credential_reaches_the_trace() {
    let secret = "s3cr+t/T0ken==";
    let encoded = "s3cr%2Bt%2FT0ken%3D%3D";
    let bare = "s3cr";
    let ways: [(&str, String, String); 6] = [
        (
            "a header",
            "/topics/a".to_owned(),
            format!("token:{secret}\r\n"),
        ),
        (
            "the query",
            format!("/topics/a?token={encoded}"),
            String::new(),
        ),
        (
            "another header",
            "/topics/a".to_owned(),
            format!("token:x\r\nx-api-key:{secret}\r\n"),
        ),
        (
            "Authorization",
            "/topics/a".to_owned(),
            format!("token:x\r\nauthorization:Bearer {secret}\r\n"),
        ),
        (
            "the topic as well",
            format!("/topics/a%2F{encoded}"),
            format!("token:{secret}\r\n"),
        ),
        (
            "the signature",
            "/topics/a".to_owned(),
            format!("token:x\r\nx-amz-customauthorizer-signature:{secret}\r\n"),
        ),
    ];
    let says: [Say; 6] = [
        |secret| Err(format!("no such token: {secret}")),
        |secret| Err(format!("no such token:{}", Value::from(secret))),
        |secret| grant(secret, "*"),
        |secret| grant("Allow", &format!("arn:aws:iot:x:y:topic/{secret}/*")),
        |secret| grant("Allow", &format!("topic/${{{secret}}}")),
        |_| {
            Err(
                "no such token: s3cr%2Bt%2FT0ken%3D%3D czNjcit0L1Qwa2VuPT0= s3cr%2bt%2fT0ken%3d%3d"
                    .to_owned(),
            )
        },
    ];
    for say in says {
        let emulator = start_asking(move |_| say("s3cr+t/T0ken=="));
        for (way, target, fields) in &ways {
            let entry = entry(&emulator, target, fields);
            for shown in [entry.to_string(), format!("{entry:?}")] {
                for form in [bare, "czNjcit0L1Qwa2VuPT0"] {
                    assert!(!shown.contains(form), "{way}: {shown}");
                }
            }
        }
    }
}

#[test]
fn no_credential_of_an_mqtt_client_reaches_the_trace() {
    let emulator =
        start_asking(|token| Err(format!("{token} or p\u{e4}ss or cMOkc3M= or p%C3%A4ss")));
    let username = "x?x-amz-customauthorizer-name=A&token=s3cr%2Bt%2FT0ken";
    Device::connect(&emulator, 5, username, None);
    let entry = emulator.trace().pop().unwrap();
    assert_eq!(
        entry.reason,
        "the function failed: <redacted> or <redacted> or <redacted> or <redacted>"
    );
}

/// A device may have its token as its client id, or in a topic, which the rules get as they are.
#[test]
fn no_credential_that_a_rule_gets_reaches_the_trace() {
    const TOKEN: &str = "Xk3_secret";
    let allow = Arc::new(|_: &Value| grant("Allow", "*"));
    let fails = Arc::new(|event: &Value| Err(format!("no use for {event}")));
    let emulator = LocalIotCore::start(Config {
        authorizers: vec![Authorizer::unsigned("A", "token", allow)],
        functions: vec![Function::in_process("f", fails)],
        limits: Limits {
            event_retries: Vec::new(),
            ..Limits::default()
        },
        ..Config::default()
    })
    .unwrap();
    let arn = "arn:aws:lambda:eu-central-1:123456789012:function:f";
    let queue = json!({"sqs": {"queueUrl": "https://sqs/q", "roleArn": "arn:aws:iam::123456789012:role/r"}});
    for (name, select) in [
        ("calls", "SELECT topic() AS topic, clientid() AS id"),
        ("fails", "SELECT *"),
        ("ingests", "SELECT *"),
    ] {
        let from = if name == "ingests" { "" } else { " FROM '#'" };
        let payload = json!({
            "sql": format!("{select}{from}"), "awsIotSqlVersion": "2016-03-23",
            "actions": [{"lambda": {"functionArn": arn}}], "errorAction": queue,
        });
        rules::create(&emulator, name, &payload);
    }
    // No JSON.
    let fields = format!("x-amz-customauthorizer-name:A\r\ntoken:{TOKEN}\r\n");
    let mut publishes = 0;
    for topic in [
        format!("a%2F{TOKEN}"),
        format!("$aws/rules/ingests/{TOKEN}"),
    ] {
        let bytes = request("POST", &format!("/topics/{topic}"), &fields).replace("{}", "no");
        assert_eq!(ask(&emulator, bytes).status, 200);
        publishes += 1;
    }
    let config = crate::tls::client(&emulator, rustls::ALL_VERSIONS, &["mqtt"]);
    let mut device = Device::on(crate::tls::dial(&emulator, config, "localhost"), 4);
    let username = format!("x?x-amz-customauthorizer-name=A&token={TOKEN}");
    let will = format!("a/{TOKEN}/will");
    let connect = [
        &text("MQTT"),
        [4, 0x86, 0, 60].as_slice(),
        &text(TOKEN),
        &text(&will),
        &text("no"),
        &text(&username),
    ]
    .concat();
    device.send(&packet(0x10, &connect));
    assert_eq!(device.read().unwrap(), [0x20, 2, 0, 0]);
    device.publish(&format!("a/{TOKEN}"), 1, false);
    assert_eq!(device.read().unwrap(), [0x40, 2, 0, 7]);
    drop(device);
    // The publishes, the CONNECT, the DISCONNECT with its last will, and what the rules did: of three messages two entries, of Basic
    // Ingest one.
    let entries = emulator.wait_for_trace(publishes + 3 + 3 * 2 + 1, TIMEOUT);
    let of_rules = entries.iter().filter(|entry| entry.rule.is_some());
    assert_eq!(of_rules.count(), 7, "{entries:?}");
    for entry in entries {
        let shown = format!("{entry:?}");
        assert!(!shown.contains(TOKEN), "{shown}");
        if entry.rule.is_some() {
            assert!(shown.contains("<redacted>"), "{shown}");
        }
    }
}
