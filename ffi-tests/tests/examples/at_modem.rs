//! `examples/at-modem/c`: the C driver, a modem emulator on a pseudo-terminal, and real TLS behind it to the local emulator.

#![cfg(unix)]

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use base64ct::{Base64, Encoding};
use ffi_tests::cloud::{Cloud, MINTED, SIGNED, UNSIGNED};
use ffi_tests::compiler::Language;
use ffi_tests::{archive, out_dir, peer, tools};
use local_iot_core::{Config, LocalIotCore};
use modem_emulator::{Echo, Family, Modem, Options};
use motepost::token::{DeviceKey, Freshness};
use tls_chains::{Kind, Roots};

const ACCEPTED: i32 = 0;
const DENIED: i32 = 1;
const USAGE: i32 = 2;
const TRANSPORT: i32 = 3;

const READING: &str = "{\"message\":\"Hello from a modem\"}";

const MODES: [(&str, Family); 4] = [
    ("simcom-http", Family::Simcom),
    ("simcom-socket", Family::Simcom),
    ("quectel-http", Family::Quectel),
    ("quectel-socket", Family::Quectel),
];

/// What firmware takes of the example.
const DRIVER: [&str; 6] = [
    "at.c",
    "socket.c",
    "simcom_http.c",
    "simcom_socket.c",
    "quectel_http.c",
    "quectel_socket.c",
];

/// The driver's files, and for the Quectels the one without TLS.
fn driver() -> Vec<PathBuf> {
    let dir = xtask::workspace_root().join("examples/at-modem/c");
    let names = DRIVER.into_iter().chain(["quectel_tcp.c"]);
    names.map(|name| dir.join(name)).collect()
}

/// How the program ended, and all that it said.
#[derive(Debug)]
struct Ended {
    status: Option<i32>,
    text: String,
}

impl Ended {
    #[track_caller]
    fn says(&self, status: i32, words: &str) {
        assert_eq!(self.status, Some(status), "{}", self.text);
        assert!(self.text.contains(words), "{words:?} in {}", self.text);
    }
}

fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let dir = xtask::workspace_root().join("examples/at-modem/c");
        let parts = DRIVER.map(|name| dir.join(name));
        let mut inputs: Vec<&OsStr> = parts.iter().map(|part| part.as_os_str()).collect();
        inputs.push(archive().path.as_os_str());
        let program = Language::C99.sanitized(&dir.join("publish.c"), "at-modem-publish", &inputs);
        program.unwrap_or_else(|reason| panic!("{reason}"))
    })
}

/// Publishes as the blog post does; `changes` come last and win.
fn publish(modem: &Modem, mode: &str, port: u16, changes: &[&str]) -> Ended {
    run(modem, mode, port, READING, changes)
}

fn publish_body(modem: &Modem, mode: &str, port: u16, body: &str) -> Ended {
    run(modem, mode, port, body, &[])
}

fn run(modem: &Modem, mode: &str, port: u16, body: &str, changes: &[&str]) -> Ended {
    let output = command(modem, mode, port, body, changes).output();
    let output = output.expect("it runs");
    Ended {
        status: output.status.code(),
        text: String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
    }
}

fn command(modem: &Modem, mode: &str, port: u16, body: &str, changes: &[&str]) -> Command {
    let mut command = Command::new(program());
    command
        .env("ASAN_OPTIONS", "detect_leaks=0")
        .arg("--device")
        .arg(modem.path())
        .args(["--mode", mode, "--ca", "ca.pem", "--host", "localhost"])
        .args(["--port", &port.to_string()])
        .args(["--topic", "uniqueID/status", "--id", "uniqueID"])
        .args(["--authorizer", UNSIGNED, "--token-key", "token"])
        .args(["--token", "allow", body])
        // After a failure, until the line has nothing late left.
        .args(["--silence", "100"])
        .args(changes);
    command
}

fn emulator() -> LocalIotCore {
    LocalIotCore::start(Config::default()).unwrap_or_else(|reason| panic!("{reason}"))
}

fn modem(family: Family, emulator: &LocalIotCore) -> Options {
    Options::new(family).with_file("ca.pem", emulator.ca_pem())
}

fn switch_on(options: Options) -> Modem {
    Modem::start(options).expect("there is a pseudo-terminal")
}

fn accepted(emulator: &LocalIotCore) -> usize {
    let trace = emulator.trace();
    trace.iter().filter(|entry| entry.accepted).count()
}

