//! The DynamoDB store and the key in Secrets Manager, against moto's server (`pip install 'moto[server]'`).

#![cfg(feature = "aws")]

mod support;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use motepost::token::Freshness;
use serde_json::{Value, json};
use support::moto::{self, Moto};
use support::{block_on, devices, fleet_keys, mint, now, open, race, table};

const TABLE: &str = "motepost-devices";

/// A server with the table and its devices.
struct Aws {
    moto: Moto,
    client: Client,
}

impl Aws {
    async fn start() -> Option<Self> {
        let moto = Moto::start()?;
        let client = moto.create_table(TABLE).await;
        let aws = Self { moto, client };
        aws.put_devices().await;
        Some(aws)
    }

    async fn put_devices(&self) {
        for (id, device) in devices().as_object().unwrap() {
            let mut fields = Vec::new();
            if let Some(hash) = device["token_sha256"].as_str() {
                fields.push(("token_sha256", AttributeValue::S(hash.to_owned())));
            }
            if let Some(generation) = device["generation"].as_u64() {
                fields.push(("generation", AttributeValue::N(generation.to_string())));
            }
            if device["revoked"] == true {
                fields.push(("revoked", AttributeValue::Bool(true)));
            }
            self.put(id, fields).await;
        }
    }

    async fn put(&self, id: &str, fields: Vec<(&str, AttributeValue)>) {
        let mut item = self
            .client
            .put_item()
            .table_name(TABLE)
            .item("id", AttributeValue::S(id.to_owned()));
        for (name, value) in fields {
            item = item.item(name, value);
        }
        item.send().await.unwrap();
    }

    async fn field(&self, id: &str, name: &str) -> Option<AttributeValue> {
        let asked = self
            .client
            .get_item()
            .table_name(TABLE)
            .key("id", AttributeValue::S(id.to_owned()));
        asked.send().await.unwrap().item?.remove(name)
    }

    /// The function's environment, as in a Lambda.
    fn environment(&self, schemes: &str) -> Vec<(&'static str, String)> {
        let own = |name, value: &str| (name, value.to_owned());
        let mut variables = moto::lambda_variables();
        variables.extend([
            own("SCHEMES", schemes),
            own("IOT_ARN_PREFIX", "arn:aws:iot:eu-central-1:123456789012"),
            own("STORE_TABLE", TABLE),
            own("AWS_ENDPOINT_URL", &self.moto.endpoint),
        ]);
        let minted = schemes.contains("minted");
        variables.extend(minted.then(|| own("FLEET_KEY_HEX", &fleet_keys())));
        variables
    }
}

fn event(id: &str, token: &str) -> Value {
    json!({"protocolData": {"http": {"headers": {"id": id, "token": token}}}})
}

#[test]
fn the_table_of_events_has_the_same_decisions() {
    block_on(async {
        let Some(aws) = Aws::start().await else {
            return;
        };
        table::check(async |schemes| open(&aws.environment(schemes)).await).await;
    });
}

#[test]
fn racing_processes_never_both_accept_a_counter() {
    let Some(aws) = block_on(Aws::start()) else {
        return;
    };
    race::hold(&aws.environment("minted"), race::Tokens::Counters, 25);
}

#[test]
fn racing_processes_never_both_accept_a_time_that_counts_once() {
    let Some(aws) = block_on(Aws::start()) else {
        return;
    };
    let mut variables = aws.environment("minted");
    variables.push(("TOKEN_ONCE", "true".to_owned()));
    race::hold(&variables, race::Tokens::Times, 25);
}

#[test]
#[ignore = "started by the racing test, several at once"]
fn racer() {
    race::run();
}

#[test]
fn a_used_counter_does_not_end_by_itself() {
    block_on(async {
        let Some(aws) = Aws::start().await else {
            return;
        };
        aws.put(
            "counting",
            vec![("expires_at", AttributeValue::N("1790000000".to_owned()))],
        )
        .await;
        let authorizer = open(&aws.environment("minted")).await;
        let token = mint("counting", Freshness::Counter(7));
        assert!(
            authorizer
                .decide(&event("counting", &token), now())
                .await
                .denied()
                .is_none()
        );
        assert_eq!(
            aws.field("counting", "counter").await,
            Some(AttributeValue::N("7".to_owned()))
        );
        assert_eq!(aws.field("counting", "expires_at").await, None);
    });
}

