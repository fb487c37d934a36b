//! What can be a device's id: what the authorizer takes as one, because the id opens its topics in a policy.

/// The id, if the authorizer would take it; otherwise why not.
pub(crate) fn check(id: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    if (1..=128).contains(&id.len()) && id.chars().all(plain) {
        Ok(())
    } else {
        Err(format!(
            "{id:?} is no device id: 1 to 128 letters, digits, and -_.: because it becomes a topic and a resource in a policy"
        ))
    }
}

/// For the command line.
pub(crate) fn parse(id: &str) -> Result<String, String> {
    check(id)?;
    Ok(id.to_owned())
}