#[test]
fn each_way_carries_each_kind_of_credentials_but_one() {
    let cloud = Cloud::start().unwrap_or_else(|reason| panic!("{reason}"));
    let ca = std::fs::read_to_string(cloud.ca_file()).expect("the CA's certificate is there");
    let signature = cloud.file("signature.txt");
    std::fs::write(&signature, Base64::encode_string(&cloud.sign("allow")))
        .expect("it can be written");
    let signature = signature.to_string_lossy();
    let device_key = DeviceKey::new(cloud.device_key("uniqueID"));

    for (count, (mode, family)) in (1..).zip(MODES) {
        let modem = switch_on(Options::new(family).with_file("ca.pem", &ca));
        let minted = device_key
            .mint("uniqueID", Freshness::Counter(count))
            .expect("a sound id");
        for (kind, credentials) in [
            ("unsigned", vec![]),
            (
                "minted",
                vec!["--authorizer", MINTED, "--token", minted.as_str()],
            ),
            (
                "signed",
                vec!["--authorizer", SIGNED, "--signature-file", &signature],
            ),
        ] {
            let topic = format!("uniqueID/{mode}/{kind}");
            let given = modem.commands().len();
            let changes = [&["--topic", &topic][..], &credentials].concat();
            let ended = publish(&modem, mode, cloud.https_port(), &changes);
            if (mode, kind) == ("simcom-http", "signed") {
                ended.says(USAGE, "the header block has 451 bytes, the modem takes 350");
                ended.says(USAGE, "use its sockets");
                assert_eq!(
                    modem.commands().len(),
                    given,
                    "the modem was told something"
                );
            } else {
                ended.says(ACCEPTED, "200, accepted");
                ended.says(ACCEPTED, "\"message\":\"OK\"");
                cloud
                    .expect_reading(&topic, READING)
                    .unwrap_or_else(|reason| panic!("{reason}\n{}", cloud.trace()));
            }
        }
    }
}

#[test]
fn a_no_is_a_no_each_way() {
    let cloud = Cloud::start().unwrap_or_else(|reason| panic!("{reason}"));
    let ca = std::fs::read_to_string(cloud.ca_file()).expect("the CA's certificate is there");
    for (mode, family) in MODES {
        let modem = switch_on(Options::new(family).with_file("ca.pem", &ca));
        let topic = format!("uniqueID/{mode}");
        let changes = [
            "--host",
            cloud.endpoint(),
            "--topic",
            &topic,
            "--token",
            "deny",
        ];
        let ended = publish(&modem, mode, cloud.https_port(), &changes);
        ended.says(DENIED, "403, denied");
        let reason = cloud
            .refusal(&topic)
            .unwrap_or_else(|reason| panic!("{reason}"));
        assert!(reason.contains("denies iot:Publish"), "{reason}");
        // SIMCom's HTTP keeps the head to itself, and with it the type of the error.
        let names_the_error = ended.text.contains("ForbiddenException");
        assert_eq!(names_the_error, mode != "simcom-http", "{}", ended.text);
    }
}

#[test]
fn what_is_beyond_a_limit_never_reaches_the_modem_and_what_is_not_is_taken() {
    let cloud = emulator();
    let port = cloud.https_addr().port();
    let modem = switch_on(modem(Family::Simcom, &cloud));
    // The other field lines have 66 bytes with `id:` and its line end.
    let fits = "i".repeat(350 - 66);
    // The local emulator takes it and says no, because the policy is for another id.
    publish(&modem, "simcom-http", port, &["--id", &fits]).says(DENIED, "403");
    let given = modem.commands().len();

    let long_id = "i".repeat(350 - 66 + 1);
    let long_host = format!("{}.example", "h".repeat(49));
    for (flag, value, words) in [
        (
            "--id",
            &long_id,
            "the header block has 351 bytes, the modem takes 350",
        ),
        ("--host", &long_host, "the modem takes 64"),
    ] {
        publish(&modem, "simcom-http", port, &[flag, value]).says(USAGE, words);
    }
    assert_eq!(
        modem.commands().len(),
        given,
        "the modem was told something"
    );
}

