//! What works here and may surprise on AWS, and what was most likely meant otherwise. No value is quoted: it may be a secret.

use motepost_contract::http::RequestHead;
use motepost_contract::names::{AUTHORIZER_NAME, SIGNATURE, is_misspelt};
use motepost_contract::{message, query};

use crate::access::peer::Peer;

pub(super) fn of(peer: &Peer, request: &RequestHead) -> Vec<String> {
    let notes = host(peer, request).into_iter();
    let notes = notes.chain(repeated(request)).chain(misspelt(request));
    notes.collect()
}

/// AWS finds the account by SNI or Host (Developer Guide, "Troubleshooting custom authorizers").
fn host(peer: &Peer, request: &RequestHead) -> Option<String> {
    let host = request.host();
    match (&peer.server_name, host) {
        (Some(name), Some(host)) if !name.eq_ignore_ascii_case(host) => Some(format!(
            "Host {host:?} is not the name in SNI, {name:?}: AWS wants both to be the endpoint"
        )),
        // An address is never sent as SNI (RFC 6066, section 3), so on a laptop its absence means nothing.
        (None, Some(host))
            if peer.tls && host.parse::<std::net::IpAddr>().is_err() && !host.starts_with('[') =>
        {
            Some("no SNI: AWS may refuse the TLS handshake".to_owned())
        }
        _ => None,
    }
}

/// Names that came twice with different values: in the head, in the query, or once in each. AWS's choice between them is
/// UNCONFIRMED.
fn repeated(request: &RequestHead) -> Vec<String> {
    let mut seen: Vec<(String, &'static str, Vec<u8>)> = Vec::new();
    let mut notes = Vec::new();
    let in_head = request
        .headers()
        .map(|(name, value)| (name.to_ascii_lowercase(), "header", value.to_vec()));
    let in_query =
        query::parameters(request.query().unwrap_or_default().as_bytes()).map(|parameter| {
            let value = parameter.bytes().unwrap_or_default();
            (parameter.name().to_owned(), "query", value)
        });
    for (name, place, value) in in_head.chain(in_query) {
        let Some((_, earlier, _)) = seen.iter().find(|(n, _, v)| *n == name && *v != value) else {
            seen.push((name, place, value));
            continue;
        };
        let name = name.escape_debug();
        let note = match (*earlier, place) {
            ("header", "header") => format!(
                "the header {name} came twice with different values, and which one counts on AWS is not known"
            ),
            ("query", _) => format!(
                "the query's {name} came twice with different values, and which one counts on AWS is not known"
            ),
            _ => format!(
                "the header {name} and the query's {name} have different values, and which one counts on AWS is not known"
            ),
        };
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

/// AWS knows these names alone; any other is the authorizer's affair.
fn misspelt(request: &RequestHead) -> Vec<String> {
    let query = request.query().unwrap_or_default();
    let mut notes: Vec<_> = query::parameters(query.as_bytes())
        .filter_map(|parameter| {
            let name = parameter.name();
            let meant = message::meant(name)?;
            Some(format!(
                "the query's {} means nothing to AWS, which knows {meant}",
                name.escape_debug()
            ))
        })
        .collect();
    for (name, _) in request.headers() {
        if is_misspelt(name) {
            notes.push(format!(
                "the header {name} means nothing to AWS, which knows {AUTHORIZER_NAME} and {SIGNATURE}"
            ));
        } else if ["qos", "retain"].contains(&name.to_ascii_lowercase().as_str()) {
            notes.push(format!(
                "the header {name} means nothing to AWS, which knows it in the query: ?{}=...",
                name.to_ascii_lowercase()
            ));
        }
    }
    notes
}
