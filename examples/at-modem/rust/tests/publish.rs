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
            at.uart.timeout = LONG;
            let outcome = publish(&mut at, family, port, UNSIGNED);
            assert!(
                matches!(outcome, Ok(200)),
                "after {command} {reply}: {outcome:?}"
            );
        }
    }
}
