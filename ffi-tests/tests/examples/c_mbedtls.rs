//! `examples/c-mbedtls`: TLS on the device, with Mbed TLS, to the local emulator.

#![cfg(unix)]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use ffi_tests::compiler::Language;
use ffi_tests::{archive, out_dir, peer, tools};
use local_iot_core::{Config, LocalIotCore};

const ACCEPTED: i32 = 0;
const DENIED: i32 = 1;
const USAGE: i32 = 2;
const TRANSPORT: i32 = 3;

/// How the program ended, and all that it said.
struct Ended {
    status: Option<i32>,
    text: String,
}

/// `None` where the machine has no Mbed TLS, which is said.
fn program() -> Option<&'static PathBuf> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let trial = out_dir("programs").join("trial-mbedtls.c");
        let text = "#include <mbedtls/ssl.h>\nint main(void) { return 0; }\n";
        std::fs::write(&trial, text).expect("it can be written");
        let libraries = ["-lmbedtls", "-lmbedx509", "-lmbedcrypto"].map(OsStr::new);
        if Language::C99
            .plain(&trial, "trial-mbedtls", &libraries)
            .is_err()
        {
            tools::left_out("examples/c-mbedtls", "Mbed TLS (libmbedtls-dev)");
            return None;
        }
        let source = xtask::workspace_root().join("examples/c-mbedtls/publish.c");
        let inputs = [&[archive().path.as_os_str()][..], &libraries].concat();
        let program = Language::C99.sanitized(&source, "c-mbedtls-publish", &inputs);
        Some(program.unwrap_or_else(|reason| panic!("{reason}")))
    });
    program.as_ref()
}

/// A local emulator, with its CA's certificate in a file.
struct Server {
    emulator: LocalIotCore,
    ca: tempfile::NamedTempFile,
}

impl Server {
    fn start() -> Self {
        let emulator = LocalIotCore::start(Config::default());
        let emulator = emulator.unwrap_or_else(|reason| panic!("{reason}"));
        let ca = tempfile::NamedTempFile::new().expect("a file can be made");
        std::fs::write(ca.path(), emulator.ca_pem()).expect("it can be written");
        Self { emulator, ca }
    }
}

/// Publishes as the blog post does; `changes` come last and win.
fn publish(program: &PathBuf, server: &Server, changes: &[&str]) -> Ended {
    publish_message(
        program,
        server,
        "{\"message\":\"Hello from Mbed TLS\"}",
        changes,
    )
}

fn publish_message(program: &PathBuf, server: &Server, text: &str, changes: &[&str]) -> Ended {
    let output = Command::new(program)
        .env("ASAN_OPTIONS", "detect_leaks=0")
        .args(["--host", "localhost", "--port"])
        .arg(server.emulator.https_addr().port().to_string())
        .arg("--ca")
        .arg(server.ca.path())
        .args(["--topic", "uniqueID/status", "--id", "uniqueID"])
        .args(["--authorizer", "unsignedAuthorizer", "--token-key", "token"])
        .args(["--token", "allow", text])
        .args(changes)
        .output()
        .expect("it runs");
    Ended {
        status: output.status.code(),
        text: String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
    }
}

#[test]
fn with_allow_the_message_is_accepted_and_its_cost_is_told() {
    let Some(program) = program() else { return };
    let server = Server::start();
    let ended = publish(program, &server, &[]);
    assert_eq!(ended.status, Some(ACCEPTED), "{}", ended.text);
    for words in [
        "handshake",
        "publish",
        "200, accepted",
        "\"message\":\"OK\"",
    ] {
        assert!(ended.text.contains(words), "{words}: {}", ended.text);
    }
    let trace = server.emulator.trace();
    assert!(trace[0].accepted, "{}", trace[0]);
}

#[test]
fn with_deny_it_is_refused() {
    let Some(program) = program() else { return };
    let ended = publish(program, &Server::start(), &["--token", "deny"]);
    assert_eq!(ended.status, Some(DENIED), "{}", ended.text);
    assert!(ended.text.contains("403, denied"), "{}", ended.text);
}

