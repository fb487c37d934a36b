//! MQTT clients: off unless the configuration lets them in, and no session outlives its token by more than AWS's least.

mod support;

use motepost::token::Freshness;
use serde_json::{Value, json};
use support::{block_on, environment, mint, now, open_now, write_store};

const CORRECT_HORSE: &str = "Y29ycmVjdCBob3JzZQ==";

struct Fleet {
    variables: Vec<(&'static str, String)>,
    _directory: tempfile::TempDir,
}

impl Fleet {
    /// With these variables in addition.
    fn new(more: &[(&'static str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = directory.path().join("devices.json");
        write_store(&store);
        let mut variables = environment("static,minted,signed", &store);
        variables.extend(
            more.iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        Self {
            variables,
            _directory: directory,
        }
    }

    /// The response, or the reason of the refusal.
    fn decide(&self, event: &Value, now: u64) -> Result<Value, String> {
        let decision = block_on(open_now(&self.variables).decide(event, now));
        match decision.denied() {
            None => Ok(decision.response()),
            Some(denied) => Err(denied.to_string()),
        }
    }
}

fn event(mqtt: Value) -> Value {
    json!({"signatureVerified": false, "protocols": ["tls", "mqtt"], "protocolData": {"tls": {"serverName": "h"}, "mqtt": mqtt}})
}

fn base64(text: &str) -> String {
    use base64ct::{Base64, Encoding};
    Base64::encode_string(text.as_bytes())
}

/// Variables, what AWS says of the client, and `Ok` or a part of the reason.
type MqttRow = (
    &'static [(&'static str, &'static str)],
    Value,
    Result<(), &'static str>,
);

#[test]
fn id_and_token_are_where_the_configuration_says() {
    const ON: (&str, &str) = ("MQTT", "true");
    let token = "correct%20horse";
    let rows: [MqttRow; 17] = [
        (
            &[ON],
            json!({"username": "uniqueID", "password": CORRECT_HORSE, "clientId": "uniqueID"}),
            Ok(()),
        ),
        (
            &[ON],
            json!({"username": "uniqueID?x-amz-customauthorizer-name=a", "password": CORRECT_HORSE}),
            Ok(()),
        ),
        (
            &[ON],
            json!({"username": format!("uniqueID?token={token}")}),
            Ok(()),
        ),
        (
            &[ON],
            json!({"username": format!("?id=uniqueID&token={token}")}),
            Ok(()),
        ),
        (
            &[ON],
            json!({"username": "uniqueID?id=uniqueID", "password": CORRECT_HORSE}),
            Ok(()),
        ),
        (
            &[ON, ("MQTT_ID", "client-id")],
            json!({"username": "any", "clientId": "uniqueID", "password": CORRECT_HORSE}),
            Ok(()),
        ),
        (
            &[ON, ("MQTT_ID", "client-id"), ("MQTT_TOKEN", "username")],
            json!({"username": "correct horse?a=b", "clientId": "uniqueID"}),
            Ok(()),
        ),
        (
            &[ON, ("MQTT_ID", "query"), ("MQTT_TOKEN", "query")],
            json!({"username": format!("any?ID=uniqueID&Token={token}"), "password": "AAAA"}),
            Ok(()),
        ),
        // What is nowhere, and what is in two places.
        (
            &[ON],
            json!({"username": "uniqueID"}),
            Err("carries no token"),
        ),
        (
            &[ON],
            json!({"password": CORRECT_HORSE, "clientId": "uniqueID"}),
            Err("carries no device id"),
        ),
        (
            &[ON],
            json!({"username": "?a=b", "password": CORRECT_HORSE}),
            Err("carries no device id"),
        ),
        (
            &[ON],
            json!({"username": "uniqueID?id=sensor-1", "password": CORRECT_HORSE}),
            Err("two different values of its device id"),
        ),
        (
            &[ON],
            json!({"username": "uniqueID?token=x", "password": CORRECT_HORSE}),
            Err("two different values of its token"),
        ),
        (
            &[ON],
            json!({"username": "uniqueID", "password": "correct horse"}),
            Err("password is not base64"),
        ),
        (
            &[ON],
            json!({"username": "uniqueID", "password": "/w=="}),
            Err("password is not UTF-8"),
        ),
        (
            &[ON],
            json!({"username": "*", "password": CORRECT_HORSE}),
            Err("could widen the policy"),
        ),
        (
            &[],
            json!({"username": "uniqueID", "password": CORRECT_HORSE}),
            Err("MQTT is off"),
        ),
    ];
    for (variables, mqtt, expected) in rows {
        let decided = Fleet::new(variables).decide(&event(mqtt.clone()), now());
        match expected {
            Ok(()) => assert_eq!(decided.unwrap()["principalId"], "uniqueID", "{mqtt}"),
            Err(expected) => {
                let reason = decided.unwrap_err();
                assert!(reason.contains(expected), "{mqtt}: {reason}");
            }
        }
    }
}

#[test]
fn a_websocket_s_credentials_may_be_in_the_request_that_opened_it() {
    let fleet = Fleet::new(&[("MQTT", "true")]);
    let http =
        json!({"headers": {"Upgrade": "websocket", "id": "uniqueID", "token": "correct horse"}});
    let mut event = json!({"protocols": ["tls", "http", "mqtt"], "protocolData": {"http": http, "mqtt": {"clientId": "uniqueID"}}});
    assert!(fleet.decide(&event, now()).is_ok());
    // Two ids are one too many, wherever they are.
    event["protocolData"]["mqtt"]["username"] = json!("sensor-1");
    assert!(
        fleet
            .decide(&event, now())
            .unwrap_err()
            .contains("two different values")
    );
}

#[test]
fn what_aws_has_verified_counts_over_mqtt_too() {
    let fleet = Fleet::new(&[("MQTT", "true")]);
    let token = format!("uniqueID.{}", now() + 60);
    let mut event = event(json!({"username": "uniqueID?x=y", "password": CORRECT_HORSE}));
    event["signatureVerified"] = json!(true);
    assert!(
        fleet
            .decide(&event, now())
            .unwrap_err()
            .contains("sends none")
    );
    event["token"] = json!(token);
    assert!(fleet.decide(&event, now()).is_ok());
    event["protocolData"]["mqtt"]["username"] = json!("sensor-1");
    assert!(
        fleet
            .decide(&event, now())
            .unwrap_err()
            .contains("another device")
    );
}

/// AWS's least is 300 s for both.
#[test]
fn a_session_ends_with_its_token() {
    let fleet = Fleet::new(&[
        ("MQTT", "true"),
        ("TOKEN_PAST_SECONDS", "1000"),
        ("REFRESH_AFTER_SECONDS", "2000"),
    ]);
    let now = now();
    let with_token =
        |token: String| event(json!({"username": "uniqueID", "password": base64(&token)}));
    let at = |offset: i64| u32::try_from(now.saturating_add_signed(offset)).unwrap();
    let minted = |freshness| with_token(mint("uniqueID", freshness));
    let signed = |expiry: u64| json!({"token": format!("uniqueID.{expiry}"), "signatureVerified": true, "protocols": ["mqtt"]});
    for (name, event, refresh, disconnect) in [
        ("minted now", minted(Freshness::Time(at(0))), 1000, 1000),
        (
            "minted 290 s ago",
            minted(Freshness::Time(at(-290))),
            710,
            710,
        ),
        (
            "minted by a fast clock",
            minted(Freshness::Time(at(60))),
            1060,
            1060,
        ),
        (
            "almost too old",
            minted(Freshness::Time(at(-1000))),
            300,
            300,
        ),
        ("a counter", minted(Freshness::Counter(1)), 300, 300),
        ("static", with_token("correct horse".to_owned()), 2000, 3600),
        ("signed, expires soon", signed(now + 10), 300, 300),
        ("signed, expires later", signed(now + 2500), 2000, 2500),
        ("signed for long", signed(u64::MAX), 2000, 3600),
    ] {
        let response = fleet.decide(&event, now).unwrap();
        assert_eq!(
            (
                &response["refreshAfterInSeconds"],
                &response["disconnectAfterInSeconds"]
            ),
            (&json!(refresh), &json!(disconnect)),
            "{name}"
        );
    }
}

#[test]
fn a_time_that_counts_once_opens_one_session() {
    let fleet = Fleet::new(&[("MQTT", "true"), ("TOKEN_ONCE", "true")]);
    let now = now();
    let token = mint("uniqueID", Freshness::Time(now.try_into().unwrap()));
    let over_mqtt = event(json!({"username": "uniqueID", "password": base64(&token)}));
    let over_https =
        json!({"protocolData": {"http": {"headers": {"id": "uniqueID", "token": token}}}});
    assert!(fleet.decide(&over_mqtt, now).is_ok());
    for event in [over_mqtt, over_https] {
        assert!(
            fleet
                .decide(&event, now)
                .unwrap_err()
                .contains("time has not grown")
        );
    }
}
