//! What only a whole request has: its first line, its query, which fields there are and how often, its length.

use super::request::{Request, percent_decode};
use super::{Findings, Parts};

const NAME: &str = "x-amz-customauthorizer-name";
const SIGNATURE: &str = "x-amz-customauthorizer-signature";

pub(crate) fn check(request: &Request<'_>, token_key: &str, findings: &mut Findings) -> Parts {
    first_line(request, findings);
    query(request, token_key, findings);
    names(request, findings);
    length(request, findings);
    Parts {
        endpoint: host(request, findings),
        topic: topic(request, findings),
        authorizer: credential(request, NAME, findings),
        token: credential(request, token_key, findings),
        signature: credential(request, SIGNATURE, findings),
        payload: Some(request.body.to_vec()),
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
    let Some(topic) = percent_decode(raw) else {
        findings.refused(
            "the path holds a % without two hexadecimal digits behind it: a literal % is %25",
        );
        return None;
    };
    if percent_decode(&topic).is_some_and(|again| again != topic) {
        findings.note(
            "the topic still holds percent-encoding after it was decoded: was it encoded twice?",
        );
    }
    Some(topic)
}

fn query(request: &Request<'_>, token_key: &str, findings: &mut Findings) {
    let mut seen = Vec::new();
    for (name, value) in request.pairs() {
        let Some(decoded) = percent_decode(value) else {
            findings.refused(format!(
                "the query's {} holds a % without two hexadecimal digits behind it",
                name.escape_ascii()
            ));
            continue;
        };
        if seen.contains(&name) {
            findings.note(format!(
                "the query has {} twice: which one counts is not documented",
                name.escape_ascii()
            ));
        }
        seen.push(name);
        let one_of = |allowed: &[&[u8]]| allowed.contains(&&*decoded);
        match name {
            b"qos" if !one_of(&[b"0", b"1"]) => {
                findings.refused("qos is neither 0 nor 1: AWS offers no QoS 2")
            }
            b"retain" if !one_of(&[b"true", b"false"]) => {
                findings.refused("retain is neither true nor false")
            }
            b"messageExpiry" if decoded.is_empty() || !decoded.iter().all(u8::is_ascii_digit) => {
                findings.refused("messageExpiry is not a whole number of seconds");
            }
            b"responseTopic" if decoded.iter().any(|byte| b"+#".contains(byte)) => {
                findings.refused("responseTopic holds + or #, which only a topic filter may");
            }
            _ if is_credential(name, token_key)
                && value.iter().any(|byte| b"+/=".contains(byte)) =>
            {
                findings.refused(format!(
                    "the query's {} holds + / or = as it is, and + is read as a space: write %2B %2F %3D",
                    name.escape_ascii()
                ));
            }
            _ => {}
        }
    }
}

fn is_credential(name: &[u8], token_key: &str) -> bool {
    [NAME, SIGNATURE, token_key]
        .iter()
        .any(|known| known.as_bytes() == name)
}

fn names(request: &Request<'_>, findings: &mut Findings) {
    let sent = request.fields.iter().map(|(name, _)| *name);
    for name in sent.chain(request.pairs().map(|(name, _)| name)) {
        let lower = name.to_ascii_lowercase();
        let squeezed: Vec<u8> = lower
            .iter()
            .copied()
            .filter(u8::is_ascii_alphanumeric)
            .collect();
        let meant =
            squeezed.starts_with(b"xamzcustomauth") || squeezed.starts_with(b"amzcustomauth");
        if meant && lower != NAME.as_bytes() && lower != SIGNATURE.as_bytes() {
            findings.refused(format!(
                "{} is no name that AWS knows: there are {NAME} and {SIGNATURE}",
                name.escape_ascii()
            ));
        }
    }
    if request
        .values("authorization")
        .any(|value| value.starts_with(b"AWS4-HMAC-SHA256"))
    {
        findings.refused("authorization is a SigV4 signature: AWS checks it against IAM and does not ask the custom authorizer");
    }
    match request
        .values("x-amz-mqtt5-payload-format-indicator")
        .next()
    {
        None | Some(b"UNSPECIFIED_BYTES" | b"UTF8_DATA") => {}
        Some(_) => findings.refused(
            "x-amz-mqtt5-payload-format-indicator is neither UNSPECIFIED_BYTES nor UTF8_DATA",
        ),
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
    let chunked = request.values("transfer-encoding").next().is_some();
    if chunked && !lengths.is_empty() {
        findings.refused("there are content-length and transfer-encoding, which is how requests are smuggled (RFC 9112 section 6.3)");
    } else if chunked {
        findings.note(
            "transfer-encoding: whether AWS takes chunks is not documented; send content-length",
        );
    }
    match lengths[..] {
        [] if !chunked => findings.refused("there is no content-length, so that the payload has no end"),
        [] => {}
        [length] => {
            let number = std::str::from_utf8(length).ok().filter(|text| !text.starts_with('+'));
            match number.and_then(|text| text.parse::<usize>().ok()) {
                None => findings.refused("content-length is not a number"),
                Some(length) if length != request.body.len() => findings.refused(format!(
                    "content-length says {length} and {} bytes follow the empty line",
                    request.body.len()
                )),
                Some(_) => {}
            }
        }
        _ => findings.refused("there are several fields content-length, which is how requests are smuggled (RFC 9112 section 6.3)"),
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
    let in_query = request.pairs().find(|(known, _)| *known == name.as_bytes());
    in_query.and_then(|(_, value)| percent_decode(value))
}