#[test]
fn a_message_of_several_tls_records_is_accepted() {
    let Some(program) = program() else { return };
    let large = "x".repeat(60_000);
    let ended = publish_message(program, &Server::start(), &large, &[]);
    assert_eq!(ended.status, Some(ACCEPTED), "{}", ended.text);
}

#[test]
fn a_server_under_another_ca_is_given_no_request() {
    let Some(program) = program() else { return };
    let (server, other) = (Server::start(), Server::start());
    let another_ca = other.ca.path().to_string_lossy();
    let ended = publish(program, &server, &["--ca", &another_ca]);
    assert_eq!(ended.status, Some(TRANSPORT), "{}", ended.text);
    let words = "not correctly signed by the trusted CA";
    assert!(ended.text.contains(words), "{}", ended.text);
    let trace = server.emulator.trace();
    assert!(trace.iter().all(|entry| entry.status.is_none()));
}

#[test]
fn a_server_whose_certificate_is_for_another_name_is_given_no_request() {
    let Some(program) = program() else { return };
    let dir = tempfile::tempdir().expect("a directory can be made");
    let (key, certificate) = (
        dir.path().join("key.pem"),
        dir.path().join("certificate.pem"),
    );
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args(["-nodes", "-days", "1", "-subj", "/CN=elsewhere.example"])
        .args(["-addext", "subjectAltName=DNS:elsewhere.example", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        return tools::left_out("a certificate for another name", "openssl");
    }
    let mut server = Command::new("openssl")
        .args([
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-naccept",
            "1",
            "-key",
        ])
        .arg(&key)
        .arg("-cert")
        .arg(&certificate)
        .stdin(Stdio::piped()) // which it wants to stay open
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl is here");
    let mut lines = BufReader::new(server.stdout.take().expect("piped")).lines();
    let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let address = line.strip_prefix("ACCEPT ")?;
        address.rsplit(':').next().map(str::to_owned)
    });
    let port = port.expect("it says where it listens");
    let ca = certificate.to_string_lossy();
    let ended = publish(program, &Server::start(), &["--port", &port, "--ca", &ca]);
    let _ = server.kill();
    let _ = server.wait();
    assert_eq!(ended.status, Some(TRANSPORT), "{}", ended.text);
    assert!(
        ended.text.contains("does not match with the expected CN"),
        "{}",
        ended.text
    );
    let said: Vec<_> = lines.map_while(Result::ok).collect();
    assert!(!said.iter().any(|line| line.contains("POST")), "{said:?}");
}

#[test]
fn a_server_that_never_answers_costs_no_more_than_the_limit() {
    let Some(program) = program() else { return };
    let silent = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = silent
        .local_addr()
        .expect("it has an address")
        .port()
        .to_string();
    let changes = ["--port", &port, "--seconds", "0"];
    let ended = publish(program, &Server::start(), &changes);
    assert_eq!(ended.status, Some(TRANSPORT), "{}", ended.text);
    assert!(
        ended.text.contains("no response within 0 s"),
        "{}",
        ended.text
    );
}

#[test]
fn a_server_that_drips_its_handshake_costs_no_more_than_the_limit() {
    let Some(program) = program() else { return };
    let port = peer::dripping_tls().port().to_string();
    let changes = ["--port", &port, "--seconds", "1"];
    let ended = publish(program, &Server::start(), &changes);
    assert_eq!(ended.status, Some(TRANSPORT), "{}", ended.text);
    assert!(
        ended.text.contains("no response within 1 s"),
        "{}",
        ended.text
    );
}

#[test]
fn the_token_is_never_printed() {
    let Some(program) = program() else { return };
    let ended = publish(program, &Server::start(), &["--token", "a-secret-of-mine"]);
    assert!(!ended.text.contains("a-secret"), "{}", ended.text);
}

#[test]
fn a_wrong_command_line_shows_the_usage() {
    let Some(program) = program() else { return };
    let server = Server::start();
    for changes in [&["--no-such-flag"][..], &["a second message"], &["--port"]] {
        let ended = publish(program, &server, changes);
        assert_eq!(ended.status, Some(USAGE), "{}", ended.text);
        assert!(ended.text.contains("usage: publish"), "{}", ended.text);
    }
}
