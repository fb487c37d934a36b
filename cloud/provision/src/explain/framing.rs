//! What only a whole request has: its first line, its query, which fields there are and how often, its length.

use motepost_contract::http::{Framing, FramingFault, framing};
use motepost_contract::message::{self, PAYLOAD_FORMAT};
use motepost_contract::names::{AUTHORIZER_NAME as NAME, SIGNATURE};
use motepost_contract::topic::{self as topics, TopicFault};
use motepost_contract::{percent, query, sigv4};

use super::request::Request;
use super::{Findings, Parts};

pub(crate) fn check(request: &Request<'_>, token_key: &str, findings: &mut Findings) -> Parts {
    let parts = check_head(request, token_key, findings);
    length(request, findings);
    Parts {
        payload: Some(request.body.to_vec()),
        ..parts
    }
}

/// Without the payload.
pub(crate) fn check_head(request: &Request<'_>, token_key: &str, findings: &mut Findings) -> Parts {
    first_line(request, findings);
    query(request, token_key, findings);
    names(request, findings);
    repeated(request, token_key, findings);
    Parts {
        endpoint: host(request, findings),
        topic: topic(request, findings),
        authorizer: credential(request, NAME, findings),
        token: credential(request, token_key, findings),
        signature: credential(request, SIGNATURE, findings),
        payload: None,
    }
}

fn first_line(request: &Request<'_>, findings: &mut Findings) {
    if request.method.is_empty() {
        return;
    }
    if request.method != b"POST" {
        findings.refused(format!(
            "the method is {}: a publish is POST, and a custom authorizer allows nothing else over HTTPS",
            request.method.escape_ascii()
        ));
    }
    if !matches!(request.version, b"HTTP/1.1" | b"HTTP/1.0") {
        findings.refused(format!(
            "the version is {}: AWS documents HTTP/1.1 and HTTP/1.0",
            request.version.escape_ascii()
        ));
    }
}

/// The topic in the path, decoded.
fn topic(request: &Request<'_>, findings: &mut Findings) -> Option<Vec<u8>> {
    if request.path.is_empty() {
        return None;
    }
    let Some(raw) = request.path.strip_prefix(b"/topics/") else {
        findings
            .refused("the path does not begin with /topics/: a publish goes to /topics/<topic>");
        return None;
    };
    if let Some(byte) = raw
        .iter()
        .find(|byte| !byte.is_ascii_graphic() || b"\"<>\\^`{|}".contains(byte))
    {
        findings.refused(format!(
            "the path holds 0x{byte:02x} as it is: percent-encode it"
        ));
    }
    if raw.starts_with(b"/") || raw.ends_with(b"/") || raw.windows(2).any(|pair| pair == b"//") {
        findings.note("an empty level as // may be folded on the way: write it %2F");
    }
    if raw.contains(&b'+') {
        findings.note("a raw + in a path may be read as a space; as a +, no topic may hold it");
    }
    let Some(topic) = percent::decode(raw) else {
        findings.refused(
            "the path holds a % without two hexadecimal digits after it: a literal % is %25",
        );
        return None;
    };
    if percent::decode(&topic).is_some_and(|again| again != topic) {
        findings.note(
            "the topic still holds percent-encoding after it was decoded: was it encoded twice?",
        );
    }
    Some(topic)
}

fn query(request: &Request<'_>, token_key: &str, findings: &mut Findings) {
    let mut seen = Vec::new();
    for parameter in query::parameters(request.query.unwrap_or_default()) {
        let name = parameter.name();
        let shown = name.escape_debug();
        let Some(value) = parameter.bytes() else {
            findings.refused(format!(
                "the query's {shown} holds a % without two hexadecimal digits after it"
            ));
            continue;
        };
        if seen.iter().any(|known| known == name) {
            findings.note(format!(
                "the query has {shown} twice: which one counts is not documented"
            ));
        }
        seen.push(name.to_owned());
        if name != token_key
            && let Some(meant) = message::meant(name)
        {
            findings.note(format!(
                "the query's {shown} is not {meant}: AWS knows only that name, in these letters, and does not act on another"
            ));
        }
        match name {
            "qos" if message::at_least_once(&value).is_none() => {
                findings.refused("qos is neither 0 nor 1: AWS offers no QoS 2")
            }
            "retain" if message::retain(&value).is_none() => {
                findings.refused("retain is neither true nor false")
            }
            "messageExpiry" if message::expiry_seconds(&value).is_none() => {
                findings.refused("messageExpiry is not a whole number of seconds up to 4294967295")
            }
            "responseTopic" => {
                let name = String::from_utf8_lossy(&value).into_owned();
                if let Err(fault @ TopicFault::Invalid(_)) = topics::check(name) {
                    findings.refused(format!("responseTopic {fault}"));
                }
            }
            _ if is_credential(name, token_key)
                && parameter.raw().iter().any(|byte| b"+/=".contains(byte)) =>
            {
                findings.refused(format!(
                    "the query's {shown} holds + / or = as it is, and + is read as a space: write %2B %2F %3D"
                ));
            }
            _ => {}
        }
    }
}