#[test]
fn a_body_of_1024_bytes_is_taken_and_one_more_never_sent() {
    let cloud = emulator();
    let port = cloud.https_addr().port();
    let modem = switch_on(modem(Family::Simcom, &cloud));
    publish_body(&modem, "simcom-http", port, &"b".repeat(1024)).says(ACCEPTED, "200");
    let given = modem.commands().len();
    let ended = publish_body(&modem, "simcom-http", port, &"b".repeat(1025));
    ended.says(USAGE, "the body has 1025 bytes, the modem takes 1024");
    assert_eq!(
        modem.commands().len(),
        given,
        "the modem was told something"
    );
}

#[test]
fn a_request_of_many_segments_goes_through_a_socket() {
    let cloud = emulator();
    for (mode, family) in [
        ("simcom-socket", Family::Simcom),
        ("quectel-socket", Family::Quectel),
    ] {
        let modem = switch_on(modem(family, &cloud));
        let body = "b".repeat(20_000);
        publish_body(&modem, mode, cloud.https_addr().port(), &body).says(ACCEPTED, "200");
    }
}

/// The head is one segment, the payload many: the modem fails to send one of them.
#[test]
fn a_rejection_before_the_end_of_a_large_payload_is_the_response() {
    let roots = Roots::new(Kind::Ecdsa).expect("authorities can be made");
    let chain = roots.chain(&["localhost".to_owned()]);
    let chain = chain.expect("a chain can be made");
    for (mode, family) in [
        ("simcom-socket", Family::Simcom),
        ("quectel-socket", Family::Quectel),
    ] {
        let (port, peer) = peer::tls(&chain, None, |tls| {
            tls.and_then(|tls| peer::refuse_after_the_head(tls).map_err(|e| e.to_string()))
        });
        let modem = switch_on(Options::new(family).with_file("ca.pem", roots.root_pem()));
        let ended = publish_body(&modem, mode, port, &"b".repeat(100_000));
        assert_eq!(peer.join().expect("it ends"), Ok(()), "{mode}");
        ended.says(DENIED, "413, rejected");
        let sent = modem.commands();
        let segments = sent.iter().filter(|command| command.contains("SEND="));
        assert!(segments.count() < 70, "{mode}: everything was sent");
    }
}

#[test]
fn echo_and_reports_in_the_middle_change_nothing() {
    let cloud = emulator();
    for (mode, family) in MODES {
        for echo in [Echo::On, Echo::Off, Echo::Always] {
            for chatter in [false, true] {
                let options = Options {
                    echo,
                    chatter,
                    ..modem(family, &cloud)
                };
                let modem = switch_on(options);
                let ended = publish(&modem, mode, cloud.https_addr().port(), &[]);
                ended.says(ACCEPTED, "200, accepted");
            }
        }
    }
}

/// A command in the middle of each way of publishing.
const MIDDLES: [(&str, Family, &str); 8] = [
    ("simcom-http", Family::Simcom, "AT+SHCONN"),
    ("simcom-http", Family::Simcom, "AT+SHREQ"),
    ("simcom-socket", Family::Simcom, "AT+CAOPEN"),
    ("simcom-socket", Family::Simcom, "AT+CARECV"),
    ("quectel-http", Family::Quectel, "AT+QHTTPPOST"),
    ("quectel-http", Family::Quectel, "AT+QHTTPREAD"),
    ("quectel-socket", Family::Quectel, "AT+QSSLOPEN"),
    ("quectel-socket", Family::Quectel, "AT+QSSLSEND"),
];

#[test]
fn a_failure_is_named_and_the_next_publish_is_accepted() {
    let cloud = emulator();
    let port = cloud.https_addr().port();
    for (mode, family, command) in MIDDLES {
        for (answer, words) in [
            ("", "does not answer in time"),
            ("late OK", "does not answer in time"),
            ("late ERROR", "does not answer in time"),
            ("ERROR", "answers ERROR"),
            ("+CME ERROR: 3", "answers +CME ERROR (3)"),
            ("RDY", "started anew in the middle"),
        ] {
            let modem = switch_on(modem(family, &cloud).with_fault(command, answer));
            let timeout: &[&str] = if words.contains("in time") {
                &["--milliseconds", "300"]
            } else {
                &[]
            };
            // Without a word from it, the modem may count bytes.
            let words = match command {
                "AT+QSSLSEND" if !timeout.is_empty() => "reset it",
                _ => words,
            };
            publish(&modem, mode, port, timeout).says(TRANSPORT, words);
            publish(&modem, mode, port, &[]).says(ACCEPTED, "200, accepted");
        }
    }
}

