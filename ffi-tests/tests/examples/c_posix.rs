//! `examples/c-posix`: the program that a C developer runs first, against the local emulator.

#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::channel;

use ffi_tests::compiler::Language;
#[cfg(target_os = "linux")]
use ffi_tests::scripted;
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

fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let source = xtask::workspace_root().join("examples/c-posix/publish.c");
        let objects = [archive().path.as_os_str()];
        let program = Language::C99.sanitized(&source, "c-posix-publish", &objects);
        program.unwrap_or_else(|reason| panic!("{reason}"))
    })
}

/// Publishes as the blog post does; `changes` come last and win.
fn publish(to: SocketAddr, changes: &[&str]) -> Ended {
    let output = command(program(), to, changes).output().expect("it runs");
    Ended {
        status: output.status.code(),
        text: String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
    }
}

fn command(program: &Path, to: SocketAddr, changes: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .env("ASAN_OPTIONS", "detect_leaks=0")
        .args([
            "--host",
            &to.ip().to_string(),
            "--port",
            &to.port().to_string(),
        ])
        .args(["--topic", "uniqueID/status", "--id", "uniqueID"])
        .args([
            "--authorizer",
            "unsignedAuthorizer",
            "--token-key",
            "token",
            "--token",
            "allow",
        ])
        .arg("{\"message\":\"Hello from unsigned custom auth\"}")
        .args(changes);
    command
}

fn emulator() -> LocalIotCore {
    LocalIotCore::start(Config::default()).unwrap_or_else(|reason| panic!("{reason}"))
}

/// An address at which nobody listens.
fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has an address")
}

#[test]
fn with_allow_the_message_is_accepted_in_one_write() {
    let emulator = emulator();
    let ended = publish(emulator.http_addr(), &[]);
    assert_eq!(ended.status, Some(ACCEPTED), "{}", ended.text);
    for line in ["bytes, 1 write\n", "200, accepted", "\"message\":\"OK\""] {
        assert!(ended.text.contains(line), "{}", ended.text);
    }
    let trace = emulator.trace();
    assert!(trace[0].accepted, "{}", trace[0]);
    assert_eq!(trace[0].topic.as_deref(), Some("uniqueID/status"));
}

/// A command line is seen by every user of the machine.
#[test]
fn without_the_flag_the_token_is_the_environment_s() {
    let emulator = emulator();
    let publish = |flag: &[&str], environment: Option<&str>| {
        let with_token = command(program(), emulator.http_addr(), &[]);
        let arguments: Vec<_> = with_token.get_args().collect();
        let at = arguments.iter().position(|argument| *argument == "--token");
        let at = at.expect("it has the flag");
        let mut command = Command::new(program());
        command
            .env("ASAN_OPTIONS", "detect_leaks=0")
            .env_remove("MOTEPOST_TOKEN")
            .args(&arguments[..at])
            .args(&arguments[at + 2..])
            .args(flag)
            .envs(environment.map(|token| ("MOTEPOST_TOKEN", token)))
            .stderr(Stdio::null());
        command.output().expect("it runs").status.code()
    };
    assert_eq!(publish(&[], Some("allow")), Some(ACCEPTED));
    assert_eq!(publish(&[], Some("deny")), Some(DENIED));
    assert_eq!(publish(&["--token", "allow"], Some("deny")), Some(ACCEPTED));
    assert_eq!(publish(&[], None), Some(USAGE));
}

#[test]
fn with_deny_it_is_refused_and_the_trace_says_why() {
    let emulator = emulator();
    let ended = publish(emulator.http_addr(), &["--token", "deny"]);
    assert_eq!(ended.status, Some(DENIED), "{}", ended.text);
    for line in ["403, denied", "ForbiddenException"] {
        assert!(ended.text.contains(line), "{}", ended.text);
    }
    let trace = emulator.trace();
    assert!(
        trace[0].reason.contains("denies iot:Publish"),
        "{}",
        trace[0]
    );
}

