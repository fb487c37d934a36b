//! The Rust driver, through the modem emulator, to the local emulator of AWS IoT Core.

#![cfg(unix)]

use std::io::ErrorKind;
use std::time::Duration;

use at_modem::at::{At, AtError};
use at_modem::quectel_socket::QuectelSocket;
use at_modem::serial::Serial;
use at_modem::simcom_http;
use local_iot_core::{Config, LocalIotCore};
use modem_emulator::{Echo, Family, Modem, Options};
use motepost::{CustomAuthorizer, Error, Publish, QoS, blocking};

type Outcome = Result<u16, AtError<std::io::Error>>;

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(300);
const UNSIGNED: CustomAuthorizer<'_> =
    CustomAuthorizer::named("unsignedAuthorizer").token("token", "allow");

/// Each way of publishing, by the family of the modem that it is for.
const WAYS: [Family; 2] = [Family::Quectel, Family::Simcom];

fn emulator() -> LocalIotCore {
    LocalIotCore::start(Config::default()).expect("it starts")
}

fn options(family: Family, emulator: &LocalIotCore) -> Options {
    Options::new(family).with_file("ca.pem", emulator.ca_pem())
}

fn driver(modem: &Modem, timeout: Duration) -> At<Serial> {
    At::new(Serial::open(modem.path(), timeout).expect("the modem is there"))
}

/// The status of the response.
fn publish(
    at: &mut At<Serial>,
    family: Family,
    port: u16,
    credentials: CustomAuthorizer,
) -> Outcome {
    let endpoint = format!("localhost:{port}");
    let payload = b"a reading";
    let reading = Publish::new(&endpoint, "uniqueID/status", payload)
        .qos(QoS::AtLeastOnce)
        .authorizer(credentials)
        .headers(&[("id", "uniqueID")]);
    if family == Family::Simcom {
        return simcom_http::publish(at, "ca.pem", &reading, &endpoint, payload);
    }
    let mut socket = QuectelSocket::open(at, "localhost", port, "ca.pem")?;
    let mut buffer = [0; 1024];
    let outcome = match blocking::publish(&mut socket, &reading, &mut buffer) {
        Ok(response) => response.status(),
        Err(Error::Transport(error)) => return Err(error),
        Err(error) => panic!("{error:?}"),
    };
    socket.close()?;
    Ok(outcome)
}

#[test]
fn each_way_a_reading_is_accepted_or_denied() {
    let emulator = emulator();
    let port = emulator.https_addr().port();
    for family in WAYS {
        let modem = Modem::start(options(family, &emulator)).expect("it starts");
        let mut at = driver(&modem, LONG);
        assert!(
            matches!(publish(&mut at, family, port, UNSIGNED), Ok(200)),
            "{family:?}"
        );
        assert!(emulator.trace().last().is_some_and(|entry| entry.accepted));
        let denied = UNSIGNED.token("token", "deny");
        assert!(
            matches!(publish(&mut at, family, port, denied), Ok(403)),
            "{family:?}"
        );
    }
}

#[test]
fn a_signed_request_goes_through_a_socket_and_is_refused_before_simcoms_http_is_told_anything() {
    let emulator = emulator();
    let port = emulator.https_addr().port();
    let signed = CustomAuthorizer::named("signedAuthorizer").token("token", "allow");
    let signed = signed.signature_bytes(&[7; 256]);
    let modem = Modem::start(options(Family::Simcom, &emulator)).expect("it starts");
    let outcome = publish(&mut driver(&modem, LONG), Family::Simcom, port, signed);
    let Err(AtError::TooLarge {
        what,
        needed,
        limit,
    }) = outcome
    else {
        panic!("{outcome:?}");
    };
    assert_eq!((what, needed, limit), ("header block", 451, 350));
    assert!(modem.commands().is_empty());

    // Nobody has signed it, so the answer is no; but it came through whole, and as one request.
    let modem = Modem::start(options(Family::Quectel, &emulator)).expect("it starts");
    let outcome = publish(&mut driver(&modem, LONG), Family::Quectel, port, signed);
    assert!(matches!(outcome, Ok(403)), "{outcome:?}");
}

#[test]
fn echo_and_reports_in_the_middle_change_nothing() {
    let emulator = emulator();
    for family in WAYS {
        for echo in [Echo::On, Echo::Off, Echo::Always] {
            let options = Options {
                echo,
                chatter: true,
                ..options(family, &emulator)
            };
            let modem = Modem::start(options).expect("it starts");
            let port = emulator.https_addr().port();
            let outcome = publish(&mut driver(&modem, LONG), family, port, UNSIGNED);
            assert!(
                matches!(outcome, Ok(200)),
                "{family:?} {echo:?} {outcome:?}"
            );
        }
    }
}