/// The command whose reply is the response, or announces it.
const RESPONSES: [(&str, Family, &str); 4] = [
    ("simcom-http", Family::Simcom, "AT+SHREQ"),
    ("simcom-socket", Family::Simcom, "AT+CARECV"),
    ("quectel-http", Family::Quectel, "AT+QHTTPREAD"),
    ("quectel-socket", Family::Quectel, "AT+QSSLRECV"),
];

#[test]
fn each_of_five_verdicts_is_its_own_although_the_first_response_comes_late() {
    let cloud = emulator();
    let port = cloud.https_addr().port();
    for (mode, family, late) in RESPONSES {
        let modem = switch_on(modem(family, &cloud).with_fault(late, "held"));
        let limits = ["--milliseconds", "300", "--silence", "3000"];
        let mut first = command(&modem, mode, port, READING, &limits)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut said = BufReader::new(first.stderr.take().expect("piped")).lines();
        let failed = said.next().expect("it says why").expect("in text");
        assert!(failed.contains("does not answer in time"), "{failed}");
        modem.release();
        let ended = first.wait().expect("it ends");
        assert_eq!(ended.code(), Some(TRANSPORT), "{mode}");
        assert!(nothing_to_read(&modem), "{mode}: the response is unread");
        for token in ["deny", "allow", "deny", "allow"] {
            let status = if token == "allow" { ACCEPTED } else { DENIED };
            let words = if token == "allow" { "200" } else { "403" };
            publish(&modem, mode, port, &["--token", token]).says(status, words);
        }
    }
}

