//! Keeps secrets out of texts that a function made.

/// Cuts them from a text that the function made.
pub(crate) fn redact(secrets: &[String], text: String) -> String {
    let mut secrets: Vec<_> = secrets.iter().filter(|secret| !secret.is_empty()).collect();
    // Longer ones first: a shorter one inside would break them up, and they would not be found.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.into_iter().fold(text, |text, secret| {
        let in_json = serde_json::Value::from(secret.as_str()).to_string();
        text.replace(in_json.trim_matches('"'), "<redacted>")
            .replace(secret, "<redacted>")
    })
}
