//! Credentials as JSON, and back.

use anyhow::anyhow;
use zeroize::Zeroizing;

use super::Credentials;

pub(super) fn render(device: &Credentials) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(serde_json::to_vec_pretty(device)?);
    text.push(b'\n');
    Ok(text)
}

pub(super) fn parse(text: &[u8]) -> anyhow::Result<Credentials> {
    // Its error may quote a value.
    serde_json::from_slice(text).map_err(|error| {
        anyhow!(
            "not credentials in JSON (line {}, column {})",
            error.line(),
            error.column()
        )
    })
}
