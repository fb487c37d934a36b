//! The limits that the emulator keeps itself, whatever a driver believes them to be.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};

use modem_emulator::{Echo, Family, Modem, Options};

struct Driver {
    _modem: Modem,
    uart: File,
}

impl Driver {
    fn of(family: Family) -> Self {
        let options = Options {
            echo: Echo::Off,
            ..Options::new(family)
        };
        let modem = Modem::start(options).expect("there is a pseudo-terminal");
        let uart = OpenOptions::new().read(true).write(true).open(modem.path());
        Self {
            _modem: modem,
            uart: uart.expect("it can be opened"),
        }
    }

    /// The first line of the answer.
    fn answer(&mut self, command: &str) -> String {
        write!(self.uart, "{command}\r").expect("the line is up");
        let mut line = Vec::new();
        let mut byte = [0];
        while line.len() < 2 || !line.ends_with(b"\r\n") || line == b"\r\n" {
            self.uart.read_exact(&mut byte).expect("the line is up");
            line.push(byte[0]);
        }
        String::from_utf8_lossy(&line).trim().to_owned()
    }
}

#[test]
fn simcom_takes_64_bytes_of_url_350_of_headers_and_1024_of_body() {
    let mut driver = Driver::of(Family::Simcom);
    let url = |len: usize| format!("AT+SHCONF=\"URL\",\"https://{}\"", "h".repeat(len - 8));
    let header = |len: usize| format!("AT+SHAHEAD=\"n\",\"{}\"", "v".repeat(len - 4));
    for (command, answer) in [
        (url(64), "OK"),
        (url(65), "ERROR"),
        ("AT+SHCONF=\"BODYLEN\",1025".to_owned(), "ERROR"),
        ("AT+SHCONF=\"BODYLEN\",1024".to_owned(), "OK"),
        ("AT+SHBOD=1025,1000".to_owned(), "ERROR"),
        ("AT+SHCONF=\"HEADERLEN\",351".to_owned(), "ERROR"),
        ("AT+SHCONF=\"HEADERLEN\",350".to_owned(), "OK"),
        (header(351), "ERROR"),
        (header(250), "OK"),
        (header(101), "ERROR"),
        (header(100), "OK"),
        ("AT+CASEND=0,1460".to_owned(), "ERROR"),
    ] {
        assert_eq!(driver.answer(&command), answer, "{command}");
    }
}

#[test]
fn quectel_takes_700_bytes_of_url() {
    let mut driver = Driver::of(Family::Quectel);
    assert_eq!(driver.answer("AT+QHTTPURL=701,1"), "+CME ERROR: 713");
    assert_eq!(driver.answer("AT+QHTTPURL=700,1"), "CONNECT");
}

#[test]
fn closing_what_is_not_open_is_an_error() {
    for (family, command, answer) in [
        (Family::Quectel, "AT+QSSLCLOSE=0", "ERROR"),
        (Family::Quectel, "AT+QICLOSE=0", "ERROR"),
        (Family::Simcom, "AT+CACLOSE=0", "+CME ERROR: 3"),
        (Family::Simcom, "AT+SHDISC", "+CME ERROR: 3"),
    ] {
        assert_eq!(Driver::of(family).answer(command), answer, "{command}");
    }
}

#[test]
fn what_it_does_not_know_is_an_error() {
    for family in [Family::Simcom, Family::Quectel] {
        assert_eq!(Driver::of(family).answer("AT+NOSUCH=1"), "ERROR");
    }
}
