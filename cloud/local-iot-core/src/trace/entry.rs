//! One entry a request: the response, and the reason that the response itself never gives.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::Serialize;

/// What became of one request, or of one connection that never sent a complete request.
/// It never holds a token or a signature. `Display` is the trace line.
#[derive(Clone, Debug)]
pub struct TraceEntry {
    /// When it was decided.
    pub time: SystemTime,
    /// Equal to the response's `x-amzn-RequestId`; `None` without an HTTP response.
    pub request_id: Option<String>,
    /// Whether the message was accepted.
    pub accepted: bool,
    /// The HTTP status; `None` without an HTTP response.
    pub status: Option<u16>,
    /// What an MQTT client asked for, such as `MQTT CONNECT`, or what a rule does; `None` for an HTTP request.
    pub operation: Option<&'static str>,
    /// The MQTT client's id; HTTP has none.
    pub client_id: Option<String>,
    /// The topic or the topic filter, once it could be read.
    pub topic: Option<String>,
    /// The authorizer that the request was resolved to, or the name that was not found.
    pub authorizer: Option<String>,
    /// The topic rule whose work this is; `None` for a request.
    pub rule: Option<String>,
    /// The run of the authorizer's or the rule's function, if there was one.
    pub invocation: Option<Invocation>,
    /// What the policy says about the publish, once there is a policy.
    pub policy: Option<String>,
    /// How far it came: where it was refused, or delivery.
    pub stage: Stage,
    /// Why, and by what.
    pub reason: String,
    /// What works here but may surprise on AWS.
    pub notes: Vec<String>,
    /// A command for a shell that sends the same again, without its secrets: variables stand in their place.
    pub repeat: Option<String>,
}

/// The stages of a request, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// It is read, and is what AWS takes.
    #[default]
    Request,
    /// Its authorizer is found, and its signature verified.
    Authorizer,
    /// The authorizer's function is run.
    Function,
    /// The policy is asked.
    Policy,
    /// The broker takes it, or a rule.
    Delivery,
}

/// One run of a function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The function's name.
    pub function: String,
    /// Whether it returned in time and without an error.
    pub succeeded: bool,
    /// Whether a response that it gave earlier on this connection was used instead of asking it again.
    pub cached: bool,
    /// How long it waited for a free process, which the function's time does not include.
    pub waited: Duration,
    /// How long it took.
    pub duration: Duration,
    /// What it printed, line by line; bounded, and with the request's credentials cut out.
    pub output: Vec<String>,
}

impl fmt::Display for TraceEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = httpdate::fmt_http_date(self.time);
        write!(f, "{time} {}", short(&self.line(), LONGEST_LINE))?;
        if let Some(id) = &self.request_id {
            write!(f, " [{id}]")?;
        }
        Ok(())
    }
}

impl TraceEntry {
    /// What a client chose is escaped, so that it cannot forge a second line or steer a terminal.
    fn line(&self) -> String {
        let verdict = if self.accepted {
            "ACCEPTED"
        } else {
            "REFUSED "
        };
        let mut line = match (self.status, self.operation) {
            (Some(status), _) => format!("{verdict} {status}"),
            (None, Some(operation)) => format!("{verdict} {operation}"),
            (None, None) => format!("{verdict} ---"),
        };
        for (key, name) in [
            ("client", &self.client_id),
            ("topic", &self.topic),
            ("authorizer", &self.authorizer),
        ] {
            if let Some(name) = name {
                let name = name.escape_debug().to_string();
                line += &format!(" {key}={}", short(&name, LONGEST_NAME));
            }
        }
        if let Some(rule) = &self.rule {
            line += &format!(" rule={rule}");
        }
        line += &format!(": {}", short(&one_line(&self.reason), LONGEST_REASON));
        let printed: Vec<_> = self.invocation.iter().flat_map(|i| &i.output).collect();
        for text in printed.iter().take(MOST) {
            line += &format!("; printed: {}", short(&one_line(text), LONGEST_TEXT));
        }
        if let Some(more @ 1..) = printed.len().checked_sub(MOST) {
            line += &format!("; and {more} lines more, on the console page");
        }
        for note in self.notes.iter().take(MOST) {
            line += &format!("; note: {}", short(&one_line(note), LONGEST_TEXT));
        }
        if let Some(more @ 1..) = self.notes.len().checked_sub(MOST) {
            line += &format!("; and {more} notes more, on the console page");
        }
        line
    }
}