#[test]
fn a_failure_is_named_and_the_next_publish_is_accepted() {
    type IsNamed = fn(&AtError<std::io::Error>) -> bool;
    let timed_out: IsNamed =
        |error| matches!(error, AtError::Uart(error) if error.kind() == ErrorKind::TimedOut);
    let faults: [(&str, Duration, IsNamed); 6] = [
        ("", SHORT, timed_out),
        ("late OK", SHORT, timed_out),
        ("late ERROR", SHORT, timed_out),
        ("ERROR", LONG, |error| matches!(error, AtError::Error)),
        ("+CME ERROR: 3", LONG, |error| {
            matches!(error, AtError::Cme(3))
        }),
        ("RDY", LONG, |error| matches!(error, AtError::Reset)),
    ];
    let emulator = emulator();
    let port = emulator.https_addr().port();
    for (family, command) in [
        (Family::Simcom, "AT+SHCONN"),
        (Family::Simcom, "AT+SHREQ"),
        (Family::Quectel, "AT+QSSLOPEN"),
        (Family::Quectel, "AT+QSSLRECV"),
    ] {
        for (reply, timeout, is_named) in faults {
            let options = options(family, &emulator).with_fault(command, reply);
            let modem = Modem::start(options).expect("it starts");
            let mut at = driver(&modem, timeout);
            let outcome = publish(&mut at, family, port, UNSIGNED);
            let named = outcome.as_ref().is_err_and(is_named);
            assert!(named, "{command} {reply}: {outcome:?}");
            // With a timeout that is short enough for a test.
            at.uart.timeout = SHORT;
            at.resync().expect("it falls silent");
            at.uart.timeout = LONG;
            let outcome = publish(&mut at, family, port, UNSIGNED);
            assert!(
                matches!(outcome, Ok(200)),
                "after {command} {reply}: {outcome:?}"
            );
        }
    }
}

#[test]
fn a_response_that_comes_late_is_never_the_next_ones() {
    let emulator = emulator();
    let port = emulator.https_addr().port();
    for (family, command) in [
        (Family::Simcom, "AT+SHREQ"),
        (Family::Quectel, "AT+QSSLRECV"),
    ] {
        let options = options(family, &emulator).with_fault(command, "held");
        let modem = Modem::start(options).expect("it starts");
        let mut at = driver(&modem, SHORT);
        let late = publish(&mut at, family, port, UNSIGNED);
        assert!(
            matches!(&late, Err(AtError::Uart(error)) if error.kind() == ErrorKind::TimedOut),
            "{family:?} {late:?}"
        );
        modem.release();
        at.uart.timeout = 5 * SHORT;
        for token in ["deny", "allow", "deny", "allow"] {
            let expected = if token == "allow" { 200 } else { 403 };
            let outcome = publish(&mut at, family, port, UNSIGNED.token("token", token));
            assert!(
                matches!(outcome, Ok(status) if status == expected),
                "{family:?} {token}: {outcome:?}"
            );
        }
    }
}

/// A modem in memory, which obeys as it is told to.
struct ScriptedModem {
    obey: fn(&mut Self, &str),
    said: std::collections::VecDeque<u8>,
    command: Vec<u8>,
    requests: usize,
    /// What it says when somebody listens to a line on which a read has timed out before.
    late: Option<&'static str>,
    has_timed_out: bool,
}

impl ScriptedModem {
    fn new(obey: fn(&mut Self, &str)) -> Self {
        Self {
            obey,
            said: std::collections::VecDeque::new(),
            command: Vec::new(),
            requests: 0,
            late: None,
            has_timed_out: false,
        }
    }

    fn say(&mut self, text: &str) {
        self.said.extend(text.bytes());
    }
}

/// A modem whose first response comes when the next request has been made, unless somebody listens to the line before that.
fn late(modem: &mut ScriptedModem, command: &str) {
    if command.contains("AT+SHREQ") {
        modem.requests += 1;
        if modem.requests == 1 {
            modem.say("\r\nOK\r\n");
            modem.late = Some("\r\n+SHREQ: \"POST\",403,0\r\n");
            return;
        }
        let late = modem.late.take().unwrap_or_default();
        let status = 200 + modem.requests;
        modem.say(&format!(
            "\r\nOK\r\n{late}\r\n+SHREQ: \"POST\",{status},0\r\n"
        ));
    } else if command.contains("AT+SHBOD") {
        modem.say("\r\n> \r\nOK\r\n");
    } else if command.contains("AT+CMEE?") {
        modem.say("\r\n+CMEE: 1\r\n\r\nOK\r\n");
    } else {
        modem.say("\r\nOK\r\n");
    }
}

impl embedded_io::ErrorType for ScriptedModem {
    type Error = embedded_io::ErrorKind;
}

impl embedded_io::Read for ScriptedModem {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, embedded_io::ErrorKind> {
        if self.said.is_empty() && std::mem::replace(&mut self.has_timed_out, true) {
            let late = self.late.take().unwrap_or_default();
            self.say(late);
        }
        self.said
            .pop_front()
            .map_or(Err(embedded_io::ErrorKind::TimedOut), |byte| {
                buffer[0] = byte;
                Ok(1)
            })
    }
}

