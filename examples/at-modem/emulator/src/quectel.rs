//! Quectel: HTTP by `AT+QHTTP…`, sockets by `AT+QSSL…` and, without TLS, `AT+QI…`, as its "HTTP(S)", "SSL" and "TCP/IP AT
//! Commands Manual" describe them.

use std::collections::BTreeMap;

use crate::files;
use crate::session::{End, Session, take_apart, values};
use crate::uart::Off;

const URL_MOST: usize = 700;
const POST_MOST: usize = 1_024_000;
const SEND_MOST: usize = 1460;
const RECEIVE_MOST: usize = 1500;

// "Summary of ERROR Codes" of the HTTP manual, and of the SSL manual.
const PARAMETER: u16 = 713;
const NO_ANSWER_TO_READ: u16 = 705;
const SOCKET_CONNECT: u16 = 716;
const SSL_OPEN_FAILED: u16 = 579;
const TCP_OPEN_FAILED: u16 = 566;

#[derive(Default)]
pub(crate) struct State {
    /// Of `AT+QSSLCFG` in context 1, and of `AT+QHTTPCFG`.
    tls: BTreeMap<String, String>,
    http: BTreeMap<String, String>,
    url: String,
    answer: Option<Vec<u8>>,
}

impl State {
    /// The file to trust, if certificates are to be checked and the name is sent.
    fn ca_file(&self) -> Option<String> {
        let set = |name: &str| self.tls.get(name).map(String::as_str);
        (set("seclevel") == Some("1") && set("sni") == Some("1"))
            .then(|| set("cacert").map(str::to_owned))
            .flatten()
    }

    /// Besides the chain.
    fn checks_name(&self) -> bool {
        self.tls.get("checkhost").is_some_and(|value| value == "1")
    }

    fn is_on(&self, name: &str) -> bool {
        self.http.get(name).is_some_and(|value| value == "1")
    }
}

pub(crate) fn command(session: &mut Session, line: &str) -> Result<End, Off> {
    let name = line.split(['=', '?']).next().unwrap_or_default();
    let values = values(line);
    Ok(match (name, &values[..]) {
        ("AT+QSSLCFG", ["cacert", "1", file]) if !session.has_file(file) => End::Error,
        (
            "AT+QSSLCFG",
            [
                name @ ("sslversion" | "seclevel" | "cacert" | "sni" | "checkhost"),
                "1",
                value,
            ],
        ) => {
            session
                .quectel
                .tls
                .insert((*name).to_owned(), (*value).to_owned());
            End::Ok
        }
        (
            "AT+QHTTPCFG",
            [
                name @ ("contextid" | "requestheader" | "responseheader" | "sslctxid"),
                value,
            ],
        ) => {
            session
                .quectel
                .http
                .insert((*name).to_owned(), (*value).to_owned());
            End::Ok
        }
        ("AT+QHTTPURL", [len, _]) => set_url(session, len.parse().unwrap_or_default())?,
        ("AT+QHTTPPOST", [len, _, _]) => post(session, len.parse().unwrap_or_default())?,
        ("AT+QHTTPREAD", [_]) => read(session)?,
        ("AT+QSSLOPEN", ["1", "1", "0", host, port, "0"]) => {
            let ca_file = session.quectel.ca_file();
            let checks_name = session.quectel.checks_name();
            session.say("OK")?;
            let opened = session.link.is_none()
                && ca_file.is_some_and(|ca_file| {
                    port.parse()
                        .is_ok_and(|port| session.connect(host, port, &ca_file, checks_name))
                });
            let result = if opened { 0 } else { SSL_OPEN_FAILED };
            session.say(&format!("+QSSLOPEN: 0,{result}"))?;
            End::Said
        }
        ("AT+QSSLSEND" | "AT+QISEND", ["0", len]) => {
            send(session, len.parse().unwrap_or_default())?
        }
        ("AT+QSSLRECV" | "AT+QIRD", ["0", most]) => {
            receive(session, name, most.parse().unwrap_or_default())?
        }
        // Where no socket is open, firmwares differ: this is the stricter one.
        ("AT+QSSLCLOSE" | "AT+QICLOSE", ["0"]) => match session.link.take() {
            Some(_) => End::Ok,
            None => End::Error,
        },
        ("AT+QFDEL" | "AT+QFUPL" | "AT+QFDWL", values) => files::quectel(session, name, values)?,
        ("AT+QIOPEN", ["1", "0", "TCP", host, port, "0", "0"]) => {
            session.say("OK")?;
            let opened = session.link.is_none()
                && port
                    .parse()
                    .is_ok_and(|port| session.connect_plain(host, port));
            let result = if opened { 0 } else { TCP_OPEN_FAILED };
            session.say(&format!("+QIOPEN: 0,{result}"))?;
            End::Said
        }
        _ => End::Error,
    })
}

