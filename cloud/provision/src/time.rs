//! Times on the command line: Unix seconds, or as people write them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix seconds from `1798761600` or `2027-01-01T00:00:00Z`.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let time = humantime::parse_rfc3339_weak(text)
        .map_err(|_| "neither Unix seconds nor a time like 2027-01-01T00:00:00Z".to_owned())?;
    time.duration_since(UNIX_EPOCH)
        .map(|since| since.as_secs())
        .map_err(|_| "before 1970".to_owned())
}

/// The same within the 32 bits that a minted token has.
pub(crate) fn parse_u32(text: &str) -> Result<u32, String> {
    u32::try_from(parse(text)?).map_err(|_| "after 2106, when a token's 32 bits end".to_owned())
}

/// This machine's clock.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// This machine's clock as a minted token holds it.
pub(crate) fn now_u32() -> u32 {
    u32::try_from(now()).unwrap_or(u32::MAX)
}
