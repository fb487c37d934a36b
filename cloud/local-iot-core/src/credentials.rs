//! Where the credentials of a request stand: in a header, its name in any case, or in the query, its name exact.
//! In both, the header counts (AWS's own choice is UNCONFIRMED).

use crate::config::Behaviour;
use crate::http::Request;
use crate::percent;
use crate::registry::Registered;
use crate::signature;

pub(crate) const AUTHORIZER_NAME: &str = "x-amz-customauthorizer-name";
const SIGNATURE: &str = "x-amz-customauthorizer-signature";

/// A field's bytes, decoded if they came in the query. No `Debug`: it may be a secret.
pub(crate) struct Found {
    name: String,
    value: Result<Vec<u8>, ()>,
    in_header: bool,
}

impl Found {
    fn bytes(self) -> Result<Vec<u8>, String> {
        self.value
            .map_err(|()| format!("{} in the query is not percent-encoded", self.name))
    }

    pub(crate) fn text(self) -> Result<String, String> {
        let name = self.name.clone();
        String::from_utf8(self.bytes()?)
            .map_err(|_| format!("{name} is not UTF-8 or not percent-encoded"))
    }
}

pub(crate) fn find(request: &Request, name: &str) -> Option<Found> {
    let in_header = request.header(name).map(|value| Ok(value.to_vec()));
    let is_header = in_header.is_some();
    let value = in_header.or_else(|| percent::query_value(request.query()?, name))?;
    Some(Found {
        name: name.to_owned(),
        value,
        in_header: is_header,
    })
}

/// A token that may go to the function.
pub(crate) struct Token {
    pub(crate) text: Option<String>,
    /// The key that verified it, when signing is on.
    pub(crate) verified_by: Option<String>,
}

/// With signing on, nothing but a verified token reaches the function.
pub(crate) fn token(
    authorizer: &Registered,
    request: &Request,
    behaviour: &Behaviour,
) -> Result<Token, String> {
    let found = authorizer
        .token_key_name
        .as_ref()
        .and_then(|name| find(request, name));
    if authorizer.signing_disabled {
        return Ok(Token {
            text: found
                .filter(|_| behaviour.unsigned_event_token)
                .map(Found::text)
                .transpose()?,
            verified_by: None,
        });
    }
    let name = authorizer.token_key_name.as_deref().unwrap_or_default();
    let token = found
        .ok_or_else(|| format!("the request has no token: no header or query parameter {name}"))?;
    let token = token.text()?;
    let found = find(request, SIGNATURE)
        .ok_or_else(|| format!("the request has no signature ({SIGNATURE})"))?;
    let in_header = found.in_header;
    let mut signature = found.bytes()?;
    if in_header && behaviour.decode_header_signature {
        signature = percent::decode(&signature)
            .ok_or("the signature in the header is not percent-encoded")?;
    }
    let verified_by = signature::verify(&authorizer.public_keys, token.as_bytes(), &signature)?;
    Ok(Token {
        text: Some(token),
        verified_by: Some(verified_by),
    })
}

/// Every credential of a request, in each form in which it was sent or is shown to the function.
pub(crate) fn secrets(authorizer: &Registered, request: &Request) -> Vec<String> {
    let names = authorizer.token_key_name.iter().map(String::as_str);
    names
        .chain([SIGNATURE, "token", "authorization"])
        .flat_map(|name| {
            let sent = request
                .header(name)
                .map(|v| String::from_utf8_lossy(v).into_owned());
            let query = request.query().unwrap_or_default();
            let raw = percent::raw_query_value(query, name).map(str::to_owned);
            let decoded = percent::query_value(query, name).and_then(Result::ok);
            let decoded = decoded.map(|v| String::from_utf8_lossy(&v).into_owned());
            [sent, raw, decoded]
        })
        .flatten()
        .collect()
}

/// Cuts them from a text that the function made.
pub(crate) fn redact(secrets: &[String], text: String) -> String {
    let mut secrets: Vec<_> = secrets.iter().filter(|secret| !secret.is_empty()).collect();
    // A longer one first, lest what is left of it cannot be found any more.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.into_iter().fold(text, |text, secret| {
        let in_json = serde_json::Value::from(secret.as_str()).to_string();
        text.replace(in_json.trim_matches('"'), "<redacted>")
            .replace(secret, "<redacted>")
    })
}
