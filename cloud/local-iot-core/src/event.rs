//! The event that an authorizer function receives (Developer Guide, "Defining your Lambda function").

use serde_json::{Map, Value, json};

use crate::config::HeaderNames;
use crate::context::Peer;
use crate::credentials::Token;
use crate::http::Request;

/// All headers and the raw query are in it, credentials included: which of them AWS leaves out is UNCONFIRMED.
pub(crate) fn build(request: &Request, peer: &Peer, token: &Token, names: HeaderNames) -> Value {
    let mut headers = Map::new();
    for (name, value) in request.headers() {
        let name = match names {
            HeaderNames::AsSent => name.to_owned(),
            HeaderNames::Lower => name.to_ascii_lowercase(),
        };
        // The map holds one value for a name; of several fields the first counts, as it does for credentials.
        headers
            .entry(name)
            .or_insert_with(|| Value::String(String::from_utf8_lossy(value).into_owned()));
    }
    let mut http = json!({"headers": headers});
    if let Some(query) = request.query() {
        http["queryString"] = Value::String(format!("?{query}"));
    }
    let mut data = json!({"http": http});
    let mut protocols = vec!["http"];
    if peer.tls {
        protocols.insert(0, "tls");
        // Without SNI there is no name to give.
        data["tls"] = peer
            .server_name
            .as_ref()
            .map_or(json!({}), |name| json!({"serverName": name}));
    }
    let mut event = json!({
        "signatureVerified": token.verified_by.is_some(),
        "protocols": protocols,
        "protocolData": data,
        "connectionMetadata": {"id": peer.connection_id},
    });
    if let Some(token) = &token.text {
        event["token"] = Value::String(token.clone());
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(server_name: Option<&str>) -> Peer {
        Peer {
            address: "127.0.0.1".parse().unwrap(),
            tls: server_name.is_some(),
            server_name: server_name.map(str::to_owned),
            connection_id: "an-id".to_owned(),
        }
    }

    fn request() -> Request {
        let head = b"POST /topics/t?qos=1&a=%20b HTTP/1.1\r\nHost: x\r\nID: one\r\nid: two\r\nToKen: secret\r\n\r\n";
        Request::parse(head, 64).unwrap()
    }

    #[test]
    fn over_tls_with_a_verified_token() {
        let token = Token {
            text: Some("secret".to_owned()),
            verified_by: Some("K1".to_owned()),
        };
        assert_eq!(
            build(
                &request(),
                &peer(Some("localhost")),
                &token,
                HeaderNames::AsSent
            ),
            json!({
                "token": "secret",
                "signatureVerified": true,
                "protocols": ["tls", "http"],
                "protocolData": {
                    "tls": {"serverName": "localhost"},
                    "http": {
                        "headers": {"Host": "x", "ID": "one", "id": "two", "ToKen": "secret"},
                        "queryString": "?qos=1&a=%20b",
                    },
                },
                "connectionMetadata": {"id": "an-id"},
            })
        );
    }

    #[test]
    fn in_plain_http_without_token_or_query_in_lower_case() {
        let request = Request::parse(
            b"POST /topics/t HTTP/1.1\r\nHost: x\r\nID: one\r\nid: two\r\n\r\n",
            64,
        )
        .unwrap();
        let token = Token {
            text: None,
            verified_by: None,
        };
        assert_eq!(
            build(&request, &peer(None), &token, HeaderNames::Lower),
            json!({
                "signatureVerified": false,
                "protocols": ["http"],
                "protocolData": {"http": {"headers": {"host": "x", "id": "one"}}},
                "connectionMetadata": {"id": "an-id"},
            })
        );
    }
}
