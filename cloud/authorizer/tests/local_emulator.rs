//! The binary as AWS runs it: started by the local emulator, which hands it events over the Lambda runtime API, for devices that
//! publish with the library.

mod support;

use std::collections::{BTreeSet, HashMap};
use std::net::TcpStream;
use std::time::Duration;

use embedded_io_adapters::std::FromStd;
use local_iot_core::{Authorizer, Config, Decider, Function, LocalIotCore, PublicKey, TraceEntry};
use motepost::token::Freshness;
use motepost::{CustomAuthorizer, Publish, Verdict, blocking};
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer};
use serde_json::Value;
use support::{block_on, environment, mint, minted, now, open_now, rows, write_store};

const TIMEOUT: Duration = Duration::from_secs(20);

struct Fleet {
    emulator: LocalIotCore,
    key: SigningKey<Sha256>,
    _directory: tempfile::TempDir,
}

/// What a device saw, and what the trace says of it.
struct Seen {
    verdict: Verdict,
    status: u16,
    body: String,
    entry: TraceEntry,
}

impl Fleet {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = directory.path().join("devices.json");
        write_store(&store);
        let mut function = Function::process("fleet", env!("CARGO_BIN_EXE_authorizer"));
        for (name, value) in environment("static,minted,signed", &store) {
            function = function.env(name, &value);
        }
        let random = getrandom::rand_core::UnwrapErr(getrandom::SysRng);
        let key = SigningKey::<Sha256>::new(rsa::PrivateKey::new(&mut { random }, 2048).unwrap());
        let pem = rsa::PublicKey::from(key.as_ref())
            .to_public_key_pem(LineEnding::LF)
            .unwrap();
        let keys = vec![PublicKey::from_pem("test", &pem).unwrap()];
        let decider = || Decider::Function("fleet".to_owned());
        let config = Config {
            functions: vec![function],
            authorizers: vec![
                Authorizer::new("unsigned", "token", decider()),
                Authorizer::new("signed", "token", decider()).with_keys(keys),
            ],
            ..Config::default()
        };
        Self {
            emulator: LocalIotCore::start(config).unwrap(),
            key,
            _directory: directory,
        }
    }

    fn publish(&self, authorizer: CustomAuthorizer<'_>, id: &str, topic: &str) -> Seen {
        let headers = [("id", id)];
        let headers = if id.is_empty() { &[][..] } else { &headers[..] };
        let reading = Publish::new("localhost", topic, b"{}")
            .authorizer(authorizer)
            .headers(headers);
        let stream = TcpStream::connect(self.emulator.http_addr()).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        let mut buffer = [0; 2048];
        let before = self.emulator.trace().len();
        let response = blocking::publish(&mut FromStd::new(stream), &reading, &mut buffer).unwrap();
        let (verdict, status) = (response.verdict(), response.status());
        let body = String::from_utf8(response.body().to_vec()).unwrap();
        let entry = self
            .emulator
            .wait_for_trace(before + 1, TIMEOUT)
            .pop()
            .unwrap();
        Seen {
            verdict,
            status,
            body,
            entry,
        }
    }

    fn unsigned(&self, id: &str, token: &str) -> Seen {
        self.publish(
            CustomAuthorizer::named("unsigned").token("token", token),
            id,
            &format!("{id}/status"),
        )
    }

    fn signed(&self, id: &str, token: &str, topic: &str) -> Seen {
        let signature = self.key.sign(token.as_bytes()).to_bytes();
        let authorizer = CustomAuthorizer::named("signed").token("token", token);
        self.publish(authorizer.signature_bytes(&signature), id, topic)
    }
}

/// The function's own line.
fn line(seen: &Seen) -> Value {
    let output = &seen
        .entry
        .invocation
        .as_ref()
        .expect("an invocation")
        .output;
    serde_json::from_str(output.last().expect("a line")).unwrap()
}

fn time(offset: i64) -> Freshness {
    Freshness::Time(now().saturating_add_signed(offset).try_into().unwrap())
}

#[test]
fn each_scheme_publishes_to_the_devices_own_topics() {
    let fleet = Fleet::start();
    for (scheme, seen) in [
        ("static", fleet.unsigned("uniqueID", "correct horse")),
        ("static", fleet.unsigned("sensor-1", "correct horse")),
        (
            "minted",
            fleet.unsigned("uniqueID", &mint("uniqueID", time(0))),
        ),
        (
            "minted",
            fleet.unsigned("counting", &mint("counting", Freshness::Counter(1))),
        ),
        (
            "signed",
            fleet.signed("", &format!("uniqueID.{}", now() + 60), "uniqueID/status"),
        ),
    ] {
        assert_eq!(
            (seen.verdict, seen.status),
            (Verdict::Accepted, 200),
            "{}",
            seen.entry
        );
        assert_eq!(line(&seen)["scheme"], scheme);
    }
}

#[test]
fn a_device_without_a_clock_publishes_on_its_second_try() {
    let fleet = Fleet::start();
    let key = support::device_key("uniqueID");
    let publish = |token: &str, time: u32| {
        let reading = Publish::new("localhost", "uniqueID/status", b"{}")
            .authorizer(CustomAuthorizer::named("unsigned").token("token", token))
            .headers(&[("id", "uniqueID")]);
        let stream = TcpStream::connect(fleet.emulator.http_addr()).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        let mut buffer = [0; 512];
        let response = blocking::publish(&mut FromStd::new(stream), &reading, &mut buffer).unwrap();
        (response.verdict(), response.renew(&key, "uniqueID", time))
    };

    // The device has been on for three seconds, and knows no other time.
    let (verdict, renewed) = publish(
        &key.mint("uniqueID", Freshness::Time(3))
            .expect("a sound id"),
        3,
    );
    assert_eq!(verdict, Verdict::Denied);
    let renewed = renewed.expect("the response has a date");
    let (verdict, again) = publish(&renewed.token, renewed.time);
    assert_eq!(verdict, Verdict::Accepted);
    assert!(again.is_none());
}