#[test]
fn a_message_larger_than_the_buffer_is_accepted_in_two_writes() {
    let emulator = emulator();
    let large = "x".repeat(60_000);
    let address = emulator.http_addr();
    let arguments = [
        "--topic",
        "uniqueID/status",
        "--authorizer",
        "unsignedAuthorizer",
        "--token-key",
        "token",
    ];
    let output = Command::new(program())
        .args([
            "--host",
            "127.0.0.1",
            "--port",
            &address.port().to_string(),
            "--id",
            "uniqueID",
            "--token",
            "allow",
        ])
        .args(arguments)
        .arg(&large)
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("2 writes") && text.contains("200, accepted"),
        "{text}"
    );
}

#[test]
fn a_refused_field_is_named_and_nothing_is_sent() {
    for (changes, words) in [
        (["--topic", "uniqueID/#"], "topic holds + or #"),
        (["--token", "allow\n"], "token holds CR, LF"),
        (["--id", "a\r\nhost:elsewhere"], "header value holds CR, LF"),
        (["--endpoint", "https://host"], "endpoint holds a character"),
    ] {
        let ended = publish(nobody(), &changes);
        assert_eq!(ended.status, Some(USAGE), "{}", ended.text);
        assert!(ended.text.contains(words), "{}", ended.text);
    }
}

#[test]
fn a_signature_wrapped_by_base64_is_refused_with_the_remedy() {
    let file = out_dir("programs").join("wrapped-signature.txt");
    let line = "A".repeat(76);
    std::fs::write(&file, format!("{line}\n{line}\n")).expect("it can be written");
    let ended = publish(nobody(), &["--signature-file", &file.to_string_lossy()]);
    assert_eq!(ended.status, Some(USAGE), "{}", ended.text);
    assert!(ended.text.contains("base64 -w0"), "{}", ended.text);
    assert!(!ended.text.contains("AAAA"), "{}", ended.text);
}

#[test]
fn the_token_is_never_printed() {
    let emulator = emulator();
    for address in [emulator.http_addr(), nobody()] {
        let ended = publish(address, &["--token", "a-secret-of-mine"]);
        assert!(!ended.text.contains("a-secret"), "{}", ended.text);
    }
}

#[test]
fn a_transport_that_fails_is_told_from_a_no() {
    let ended = publish(nobody(), &[]);
    assert_eq!(ended.status, Some(TRANSPORT), "{}", ended.text);
    // Somebody who takes the connection and never answers, and a deadline that is over at once.
    let silent = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = silent.local_addr().expect("it has an address");
    let ended = publish(address, &["--seconds", "0"]);
    assert_eq!(ended.status, Some(TRANSPORT), "{}", ended.text);
}

#[test]
fn a_peer_that_drips_or_never_stops_is_left_at_the_deadline() {
    let ended = publish(peer::dripping(), &["--seconds", "1"]);
    assert_eq!(ended.status, Some(TRANSPORT), "{}", ended.text);
    assert!(ended.text.contains(OVER), "{}", ended.text);

    let ended = publish(peer::endless(), &["--seconds", "1"]);
    assert_eq!(ended.status, Some(TRANSPORT), "{}", ended.text);
    let bound = "the body of the response is too long";
    let is_left = [OVER, bound].iter().any(|end| ended.text.contains(end));
    assert!(is_left, "{}", ended.text);
}

const OVER: &str = "publish: no response within 1 s\n";

/// The program over a peer of which every word is known.
#[cfg(target_os = "linux")]
fn scripted_program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let source = xtask::workspace_root().join("examples/c-posix/publish.c");
        let peer = scripted::arguments("c-posix");
        let mut objects = vec![archive().path.as_os_str()];
        objects.extend(peer.iter().map(std::ffi::OsString::as_os_str));
        let program = Language::C99.sanitized(&source, "c-posix-scripted", &objects);
        program.unwrap_or_else(|reason| panic!("{reason}"))
    })
}

