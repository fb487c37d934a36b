//! The event that an authorizer function receives (Developer Guide, "Defining your Lambda function").

use motepost_contract::http::RequestHead;
use serde_json::{Map, Value, json};

use super::credentials::Token;
use super::peer::Peer;
use crate::behaviour::HeaderNames;

/// What is known of a request, protocol by protocol; TestInvokeAuthorizer may know of none.
#[derive(Default)]
pub(crate) struct Protocols<'a> {
    /// With the name from SNI, if there was one.
    pub(crate) tls: Option<Option<&'a str>>,
    pub(crate) http: Option<&'a RequestHead>,
    /// As it is to stand in the event.
    pub(crate) mqtt: Option<Value>,
}

impl<'a> Protocols<'a> {
    pub(crate) fn of(request: &'a RequestHead, peer: &'a Peer) -> Self {
        Self {
            tls: peer.tls.then_some(peer.server_name.as_deref()),
            http: Some(request),
            mqtt: None,
        }
    }
}

/// All headers and the raw query are in it, credentials included: which of them AWS leaves out is UNCONFIRMED.
pub(crate) fn build(
    protocols: &Protocols<'_>,
    connection_id: &str,
    token: &Token,
    names: HeaderNames,
) -> Value {
    let tls = protocols.tls.map(|server_name| match server_name {
        Some(name) => json!({"serverName": name}),
        // Without SNI there is no name to give.
        None => json!({}),
    });
    let http = protocols.http.map(|request| http(request, names));
    let data: Map<String, Value> = [
        ("tls", tls),
        ("http", http),
        ("mqtt", protocols.mqtt.clone()),
    ]
    .into_iter()
    .filter_map(|(name, data)| Some((name.to_owned(), data?)))
    .collect();
    let order: Vec<_> = ["tls", "http", "mqtt"]
        .into_iter()
        .filter(|name| data.contains_key(*name))
        .collect();
    let mut event = json!({
        "signatureVerified": token.verified_by.is_some(),
        "protocols": order,
        "connectionMetadata": {"id": connection_id},
    });
    if !data.is_empty() {
        event["protocolData"] = Value::Object(data);
    }
    if let Some(token) = &token.text {
        event["token"] = Value::String(token.clone());
    }
    event
}

fn http(request: &RequestHead, names: HeaderNames) -> Value {
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
    http
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::peer::Door;

    fn peer(server_name: Option<&str>) -> Peer {
        Peer {
            address: "127.0.0.1".parse().unwrap(),
            tls: server_name.is_some(),
            server_name: server_name.map(str::to_owned),
            connection_id: "an-id".to_owned(),
            door: Door::Device,
        }
    }

    fn built(request: &RequestHead, peer: &Peer, token: &Token, names: HeaderNames) -> Value {
        build(&Protocols::of(request, peer), "an-id", token, names)
    }

    #[test]
    fn of_no_protocol_there_is_no_data() {
        let token = Token {
            text: None,
            verified_by: None,
        };
        assert_eq!(
            build(&Protocols::default(), "an-id", &token, HeaderNames::AsSent),
            json!({"signatureVerified": false, "protocols": [], "connectionMetadata": {"id": "an-id"}})
        );
    }

    fn request() -> RequestHead {
        let head = b"POST /topics/t?qos=1&a=%20b HTTP/1.1\r\nHost: x\r\nID: one\r\nid: two\r\nToKen: secret\r\n\r\n";
        RequestHead::parse(head, 64).unwrap()
    }

    #[test]
    fn over_tls_with_a_verified_token() {
        let token = Token {
            text: Some("secret".to_owned()),
            verified_by: Some("K1".to_owned()),
        };
        assert_eq!(
            built(
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
        let request = RequestHead::parse(
            b"POST /topics/t HTTP/1.1\r\nHost: x\r\nID: one\r\nid: two\r\n\r\n",
            64,
        )
        .unwrap();
        let token = Token {
            text: None,
            verified_by: None,
        };
        assert_eq!(
            built(&request, &peer(None), &token, HeaderNames::Lower),
            json!({
                "signatureVerified": false,
                "protocols": ["http"],
                "protocolData": {"http": {"headers": {"host": "x", "id": "one"}}},
                "connectionMetadata": {"id": "an-id"},
            })
        );
    }
}
