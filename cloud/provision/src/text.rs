//! A token as it must be on the wire.

use anyhow::bail;

/// Refuses what would not arrive as it is: AWS checks the signature against the bytes that arrive.
pub(crate) fn check_token(token: &str) -> anyhow::Result<()> {
    if token.is_empty() {
        bail!("the token is empty");
    }
    if token.ends_with(['\n', '\r']) {
        bail!(
            "the token ends in a newline, which cannot travel in a header, so its signature would not verify: make it with `printf %s` or `echo -n`"
        );
    }
    if token.chars().any(char::is_control) {
        bail!("the token holds a control character, which cannot travel in a header");
    }
    if token.trim() != token {
        bail!("the token has white space at an end, which is cut off on the way");
    }
    if token.len() > 6144 {
        bail!(
            "the token is longer than AWS allows: {} of 6144 bytes",
            token.len()
        );
    }
    Ok(())
}
