//! What a response says, for people: AWS's own words, and what to do. `publish` and `explain` show it alike.

use serde_json::Value;

/// So much of a text that somebody else wrote is shown.
const SHOWN: usize = 200;

/// A response, as far as it could be read.
#[derive(Default)]
pub(crate) struct AwsResponse {
    pub(crate) status: Option<u16>,
    pub(crate) error_type: String,
    /// `None` without one; AWS also says `null`.
    pub(crate) message: Option<String>,
    pub(crate) trace_id: String,
    pub(crate) request_id: String,
    pub(crate) location: String,
    /// A body that is not AWS's JSON.
    pub(crate) other_body: String,
}

impl AwsResponse {
    /// From the head's bytes, status line included, and the body.
    pub(crate) fn read(head: &[u8], body: &[u8]) -> Self {
        let mut response = Self::default();
        let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let status_line = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
        response.status = status_line
            .strip_prefix("HTTP/")
            .and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
        for line in lines {
            let Some(at) = line.iter().position(|byte| *byte == b':') else {
                continue;
            };
            let value = || String::from_utf8_lossy(line[at + 1..].trim_ascii()).into_owned();
            match line[..at].to_ascii_lowercase().as_slice() {
                // AWS ends it in a colon, or goes on with a URL.
                b"x-amzn-errortype" => {
                    value()
                        .split(':')
                        .next()
                        .unwrap_or_default()
                        .clone_into(&mut response.error_type);
                }
                b"x-amzn-requestid" => response.request_id = value(),
                b"location" => response.location = value(),
                _ => {}
            }
        }
        response.read_body(body);
        response
    }

    fn read_body(&mut self, body: &[u8]) {
        let json = serde_json::from_slice::<Value>(body).ok();
        let Some(Value::Object(fields)) = json else {
            self.other_body = String::from_utf8_lossy(body.trim_ascii()).into_owned();
            return;
        };
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| fields.get(*name)?.as_str());
            found.map(str::to_owned)
        };
        self.message = text(&["message", "Message", "errorMessage"]);
        self.trace_id = text(&["traceId"]).unwrap_or_default();
        if self.error_type.is_empty() {
            self.error_type = text(&["__type", "code"]).unwrap_or_default();
        }
        if !["message", "Message", "traceId", "errorMessage"]
            .iter()
            .any(|name| fields.contains_key(*name))
        {
            self.other_body = String::from_utf8_lossy(body.trim_ascii()).into_owned();
        }
    }

    /// Whether anything in it is AWS's. A portal's page has none of it.
    fn is_aws(&self) -> bool {
        !self.request_id.is_empty()
            || !self.error_type.is_empty()
            || !self.trace_id.is_empty()
            || self.message.is_some()
    }

    /// Each with its name, escaped, because anyone on the way may have written them.
    pub(crate) fn details(&self) -> Vec<(&'static str, String)> {
        let mut details = Vec::new();
        let mut put = |name, text: &str| {
            if !text.is_empty() {
                details.push((name, escaped(text)));
            }
        };
        put("message", self.message.as_deref().unwrap_or_default());
        put("trace id", &self.trace_id);
        put("request id", &self.request_id);
        put("location", &self.location);
        put("body", &self.other_body);
        details
    }

    /// What to do about it.
    pub(crate) fn advice(&self) -> &'static str {
        let Some(status) = self.status else {
            return self.advice_on_denial();
        };
        match status {
            200..=299 => "AWS has the message",
            300..=399 => {
                "a redirect, which AWS never sends: a captive portal, a proxy or another host answered. Check the network and --endpoint; nothing was published"
            }
            400 => "the request itself is wrong: motepost explain; do not repeat it",
            401 | 403 => self.advice_on_denial(),
            404 => {
                "nothing is at this path: a publish goes to /topics/<topic> of the account's data endpoint. Check --endpoint; do not repeat it"
            }
            405 => "the host does not take POST here: check --endpoint; do not repeat it",
            407 | 511 => {
                "a proxy or a portal on the way wants credentials of its own: nothing reached AWS. Use a network or a rule that lets the endpoint through"
            }
            408 | 421 | 425 => {
                "the connection was to blame, not the request: repeat it on a new connection"
            }
            413 => "the payload is larger than AWS takes, 128 KB: send less; do not repeat it",
            429 | 500..=999 => "repeat it later, each time after a longer wait",
            _ => "the request itself is wrong: motepost explain; do not repeat it",
        }
    }

    fn advice_on_denial(&self) -> &'static str {
        match self.message.as_deref() {
            Some(message) if message.contains("Missing Authentication Token") => {
                "an API Gateway answered, not AWS IoT: --endpoint must be the data endpoint (aws iot describe-endpoint --endpoint-type iot:Data-ATS)"
            }
            Some(message)
                if message.contains("signature") || message.contains("security token") =>
            {
                "AWS took it for a request signed with SigV4: custom authentication needs no field authorization; motepost explain"
            }
            None | Some("Forbidden" | "") if self.is_aws() => {
                "AWS says no more: check the authorizer's name and status, the token, its signature (motepost explain), the function's log, and whether its policy allows the topic. Once more at most, much later"
            }
            Some(_) => {
                "check what the message says, then the authorizer, the token, its signature (motepost explain) and the function's log. Once more at most, much later"
            }
            None => {
                "nothing in it is AWS's: a proxy, a firewall or another host answered. Check the network and --endpoint"
            }
        }
    }
}

/// On one line, and no longer than people read.
fn escaped(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push_str("...");
    }
    shown
}