/// Whether the line holds nothing that the modem has said.
fn nothing_to_read(modem: &Modem) -> bool {
    let mut line = OpenOptions::new()
        .read(true)
        .custom_flags(O_NONBLOCK)
        .open(modem.path())
        .expect("it is there");
    line.read(&mut [0])
        .is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

const O_NONBLOCK: i32 = 0o4000;

#[test]
fn a_modem_that_never_stops_talking_is_left_at_the_deadline() {
    let cloud = emulator();
    for (mode, family, command) in RESPONSES {
        let modem = switch_on(modem(family, &cloud).with_fault(command, "endless"));
        let ended = publish(
            &modem,
            mode,
            cloud.https_addr().port(),
            &["--milliseconds", "300"],
        );
        ended.says(TRANSPORT, "does not answer in time");
    }
}

#[test]
fn an_endpoint_where_nobody_listens_is_told_with_the_modems_number() {
    let cloud = emulator();
    for ((mode, family), words) in MODES.into_iter().zip([
        "the modem answers ERROR",
        "could not reach the endpoint, or does not trust its certificate (27)",
        "could not reach the endpoint, or does not trust its certificate (716)",
        "could not reach the endpoint, or does not trust its certificate (579)",
    ]) {
        let modem = switch_on(modem(family, &cloud));
        publish(&modem, mode, 1, &[]).says(TRANSPORT, words);
    }
}

#[test]
fn an_answer_that_no_manual_knows_is_refused() {
    let cloud = emulator();
    for (mode, family, command, answer, words) in [
        (
            "simcom-http",
            Family::Simcom,
            "AT+SHREQ",
            "OK\r\n+SHREQ: \"POST\",601,0",
            "(601)",
        ),
        (
            "simcom-http",
            Family::Simcom,
            "AT+SHREAD",
            "OK\r\n+SHREAD: 4294967297",
            "not what its manual says",
        ),
        (
            "simcom-socket",
            Family::Simcom,
            "AT+CARECV",
            "+CARECV: 70000,",
            "not what its manual says",
        ),
        (
            "simcom-socket",
            Family::Simcom,
            "AT+CARECV",
            "+CARECV: none",
            "not what its manual says",
        ),
        (
            "quectel-socket",
            Family::Quectel,
            "AT+QSSLRECV",
            "+QSSLRECV: 70000",
            "not what its manual says",
        ),
        (
            "quectel-http",
            Family::Quectel,
            "AT+QHTTPREAD",
            "CONNECT\r\nHTTP/3",
            "first line is not an HTTP",
        ),
    ] {
        let modem = switch_on(modem(family, &cloud).with_fault(command, answer));
        publish(&modem, mode, cloud.https_addr().port(), &[]).says(TRANSPORT, words);
    }
}

/// AWS has the message, so it is not to be sent again, although the response was not read to its end.
#[test]
fn a_status_that_was_read_is_told_although_the_body_was_not() {
    let cloud = emulator();
    let port = cloud.https_addr().port();
    for (mode, family, command, answer) in [
        ("simcom-http", Family::Simcom, "AT+SHREAD", "ERROR"),
        ("quectel-http", Family::Quectel, "AT+QHTTPREAD", "ERROR"),
        (
            "quectel-http",
            Family::Quectel,
            "AT+QHTTPREAD",
            "CONNECT\r\nHTTP/3",
        ),
    ] {
        for (token, said) in [("allow", "200, accepted"), ("deny", "403, denied")] {
            let modem = switch_on(modem(family, &cloud).with_fault(command, answer));
            publish(&modem, mode, port, &["--token", token]).says(TRANSPORT, said);
        }
    }
    let part = "+CARECV: 19,HTTP/1.1 200 OK\r\nx:\r\nOK";
    let options = modem(Family::Simcom, &cloud)
        .with_fault("AT+CARECV", part)
        .with_fault("AT+CARECV", "ERROR");
    publish(&switch_on(options), "simcom-socket", port, &[]).says(TRANSPORT, "200, accepted");
    for (mode, family, command) in MIDDLES {
        if !command.ends_with("READ") && !command.ends_with("RECV") {
            let modem = switch_on(modem(family, &cloud).with_fault(command, "ERROR"));
            let ended = publish(&modem, mode, port, &[]);
            assert!(!ended.text.contains("status"), "{mode}: {}", ended.text);
        }
    }
}

#[test]
fn a_line_longer_than_the_room_for_it_loses_its_end_and_no_more() {
    let cloud = emulator();
    let answer = format!("+CUSD: {}\r\nOK", "x".repeat(5000));
    for (mode, family) in MODES {
        let modem = switch_on(modem(family, &cloud).with_fault("AT+CMEE", &answer));
        publish(&modem, mode, cloud.https_addr().port(), &[]).says(ACCEPTED, "200, accepted");
    }
}

#[test]
fn noise_on_the_line_is_a_failure_and_nothing_worse() {
    let cloud = emulator();
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    // Pieces of answers, so that the noise gets past the first look.
    let pieces = [
        "\r\n",
        "OK",
        "+CARECV: ",
        "+QSSLRECV: ",
        "+SHREAD: ",
        "CONNECT\r\n",
        ">",
        ",",
        "9",
        "\0",
        "RDY",
        "\n",
    ];
    for round in 0..40 {
        let (mode, family, command) = MIDDLES[round % MIDDLES.len()];
        let noise: String = (0..30)
            .map(|_| pieces[random() as usize % pieces.len()])
            .collect();
        let modem = switch_on(modem(family, &cloud).with_fault(command, &noise));
        let ended = publish(
            &modem,
            mode,
            cloud.https_addr().port(),
            &["--milliseconds", "50"],
        );
        assert!(
            !ended.text.contains("Sanitizer"),
            "{noise:?}: {}",
            ended.text
        );
        assert!(
            ended.status.is_some_and(|status| status <= TRANSPORT),
            "{noise:?}: {ended:?}"
        );
    }
}

#[test]
fn a_modem_that_is_off_is_told_from_a_no() {
    let cloud = emulator();
    let modem = switch_on(modem(Family::Simcom, &cloud).with_fault("ATE0", ""));
    let ended = publish(&modem, "simcom-http", 443, &["--milliseconds", "100"]);
    ended.says(TRANSPORT, "does not answer in time");
}

#[test]
fn a_server_with_another_ca_is_given_no_request() {
    let (cloud, other) = (emulator(), emulator());
    for (mode, family) in MODES {
        let modem = switch_on(modem(family, &other));
        let ended = publish(&modem, mode, cloud.https_addr().port(), &[]);
        assert_eq!(ended.status, Some(TRANSPORT), "{mode}: {}", ended.text);
    }
    assert_eq!(accepted(&cloud), 0);
}

/// From the right CA, and for another host. SIMCom's modems are left out: see the README.
#[test]
fn a_server_by_another_name_is_given_no_request() {
    let roots = Roots::new(Kind::Ecdsa).expect("authorities can be made");
    let chain = roots.chain(&["elsewhere.example".to_owned()]);
    let chain = chain.expect("a chain can be made");
    for (mode, words) in [("quectel-http", "(716)"), ("quectel-socket", "(579)")] {
        let (port, peer) = peer::tls(&chain, None, |tls| tls.map(drop).map_err(|e| e.to_string()));
        let modem = switch_on(Options::new(Family::Quectel).with_file("ca.pem", roots.root_pem()));
        publish(&modem, mode, port, &[]).says(TRANSPORT, words);
        let shaken = peer.join().expect("it ends");
        assert!(shaken.is_err(), "{mode}: it was trusted");
    }
}

#[test]
fn bytes_for_which_the_modem_has_no_room_are_sent_again() {
    let cloud = emulator();
    let mut options = modem(Family::Quectel, &cloud);
    for _ in 0..2 {
        options = options.with_fault("AT+QSSLSEND", "full");
    }
    let modem = switch_on(options);
    let port = cloud.https_addr().port();
    publish(&modem, "quectel-socket", port, &[]).says(ACCEPTED, "200, accepted");
    let commands = modem.commands();
    let sent = commands.iter().filter(|line| line.contains("SEND="));
    assert_eq!(sent.count(), 3);
}

#[test]
fn a_byte_that_the_line_loses_leaves_a_modem_that_has_to_be_reset() {
    let cloud = emulator();
    let port = cloud.https_addr().port();
    for (mode, family, command) in [
        ("simcom-socket", Family::Simcom, "AT+CASEND"),
        ("quectel-socket", Family::Quectel, "AT+QSSLSEND"),
    ] {
        let modem = switch_on(modem(family, &cloud).with_fault(command, "lost byte"));
        let ended = publish(&modem, mode, port, &["--milliseconds", "300"]);
        ended.says(TRANSPORT, "reset it");
    }
    assert_eq!(accepted(&cloud), 0);
}

#[test]
fn a_certificate_that_is_not_in_the_modem_is_an_error() {
    let cloud = emulator();
    for (mode, family) in MODES {
        let modem = switch_on(modem(family, &cloud));
        let ended = publish(
            &modem,
            mode,
            cloud.https_addr().port(),
            &["--ca", "none.pem"],
        );
        ended.says(TRANSPORT, "answers ERROR");
    }
}

#[test]
fn a_value_with_a_quotation_mark_is_refused_before_the_modem_is_told_anything() {
    let cloud = emulator();
    let modem = switch_on(modem(Family::Simcom, &cloud));
    let ended = publish(&modem, "simcom-http", 443, &["--id", "a\"b"]);
    ended.says(USAGE, "quotation mark");
    assert!(modem.commands().is_empty());
}

#[test]
fn a_topic_that_aws_refuses_is_refused_before_the_modem_is_told_anything() {
    let cloud = emulator();
    for (mode, family) in MODES {
        let modem = switch_on(modem(family, &cloud));
        let ended = publish(&modem, mode, 443, &["--topic", "uniqueID/#"]);
        ended.says(USAGE, "topic");
        assert!(modem.commands().is_empty(), "{mode}");
    }
}

#[test]
fn the_token_is_never_printed() {
    let cloud = emulator();
    for (mode, family) in MODES {
        let modem = switch_on(modem(family, &cloud));
        for port in [cloud.https_addr().port(), 1] {
            let ended = publish(&modem, mode, port, &["--token", "a-secret-of-mine"]);
            assert!(!ended.text.contains("a-secret"), "{}", ended.text);
        }
    }
}

#[test]
fn a_wrong_command_line_shows_the_usage() {
    let modem = switch_on(Options::new(Family::Simcom));
    for changes in [&["--no-such-flag"][..], &["--mode", "pigeon"], &["--port"]] {
        publish(&modem, "simcom-http", 443, changes).says(USAGE, "usage: publish");
    }
}

/// The driver with a modem in memory and a clock of its own.
fn clock() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let driver = driver();
        let mut inputs: Vec<&OsStr> = driver.iter().map(|part| part.as_os_str()).collect();
        inputs.push(archive().path.as_os_str());
        let source = xtask::workspace_root().join("ffi-tests/at-modem/modem.c");
        let program = Language::C99.sanitized(&source, "at-modem-clock", &inputs);
        program.unwrap_or_else(|reason| panic!("{reason}"))
    })
}

