//! MQTT with custom authorizers as other projects' clients speak it: AWS's own SDK for Python, for MQTT 3.1.1 and 5, and
//! mosquitto's.
//!
//! Without them nothing is tested, and a line says so; with `CI=true` that is a failure.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use local_iot_core::{Config, Limits, LocalIotCore, TraceEntry};

struct Clients {
    emulator: LocalIotCore,
    folder: tempfile::TempDir,
}

impl Clients {
    fn start(session_time: Option<Duration>) -> Self {
        let limits = Limits {
            mqtt_session_time: session_time,
            ..Limits::default()
        };
        let emulator = LocalIotCore::start(Config {
            limits,
            ..Config::default()
        })
        .unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), emulator.ca_pem()).unwrap();
        Self { emulator, folder }
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn port(&self) -> String {
        self.emulator.https_addr().port().to_string()
    }

    /// What the SDK's device prints.
    fn sdk(&self, version: &str, token: &str, topic: &str) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mqtt_clients/device.py");
        let output = Command::new(python())
            .arg(script)
            .args([version, &self.port()])
            .arg(self.ca())
            .args([token, topic])
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{printed}{error}");
        printed
    }

    fn mosquitto(&self, program: &str, version: &str, token: &str, arguments: &[&str]) -> Command {
        let username = format!("name?x-amz-customauthorizer-name=unsignedAuthorizer&token={token}");
        let mut command = Command::new(program);
        command
            .args(["-h", "localhost", "-p", &self.port(), "--tls-alpn", "mqtt"])
            .arg("--cafile")
            .arg(self.ca())
            .args(["-i", "uniqueID", "-V", version, "-u", &username, "-P", "p"])
            .args(arguments);
        command
    }

    fn publish(&self, version: &str, token: &str, topic: &str) -> Output {
        let arguments = ["-q", "1", "-t", topic, "-m", "hello"];
        let mut command = self.mosquitto("mosquitto_pub", version, token, &arguments);
        command.output().unwrap()
    }

    /// The last entry of that operation.
    fn last(&self, operation: &str) -> TraceEntry {
        let entries = self.emulator.trace().into_iter().rev();
        let mut entries = entries.filter(|entry| entry.operation == Some(operation));
        entries.next().expect("an entry")
    }

    /// The reason that the trace has for it.
    fn reason(&self, operation: &str, accepted: bool) -> String {
        let entry = self.last(operation);
        assert_eq!(entry.accepted, accepted, "{entry}");
        entry.reason
    }
}

fn python() -> PathBuf {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python/bin/python");
    if tools.exists() {
        tools
    } else {
        "python3".into()
    }
}

fn has(command: &mut Command, what: &str) -> bool {
    let found = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) {
        return true;
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no {what}");
    eprintln!("LEFT OUT: MQTT as {what} speaks it, which is not here");
    false
}

fn has_sdk() -> bool {
    has(
        Command::new(python()).args(["-c", "import awsiot"]),
        "awsiotsdk",
    )
}

fn has_mosquitto() -> bool {
    has(
        Command::new("sh").args(["-c", "command -v mosquitto_pub && command -v mosquitto_sub"]),
        "mosquitto_pub",
    )
}

#[test]
fn the_sdk_connects_publishes_and_subscribes() {
    if !has_sdk() {
        return;
    }
    let clients = Clients::start(None);
    for version in ["3", "5", "3-websockets", "5-websockets"] {
        let printed = clients.sdk(version, "allow", "uniqueID/a");
        assert!(printed.contains("received b'hello'"), "{printed}");
        let reason = clients.reason("MQTT CONNECT", true);
        assert!(reason.contains("allows iot:Connect"), "{reason}");
        let reason = clients.reason("MQTT SUBSCRIBE", true);
        assert!(reason.contains("allows iot:Subscribe"), "{reason}");
        let reason = clients.reason("MQTT PUBLISH", true);
        assert!(reason.contains("the broker took it"), "{reason}");
    }
}

#[test]
fn the_sdk_is_refused_with_the_reason_in_the_trace() {
    if !has_sdk() {
        return;
    }
    let clients = Clients::start(None);
    for (version, refused) in [
        ("3", "connected failed: "),
        ("5", "connected no: <ConnectReasonCode.NOT_AUTHORIZED: 135>"),
        ("3-websockets", "connected failed: "),
        (
            "5-websockets",
            "connected no: <ConnectReasonCode.NOT_AUTHORIZED: 135>",
        ),
    ] {
        for (token, expected) in [
            ("deny", "denies iot:Connect"),
            ("wrong", "the function failed: Invalid token"),
        ] {
            let printed = clients.sdk(version, token, "uniqueID/a");
            assert!(printed.contains(refused), "{printed}");
            let reason = clients.reason("MQTT CONNECT", false);
            assert!(reason.contains(expected), "{reason}");
        }
    }
}