#[test]
fn a_time_that_counts_once_is_kept_and_says_why_it_is_refused() {
    block_on(async {
        let Some(aws) = Aws::start().await else {
            return;
        };
        let mut variables = aws.environment("minted");
        variables.push(("TOKEN_ONCE", "true".to_owned()));
        let authorizer = open(&variables).await;
        let time = u32::try_from(now()).unwrap();
        let reason = async |id: &str, kind: &str, time| {
            let token = support::minted(kind, id, Freshness::Time(time));
            let decision = authorizer.decide(&event(id, &token), now()).await;
            decision
                .denied()
                .map(ToString::to_string)
                .unwrap_or_default()
        };
        assert_eq!(reason("counting", "mint", time).await, "");
        assert_eq!(
            aws.field("counting", "last_time").await,
            Some(AttributeValue::N(time.to_string()))
        );
        for (id, kind, expected) in [
            ("counting", "mint", "time has not grown"),
            ("stolen", "mint", "revoked"),
            ("rekeyed", "mint", "another key"),
            ("fresh", "mint#1", "another key"),
        ] {
            let reason = reason(id, kind, time).await;
            assert!(reason.contains(expected), "{id} {kind}: {reason}");
        }
        assert_eq!(aws.field("rekeyed", "last_time").await, None);
        assert_eq!(reason("rekeyed", "mint#2", time).await, "");
    });
}

#[test]
fn the_fleet_key_may_be_a_secret() {
    block_on(async {
        let Some(aws) = Aws::start().await else {
            return;
        };
        let secrets = aws_sdk_secretsmanager::Client::new(&aws.moto.sdk_config());
        secrets
            .create_secret()
            .name("fleet-key")
            .secret_string(fleet_keys())
            .send()
            .await
            .unwrap();
        let mut variables = aws.environment("minted");
        variables.retain(|(name, _)| *name != "FLEET_KEY_HEX");
        variables.push(("FLEET_KEY_SECRET", "fleet-key".to_owned()));
        let authorizer = open(&variables).await;
        let token = mint("fresh", Freshness::Time(now().try_into().unwrap()));
        assert!(
            authorizer
                .decide(&event("fresh", &token), now())
                .await
                .denied()
                .is_none()
        );

        variables.last_mut().unwrap().1 = "no-such-secret".to_owned();
        let error = support::try_open(&variables).await.unwrap_err();
        assert!(
            error.starts_with("FLEET_KEY_SECRET: ") && error.contains("find"),
            "{error}"
        );
    });
}

#[test]
fn a_row_that_cannot_be_understood_is_a_refusal() {
    block_on(async {
        let Some(aws) = Aws::start().await else {
            return;
        };
        let authorizer = open(&aws.environment("static,minted")).await;
        let rows = [
            (
                "revoked",
                AttributeValue::S("true".to_owned()),
                "revoked is not a boolean",
            ),
            (
                "token_sha256",
                AttributeValue::S("correct horse".to_owned()),
                "64 hexadecimal digits",
            ),
            (
                "generation",
                AttributeValue::S("1".to_owned()),
                "generation is not a number",
            ),
            (
                "generation",
                AttributeValue::N("16".to_owned()),
                "generation is not a number that a key has",
            ),
            (
                "token_sha256",
                AttributeValue::N("7".to_owned()),
                "token_sha256 is not a string",
            ),
        ];
        for (name, value, expected) in rows {
            aws.put("odd", vec![(name, value)]).await;
            let token = mint("odd", Freshness::Time(now().try_into().unwrap()));
            let line = authorizer
                .decide(&event("odd", &token), now())
                .await
                .log_line();
            assert!(line.contains(expected) && !line.contains("horse"), "{line}");
        }
        // Where a counter is asked for the row cannot be read beforehand: what is not `false` counts as revoked.
        aws.put(
            "odd",
            vec![("revoked", AttributeValue::S("true".to_owned()))],
        )
        .await;
        let token = mint("odd", Freshness::Counter(1));
        let line = authorizer
            .decide(&event("odd", &token), now())
            .await
            .log_line();
        assert!(line.contains("revoked is not a boolean"), "{line}");
    });
}

#[test]
fn a_table_that_is_not_there_or_does_not_respond_is_a_refusal() {
    block_on(async {
        let Some(aws) = Aws::start().await else {
            return;
        };
        let mut variables = aws.environment("minted");
        let set = |variables: &mut Vec<(&'static str, String)>, name, value: String| {
            variables.retain(|(key, _)| *key != name);
            variables.push((name, value));
        };
        set(&mut variables, "STORE_TABLE", "no-such-table".to_owned());
        let without_table = open(&variables).await;
        // Accepts connections, and says nothing.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        set(
            &mut variables,
            "AWS_ENDPOINT_URL",
            format!("http://{}", silent.local_addr().unwrap()),
        );
        let without_response = open(&variables).await;
        for (authorizer, expected) in [(without_table, "not found"), (without_response, "timeout")]
        {
            for freshness in [
                Freshness::Counter(1),
                Freshness::Time(now().try_into().unwrap()),
            ] {
                let decision = authorizer
                    .decide(&event("fresh", &mint("fresh", freshness)), now())
                    .await;
                let reason = decision.denied().unwrap().to_string();
                assert!(
                    reason.starts_with("the store could not be asked: ")
                        && reason.contains(expected),
                    "{reason}"
                );
            }
        }
    });
}
