//! Why a function returned nothing.

use crate::trace::redact::Secrets;

/// In the emulator's words, and in the function's own, which may quote what it was sent.
pub(super) struct Failure {
    words: String,
    said: Option<String>,
}

impl Failure {
    pub(super) fn with(words: &str, said: String) -> Self {
        Self {
            words: words.to_owned(),
            said: Some(said),
        }
    }

    /// In one line, for the trace.
    pub(super) fn shown(&self, secrets: &Secrets) -> String {
        match &self.said {
            Some(said) => format!("{}: {}", self.words, secrets.cut_from(said)),
            None => self.words.clone(),
        }
    }
}

impl From<String> for Failure {
    fn from(words: String) -> Self {
        Self { words, said: None }
    }
}

impl From<&str> for Failure {
    fn from(words: &str) -> Self {
        words.to_owned().into()
    }
}
