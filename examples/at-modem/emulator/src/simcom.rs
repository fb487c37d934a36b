//! `SIMCom` SIM70x0: HTTP by `AT+SH…`, sockets by `AT+CA…`, as its "AT Command Manual" describes them.

use std::collections::BTreeMap;

use crate::files;
use crate::session::{End, Session, take_apart, values};
use crate::uart::Off;

const URL_MOST: usize = 64;
const BODY_MOST: usize = 1024;
const HEADER_MOST: usize = 350;
const SEND_MOST: usize = 1459;
/// Nothing in its manual is known to have it look at the server's name.
const CHECKS_NAME: bool = false;

#[derive(Default)]
pub(crate) struct State {
    /// Of `AT+SHCONF`.
    settings: BTreeMap<String, String>,
    ca_file: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    answer: Vec<u8>,
    /// Of `AT+CASSLCFG`.
    socket_ca: String,
    socket_tls: bool,
    /// Between `AT+CFSINIT` and `AT+CFSTERM`.
    pub(crate) files_are_open: bool,
}

impl State {
    fn limit(&self, name: &str) -> usize {
        self.settings
            .get(name)
            .and_then(|value| value.parse().ok())
            .unwrap_or_default()
    }
}

pub(crate) fn command(session: &mut Session, line: &str) -> Result<End, Off> {
    let name = line.split(['=', '?']).next().unwrap_or_default();
    let values = values(line);
    Ok(match (name, &values[..]) {
        ("AT+CSSLCFG", ["sslversion", _, "3" | "4"] | ["sni", _, _]) => End::Ok,
        ("AT+SHSSL", [_, ca_file, ..]) if session.has_file(ca_file) => {
            session.simcom.ca_file = (*ca_file).to_owned();
            End::Ok
        }
        ("AT+SHCONF", [name, value]) => configure(&mut session.simcom, name, value),
        ("AT+SHCONN", []) => connect(session),
        ("AT+SHCHEAD", []) => {
            session.simcom.headers.clear();
            End::Ok
        }
        ("AT+SHAHEAD", [name, value]) => add_header(&mut session.simcom, name, value),
        ("AT+SHBOD", [len, _]) => add_body(session, len.parse().unwrap_or_default())?,
        ("AT+SHREQ", [target, "3"]) => request(session, target)?,
        ("AT+SHREAD", [from, len]) => read(session, from.parse().ok(), len.parse().ok())?,
        ("AT+SHDISC" | "AT+CACLOSE", _) => match session.link.take() {
            Some(_) => End::Ok,
            None => End::Cme(3), // operation not allowed
        },
        ("AT+CACID", ["0"]) | ("AT+CASSLCFG", ["0", "CRINDEX", "0"]) => End::Ok,
        ("AT+CASSLCFG", ["0", "SSL", on]) => {
            session.simcom.socket_tls = *on == "1";
            End::Ok
        }
        ("AT+CASSLCFG", ["0", "CACERT", ca_file]) if session.has_file(ca_file) => {
            session.simcom.socket_ca = (*ca_file).to_owned();
            End::Ok
        }
        ("AT+CAOPEN", ["0", "0", "TCP", host, port]) => {
            let ca_file = session.simcom.socket_ca.clone();
            let opened = session.simcom.socket_tls
                && port
                    .parse()
                    .is_ok_and(|port| session.connect(host, port, &ca_file, CHECKS_NAME));
            session.say(if opened {
                "+CAOPEN: 0,0"
            } else {
                "+CAOPEN: 0,27"
            })?;
            End::Ok
        }
        ("AT+CASEND", ["0", len]) => send(session, len.parse().unwrap_or_default())?,
        ("AT+CARECV", ["0", most]) => receive(session, most.parse().unwrap_or_default())?,
        ("AT+CFSINIT" | "AT+CFSTERM" | "AT+CFSWFILE" | "AT+CFSRFILE", values) => {
            files::simcom(session, name, values)?
        }
        _ => End::Error,
    })
}