#[cfg(target_os = "linux")]
#[test]
fn a_peer_that_always_has_one_byte_more_is_not_heard_after_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    let mut command = command(scripted_program(), address, &["--seconds", "1"]);
    let output = scripted::peer(&mut command, scripted::DRIPPING, 1).output();
    let output = output.expect("it runs");
    let said = tools::text_of(&output);
    assert_eq!(output.status.code(), Some(TRANSPORT), "{said}");
    assert!(said.contains(OVER), "{said}");
    // A look at the clock before each of them takes a millisecond.
    let moves = scripted::moves(&said);
    assert!((100..=1000).contains(&moves), "{moves}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_refusal_after_the_head_is_read_although_the_peer_is_gone() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    let large = "x".repeat(60_000);
    let flags = ["--topic", "t", "--token-key", "token", "--token", "allow"];
    let mut command = Command::new(scripted_program());
    command
        .env("ASAN_OPTIONS", "detect_leaks=0")
        .args(["--host", "127.0.0.1", "--id", "uniqueID", "--port"])
        .arg(address.port().to_string())
        .args(flags)
        .arg(&large);
    let output = scripted::peer(&mut command, scripted::TOO_LARGE, 1).output();
    let output = output.expect("it runs");
    let said = tools::text_of(&output);
    assert_eq!(output.status.code(), Some(DENIED), "{said}");
    assert!(said.contains("413, rejected\n"), "{said}");
}

#[test]
fn each_of_five_verdicts_on_a_serial_line_is_its_own_although_the_first_response_comes_late() {
    if !tools::is_here("socat", "a serial line with a late response") {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory can be made");
    let device = dir.path().join("device");
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    let (release, let_go) = channel();
    std::thread::spawn(move || {
        let (line, _) = listener.accept()?;
        peer::gateway(line, &let_go)
    });
    let mut cable = Command::new("socat")
        // As a program before this one may have left a port: a read without bytes returns 0 at once.
        .arg(format!(
            "PTY,raw,echo=0,min=0,time=0,link={}",
            device.display()
        ))
        .arg(format!("TCP:{address}"))
        .spawn()
        .expect("socat is here");
    while !device.exists() {
        assert!(cable.try_wait().is_ok_and(|ended| ended.is_none()));
        std::thread::yield_now();
    }
    let device = device.display().to_string();
    let line = ["--device", &device, "--endpoint", "localhost"];
    let limits = ["--seconds", "1", "--silence", "3000"];
    let mut first = command(program(), nobody(), &[&line[..], &limits].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut said = BufReader::new(first.stderr.take().expect("piped")).lines();
    let failed = said.next().expect("it says why").expect("in text");
    assert_eq!(failed, "publish: no response within 1 s");
    release.send(()).expect("the gateway waits");
    let ended = first.wait().expect("it ends");
    assert_eq!(ended.code(), Some(TRANSPORT));
    for expected in [DENIED, ACCEPTED, DENIED, ACCEPTED] {
        let ended = publish(nobody(), &line);
        assert_eq!(ended.status, Some(expected), "{}", ended.text);
    }
    let _ = cable.kill();
    let _ = cable.wait();
}

#[test]
fn what_is_no_serial_port_is_said() {
    let changes = ["--device", "/dev/null", "--endpoint", "localhost"];
    let ended = publish(nobody(), &changes);
    assert_eq!(ended.status, Some(TRANSPORT), "{}", ended.text);
    let words = "cannot connect to /dev/null";
    assert!(ended.text.contains(words), "{}", ended.text);
}

#[test]
fn a_wrong_command_line_shows_the_usage() {
    for changes in [
        &["--no-such-flag"][..],
        &["a second message"],
        &["--port"],
        // Of a serial port, nobody knows the endpoint.
        &["--device", "/dev/null"],
    ] {
        let ended = publish(nobody(), changes);
        assert_eq!(ended.status, Some(USAGE), "{}", ended.text);
        assert!(ended.text.contains("usage: publish"), "{}", ended.text);
    }
}