/// What the function's event holds once, or for which no two values make sense. Fields that are looked at by themselves are
/// left out.
fn repeated(request: &Request<'_>, token_key: &str, findings: &mut Findings) {
    let known = [
        "host",
        "content-length",
        "transfer-encoding",
        NAME,
        SIGNATURE,
        token_key,
    ];
    let in_query: Vec<_> = query::parameters(request.query.unwrap_or_default())
        .filter_map(|parameter| {
            let value = parameter.bytes()?;
            Some((
                parameter.name().as_bytes().to_ascii_lowercase(),
                value.to_vec(),
            ))
        })
        .collect();
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for (name, _) in &request.fields {
        let lower = name.to_ascii_lowercase();
        if seen.contains(&lower)
            || known
                .iter()
                .any(|known| known.eq_ignore_ascii_case(&String::from_utf8_lossy(&lower)))
        {
            continue;
        }
        let shown = lower.escape_ascii().to_string();
        let mut values: Vec<&[u8]> = request.values(&String::from_utf8_lossy(&lower)).collect();
        if values.len() > 1 {
            values.dedup();
            let differ = if values.len() > 1 {
                " with different values"
            } else {
                ""
            };
            findings.note(format!("there are several fields {shown}{differ}: which one the function sees is not documented, and motepost's authorizer refuses two ids"));
        } else if let Some((_, other)) = in_query.iter().find(|(name, _)| *name == lower)
            && values.first() != Some(&other.as_slice())
        {
            findings.note(format!("the field {shown} and the query's {shown} have different values: motepost's authorizer refuses two ids"));
        }
        seen.push(lower);
    }
}

fn is_credential(name: &str, token_key: &str) -> bool {
    [NAME, SIGNATURE, token_key].contains(&name)
}

fn names(request: &Request<'_>, findings: &mut Findings) {
    let in_fields = request.fields.iter().map(|(name, _)| name.to_vec());
    let in_query = query::parameters(request.query.unwrap_or_default())
        .map(|parameter| parameter.name().as_bytes().to_vec());
    for name in in_fields.chain(in_query) {
        if motepost_contract::names::is_misspelt(&String::from_utf8_lossy(&name)) {
            findings.refused(format!(
                "{} is no name that AWS knows: there are {NAME} and {SIGNATURE}",
                name.escape_ascii()
            ));
        }
    }
    if request
        .values("authorization")
        .any(|value| sigv4::is_claimed(Some(value), None))
    {
        findings.refused("authorization is a SigV4 signature: AWS checks it against IAM and does not ask the custom authorizer");
    }
    if let Some(value) = request.values(PAYLOAD_FORMAT).next()
        && message::payload_is_utf8(value).is_none()
    {
        findings.refused(format!(
            "{PAYLOAD_FORMAT} is neither UNSPECIFIED_BYTES nor UTF8_DATA"
        ));
    }
}

fn host(request: &Request<'_>, findings: &mut Findings) -> Option<String> {
    let hosts: Vec<_> = request.values("host").collect();
    match hosts[..] {
        [] => {
            findings.refused(
                "there is no field `host`: it must be the account's data endpoint, like the SNI",
            );
            None
        }
        [host] => Some(String::from_utf8_lossy(host).into_owned()),
        _ => {
            findings.refused("there are several fields `host` (RFC 9112 section 3.2)");
            None
        }
    }
}

fn length(request: &Request<'_>, findings: &mut Findings) {
    let lengths: Vec<_> = request.values("content-length").collect();
    let codings: Vec<_> = request.values("transfer-encoding").collect();
    let http_1_1 = request.version != b"HTTP/1.0";
    match framing(http_1_1, &lengths, &codings) {
        Err(FramingFault::SeveralLengths) => findings.refused("there are several fields content-length, which is how requests are smuggled (RFC 9112 section 6.3)"),
        Err(FramingFault::LengthAndCoding) => findings.refused("there are content-length and transfer-encoding, which is how requests are smuggled (RFC 9112 section 6.3)"),
        Err(FramingFault::NotANumber | FramingFault::Untrue) => findings.refused("content-length is not a number"),
        Err(FramingFault::CodingInHttp10) => findings.refused("there is transfer-encoding, which HTTP/1.0 does not have"),
        Err(FramingFault::OtherCoding) => findings.refused("transfer-encoding is not chunked"),
        Ok(Framing::Chunked) => findings.note(
            "transfer-encoding: whether AWS takes chunks is not documented; send content-length",
        ),
        Ok(Framing::Length(_)) if lengths.is_empty() => findings.refused("there is no content-length, so that the payload has no end"),
        Ok(Framing::Length(length)) if length != request.body.len() => findings.refused(format!(
            "content-length says {length} and {} bytes follow the empty line",
            request.body.len()
        )),
        Ok(Framing::Length(_)) => {}
    }
}

/// A header counts before the query.
fn credential(request: &Request<'_>, name: &str, findings: &mut Findings) -> Option<Vec<u8>> {
    let headers: Vec<_> = request.values(name).collect();
    if headers.len() > 1 {
        findings.refused(format!(
            "there are several fields {name}: which one counts is not certain"
        ));
    }
    if let Some(value) = headers.first() {
        return Some(value.to_vec());
    }
    let mut in_query = query::parameters(request.query.unwrap_or_default());
    let parameter = in_query.find(|parameter| parameter.name() == name)?;
    // Without spaces for `+`, which is refused as such.
    percent::decode(parameter.raw())
}
