//! A modem's own files: what a host has put there, it gets back. Quectel: "FILE Application Note". `SIMCom`: SIM70x0
//! "AT Command Manual", `AT+CFS…`.

use crate::session::{End, Session};
use crate::uart::Off;

const UPLOAD_MOST: usize = 65_536;
/// Of Quectel's "Summary of ERROR Codes".
const INVALID: u16 = 400;
const NOT_FOUND: u16 = 405;
const EXISTS: u16 = 407;

pub(crate) fn quectel(session: &mut Session, name: &str, values: &[&str]) -> Result<End, Off> {
    Ok(match (name, values) {
        ("AT+QFDEL", [file]) => match session.stored.remove(*file) {
            Some(_) => End::Ok,
            None => End::Cme(NOT_FOUND),
        },
        ("AT+QFUPL", [file, _]) if session.stored.contains_key(*file) => End::Cme(EXISTS),
        ("AT+QFUPL", [file, len]) => {
            let Some(len) = length(len) else {
                return Ok(End::Cme(INVALID));
            };
            let bytes = session.prompt("CONNECT\r\n", len)?;
            session.say(&format!("+QFUPL: {len},{:x}", checksum(&bytes)))?;
            session.stored.insert((*file).to_owned(), bytes);
            End::Ok
        }
        ("AT+QFDWL", [file]) => {
            let Some(bytes) = session.stored.get(*file).cloned() else {
                return Ok(End::Cme(NOT_FOUND));
            };
            session.say("CONNECT")?;
            session.write(&bytes)?;
            session.say(&format!("+QFDWL: {},{:x}", bytes.len(), checksum(&bytes)))?;
            End::Ok
        }
        _ => End::Error,
    })
}

pub(crate) fn simcom(session: &mut Session, name: &str, values: &[&str]) -> Result<End, Off> {
    let is_open = session.simcom.files_are_open;
    Ok(match (name, values) {
        ("AT+CFSINIT" | "AT+CFSTERM", []) if is_open != (name == "AT+CFSINIT") => {
            session.simcom.files_are_open = !is_open;
            End::Ok
        }
        // From the file's beginning; what is longer there stays.
        ("AT+CFSWFILE", ["3", file, "0", len, _]) if is_open => {
            let Some(len) = length(len) else {
                return Ok(End::Error);
            };
            let mut bytes = session.prompt("DOWNLOAD\r\n", len)?;
            let stored = session.stored.entry((*file).to_owned()).or_default();
            bytes.extend(stored.drain(..).skip(len));
            *stored = bytes;
            End::Ok
        }
        ("AT+CFSRFILE", ["3", file, "0", len, "0"]) if is_open => {
            let stored = session.stored.get(*file).cloned();
            let (Some(len), Some(bytes)) = (length(len), stored) else {
                return Ok(End::Error);
            };
            let bytes = &bytes[..len.min(bytes.len())];
            session.say(&format!("+CFSRFILE: {}", bytes.len()))?;
            session.write(bytes)?;
            End::Ok
        }
        _ => End::Error,
    })
}

fn length(text: &str) -> Option<usize> {
    text.parse()
        .ok()
        .filter(|len| (1..=UPLOAD_MOST).contains(len))
}

/// Of 16 bits, over the file's words.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.chunks(2).fold(0, |sum, word| {
        sum ^ u16::from_be_bytes([word[0], word.get(1).copied().unwrap_or_default()])
    })
}