fn one_line(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = c.is_control().then(|| c.escape_debug());
            let plain = (!c.is_control()).then_some(c);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// Of a line on a terminal; the console page has all of it.
const LONGEST_LINE: usize = 1000;
const LONGEST_REASON: usize = 500;
const LONGEST_NAME: usize = 128;
const LONGEST_TEXT: usize = 120;
const MOST: usize = 3;

fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Characters of one text in an entry; a function may return megabytes.
pub(super) const LONGEST: usize = 4096;

impl TraceEntry {
    /// For a connection that ended without a response, and for what the emulator itself could not do.
    pub(crate) fn lost(reason: String) -> Self {
        Self {
            time: SystemTime::now(),
            request_id: None,
            accepted: false,
            status: None,
            operation: None,
            client_id: None,
            topic: None,
            authorizer: None,
            rule: None,
            invocation: None,
            policy: None,
            stage: Stage::Request,
            reason,
            notes: Vec::new(),
            repeat: None,
        }
    }

    /// For what a topic rule did with a message.
    pub(crate) fn rule(
        operation: &'static str,
        rule: &str,
        result: Result<String, String>,
    ) -> Self {
        Self {
            accepted: result.is_ok(),
            operation: Some(operation),
            rule: Some(rule.to_owned()),
            ..Self::lost(result.unwrap_or_else(|reason| reason))
        }
    }

    /// For what an MQTT client asked for.
    pub(crate) fn mqtt(
        operation: &'static str,
        client_id: &str,
        accepted: bool,
        reason: String,
    ) -> Self {
        Self {
            accepted,
            operation: Some(operation),
            client_id: Some(client_id.to_owned()),
            ..Self::lost(reason)
        }
    }

    pub(super) fn cut(&mut self) {
        let texts = self.policy.iter_mut().chain(&mut self.notes);
        for text in texts.chain([&mut self.reason]) {
            if let Some((end, _)) = text.char_indices().nth(LONGEST) {
                text.truncate(end);
                text.push_str("...");
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let output = self.invocation.iter().flat_map(|i| &i.output);
        let texts = [
            &self.client_id,
            &self.topic,
            &self.authorizer,
            &self.policy,
            &self.repeat,
        ];
        let texts = texts.into_iter().flatten().chain([&self.reason]);
        let texts = texts.chain(&self.notes).chain(output);
        let length: usize = texts.map(|text| size_of::<String>() + text.len()).sum();
        size_of::<Self>() + length
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn entry(reason: &str) -> TraceEntry {
        TraceEntry {
            time: SystemTime::UNIX_EPOCH,
            request_id: Some("an-id".to_owned()),
            accepted: false,
            status: Some(403),
            operation: None,
            client_id: None,
            topic: Some("a\nb".to_owned()),
            authorizer: Some("x\u{1b}[2J".to_owned()),
            rule: None,
            invocation: None,
            policy: None,
            stage: Stage::Policy,
            reason: reason.to_owned(),
            notes: vec!["mind this".to_owned()],
            repeat: None,
        }
    }

    #[test]
    fn a_line_is_one_that_a_person_can_read() {
        let mut long = entry(&"x".repeat(2000));
        long.invocation = Some(Invocation {
            function: "f".to_owned(),
            succeeded: true,
            cached: false,
            waited: Duration::ZERO,
            duration: Duration::ZERO,
            output: vec!["y".repeat(2000); 9],
        });
        let line = long.to_string();
        assert!(line.len() < 1100, "{}", line.len());
        assert!(line.contains("x...; printed: y") && line.contains("; and 6 lines more"));
    }

    #[test]
    fn a_line_is_short_whatever_a_client_sends() {
        let mut long = entry(&"x".repeat(2000));
        for name in [&mut long.client_id, &mut long.topic, &mut long.authorizer] {
            *name = Some("\u{1b}".repeat(60_000));
        }
        long.notes = vec!["n".repeat(2000); 500];
        let line = long.to_string();
        assert!(line.len() < 1100, "{}", line.len());
        assert!(line.ends_with("... [an-id]"), "{line}");
    }

    #[test]
    fn a_line_says_all_of_it_and_stays_one_line() {
        assert_eq!(
            entry("because\r\nof this").to_string(),
            "Thu, 01 Jan 1970 00:00:00 GMT REFUSED  403 topic=a\\nb authorizer=x\\u{1b}[2J: because\\r\\nof this; note: mind this [an-id]"
        );
    }
}
