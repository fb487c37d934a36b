//! From a device's batch to the subscriber, through the local emulator: the rule that the real AWS CLI creates, with the
//! statement of the template, reached by Basic Ingest, and the binary as AWS runs it.
//!
//! Without the program `aws` nothing is tested, and a line says so; with `CI=true` that is a failure.

#![cfg(feature = "aws")]

mod support;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;

use local_iot_core::{Config, Function, Limits, LocalIotCore};
use motepost::{CustomAuthorizer, Publish, QoS};
use serde_json::{Value, json};
use support::python::left_out;
use support::random::RandomBatch;
use support::services::{Subscriber, TIMEOUT};

const FUNCTION: &str = "arn:aws:lambda:eu-central-1:123456789012:function:splitter";
const RULE: &str = "readings";

/// The statement that the template deploys.
fn statement() -> &'static str {
    let template = include_str!("../template.yaml");
    let line = template
        .lines()
        .find_map(|line| line.trim().strip_prefix("Sql: "));
    line.unwrap()
}

fn emulator() -> Option<LocalIotCore> {
    if Command::new("aws").arg("--version").output().is_err() {
        left_out("there is no aws");
        return None;
    }
    let splitter =
        Function::process("splitter", env!("CARGO_BIN_EXE_splitter")).env("REPEATS", "pass");
    // Who may publish is the authorizer's business.
    let authorizer = Function::in_process(
        "any",
        std::sync::Arc::new(|_| {
            let statement = |action| json!({"Effect": "Allow", "Action": action, "Resource": "*"});
            Ok(json!({
                "isAuthenticated": true,
                "principalId": "device",
                "policyDocuments": [{"Version": "2012-10-17", "Statement": [statement("iot:Connect"), statement("iot:Publish")]}],
                "disconnectAfterInSeconds": 3600,
                "refreshAfterInSeconds": 3600,
            }))
        }),
    );
    let config = Config {
        functions: vec![splitter, authorizer],
        authorizers: vec![local_iot_core::Authorizer::new(
            "any",
            "token",
            local_iot_core::Decider::Function("any".to_owned()),
        )],
        limits: Limits::default(),
        ..Config::default()
    };
    let emulator = LocalIotCore::start(config).unwrap();
    let payload = json!({
        "sql": statement(),
        "awsIotSqlVersion": "2016-03-23",
        "actions": [{"lambda": {"functionArn": FUNCTION}}],
        "errorAction": {"sqs": {
            "queueUrl": "https://sqs.eu-central-1.amazonaws.com/123456789012/unpublished",
            "roleArn": "arn:aws:iam::123456789012:role/rule",
            "useBase64": false,
        }},
    });
    let output = Command::new("aws")
        .args([
            "--endpoint-url",
            &format!("http://{}", emulator.control_addr()),
        ])
        .args(["iot", "create-topic-rule", "--rule-name", RULE])
        .args(["--topic-rule-payload", &payload.to_string()])
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "eu-central-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/nonexistent")
        .env("AWS_PAGER", "")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    Some(emulator)
}

/// A device with one connection, which stays open.
struct Device(BufReader<TcpStream>);

impl Device {
    fn connect(emulator: &LocalIotCore) -> Self {
        let stream = TcpStream::connect(emulator.http_addr()).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        Self(BufReader::new(stream))
    }

    fn publish(&mut self, id: &str, form: &str, payload: &[u8]) -> u16 {
        let topic = format!("$aws/rules/{RULE}/{id}/{form}");
        let publish = Publish::new("localhost", &topic, payload)
            .qos(QoS::AtLeastOnce)
            .authorizer(CustomAuthorizer::named("any").token("token", "t"));
        let mut buffer = vec![0; payload.len() + 1024];
        let request = publish.encode(&mut buffer).unwrap();
        self.0.get_mut().write_all(request).unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.0.read_line(&mut head).unwrap(), 0, "{head}");
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse().unwrap())
        });
        let mut body = vec![0; length.unwrap_or(0)];
        self.0.read_exact(&mut body).unwrap();
        head.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