#[test]
fn the_sdk_is_kept_to_the_topics_of_its_policy() {
    if !has_sdk() {
        return;
    }
    let clients = Clients::start(None);
    for version in ["3", "5", "5-websockets"] {
        let printed = clients.sdk(version, "allow", "other/a");
        assert!(!printed.contains("received"), "{printed}");
        if version.starts_with('5') {
            assert!(printed.contains("NOT_AUTHORIZED"), "{printed}");
            let reason = clients.reason("MQTT PUBLISH", false);
            assert!(
                reason.contains("no statement allows iot:Publish"),
                "{reason}"
            );
        }
        let reason = clients.reason("MQTT SUBSCRIBE", false);
        assert!(
            reason.contains("no statement allows iot:Subscribe"),
            "{reason}"
        );
    }
}

#[test]
fn the_sdk_sees_its_session_end_by_time() {
    if !has_sdk() {
        return;
    }
    let clients = Clients::start(Some(Duration::from_secs(1)));
    for (version, expected) in [
        ("3", "ended True"),
        ("5", "ended 160"),
        ("5-websockets", "ended 160"),
    ] {
        let printed = clients.sdk(version, "Allow", "uniqueID/a");
        let found = printed.contains(expected) || printed.contains("MAXIMUM_CONNECT_TIME");
        assert!(found, "{printed}");
        let reason = clients.reason("MQTT DISCONNECT", false);
        assert!(reason.contains("the session's time is over"), "{reason}");
    }
}

#[test]
fn mosquitto_publishes_as_far_as_its_token_goes() {
    if !has_mosquitto() {
        return;
    }
    let clients = Clients::start(None);
    let rows = [
        (
            "allow",
            "uniqueID/a",
            "MQTT PUBLISH",
            true,
            "the broker took it",
        ),
        (
            "deny",
            "uniqueID/a",
            "MQTT CONNECT",
            false,
            "denies iot:Connect",
        ),
        (
            "wrong",
            "uniqueID/a",
            "MQTT CONNECT",
            false,
            "the function failed: Invalid token",
        ),
        (
            "allow",
            "other/a",
            "MQTT PUBLISH",
            false,
            "no statement allows iot:Publish",
        ),
    ];
    for version in ["mqttv311", "mqttv5"] {
        for (token, topic, operation, accepted, expected) in rows {
            // With MQTT 3.1.1 it tries again after the connection is closed, for as long as it is let.
            if version == "mqttv311" && topic == "other/a" {
                continue;
            }
            let output = clients.publish(version, token, topic);
            let error = String::from_utf8_lossy(&output.stderr);
            if operation == "MQTT CONNECT" || accepted {
                assert_eq!(
                    output.status.success(),
                    accepted,
                    "{version} {token}: {error}"
                );
            }
            let reason = clients.reason(operation, accepted);
            assert!(
                reason.contains(expected),
                "{version} {token} {topic}: {reason}"
            );
        }
    }
}

#[test]
fn mosquitto_subscribes_and_is_ended_by_time() {
    if !has_mosquitto() {
        return;
    }
    let clients = Clients::start(Some(Duration::from_secs(1)));
    for version in ["mqttv311", "mqttv5"] {
        let arguments = ["-q", "1", "-t", "uniqueID/#", "-W", "60"];
        let mut command = clients.mosquitto("mosquitto_sub", version, "allow", &arguments);
        let before = clients.emulator.trace().len();
        let mut subscriber = command.stderr(Stdio::piped()).spawn().unwrap();
        let is_over = |entry: &TraceEntry| entry.operation == Some("MQTT DISCONNECT");
        let mut count = before + 1;
        loop {
            let entries = clients
                .emulator
                .wait_for_trace(count, Duration::from_secs(60));
            if entries.iter().skip(before).any(is_over) {
                break;
            }
            assert!(entries.len() >= count, "{entries:?}");
            count = entries.len() + 1;
        }
        subscriber.kill().unwrap();
        subscriber.wait().unwrap();
        let reason = clients.reason("MQTT SUBSCRIBE", true);
        assert!(reason.contains("allows iot:Subscribe"), "{reason}");
    }
}
