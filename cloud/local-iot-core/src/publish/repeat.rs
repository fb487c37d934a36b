//! A command that sends a publish again, for a person to copy. A secret is never in it: a variable stands in its place.

use motepost_contract::http::RequestHead;
use motepost_contract::names::{AUTHORIZER_NAME, SIGNATURE};
use motepost_contract::query;

use crate::access::peer::{Door, Peer};
use crate::core::{Core, ENDPOINT};
use crate::trace::redact::Secrets;

/// Bytes of a payload that stand in the command; a longer one is read from a file.
const LONGEST_PAYLOAD: usize = 2048;

/// What every client sends by itself.
const BY_ITSELF: [&str; 9] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "expect",
    "user-agent",
    "accept",
    "accept-encoding",
    "origin",
];

/// Fields whose values are no secrets. Any other may be one, whatever its name.
const OPEN: [&str; 8] = [
    AUTHORIZER_NAME,
    "content-type",
    "id",
    "x-device-id",
    "device-id",
    "x-amz-mqtt5-user-properties",
    "x-amz-mqtt5-payload-format-indicator",
    "x-amz-mqtt5-correlation-data",
];

const OPTIONS: [&str; 6] = [
    "qos",
    "retain",
    "contentType",
    "responseTopic",
    "messageExpiry",
    "id",
];

/// `None` for what no device sends.
pub(super) fn command(
    core: &Core,
    peer: &Peer,
    request: &RequestHead,
    body: &[u8],
    secrets: &Secrets,
) -> Option<String> {
    if peer.door != Door::Device || request.method() != "POST" {
        return None;
    }
    let mut arguments = vec!["curl".to_owned()];
    let (scheme, port) = if peer.tls {
        arguments.push(format!("--cacert {}", quoted(&core.config.ca_name)));
        ("https", core.addresses.https.port())
    } else {
        ("http", core.addresses.http.port())
    };
    for (name, value) in request.headers() {
        let lower = name.to_ascii_lowercase();
        if !BY_ITSELF.contains(&lower.as_str()) {
            arguments.push(format!("-H {}", field(name, &lower, value, secrets)));
        }
    }
    if request.header("content-type").is_none() {
        // curl would call it a form.
        arguments.push("-H 'content-type:'".to_owned());
    }
    let mut open = Vec::new();
    for parameter in query::parameters(request.query().unwrap_or_default().as_bytes()) {
        let name = parameter.name();
        let raw = String::from_utf8_lossy(parameter.raw());
        if name == AUTHORIZER_NAME || OPTIONS.contains(&name) {
            open.push(format!("{name}={}", secrets.cut_from_name(&raw)));
        } else {
            arguments.push(format!(
                "--url-query \"{}={}\"",
                plain(name),
                variable(name)
            ));
        }
    }
    arguments.push(match std::str::from_utf8(body) {
        // Not --data-binary, for which a payload that begins with @ would be the name of a file.
        Ok(text) if text.len() <= LONGEST_PAYLOAD && !text.contains(is_strange) => {
            format!("--data-raw {}", quoted(&secrets.cut_from_name(text)))
        }
        _ => "--data-binary @payload".to_owned(),
    });
    let path = secrets.cut_from_name(request.path());
    if path.contains(['[', ']', '{', '}']) {
        arguments.push("--globoff".to_owned());
    }
    if path.contains("/.") {
        arguments.push("--path-as-is".to_owned());
    }
    let mut target = format!("{scheme}://{ENDPOINT}:{port}{path}");
    if !open.is_empty() {
        target += &format!("?{}", open.join("&"));
    }
    arguments.push(quoted(&target));
    Some(arguments.join(" \\\n  "))
}

fn field(name: &str, lower: &str, value: &[u8], secrets: &Secrets) -> String {
    let text = std::str::from_utf8(value).ok();
    let text = text.filter(|_| OPEN.contains(&lower));
    match text {
        // An empty value is written so, for curl leaves out a field that ends in a colon.
        Some("") => quoted(&format!("{name};")),
        Some(text) => quoted(&format!("{name}: {}", secrets.cut_from_name(text))),
        None => format!("\"{}: {}\"", plain(name), variable(lower)),
    }
}

/// The shell variable that a person sets to the secret.
fn variable(name: &str) -> String {
    let name = if name.eq_ignore_ascii_case(SIGNATURE) {
        "signature"
    } else {
        name
    };
    format!("${}", plain(name).replace('-', "_").to_ascii_uppercase())
}

/// Letters, digits and dashes, which a shell takes as they are.
fn plain(name: &str) -> String {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
    name.chars().filter(allowed).collect()
}

/// As a shell takes it.
fn quoted(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_./-".contains(c);
    if !text.is_empty() && text.chars().all(bare) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// What a person cannot copy from a page.
fn is_strange(c: char) -> bool {
    c.is_control() && !['\n', '\t'].contains(&c)
}
