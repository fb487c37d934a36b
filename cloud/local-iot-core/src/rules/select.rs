//! What a statement makes of a message (Developer Guide, "SELECT clause", "Working with binary payloads").

use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64, Encoding};
use serde_json::{Map, Value};

use super::message::RuleMessage;
use super::sql::{Column, Expression, SqlVersion, Statement};

/// What AWS documents for what is no JSON.
const ENCODE: &str = "what is no JSON reaches a function with SELECT encode(*, 'base64') AS data";

impl Statement {
    /// The event for a function. The error says why it cannot be made.
    pub(super) fn select(
        &self,
        version: SqlVersion,
        message: &RuleMessage,
        now: SystemTime,
    ) -> Result<Value, String> {
        if let [
            Column {
                value: Expression::Payload,
                name: None,
            },
        ] = self.columns.as_slice()
        {
            return complete(version, message);
        }
        let mut event = Map::new();
        for column in &self.columns {
            let value = match &column.value {
                Expression::Payload => json(message)?,
                Expression::EncodedPayload => {
                    Some(Value::from(Base64::encode_string(&message.payload)))
                }
                Expression::Topic(None) => Some(Value::from(message.topic.as_str())),
                // One that is not there is Undefined, which leaves its name out.
                Expression::Topic(Some(level)) => level
                    .checked_sub(1)
                    .and_then(|index| message.topic.split('/').nth(index))
                    .map(Value::from),
                Expression::Timestamp => {
                    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
                    Some(Value::from(since.as_millis() as u64))
                }
                Expression::ClientId => Some(Value::from(message.client_id())),
            };
            match (&column.name, value) {
                (_, None) => {}
                (Some(name), Some(value)) => {
                    event.insert(name.clone(), value);
                }
                (None, Some(Value::Object(fields))) => event.extend(fields),
                (None, Some(_)) => {
                    return Err("the payload is JSON but no object, and what AWS makes of it with * and other columns is not documented: give it a name, * AS <name>".to_owned());
                }
            }
        }
        Ok(Value::Object(event))
    }
}

/// `SELECT *` alone is the payload itself, which a Lambda action can pass on only if it is JSON.
fn complete(version: SqlVersion, message: &RuleMessage) -> Result<Value, String> {
    // UNCONFIRMED: Lambda makes an empty event of no event at all.
    let payload = json(message)?.unwrap_or_else(|| Value::Object(Map::new()));
    if payload.is_array() && version == SqlVersion::V20151008 {
        return Err("an array as the complete event needs awsIotSqlVersion 2016-03-23, and without one it is 2015-10-08".to_owned());
    }
    Ok(payload)
}

/// `None` if the payload is empty.
fn json(message: &RuleMessage) -> Result<Option<Value>, String> {
    if message.payload.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(&message.payload)
        .map(Some)
        .map_err(|error| format!("the payload is not JSON ({error}): {ENCODE}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::redact::Secrets;
    use serde_json::json;
    use std::time::Duration;

    fn select(statement: &str, payload: &[u8]) -> Result<Value, String> {
        select_as(SqlVersion::V20160323, statement, payload)
    }

    fn select_as(version: SqlVersion, statement: &str, payload: &[u8]) -> Result<Value, String> {
        let message = RuleMessage {
            topic: "a/b/c".to_owned(),
            payload: payload.to_vec().into(),
            client_id: None,
            secrets: Secrets::default(),
        };
        let now = UNIX_EPOCH + Duration::from_millis(1_481_825_251_155);
        let statement = Statement::parse(statement, version).unwrap();
        statement.select(version, &message, now)
    }

    #[test]
    fn what_is_selected_becomes_the_event() {
        let rows: [(&str, &[u8], Value); 12] = [
            ("SELECT *", br#"{"a":1}"#, json!({"a": 1})),
            ("SELECT *", b"[1,2]", json!([1, 2])),
            ("SELECT *", b" 42\n", json!(42)),
            ("SELECT *", b"", json!({})),
            ("SELECT * AS batch", b"[1,2]", json!({"batch": [1, 2]})),
            (
                "SELECT *, topic() AS t",
                br#"{"a":1}"#,
                json!({"a": 1, "t": "a/b/c"}),
            ),
            (
                "SELECT *, topic() AS a",
                br#"{"a":1}"#,
                json!({"a": "a/b/c"}),
            ),
            ("SELECT *, topic() AS t", b"", json!({"t": "a/b/c"})),
            (
                "SELECT topic(1) AS one, topic(3) AS three, topic(4) AS four, topic(0) AS none",
                b"no JSON",
                json!({"one": "a", "three": "c"}),
            ),
            (
                "SELECT timestamp() AS ts",
                b"\xff",
                json!({"ts": 1_481_825_251_155_u64}),
            ),
            ("SELECT clientid() AS c", b"", json!({"c": "n/a"})),
            (
                "SELECT encode(*, 'base64') AS data, topic(1) AS id",
                b"\x00\xff\xa1",
                json!({"data": "AP+h", "id": "a"}),
            ),
        ];
        for (statement, payload, expected) in rows {
            assert_eq!(select(statement, payload), Ok(expected), "{statement}");
        }
    }

    #[test]
    fn what_a_function_cannot_get_is_said() {
        let rows: [(&str, &[u8], &str); 5] = [
            ("SELECT *", b"\xff", "the payload is not JSON"),
            ("SELECT *", b"hello", "encode(*, 'base64') AS data"),
            (
                "SELECT *, topic() AS t",
                b"hello",
                "the payload is not JSON",
            ),
            ("SELECT * AS p", b"{", "the payload is not JSON"),
            ("SELECT *, topic() AS t", b"[1]", "* AS <name>"),
        ];
        for (statement, payload, expected) in rows {
            let error = select(statement, payload).unwrap_err();
            assert!(error.contains(expected), "{statement}: {error}");
        }
        let old = select_as(SqlVersion::V20151008, "SELECT *", b"[1]");
        assert!(old.unwrap_err().contains("2016-03-23"));
        let old = select_as(SqlVersion::V20151008, "SELECT *", br#"{"a":[1]}"#);
        assert_eq!(old, Ok(json!({"a": [1]})));
    }
}
