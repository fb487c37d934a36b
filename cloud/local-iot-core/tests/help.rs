//! Every session that `--help` and the README show, run as it is written, but for the ports.
//!
//! Without the programs that a session uses it is left out, and a line says so; with `CI=true` that is a failure.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

const BINARY: &str = env!("CARGO_BIN_EXE_local-iot-core");

/// The text under each heading of the help's end, such as `A session:`.
fn sessions() -> BTreeMap<String, String> {
    let help = Command::new(BINARY).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, end) = help.split_once("\nA session:\n").expect("a session");
    let mut sessions = BTreeMap::new();
    let mut heading = "A session:".to_owned();
    for line in end.lines() {
        if let Some(command) = line.strip_prefix("  ") {
            let text: &mut String = sessions.entry(heading.clone()).or_default();
            text.push_str(command);
            text.push('\n');
        } else if line.ends_with(':') {
            heading = line.to_owned();
        } else if !line.is_empty() {
            // What follows is no session.
            break;
        }
    }
    sessions
}

#[test]
fn an_option_has_the_name_that_motepost_gives_to_the_same_thing() {
    let help = Command::new(BINARY).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let has = |option: &str| help.contains(&format!("--{option} "));
    // `motepost verify --public-key` and `motepost publish --ca`, which is a certificate to trust and no authority's key.
    assert!(has("public-key") && has("keep-ca"));
    assert!(!has("ca") && !has("signed-authorizer-key"));
}

fn is_here(program: &str) -> bool {
    let found = Command::new("bash")
        .args(["-c", &format!("command -v {program}")])
        .output();
    if found.is_ok_and(|output| output.status.success()) {
        return true;
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no {program}");
    eprintln!("LEFT OUT: a session of the help that uses {program}");
    false
}

/// Runs a session in that folder, and then `after`; returns what it printed.
fn run(folder: &Path, session: &str, after: &str) -> Option<String> {
    let programs = [
        "bash",
        "curl",
        "openssl",
        "mosquitto_sub",
        "mosquitto_pub",
        "aws",
        "node",
    ];
    let mut needed = programs
        .iter()
        .filter(|program| **program == "bash" || session.contains(**program));
    if !needed.all(|program| is_here(program)) {
        return None;
    }
    let free: Vec<_> = (0..4)
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    let ports: Vec<_> = free
        .iter()
        .map(|l| l.local_addr().unwrap().port().to_string())
        .collect();
    drop(free);
    let mut text = session.to_owned();
    let own_ports = session.contains("--https-port");
    for (shown, port) in ["8443", "8080", "1883", "8081"].iter().zip(&ports) {
        text = text.replace(shown, port);
    }
    let ports = if own_ports {
        String::new()
    } else {
        format!(
            "--https-port {} --http-port {} --mqtt-port {} --control-port {} --ready-file ready.json",
            ports[0], ports[1], ports[2], ports[3]
        )
    };
    // A person's next command comes when the ports are open.
    let mut lines = Vec::new();
    for line in text.lines() {
        lines.push(line.to_owned());
        if line.starts_with("local-iot-core") {
            lines.push("until test -e ready.json; do kill -0 $! || exit 9; done".to_owned());
        }
    }
    let script = format!(
        "set -e\nlocal-iot-core() {{ exec '{BINARY}' {ports} \"$@\"; }}\ntrap 'kill $(jobs -p)' EXIT\n{}\n{after}\n",
        lines.join("\n")
    );
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "eu-central-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", folder.join("none"))
        .env("AWS_PAGER", "")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{session}\n{printed}\n{error}");
    Some(printed)
}

#[test]
fn every_session_that_the_help_shows_runs() {
    let sessions = sessions();
    let expected = [
        ("A session:", "\"message\":\"OK\""),
        ("The same, signed:", "\"message\":\"OK\""),
        ("The same over MQTT:", ""),
        (
            "Your own authorizer function, and an authorizer that asks it:",
            "authorizer/mine",
        ),
        ("In a script, without sleeping:", ""),
    ];
    let headings: Vec<_> = sessions.keys().map(String::as_str).collect();
    let mut known: Vec<_> = expected.iter().map(|(heading, _)| *heading).collect();
    known.sort_unstable();
    assert_eq!(headings, known);
    for (heading, printed) in expected {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("index.js"),
            "exports.handler = async () => ({ isAuthenticated: false });\n",
        )
        .unwrap();
        std::fs::write(folder.path().join("function.env"), "KEY=value\n").unwrap();
        if let Some(output) = run(folder.path(), &sessions[heading], "") {
            assert!(output.contains(printed), "{heading}: {output}");
        }
    }
}

/// The blocks of that language in the README.
fn blocks(language: &str) -> Vec<String> {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let opening = format!("```{language}\n");
    let blocks = readme.split(opening.as_str()).skip(1);
    blocks
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_rule_that_the_readme_shows_runs() {
    let boto3 = Command::new("python3")
        .args(["-c", "import boto3"])
        .output();
    if !boto3.is_ok_and(|output| output.status.success()) {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no boto3");
        eprintln!("LEFT OUT: the README's topic rule, without python3 and its module boto3");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (file, language) in [("rule.json", "json"), ("batches.py", "python")] {
        std::fs::write(folder.path().join(file), &blocks(language)[0]).unwrap();
    }
    let sessions = blocks("sh");
    let session = sessions
        .iter()
        .find(|text| text.contains("create-topic-rule"));
    let session = session.unwrap();
    let publish = session.lines().last().unwrap();
    // The subscriber may have been too late for the first.
    let session = session.replace("-v &", "-v > subscriber.txt &");
    let after = format!(
        "until test $(wc -l < subscriber.txt) -ge 2; do kill -0 %1 || exit 9; {publish}; done; sort -u subscriber.txt"
    );
    if let Some(printed) = run(folder.path(), &session, &after) {
        let expected = "uniqueID/reading {\"t\": 21}\nuniqueID/reading {\"t\": 22}\n";
        assert!(printed.ends_with(expected), "{printed}");
    }
}