#[test]
fn another_devices_topic_is_refused_by_the_policy() {
    let fleet = Fleet::start();
    let authorizer = CustomAuthorizer::named("unsigned").token("token", "correct horse");
    let seen = fleet.publish(authorizer, "uniqueID", "counting/status");
    assert_eq!(seen.status, 403);
    assert_eq!(line(&seen)["decision"], "allow");
    assert!(
        seen.entry.reason.contains("counting/status"),
        "{}",
        seen.entry
    );
}

#[test]
fn each_refusal_has_its_own_reason_in_the_trace_and_the_same_response_on_the_wire() {
    let fleet = Fleet::start();
    let used = mint("counting", Freshness::Counter(5));
    assert_eq!(fleet.unsigned("counting", &used).status, 200);
    let expiry = now() + 60;
    let refused = [
        (
            fleet.unsigned("uniqueID", &mint("uniqueID", time(-400))),
            "the token is too old",
        ),
        (
            fleet.unsigned("uniqueID", &mint("uniqueID", time(200))),
            "the token is from the future",
        ),
        (
            fleet.unsigned("counting", &used),
            "the counter has not grown",
        ),
        (
            fleet.unsigned("uniqueID", &mint("counting", time(0))),
            "the token's MAC is not this device's",
        ),
        (
            fleet.unsigned("uniqueID", &minted("mint-flipped", "uniqueID", time(0))),
            "the token's MAC is not this device's",
        ),
        (
            fleet.unsigned("uniqueID", "wrong horse"),
            "the token is not this device's",
        ),
        (
            fleet.unsigned("nobody", "correct horse"),
            "the device is unknown",
        ),
        (
            fleet.unsigned("stolen", &mint("stolen", time(0))),
            "the device is revoked",
        ),
        (fleet.unsigned("*", "correct horse"), "the device id is not"),
        (
            fleet.signed("counting", &format!("uniqueID.{expiry}"), "counting/status"),
            "the signed token belongs to another device",
        ),
        (
            fleet.signed("", "uniqueID.1", "uniqueID/status"),
            "the signed token has expired",
        ),
        (
            fleet.unsigned("uniqueID", &format!("uniqueID.{expiry}")),
            "AWS has verified no signature",
        ),
    ];
    for (seen, reason) in &refused {
        assert!(
            line(seen)["reason"].as_str().unwrap().contains(reason),
            "{}",
            seen.entry
        );
        assert!(seen.entry.reason.contains(reason), "{}", seen.entry);
        assert_eq!((seen.verdict, seen.status), (Verdict::Denied, 403));
        let body: Value = serde_json::from_str(&seen.body).unwrap();
        assert_eq!(body["message"], "Forbidden");
        let names: Vec<_> = body.as_object().unwrap().keys().collect();
        assert_eq!(names, ["message", "traceId"]);
    }
}

#[test]
fn each_event_of_the_table_has_the_same_response_and_line_as_in_this_process() {
    let directory = tempfile::tempdir().unwrap();
    let now = now();
    let rows = rows(now);
    // Functions and authorizers of the same schemes share a store each, for counters are used up.
    let (ours, theirs) = (
        directory.path().join("ours"),
        directory.path().join("theirs"),
    );
    write_store(&ours);
    write_store(&theirs);
    let names: BTreeSet<_> = rows.iter().map(|row| row.schemes.clone()).collect();
    let function = |schemes: &String| {
        let program =
            Function::process(&schemes.replace(',', "-"), env!("CARGO_BIN_EXE_authorizer"));
        let variables = environment(schemes, &theirs);
        variables
            .iter()
            .fold(program, |program, (name, value)| program.env(name, value))
    };
    let emulator = LocalIotCore::start(Config {
        functions: names.iter().map(function).collect(),
        ..Config::default()
    });
    let emulator = emulator.unwrap();
    let authorizers: HashMap<_, _> = names
        .iter()
        .map(|schemes| (schemes, open_now(&environment(schemes, &ours))))
        .collect();
    assert!(rows.len() >= 40);
    for row in &rows {
        let decision = block_on(authorizers[&row.schemes].decide(&row.event, now));
        let (response, invocation) = emulator.invoke(&row.schemes.replace(',', "-"), &row.event);
        let theirs = response.unwrap();
        // The function has its own clock, which has gone on since this test looked at its own.
        let passed = support::now() - now;
        let mut ours = decision.response();
        for field in ["refreshAfterInSeconds", "disconnectAfterInSeconds"] {
            let (expected, found) = (seconds(&ours, field), seconds(&theirs, field));
            let least = expected.saturating_sub(passed);
            assert!((least..=expected).contains(&found), "{}: {found}", row.name);
            ours[field] = theirs[field].clone();
        }
        assert_eq!(theirs, ours, "{}", row.name);
        assert_eq!(
            invocation.output.last(),
            Some(&decision.log_line()),
            "{}",
            row.name
        );
    }
}

fn seconds(response: &Value, field: &str) -> u64 {
    response[field].as_u64().unwrap()
}
