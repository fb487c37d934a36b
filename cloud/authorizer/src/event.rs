//! The event that AWS IoT Core sends (Developer Guide, "Defining your Lambda function"). A field that is absent or null is
//! not there, as in the event of a console test, which has no `protocolData`; one of another type than AWS's is malformed.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::denied::Denied;

pub(crate) struct Event<'e> {
    /// As AWS found it, percent-decoded.
    pub(crate) token: Option<&'e str>,
    pub(crate) signature_verified: bool,
    /// AWS's own name for the connection, to find it in AWS's log.
    pub(crate) connection: Option<&'e str>,
    headers: Option<&'e Map<String, Value>>,
    query: Option<&'e str>,
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
            headers,
            query: text(http, "queryString", "the query string is not text")?,
        })
    }

    /// What the device sent under this name, in any case, in headers and query. In the event header names are as the
    /// device wrote them or in lower case: that is not documented. `what` names it where two values contradict.
    pub(crate) fn sent(
        &self,
        name: &str,
        what: &'static str,
    ) -> Result<Option<Cow<'e, str>>, Denied> {
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
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            if key.eq_ignore_ascii_case(name) {
                take(value)?;
            }
        }
        Ok(found.filter(|value| !value.is_empty()))
    }
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