impl embedded_io::Write for ScriptedModem {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, embedded_io::ErrorKind> {
        self.command.extend_from_slice(bytes);
        if self.command.ends_with(b"\r") {
            let command = String::from_utf8(std::mem::take(&mut self.command)).expect("text");
            (self.obey)(self, &command);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), embedded_io::ErrorKind> {
        Ok(())
    }
}

#[test]
fn each_of_five_verdicts_is_its_own_although_the_first_comes_when_the_second_is_asked_for() {
    let mut at = At::new(ScriptedModem::new(late));
    let reading = Publish::new("localhost", "uniqueID/status", b"a reading").authorizer(UNSIGNED);
    let outcomes: Vec<_> = (0..5)
        .map(|_| simcom_http::publish(&mut at, "ca.pem", &reading, "localhost", b"a reading").ok())
        .collect();
    assert_eq!(outcomes, [None, Some(202), Some(203), Some(204), Some(205)]);
}

/// A modem whose peer takes the head and no more, and has said why.
fn refusing(modem: &mut ScriptedModem, command: &str) {
    const REFUSAL: &str = "HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n";
    if command.contains("AT+QSSLSEND") {
        modem.requests += 1;
        modem.say(match modem.requests {
            1 => "\r\n> \r\nSEND OK\r\n",
            _ => "\r\nERROR\r\n",
        });
    } else if command.contains("AT+QSSLRECV") {
        let len = REFUSAL.len();
        modem.say(&format!("\r\n+QSSLRECV: {len}\r\n{REFUSAL}\r\nOK\r\n"));
    } else if command.contains("AT+QSSLOPEN") {
        modem.say("\r\nOK\r\n\r\n+QSSLOPEN: 0,0\r\n");
    } else if command.contains("AT+CMEE?") {
        modem.say("\r\n+CMEE: 1\r\n\r\nOK\r\n");
    } else {
        modem.say("\r\nOK\r\n");
    }
}

#[test]
fn what_the_peer_said_before_it_took_no_more_is_the_response() {
    let mut at = At::new(ScriptedModem::new(refusing));
    let payload = [b'x'; 2000];
    let reading = Publish::new("localhost", "uniqueID/status", &payload).authorizer(UNSIGNED);
    let mut socket = QuectelSocket::open(&mut at, "localhost", 443, "ca.pem").expect("it opens");
    let mut buffer = [0; 512];
    let response = blocking::publish(&mut socket, &reading, &mut buffer).expect("a response");
    assert_eq!(response.status(), 413);
}

#[test]
fn a_byte_that_the_line_loses_ends_all_commands_until_the_modem_is_reset() {
    let emulator = emulator();
    let port = emulator.https_addr().port();
    let options = options(Family::Quectel, &emulator).with_fault("AT+QSSLSEND", "lost byte");
    let modem = Modem::start(options).expect("it starts");
    let mut at = driver(&modem, SHORT);
    for _ in 0..2 {
        let outcome = publish(&mut at, Family::Quectel, port, UNSIGNED);
        assert!(matches!(outcome, Err(AtError::Stuck)), "{outcome:?}");
    }
    drop(modem);
    assert!(emulator.trace().is_empty(), "a command completed a request");
}

#[test]
fn bytes_for_which_the_modem_has_no_room_are_sent_again() {
    let emulator = emulator();
    let port = emulator.https_addr().port();
    let options = options(Family::Quectel, &emulator)
        .with_fault("AT+QSSLSEND", "full")
        .with_fault("AT+QSSLSEND", "full");
    let modem = Modem::start(options).expect("it starts");
    let outcome = publish(&mut driver(&modem, LONG), Family::Quectel, port, UNSIGNED);
    assert!(matches!(outcome, Ok(200)), "{outcome:?}");
}

/// The emulator's certificate is for 127.0.0.1, which 0.0.0.0 leads to as well.
#[test]
fn a_server_by_another_name_is_given_no_request() {
    let emulator = emulator();
    let port = emulator.https_addr().port();
    let modem = Modem::start(options(Family::Quectel, &emulator)).expect("it starts");
    let mut at = driver(&modem, LONG);
    let socket = QuectelSocket::open(&mut at, "127.0.0.1", port, "ca.pem").expect("it opens");
    socket.close().expect("it closes");
    let opened = QuectelSocket::open(&mut at, "0.0.0.0", port, "ca.pem").map(drop);
    assert!(matches!(opened, Err(AtError::CouldNot(579))), "{opened:?}");
}

#[test]
fn a_modem_that_never_stops_talking_is_left_at_the_deadline() {
    let emulator = emulator();
    let port = emulator.https_addr().port();
    for (family, command) in [
        (Family::Simcom, "AT+SHREQ"),
        (Family::Quectel, "AT+QSSLRECV"),
    ] {
        let options = options(family, &emulator).with_fault(command, "endless");
        let modem = Modem::start(options).expect("it starts");
        let mut at = driver(&modem, LONG);
        at.uart.deadline = Some(std::time::Instant::now() + 3 * SHORT);
        let outcome = publish(&mut at, family, port, UNSIGNED);
        assert!(
            matches!(&outcome, Err(AtError::Uart(error)) if error.kind() == ErrorKind::TimedOut),
            "{family:?} {outcome:?}"
        );
    }
}
