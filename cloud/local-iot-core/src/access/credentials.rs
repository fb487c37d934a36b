//! Who sends a request: authorizer, token and signature, and every form of them that must not reach
//! the trace.

use base64ct::{Base64, Encoding};
use motepost_contract::http::RequestHead;
use motepost_contract::names::{AUTHORIZER_NAME, SIGNATURE};
use motepost_contract::{percent, query, signature};

use super::field::{Field, find};
use crate::authorizers::record::AuthorizerRecord;
use crate::behaviour::Behaviour;
use crate::trace::redact::Secrets;

/// The authorizer that the request names, in its header before its query.
pub(crate) fn authorizer_name(request: &RequestHead) -> Result<Option<String>, String> {
    find(request, AUTHORIZER_NAME).map(Field::text).transpose()
}

/// A token that may go to the function.
pub(crate) struct Token {
    pub(crate) text: Option<String>,
    /// The key that verified it, when signing is on.
    pub(crate) verified_by: Option<String>,
}

/// With signing on, nothing but a verified token reaches the function.
pub(crate) fn token(
    authorizer: &AuthorizerRecord,
    request: &RequestHead,
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
                .map(Field::text)
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

/// The credentials of a request, by which one request is told from another.
pub(crate) fn credentials(authorizer: &AuthorizerRecord, request: &RequestHead) -> Vec<String> {
    let names = authorizer.token_key_name.iter().map(String::as_str);
    let names = names.chain([SIGNATURE, "token", "authorization"]);
    names.flat_map(|name| forms(request, name)).collect()
}

/// Everything of a request that the trace must not show: its credentials, and whatever else a header or a parameter
/// holds whose name sounds like a secret.
pub(crate) fn secrets(authorizer: &AuthorizerRecord, request: &RequestHead) -> Secrets {
    secrets_named(request, authorizer.token_key_name.as_deref())
}

/// The same for a request whose authorizer is not known.
pub(crate) fn secrets_named(request: &RequestHead, token_key_name: Option<&str>) -> Secrets {
    let mut secrets = Secrets::default();
    let is_secret = |name: &str| {
        token_key_name.is_some_and(|key| name.eq_ignore_ascii_case(key)) || sounds_secret(name)
    };
    for (name, value) in request.headers() {
        if is_secret(name) {
            secrets.add(&String::from_utf8_lossy(value));
        }
    }
    for parameter in query::parameters(request.query().unwrap_or_default().as_bytes()) {
        if is_secret(parameter.name()) {
            secrets.add(&String::from_utf8_lossy(parameter.raw()));
            secrets.add(&String::from_utf8_lossy(
                &parameter.bytes().unwrap_or_default(),
            ));
        }
    }
    secrets.except_words_of(request.path())
}

/// What the trace must not show of an MQTT client, but for what stands in its user name's query.
pub(crate) fn mqtt_secrets(
    username: Option<&str>,
    password: Option<&[u8]>,
    client_id: &str,
) -> Secrets {
    let mut secrets = Secrets::default();
    if let Some(bytes) = password {
        secrets.add(&String::from_utf8_lossy(bytes));
        secrets.add(&Base64::encode_string(bytes));
    }
    let name = username.and_then(|name| name.split('?').next());
    secrets.add_if_token(name.unwrap_or_default());
    secrets.add_if_token(client_id);
    secrets.except_words_of(client_id)
}

/// Whether a header or a parameter of that name holds a secret, as far as its name tells.
pub(crate) fn sounds_secret(name: &str) -> bool {
    const PARTS: [&str; 11] = [
        "token",
        "signature",
        "secret",
        "passw",
        "passphrase",
        "authorization",
        "cookie",
        "credential",
        "api-key",
        "apikey",
        "jwt",
    ];
    let name = name.to_ascii_lowercase();
    PARTS.iter().any(|part| name.contains(part))
}

/// A field in each form in which it was sent or is shown to the function.
fn forms(request: &RequestHead, name: &str) -> impl Iterator<Item = String> {
    let sent = request
        .header(name)
        .map(|v| String::from_utf8_lossy(v).into_owned());
    let in_query = query::find(request.query().unwrap_or_default(), name);
    let raw = in_query.as_ref().map(|parameter| parameter.raw());
    let raw = raw.map(|v| String::from_utf8_lossy(v).into_owned());
    let decoded = in_query.and_then(|parameter| parameter.bytes());
    let decoded = decoded.map(|v| String::from_utf8_lossy(&v).into_owned());
    [sent, raw, decoded].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_names_the_authorizer_before_the_query() {
        let header = "X-Amz-CustomAuthorizer-Name: A\r\n";
        let query = "/topics/t?x-amz-customauthorizer-name=B";
        let rows = [
            ("/topics/t", header, Ok(Some("A"))),
            (query, "", Ok(Some("B"))),
            (query, header, Ok(Some("A"))),
            ("/topics/t", "", Ok(None)),
            (
                "/topics/t?x-amz-customauthorizer-name=we%3Dird%2C%40x",
                "",
                Ok(Some("we=ird,@x")),
            ),
            ("/topics/t?X-Amz-CustomAuthorizer-Name=B", "", Ok(None)),
            (
                "/topics/t",
                "x-amz-customauthorizer-name:\r\n",
                Ok(Some("")),
            ),
            (
                "/topics/t?x-amz-customauthorizer-name=%zz",
                "",
                Err("percent-encoded"),
            ),
        ];
        for (target, headers, expected) in rows {
            let head = format!("POST {target} HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
            let request = RequestHead::parse(head.as_bytes(), 64).unwrap();
            match (authorizer_name(&request), expected) {
                (Ok(found), Ok(name)) => assert_eq!(found.as_deref(), name, "{target} {headers}"),
                (Err(found), Err(reason)) => assert!(found.contains(reason), "{found}"),
                (found, _) => panic!("{target} {headers}: {found:?}"),
            }
        }
    }
}
