//! `SIMCom` SIM70x0's own HTTP, to which the library gives the request in parts: `AT+SH…`, with TLS context 1.
//!
//! Its limits are narrow: a signed request does not fit. It keeps the answer's head to itself, so there is no error type
//! and no date.

use embedded_io::{Read, Write};
use motepost::{EncodeError, Publish};

use crate::at::{At, AtError, Decimal};

/// What `AT+SHCONF` takes at most: of URL, headers and body.
const URL_MOST: usize = 64;
const HEADER_MOST: usize = 350;
const BODY_MOST: usize = 1024;

const SCHEME: &str = "https://";

/// Publishes, and returns the answer's HTTP status. The modem is told nothing unless the request fits.
///
/// `Publish` does not show its fields: `endpoint` and `payload` are what it was made of.
pub fn publish<U: Read + Write>(
    at: &mut At<U>,
    ca_file: &str,
    publish: &Publish<'_>,
    endpoint: &str,
    payload: &[u8],
) -> Result<u16, AtError<U::Error>> {
    let mut lines = [0; HEADER_MOST];
    let lines = match publish.encode_field_lines(&mut lines) {
        Err(EncodeError::BufferTooSmall { needed }) => {
            fits("header block", needed, HEADER_MOST).and(Err(AtError::Answer))?
        }
        lines => lines?,
    };
    fits("URL", SCHEME.len() + endpoint.len(), URL_MOST)?;
    fits("body", payload.len(), BODY_MOST)?;
    if lines.contains(&b'"') {
        return Err(AtError::Quote);
    }
    let mut target = [0; 400];
    let target = publish.encode_target(&mut target)?;

    at.unasked = |_, _| {};
    at.begin()?;
    match at.command(&[b"AT+SHDISC"]) {
        // There was no connection left from before, as a rule.
        Ok(()) | Err(AtError::Error | AtError::Cme(_)) => {}
        Err(error) => return Err(error),
    }
    configure(at, ca_file, endpoint)?;
    for line in lines
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let colon = line
            .iter()
            .position(|&byte| byte == b':')
            .ok_or(AtError::Answer)?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii_end());
        at.command(&[b"AT+SHAHEAD=\"", name, b"\",\"", value, b"\""])?;
    }
    if !payload.is_empty() {
        let len = Decimal::new(payload.len());
        at.give(&[b"AT+SHBOD=", len.text(), b",10000"], b">", payload, b"OK")?;
    }
    let answer = at.info(&[b"AT+SHREQ=\"", target, b"\",3"], b"+SHREQ:")?;
    let status = answer.field(1).ok_or(AtError::Answer)?;
    if at.command(&[b"AT+SHDISC"]).is_ok() {
        at.settle();
    }
    match u16::try_from(status) {
        Ok(status @ 200..=599) => Ok(status),
        // From 600 on the modem means its own troubles.
        _ => Err(AtError::CouldNot(status)),
    }
}

fn fits<E>(what: &'static str, needed: usize, limit: usize) -> Result<(), AtError<E>> {
    if needed > limit {
        return Err(AtError::TooLarge {
            what,
            needed,
            limit,
        });
    }
    Ok(())
}

fn configure<U: Read + Write>(
    at: &mut At<U>,
    ca_file: &str,
    endpoint: &str,
) -> Result<(), AtError<U::Error>> {
    let host = endpoint.split(':').next().unwrap_or_default();
    at.command(&[b"AT+CSSLCFG=\"sslversion\",1,3"])?; // TLS 1.2
    at.command(&[b"AT+CSSLCFG=\"sni\",1,\"", host.as_bytes(), b"\""])?;
    at.command(&[b"AT+SHSSL=1,\"", ca_file.as_bytes(), b"\""])?;
    let url: [&[u8]; 4] = [
        b"AT+SHCONF=\"URL\",\"",
        SCHEME.as_bytes(),
        endpoint.as_bytes(),
        b"\"",
    ];
    at.command(&url)?;
    at.command(&[b"AT+SHCONF=\"BODYLEN\",", Decimal::new(BODY_MOST).text()])?;
    at.command(&[
        b"AT+SHCONF=\"HEADERLEN\",",
        Decimal::new(HEADER_MOST).text(),
    ])?;
    at.command(&[b"AT+SHCONN"])?;
    at.command(&[b"AT+SHCHEAD"])
}