fn configure(state: &mut State, name: &str, value: &str) -> End {
    let number = value.parse().unwrap_or(usize::MAX);
    let fits = match name {
        "URL" => value.len() <= URL_MOST,
        "BODYLEN" => number <= BODY_MOST,
        "HEADERLEN" => number <= HEADER_MOST,
        _ => false,
    };
    if !fits {
        return End::Error;
    }
    state.settings.insert(name.to_owned(), value.to_owned());
    End::Ok
}

fn connect(session: &mut Session) -> End {
    let needed = ["URL", "BODYLEN", "HEADERLEN"];
    let state = &session.simcom;
    if session.link.is_some() || !needed.iter().all(|name| state.settings.contains_key(*name)) {
        return End::Cme(3);
    }
    let (url, ca_file) = (state.settings["URL"].clone(), state.ca_file.clone());
    match take_apart(&url) {
        Some((host, port, _)) if session.connect(host, port, &ca_file, CHECKS_NAME) => End::Ok,
        _ => End::Error,
    }
}

fn add_header(state: &mut State, name: &str, value: &str) -> End {
    state.headers.push((name.to_owned(), value.to_owned()));
    let lines = state
        .headers
        .iter()
        .map(|(name, value)| name.len() + value.len() + ":\r\n".len());
    if lines.sum::<usize>() > state.limit("HEADERLEN") {
        state.headers.pop();
        return End::Error;
    }
    End::Ok
}

fn add_body(session: &mut Session, len: usize) -> Result<End, Off> {
    if len == 0 || len > session.simcom.limit("BODYLEN") {
        return Ok(End::Error);
    }
    session.simcom.body = session.prompt("> ", len)?;
    Ok(End::Ok)
}

/// Answers OK at once, and with the status later.
fn request(session: &mut Session, target: &str) -> Result<End, Off> {
    let state = &mut session.simcom;
    let url = state.settings.get("URL").cloned().unwrap_or_default();
    let authority = url.trim_start_matches("https://");
    let mut request = format!("POST {target} HTTP/1.1\r\nHost: {authority}\r\n");
    for (name, value) in &state.headers {
        request += &format!("{name}: {value}\r\n");
    }
    let body = std::mem::take(&mut state.body);
    request += &format!("Content-Length: {}\r\n\r\n", body.len());
    let Some(link) = &mut session.link else {
        return Ok(End::Cme(3));
    };
    let answer = link.exchange(&[request.as_bytes(), &body].concat());
    session.say("OK")?;
    match answer {
        Some(answer) => {
            let line = format!("+SHREQ: \"POST\",{},{}", answer.status, answer.body.len());
            session.simcom.answer = answer.body;
            session.say(&line)?;
        }
        None => session.say("+SHREQ: \"POST\",601,0")?, // network error
    }
    Ok(End::Said)
}

fn read(session: &mut Session, from: Option<usize>, len: Option<usize>) -> Result<End, Off> {
    let (Some(from), Some(len)) = (from, len) else {
        return Ok(End::Error);
    };
    let answer = &session.simcom.answer;
    let Some(bytes) = answer.get(from..answer.len().min(from + len)) else {
        return Ok(End::Error);
    };
    let bytes = bytes.to_vec();
    session.say("OK")?;
    session.say(&format!("+SHREAD: {}", bytes.len()))?;
    session.write(&bytes)?;
    session.write(b"\r\n")?;
    Ok(End::Said)
}

fn send(session: &mut Session, len: usize) -> Result<End, Off> {
    if session.link.is_none() || len == 0 || len > SEND_MOST {
        return Ok(End::Error);
    }
    let bytes = session.prompt("> ", len)?;
    let sent = session.link.as_mut().and_then(|link| link.send(&bytes));
    Ok(if sent.is_some() { End::Ok } else { End::Error })
}

/// The bytes are on the line of their length.
fn receive(session: &mut Session, most: usize) -> Result<End, Off> {
    let Some(bytes) = session.take_received(most).filter(|_| most <= SEND_MOST) else {
        return Ok(End::Error);
    };
    if bytes.is_empty() {
        session.say("+CARECV: 0")?;
    } else {
        session.write(format!("\r\n+CARECV: {},", bytes.len()).as_bytes())?;
        session.write(&bytes)?;
        session.write(b"\r\n")?;
    }
    Ok(End::Ok)
}