/// What the driver does in time, by a clock of its own: of a modem that is at its worst, nothing has to be waited for.
#[test]
fn a_modem_at_its_worst_is_never_given_a_command_for_bytes_and_no_time_that_is_not_its_own() {
    let program = clock();
    let stuck = "send -10010 in TIME s\nopen -10010 in 0 s\nresync -10010 in 0 s\n\
                 reset 0 in 0 s\nsend 9 in 0 s\nsends 2";
    let cases = [
        // It boots for 4 s. Nothing was asked that it could answer late, so there is no silence to wait for.
        (
            "starts",
            "-10001 in 2 s\nwait 0 in 1 s\nopen 0 in 0 s\nsends 0",
        ),
        // A connection is left over, and ending it takes the 10 s that the manual allows.
        ("closes", "0 in 10 s\nsends 0"),
        // Each publish over a connection that stays open has its own 120 s, if it is given them.
        (
            "kept",
            "0 in 0 s\nsend 9 in 100 s\nsend 9 in 100 s\nsend 9 in 100 s\nlate -10001 in 120 s\nsends 3",
        ),
        // It starts anew when it has the bytes.
        (
            "restarts",
            "0 in 0 s\nsend -10004 in 0 s\nopen 0 in 0 s\nsends 1",
        ),
        (
            "byte",
            &format!("0 in 0 s\n{}", stuck.replace("TIME", "60")),
        ),
        (
            "prompt",
            &format!("0 in 0 s\n{}", stuck.replace("TIME", "2")),
        ),
        // It has no room three times.
        ("full", "0 in 0 s\nsend 9 in 1 s\nsends 4"),
    ];
    for family in ["simcom", "quectel", "tcp"] {
        for (case, expected) in cases {
            if family == "simcom" && case == "full" {
                continue; // SIMCom's manual knows no SEND FAIL
            }
            let said = tools::succeed(Command::new(program).args([family, case]));
            let expected = format!("open {expected}, completed by a command 0\n");
            assert_eq!(said, expected, "{family} {case}");
        }
    }
}