fn set_url(session: &mut Session, len: usize) -> Result<End, Off> {
    if len == 0 || len > URL_MOST {
        return Ok(End::Cme(PARAMETER));
    }
    let url = session.prompt("CONNECT\r\n", len)?;
    session.quectel.url = String::from_utf8_lossy(&url).into_owned();
    Ok(End::Ok)
}

/// With a head of the driver's own, the data is the whole request. Connects and sends once it is there.
fn post(session: &mut Session, len: usize) -> Result<End, Off> {
    let state = &session.quectel;
    if len == 0 || len > POST_MOST || !state.is_on("requestheader") || !state.is_on("sslctxid") {
        return Ok(End::Cme(PARAMETER));
    }
    let request = session.prompt("CONNECT\r\n", len)?;
    session.say("OK")?;
    let (url, ca_file) = (session.quectel.url.clone(), session.quectel.ca_file());
    let checks_name = session.quectel.checks_name();
    let connected = match (take_apart(&url), ca_file) {
        (Some((host, port, _)), Some(ca_file)) => {
            session.connect(host, port, &ca_file, checks_name)
        }
        _ => false,
    };
    let answer = session
        .link
        .take()
        .and_then(|mut link| link.exchange(&request));
    match answer.filter(|_| connected) {
        Some(answer) => {
            let line = format!("+QHTTPPOST: 0,{},{}", answer.status, answer.body.len());
            let head = if session.quectel.is_on("responseheader") {
                answer.head
            } else {
                Vec::new()
            };
            session.quectel.answer = Some([head, answer.body].concat());
            session.say(&line)?;
        }
        None => session.say(&format!("+QHTTPPOST: {SOCKET_CONNECT}"))?,
    }
    Ok(End::Said)
}

fn read(session: &mut Session) -> Result<End, Off> {
    let Some(answer) = session.quectel.answer.take() else {
        return Ok(End::Cme(NO_ANSWER_TO_READ));
    };
    session.say("CONNECT")?;
    session.write(&answer)?;
    session.say("OK")?;
    session.say("+QHTTPREAD: 0")?;
    Ok(End::Said)
}

fn send(session: &mut Session, len: usize) -> Result<End, Off> {
    if session.link.is_none() || len == 0 || len > SEND_MOST {
        return Ok(End::Error);
    }
    let bytes = session.prompt("> ", len)?;
    if std::mem::take(&mut session.is_full) {
        session.say("SEND FAIL")?;
        return Ok(End::Said);
    }
    let sent = session.link.as_mut().and_then(|link| link.send(&bytes));
    if sent.is_none() {
        return Ok(End::Error);
    }
    session.say("SEND OK")?;
    Ok(End::Said)
}

/// The bytes are after the line of their length.
fn receive(session: &mut Session, command: &str, most: usize) -> Result<End, Off> {
    let Some(bytes) = session.take_received(most).filter(|_| most <= RECEIVE_MOST) else {
        return Ok(End::Error);
    };
    let name = command.trim_start_matches("AT");
    session.say(&format!("{name}: {}", bytes.len()))?;
    session.write(&bytes)?;
    session.write(b"\r\n")?;
    Ok(End::Ok)
}
