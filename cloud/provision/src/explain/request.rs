//! Reads a request as far as it can be read. What is wrong with the way it is written is found here; what it says is judged
//! elsewhere.

use motepost_contract::http::fields::{self, MAX_VALUE_BYTES};
use motepost_contract::http::why_broken;

use super::Findings;

#[derive(Default)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) path: &'a [u8],
    pub(crate) query: Option<&'a [u8]>,
    pub(crate) version: &'a [u8],
    pub(crate) fields: Vec<(&'a [u8], &'a [u8])>,
    pub(crate) body: &'a [u8],
}

impl<'a> Request<'a> {
    pub(crate) fn read(bytes: &'a [u8], findings: &mut Findings) -> Self {
        let (lines, body) = split(bytes, findings);
        let mut lines = lines.into_iter();
        let mut request = Self {
            body,
            ..Self::default()
        };
        request.read_line(lines.next().unwrap_or_default(), findings);
        for (index, line) in lines.enumerate() {
            request.read_field(index + 2, line, findings);
        }
        request
    }

    fn read_line(&mut self, line: &'a [u8], findings: &mut Findings) {
        let words: Vec<_> = line.split(|byte| *byte == b' ').collect();
        if let [method, target, version] = words[..] {
            (self.method, self.version) = (method, version);
            match target.iter().position(|byte| *byte == b'?') {
                Some(at) => (self.path, self.query) = (&target[..at], Some(&target[at + 1..])),
                None => self.path = target,
            }
        } else {
            findings.refused("the first line is not `POST /topics/<topic> HTTP/1.1`: a space or a newline in the topic or in the query must be percent-encoded");
        }
    }

    /// RFC 9112 section 5. The value is not quoted: it may be a secret.
    fn read_field(&mut self, number: usize, line: &'a [u8], findings: &mut Findings) {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            findings.refused(format!("line {number} begins with a blank: a folded line, which RFC 9112 section 5.2 forbids"));
            return;
        }
        let Some(at) = line.iter().position(|byte| *byte == b':') else {
            let why = why_broken(self.fields.last().copied(), line);
            findings.refused(format!("line {number} has no colon: {why}"));
            return;
        };
        let (name, value) = (&line[..at], line[at + 1..].trim_ascii());
        let shown = name.escape_ascii();
        if !fields::is_name(name) {
            findings.refused(format!(
                "line {number}: {shown:?} is no name of a field{}",
                if name.ends_with(b" ") {
                    ": there is a blank before the colon"
                } else {
                    ""
                },
                shown = shown.to_string()
            ));
        } else if !fields::is_value(value) {
            findings.refused(format!(
                "line {number}: the value of {shown} holds a control character"
            ));
        } else if value.len() > MAX_VALUE_BYTES {
            findings.refused(format!(
                "line {number}: the value of {shown} has {} bytes, and AWS takes {MAX_VALUE_BYTES}",
                value.len()
            ));
        }
        self.fields.push((name.trim_ascii(), value));
    }

    /// The values of all fields of that name.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let name = name.to_owned();
        self.fields
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| *value)
    }
}

/// The lines of the head, and what follows the empty line.
fn split<'a>(bytes: &'a [u8], findings: &mut Findings) -> (Vec<&'a [u8]>, &'a [u8]) {
    let mut lines = Vec::new();
    let mut bare = 0;
    let mut rest = bytes;
    let mut ended = false;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
        let line = &rest[..at];
        rest = &rest[at + 1..];
        let line = line.strip_suffix(b"\r").unwrap_or_else(|| {
            bare += 1;
            line
        });
        if line.is_empty() {
            ended = true;
            break;
        }
        lines.push(line);
    }
    if !ended {
        findings.refused("the head has no end: after the last field comes an empty line");
        if !rest.is_empty() {
            lines.push(rest);
        }
        rest = &[];
    }
    if bare > 0 {
        findings.refused(format!(
            "{bare} lines of the head end in LF alone: on the wire each ends in CR LF (a shell's printf '\\r\\n'; an editor saves LF)"
        ));
    }
    (lines, rest)
}
