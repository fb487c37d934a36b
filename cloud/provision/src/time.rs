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

/// When a token that is made now ends. Refused is what makes one that no authorizer takes, or that never ends.
pub(crate) fn parse_end(text: &str) -> Result<u64, String> {
    end_after(now(), text)
}

fn end_after(now: u64, text: &str) -> Result<u64, String> {
    const CENTURY: u64 = 100 * 366 * 24 * 60 * 60;
    let end = parse(text)?;
    if end <= now {
        return Err(format!(
            "is in the past, by {}: the token would be good for nothing",
            amount(now - end)
        ));
    }
    if end - now <= CENTURY {
        return Ok(end);
    }
    Err(if text.parse::<u64>().is_ok() {
        "this looks like milliseconds: give seconds".to_owned()
    } else {
        "is more than 100 years ahead".to_owned()
    })
}

/// The same within the 32 bits that a minted token has.
pub(crate) fn parse_u32(text: &str) -> Result<u32, String> {
    u32::try_from(parse(text)?).map_err(|_| "after 2106, when a token's 32 bits end".to_owned())
}

/// An amount of time for people: a number of more than three digits tells them nothing.
pub(crate) fn amount(seconds: u64) -> String {
    match seconds {
        0..1_000 => format!("{seconds} s"),
        1_000..10_000 => format!("{} min", seconds / 60),
        10_000..200_000 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// The same, seen from now: in the past if positive.
pub(crate) fn ago(seconds: i64) -> String {
    let amount = amount(seconds.unsigned_abs());
    if seconds < 0 {
        format!("{amount} from now")
    } else {
        format!("{amount} ago")
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_ends_in_the_next_hundred_years() {
        const NOW: u64 = 1_790_000_000;
        for (text, expected) in [
            ("1790000001", Ok(1_790_000_001)),
            ("2100-01-01T00:00:00Z", Ok(4_102_444_800)),
            ("1790000000", Err("is in the past, by 0 s")),
            ("0", Err("is in the past, by ")),
            ("2026-01-01T00:00:00Z", Err("is in the past, by 263 days")),
            ("1798761600000", Err("this looks like milliseconds: give")),
            ("18446744073709551615", Err("this looks like milliseconds")),
            ("9999-12-31T23:59:59Z", Err("is more than 100 years ahead")),
            ("tomorrow", Err("neither Unix seconds nor a time")),
        ] {
            match (end_after(NOW, text), expected) {
                (Ok(end), Ok(expected)) => assert_eq!(end, expected),
                (Err(problem), Err(expected)) => assert!(problem.contains(expected), "{problem}"),
                (end, expected) => panic!("{text}: {end:?} and not {expected:?}"),
            }
        }
    }

    #[test]
    fn an_amount_has_few_digits() {
        for (seconds, expected) in [
            (0, "0 s ago"),
            (999, "999 s ago"),
            (1_000, "16 min ago"),
            (9_999, "166 min ago"),
            (10_000, "2 h ago"),
            (-100_000, "27 h from now"),
            (218_115_206, "2524 days ago"),
            (-61, "61 s from now"),
        ] {
            assert_eq!(ago(seconds), expected);
        }
        assert_eq!(amount(u64::MAX), "213503982334601 days");
    }
}
