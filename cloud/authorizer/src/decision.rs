//! One decision: what AWS is told, and what the log is told.

use motepost_contract::device_id::DeviceId;
use serde_json::{Map, Value};

use crate::denied::Denied;
use crate::response;

/// The outcome of [`Authorizer::decide`](crate::Authorizer::decide).
#[derive(Debug)]
pub struct Decision {
    pub(crate) connection: Option<String>,
    pub(crate) id: Option<DeviceId>,
    pub(crate) outcome: Result<Allowed, Denied>,
}

#[derive(Debug)]
pub(crate) struct Allowed {
    pub(crate) scheme: &'static str,
    pub(crate) response: Value,
}

impl Decision {
    /// What the function returns. Of a refusal it gives no reason.
    pub fn response(&self) -> Value {
        match &self.outcome {
            Ok(allowed) => allowed.response.clone(),
            Err(_) => response::deny(),
        }
    }

    /// Why it is a refusal; `None` if it is none.
    pub fn denied(&self) -> Option<&Denied> {
        self.outcome.as_ref().err()
    }

    /// One line of JSON: `decision`, the `scheme` or the `reason`, the device's `id` as far as it is a usable one, and
    /// AWS's name for the `connection`. Never a token: nothing else that the device sent is in it.
    pub fn log_line(&self) -> String {
        let mut line = Map::new();
        let mut put = |name: &str, text: String| line.insert(name.to_owned(), Value::String(text));
        match &self.outcome {
            Ok(allowed) => {
                put("decision", "allow".to_owned());
                put("scheme", allowed.scheme.to_owned());
            }
            Err(denied) => {
                put("decision", "deny".to_owned());
                put("reason", denied.to_string());
            }
        }
        if let Some(id) = &self.id {
            put("id", id.as_str().to_owned());
        }
        if let Some(connection) = &self.connection {
            put("connection", connection.clone());
        }
        Value::Object(line).to_string()
    }
}
