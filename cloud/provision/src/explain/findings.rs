//! What was found, for people or as JSON.

use serde_json::{Value, json};

use crate::aws_response::AwsResponse;

/// In the order of the request.
#[derive(Default)]
pub(crate) struct Findings {
    lines: Vec<(Kind, String)>,
    answer: Option<AwsResponse>,
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
    pub(crate) fn answered(&mut self, answer: AwsResponse) {
        self.answer = Some(answer);
    }

    /// Whether AWS refuses it, or has refused it.
    pub(crate) fn is_refused(&self) -> bool {
        let denied = |answer: &AwsResponse| answer.status.is_none_or(|status| status >= 300);
        self.answer.as_ref().is_some_and(denied)
            || self.lines.iter().any(|(kind, _)| *kind == Kind::Refused)
    }

    /// Whether nothing but a response was there to be read.
    pub(crate) fn is_answer_alone(&self) -> bool {
        self.answer.is_some() && self.lines.is_empty()
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
        for (name, value) in self.answer.iter().flat_map(answer_fields) {
            text += &format!("answer: {name}: {value}\n");
        }
        text
    }

    pub(crate) fn json(&self) -> Value {
        let of = |wanted: Kind| -> Vec<&str> {
            let lines = self.lines.iter().filter(|(kind, _)| *kind == wanted);
            lines.map(|(_, line)| line.as_str()).collect()
        };
        let answer = self.answer.as_ref().map(|answer| {
            let fields = answer_fields(answer).into_iter();
            let fields = fields.map(|(name, value)| (name.replace(' ', "_"), value.into()));
            fields.collect::<serde_json::Map<_, Value>>()
        });
        json!({
            "is_refused": self.is_refused(),
            "refused": of(Kind::Refused),
            "notes": of(Kind::Note),
            "answer": answer,
        })
    }
}

fn answer_fields(answer: &AwsResponse) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    fields.extend(answer.status.map(|status| ("status", status.to_string())));
    if !answer.error_type.is_empty() {
        fields.push(("error type", answer.error_type.escape_debug().to_string()));
    }
    fields.extend(answer.details());
    fields.push(("advice", answer.advice().to_owned()));
    fields
}
