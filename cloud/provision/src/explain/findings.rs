//! What was found, for people or as JSON.

use serde_json::{Value, json};

use crate::aws_response::AwsResponse;

/// In the order of the request.
#[derive(Default)]
pub(crate) struct Findings {
    lines: Vec<(Kind, String)>,
    response: Option<AwsResponse>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Refused,
    Note,
}

impl Findings {
    /// AWS would not take it.
    pub(crate) fn refused(&mut self, text: impl AsRef<str>) {
        self.lines.push((Kind::Refused, text.as_ref().to_owned()));
    }

    /// AWS's documentation does not say, or it works and surprises.
    pub(crate) fn note(&mut self, text: impl AsRef<str>) {
        self.lines.push((Kind::Note, text.as_ref().to_owned()));
    }

    pub(crate) fn result(&mut self, result: Result<(), String>) {
        if let Err(text) = result {
            self.refused(text);
        }
    }

    /// What came back.
    pub(crate) fn received(&mut self, response: AwsResponse) {
        self.response = Some(response);
    }

    /// Whether AWS refuses it, or has refused it.
    pub(crate) fn is_refused(&self) -> bool {
        let denied = |response: &AwsResponse| response.status.is_none_or(|status| status >= 300);
        self.response.as_ref().is_some_and(denied)
            || self.lines.iter().any(|(kind, _)| *kind == Kind::Refused)
    }

    /// Whether nothing but a response was there to be read.
    pub(crate) fn is_response_alone(&self) -> bool {
        self.response.is_some() && self.lines.is_empty()
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (kind, line) in &self.lines {
            let kind = match kind {
                Kind::Refused => "refused",
                Kind::Note => "note",
            };
            text += &format!("{kind}: {line}\n");
        }
        for (name, value) in self.response.iter().flat_map(response_fields) {
            text += &format!("response: {name}: {value}\n");
        }
        text
    }

    pub(crate) fn json(&self) -> Value {
        let of = |wanted: Kind| -> Vec<&str> {
            let lines = self.lines.iter().filter(|(kind, _)| *kind == wanted);
            lines.map(|(_, line)| line.as_str()).collect()
        };
        let response = self.response.as_ref().map(|response| {
            let fields = response_fields(response).into_iter();
            let fields = fields.map(|(name, value)| (name.replace(' ', "_"), value.into()));
            fields.collect::<serde_json::Map<_, Value>>()
        });
        json!({
            "is_refused": self.is_refused(),
            "refused": of(Kind::Refused),
            "notes": of(Kind::Note),
            "response": response,
        })
    }
}

fn response_fields(response: &AwsResponse) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    fields.extend(response.status.map(|status| ("status", status.to_string())));
    if !response.error_type.is_empty() {
        fields.push(("error type", response.error_type.escape_debug().to_string()));
    }
    fields.extend(response.details());
    fields.push(("advice", response.advice().to_owned()));
    fields
}