/// `split(batch(x)) = x`, each batch of a device of its own, because batches overtake each other.
fn split_of_batch_is_what_was_put_in(batches: usize, seed: u64) {
    let Some(emulator) = emulator() else {
        return;
    };
    let subscriber = Subscriber::start(&emulator);
    let mut device = Device::connect(&emulator);
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut readings, mut empty) = (0, 0);
    // So many at once, that neither the emulator's queues nor Lambda's are full.
    for first in (0..batches).step_by(50) {
        let mut sent = HashMap::new();
        for at in first..(first + 50).min(batches) {
            let batch = RandomBatch::new(&mut random);
            let id = format!("device-{at}");
            assert_eq!(device.publish(&id, &batch.form, &batch.payload), 200);
            empty += usize::from(batch.readings.is_empty());
            sent.insert(id, (batch, Vec::new()));
        }
        let count: usize = sent.values().map(|(batch, _)| batch.readings.len()).sum();
        for _ in 0..count {
            let (topic, message) = subscriber.next();
            let id = topic.strip_suffix("/readings").expect("a reading");
            sent.get_mut(id).unwrap().1.push(message);
        }
        for (batch, mut messages) in sent.into_values() {
            assert_eq!(messages.len(), batch.readings.len());
            arrange(&mut messages, &batch);
            for (message, expected) in messages.iter().zip(&batch.readings) {
                let received = (message["received"].as_f64().unwrap() * 1000.0).round() as u64;
                expected.check(message, received);
            }
            readings += messages.len();
        }
    }
    println!(
        "{batches} batches ({empty} of them empty), {readings} readings, each once and as it was put in"
    );
}

/// In the order in which they were put in: eight are under way at once.
fn arrange(messages: &mut Vec<Value>, batch: &RandomBatch) {
    let mut arranged = Vec::new();
    for expected in &batch.readings {
        let at = messages.iter().position(|message| {
            let received = (message["received"].as_f64().unwrap() * 1000.0).round() as u64;
            expected.is(message, received)
        });
        let at = at.unwrap_or_else(|| panic!("{} is not among {messages:?}", expected.reading));
        arranged.push(messages.remove(at));
    }
    *messages = arranged;
}

#[test]
fn what_was_put_in_comes_out() {
    split_of_batch_is_what_was_put_in(200, 1);
}

/// `cargo test -p motepost-splitter --features aws --test rule -- --ignored --nocapture`
#[test]
#[ignore = "sends 10,000 batches, which takes minutes"]
fn of_ten_thousand_batches_what_was_put_in_comes_out() {
    split_of_batch_is_what_was_put_in(10_000, 2);
}

/// The function fails, and the emulator does what Lambda does: two tries more.
#[test]
fn what_is_no_batch_fails_three_times_and_the_trace_tells_where_it_goes() {
    let Some(emulator) = emulator() else {
        return;
    };
    let mut device = Device::connect(&emulator);
    assert_eq!(device.publish("uniqueID", "batch", b"hello"), 200);
    let of_rule = |emulator: &LocalIotCore| {
        let trace = emulator.trace().into_iter();
        trace
            .filter(|entry| entry.rule.as_deref() == Some(RULE))
            .collect::<Vec<_>>()
    };
    let mut recorded = 0;
    while of_rule(&emulator).len() < 3 {
        recorded = emulator.wait_for_trace(recorded + 1, TIMEOUT).len();
    }
    let tries = of_rule(&emulator);
    assert_eq!(tries.len(), 3);
    for entry in &tries {
        assert!(
            !entry.accepted && entry.reason.contains("begins neither"),
            "{}",
            entry.reason
        );
    }
    let notes = tries[2].notes.join(" ");
    assert!(notes.contains("on-failure destination"), "{notes}");
}
