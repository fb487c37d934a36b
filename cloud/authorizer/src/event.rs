//! The event that AWS IoT Core sends (Developer Guide, "Defining your Lambda function"). A field that is absent or null is
//! not there, as in the event of a console test, which has no `protocolData`; one of another type than AWS's is malformed.

use std::borrow::Cow;

use base64ct::{Base64, Encoding};
use serde_json::{Map, Value};

use crate::denied::Denied;

pub(crate) struct Event<'e> {
    /// As AWS found it, percent-decoded.
    pub(crate) token: Option<&'e str>,
    pub(crate) signature_verified: bool,
    /// AWS's own name for the connection, to find it in AWS's log.
    pub(crate) connection: Option<&'e str>,
    /// Whether an MQTT client asks, over WebSockets or not, and not a publish over HTTPS.
    pub(crate) is_mqtt: bool,
    headers: Option<&'e Map<String, Value>>,
    query: Option<&'e str>,
    /// Complete, with the query that AWS takes its own fields from.
    user_name: Option<&'e str>,
    password: Option<&'e str>,
    client_id: Option<&'e str>,
}

/// Where an MQTT client's id or token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The user name, up to a `?`.
    UserName,
    Password,
    ClientId,
    /// The query of the user name.
    Query,
}

impl<'e> Event<'e> {
    pub(crate) fn read(event: &'e Value) -> Result<Self, Denied> {
        let fields = event
            .as_object()
            .ok_or(Denied::MalformedEvent("it is not an object"))?;
        let data = object(
            Some(fields),
            "protocolData",
            "protocolData is not an object",
        )?;
        let http = object(data, "http", "protocolData.http is not an object")?;
        let headers = object(http, "headers", "the headers are not an object")?;
        let mqtt = object(data, "mqtt", "protocolData.mqtt is not an object")?;
        let metadata = object(
            Some(fields),
            "connectionMetadata",
            "connectionMetadata is not an object",
        )?;
        let signature_verified = match present(Some(fields), "signatureVerified") {
            None => false,
            Some(Value::Bool(verified)) => *verified,
            Some(_) => {
                return Err(Denied::MalformedEvent(
                    "signatureVerified is neither true nor false",
                ));
            }
        };
        Ok(Self {
            token: text(Some(fields), "token", "token is not text")?,
            signature_verified,
            connection: text(metadata, "id", "connectionMetadata.id is not text")?,
            is_mqtt: mqtt.is_some() || names_mqtt(fields)? || is_web_socket(headers),
            headers,
            query: text(http, "queryString", "the query string is not text")?,
            user_name: text(mqtt, "username", "the MQTT user name is not text")?,
            password: text(mqtt, "password", "the MQTT password is not text")?,
            client_id: text(mqtt, "clientId", "the MQTT client id is not text")?,
        })
    }

    /// What the device sent under this name, in any case, in headers and queries, and at the place. In the event header
    /// names are as the device wrote them or in lower case: that is not documented. `what` names it where two values
    /// contradict.
    pub(crate) fn sent(
        &self,
        name: &str,
        place: Option<Place>,
        what: &'static str,
    ) -> Result<Option<Cow<'e, str>>, Denied> {
        let (user_name, user_query) = match self.user_name {
            Some(text) => text.split_once('?').unwrap_or((text, "")),
            None => ("", ""),
        };
        let mut found: Option<Cow<'e, str>> = None;
        let mut take = |value: Cow<'e, str>| match &found {
            Some(other) if *other != value => Err(Denied::Ambiguous(what)),
            _ => {
                found = Some(value);
                Ok(())
            }
        };
        for (key, value) in self.headers.into_iter().flatten() {
            if key.eq_ignore_ascii_case(name) {
                let value = value
                    .as_str()
                    .ok_or(Denied::MalformedEvent("a header is not text"))?;
                take(Cow::Borrowed(value))?;
            }
        }
        let query = self.query.unwrap_or_default();
        let query = query.strip_prefix('?').unwrap_or(query);
        for query in [query, user_query] {
            for (key, value) in form_urlencoded::parse(query.as_bytes()) {
                if key.eq_ignore_ascii_case(name) {
                    take(value)?;
                }
            }
        }
        match place {
            None | Some(Place::Query) => {}
            Some(Place::UserName) if user_name.is_empty() => {}
            Some(Place::UserName) => take(Cow::Borrowed(user_name))?,
            Some(Place::ClientId) => {
                if let Some(id) = self.client_id {
                    take(Cow::Borrowed(id))?;
                }
            }
            Some(Place::Password) => {
                if let Some(encoded) = self.password {
                    take(Cow::Owned(password(encoded)?))?;
                }
            }
        }
        Ok(found.filter(|value| !value.is_empty()))
    }
}

/// AWS encodes the password, of which MQTT says that it is any bytes.
fn password(encoded: &str) -> Result<String, Denied> {
    let bytes = Base64::decode_vec(encoded)
        .map_err(|_| Denied::MalformedEvent("the MQTT password is not base64"))?;
    String::from_utf8(bytes).map_err(|_| Denied::MalformedEvent("the MQTT password is not UTF-8"))
}

/// "Which protocols to expect for the request."
fn names_mqtt(fields: &Map<String, Value>) -> Result<bool, Denied> {
    let Some(protocols) = present(Some(fields), "protocols") else {
        return Ok(false);
    };
    let protocols = protocols
        .as_array()
        .ok_or(Denied::MalformedEvent("protocols is not a list"))?;
    let is_mqtt = |name: &Value| {
        name.as_str()
            .is_some_and(|name| name.eq_ignore_ascii_case("mqtt"))
    };
    Ok(protocols.iter().any(is_mqtt))
}

/// RFC 6455 section 4.1. The request that opens a WebSocket comes before anything of MQTT.
fn is_web_socket(headers: Option<&Map<String, Value>>) -> bool {
    headers.into_iter().flatten().any(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let value = value.as_str().unwrap_or_default().to_ascii_lowercase();
        name.starts_with("sec-websocket-") || (name == "upgrade" && value.contains("websocket"))
    })
}

fn present<'e>(fields: Option<&'e Map<String, Value>>, name: &str) -> Option<&'e Value> {
    fields?.get(name).filter(|value| !value.is_null())
}

fn object<'e>(
    fields: Option<&'e Map<String, Value>>,
    name: &str,
    otherwise: &'static str,
) -> Result<Option<&'e Map<String, Value>>, Denied> {
    present(fields, name)
        .map(|value| value.as_object().ok_or(Denied::MalformedEvent(otherwise)))
        .transpose()
}

fn text<'e>(
    fields: Option<&'e Map<String, Value>>,
    name: &str,
    otherwise: &'static str,
) -> Result<Option<&'e str>, Denied> {
    present(fields, name)
        .map(|value| value.as_str().ok_or(Denied::MalformedEvent(otherwise)))
        .transpose()
        .map(|text| text.filter(|text| !text.is_empty()))
}