#[test]
fn a_modem_that_never_has_room_is_asked_twice_a_second_until_the_deadline() {
    for family in ["quectel", "tcp"] {
        let said = tools::succeed(Command::new(clock()).args([family, "never"]));
        let sends = said.strip_prefix("open 0 in 0 s\nsend -10001 in 119 s\nsends ");
        let sends = sends.and_then(|rest| rest.split_once(','));
        let sends = sends.and_then(|(number, _)| number.parse().ok());
        assert!(
            sends.is_some_and(|sends: u32| (2..=240).contains(&sends)),
            "{said}"
        );
    }
}

#[test]
fn the_headers_are_c_s_in_cpp_too() {
    if !Language::Cpp17.is_here("the driver's headers in C++") {
        return;
    }
    let dir = out_dir("at-modem");
    let objects = driver().into_iter().map(|source| {
        let object = dir.join(
            source
                .with_extension("o")
                .file_name()
                .expect("it has a name"),
        );
        let mut compiler = Command::new("cc");
        compiler
            .args(["-std=c99", "-c", "-I"])
            .arg(xtask::workspace_root().join("include"));
        tools::succeed(compiler.arg(source).arg("-o").arg(&object));
        object
    });
    let objects: Vec<PathBuf> = objects.collect();
    let mut inputs: Vec<&OsStr> = objects.iter().map(|object| object.as_os_str()).collect();
    inputs.push(archive().path.as_os_str());
    let source = xtask::workspace_root().join("ffi-tests/at-modem/headers.cpp");
    let program = Language::Cpp17.plain(&source, "at-modem-headers", &inputs);
    program.unwrap_or_else(|reason| panic!("{reason}"));
}

#[test]
fn compilers_for_small_targets_have_nothing_to_say_of_the_driver() {
    let root = xtask::workspace_root();
    for (compiler, target) in [
        ("arm-none-eabi-gcc", &["-mcpu=cortex-m4", "-mthumb"][..]),
        // Whose `int` and `size_t` have 16 bits.
        ("avr-gcc", &["-mmcu=atmega328p"]),
    ] {
        let version = Command::new(compiler).arg("--version").output();
        if version.is_err() {
            tools::left_out("examples/at-modem/c for a small target", compiler);
            continue;
        }
        for source in DRIVER {
            let output = Command::new(compiler)
                .args(target)
                .args(["-std=c99", "-Os", "-Wall", "-Wextra", "-Wpedantic"])
                .args(["-Wconversion", "-Werror", "-c", "-o", "/dev/null", "-I"])
                .arg(root.join("include"))
                .arg(root.join("examples/at-modem/c").join(source))
                .output()
                .expect("it runs");
            let text = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{compiler}: {text}");
        }
    }
}
