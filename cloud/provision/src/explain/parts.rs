//! What can be judged by itself. The device's own encoder has AWS's rules for topics and names; they are asked, not
//! repeated.

use motepost::{CustomAuthorizer, EncodeError, Field, MAX_PAYLOAD, Publish};
use motepost_contract::endpoint::{Endpoint, HTTPS_PORT};
use motepost_contract::signature::{self, PublicKey};
use motepost_contract::topic::TopicFault;
use motepost_contract::{names, token, topic};

use super::jwt::Jwt;
use super::{Findings, Parts};
use crate::endpoint;

/// Developer Guide, "Device communication protocols": which port and ALPN lead to a custom authorizer.
pub(crate) fn connection(
    parts: &Parts,
    port: Option<u16>,
    alpn: Option<&str>,
    findings: &mut Findings,
) {
    let mut port = port;
    if let Some(endpoint) = &parts.endpoint {
        match Endpoint::parse(endpoint) {
            Err(fault) => findings.refused(fault.to_string()),
            Ok(endpoint) => {
                port = port.or(endpoint.port());
                if let Err(fault) = endpoint::check(&endpoint) {
                    findings.refused(fault.to_string());
                }
            }
        }
    }
    match port {
        None | Some(HTTPS_PORT) => {}
        Some(8443) => findings.refused("port 8443 is for X.509 client certificates: custom authentication is on 443 alone"),
        Some(8883) => findings.refused("port 8883 is MQTT with X.509 client certificates: custom authentication is on 443 alone"),
        Some(port) => findings.note(format!("AWS takes custom authentication on port 443 alone; {port} can be the local emulator's")),
    }
    match alpn {
        None => {}
        Some("http/1.1") => {
            findings.note("ALPN http/1.1 works in practice and is not documented; none is needed")
        }
        Some("mqtt") => findings.refused("ALPN mqtt leads to the MQTT broker: HTTPS wants none"),
        Some(other) => findings.refused(format!(
            "ALPN {other} leads away from custom authentication over HTTPS: offer none"
        )),
    }
}

pub(crate) fn topic(parts: &Parts, findings: &mut Findings) {
    let Some(topic) = &parts.topic else { return };
    match std::str::from_utf8(topic) {
        Err(_) => findings.refused("the topic is not UTF-8"),
        Ok(topic) => {
            findings.result(encodes(Publish::new("h", topic, b"")));
            let checked = topic::check(topic.to_owned());
            if matches!(checked, Err(TopicFault::Reserved(_))) && !topic.starts_with("$aws/things/")
            {
                findings.note(
                    "topics that begin with $ are AWS's own, and few of them can be published to",
                );
            }
        }
    }
}

pub(crate) fn credentials(
    parts: &Parts,
    token_key: &str,
    keys: &[PublicKey],
    whole: bool,
    findings: &mut Findings,
) {
    if let Some(name) = &parts.authorizer {
        let name = String::from_utf8_lossy(name);
        if name.is_empty() {
            findings.refused("the authorizer's name is empty");
        } else {
            findings.result(encodes(
                Publish::new("h", "t", b"").authorizer(CustomAuthorizer::named(&name)),
            ));
        }
    } else if whole {
        findings.note("no authorizer is named: the endpoint needs a default one");
    }
    let probe = CustomAuthorizer::endpoint_default().token(token_key, "t");
    findings.result(encodes(Publish::new("h", "t", b"").authorizer(probe)));

    match &parts.token {
        Some(token) => token_bytes(token, findings),
        None if whole || parts.signature.is_some() => findings.refused(format!(
            "there is no token: no field {token_key:?} (if the authorizer's token key name is another, say --token-key)"
        )),
        None => {}
    }
    let jwt = parts.token.as_deref().and_then(Jwt::read);
    if let Some(jwt) = jwt.filter(|_| parts.signature.is_some() || !keys.is_empty()) {
        jwt.judge(keys, findings);
        if jwt.is_complete() {
            return;
        }
    }
    match (&parts.signature, &parts.token) {
        (None, _) if keys.is_empty() => {}
        (None, _) => {
            findings.refused("there is no signature, and an authorizer with keys demands one")
        }
        (Some(signature), Some(token)) if !keys.is_empty() => {
            findings.result(signature::verify(keys, token, signature).map(drop));
        }
        (Some(signature), _) => one_signature(signature, findings),
    }
}

fn token_bytes(token: &[u8], findings: &mut Findings) {
    if let Err(fault) = token::check(token) {
        findings.refused(fault.to_string());
    } else if !token
        .iter()
        .all(|byte| byte.is_ascii_graphic() || *byte == b' ')
    {
        findings.note("the token is not ASCII: what arrives depends on who reads the header");
    }
}

/// Without a key: its form, and whether an RSA key that AWS takes can have made it.
fn one_signature(signature: &[u8], findings: &mut Findings) {
    match signature::decode(signature) {
        Err(text) => findings.refused(text),
        Ok(bytes) if bytes.len() < 256 => findings.refused(format!(
            "the signature has {} bytes, and the smallest RSA key that AWS takes, 2048 bits, makes 256: it is truncated, or the key is too small",
            bytes.len()
        )),
        Ok(bytes) if ![256, 384, 512].contains(&bytes.len()) => findings.note(format!(
            "the signature has {} bytes; RSA keys of 2048, 3072 and 4096 bits make 256, 384 and 512",
            bytes.len()
        )),
        Ok(_) => findings.note("the signature was not verified: give --public-key"),
    }
}

pub(crate) fn payload(parts: &Parts, findings: &mut Findings) {
    let Some(payload) = &parts.payload else {
        return;
    };
    if payload.len() > MAX_PAYLOAD as usize {
        findings.refused(format!(
            "the payload has {} bytes, and AWS takes {MAX_PAYLOAD}",
            payload.len()
        ));
    }
}

/// "Defining your Lambda function": alphanumeric, 1 to 128 characters.
pub(crate) fn principal(id: &str, findings: &mut Findings) {
    if !names::is_principal(id) {
        findings.refused("the principalId is not 1 to 128 letters and digits: a dash or an underscore is enough for AWS to refuse the function's response");
    }
}

/// What the encoder says of it.
fn encodes(publish: Publish<'_>) -> Result<(), String> {
    match publish.head_len() {
        Ok(_) | Err(EncodeError::BufferTooSmall { .. }) => Ok(()),
        Err(EncodeError::Refused {
            field: Field::Topic,
            reason,
        }) => Err(format!("the topic {}", reason.text())),
        Err(error) => Err(format!("the {error}")),
    }
}
