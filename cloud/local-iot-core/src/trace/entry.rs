//! One entry a request: the response, and the reason that the response itself never gives.

use std::fmt;
use std::time::{Duration, SystemTime};

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
    /// The topic, once it could be read.
    pub topic: Option<String>,
    /// The authorizer that the request was resolved to, or the name that was not found.
    pub authorizer: Option<String>,
    /// The run of the authorizer's function, if there was one.
    pub invocation: Option<Invocation>,
    /// What the policy says about the publish, once there is a policy.
    pub policy: Option<String>,
    /// Why, and by what.
    pub reason: String,
    /// What works here but may surprise on AWS.
    pub notes: Vec<String>,
}

/// One run of an authorizer function.
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
        let verdict = if self.accepted {
            "ACCEPTED"
        } else {
            "REFUSED "
        };
        write!(f, "{} {verdict}", httpdate::fmt_http_date(self.time))?;
        match self.status {
            Some(status) => write!(f, " {status}")?,
            None => write!(f, " ---")?,
        }
        // What a client chose is escaped, so that it cannot forge a second line or steer a terminal.
        if let Some(topic) = &self.topic {
            write!(f, " topic={}", topic.escape_debug())?;
        }
        if let Some(authorizer) = &self.authorizer {
            write!(f, " authorizer={}", authorizer.escape_debug())?;
        }
        write!(f, ": {}", one_line(&self.reason))?;
        let printed = self.invocation.iter().flat_map(|i| &i.output);
        for line in printed {
            write!(f, "; printed: {}", one_line(line))?;
        }
        for note in &self.notes {
            write!(f, "; note: {}", one_line(note))?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [{id}]")?;
        }
        Ok(())
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
            topic: None,
            authorizer: None,
            invocation: None,
            policy: None,
            reason,
            notes: Vec::new(),
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
        let texts = [&self.topic, &self.authorizer, &self.policy];
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
            topic: Some("a\nb".to_owned()),
            authorizer: Some("x\u{1b}[2J".to_owned()),
            invocation: None,
            policy: None,
            reason: reason.to_owned(),
            notes: vec!["mind this".to_owned()],
        }
    }

    #[test]
    fn a_line_says_all_of_it_and_stays_one_line() {
        assert_eq!(
            entry("because\r\nof this").to_string(),
            "Thu, 01 Jan 1970 00:00:00 GMT REFUSED  403 topic=a\\nb authorizer=x\\u{1b}[2J: because\\r\\nof this; note: mind this [an-id]"
        );
    }
}
