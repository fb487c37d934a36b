//! What became of the publish.

use std::fmt;
use std::io::Write;
use std::process::ExitCode;

use motepost::{Response, Verdict};

use crate::aws_response::AwsResponse;
use crate::command_result::CommandResult;
use crate::connection::Recorded;
use crate::time;

fn named(verdict: Verdict) -> (&'static str, u8) {
    match verdict {
        Verdict::Accepted => ("accepted", 0),
        Verdict::Denied => ("denied", 3),
        Verdict::Rejected => ("rejected", 4),
        Verdict::Throttled => ("throttled", 5),
        Verdict::Unavailable => ("unavailable", 6),
    }
}

/// Why there is no response, and what a part of one says: its status decides.
pub(super) fn incomplete(
    known: Option<(u16, Verdict)>,
    recorded: &Recorded,
    error: &dyn fmt::Display,
) -> anyhow::Error {
    let came = recorded.bytes().len();
    match known {
        None if came == 0 => anyhow::anyhow!("no response: {error}"),
        None => anyhow::anyhow!("no complete response, of which {came} bytes came: {error}"),
        Some((status, verdict)) => {
            let said = AwsResponse {
                status: Some(status),
                ..AwsResponse::read(recorded.head(), b"")
            };
            anyhow::anyhow!(
                "status {status}, {}; the rest of the response did not come, after {came} bytes: {error}\nadvice: {}",
                named(verdict).0,
                said.advice()
            )
        }
    }
}

/// The verdict, the advice, and what else the response says. `head` is the head as it came.
pub(super) fn report(response: &Response<'_>, head: &[u8]) -> CommandResult {
    let (word, code) = named(response.verdict());
    let said = AwsResponse {
        status: Some(response.status()),
        ..AwsResponse::read(head, response.body())
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "{word}: {}", response.status())?;
    if !response.error_type().is_empty() {
        writeln!(out, "error type: {}", response.error_type().escape_ascii())?;
    }
    writeln!(out, "advice: {}", said.advice())?;
    if response.verdict() != Verdict::Accepted {
        for (name, text) in said.details() {
            writeln!(out, "{name}: {text}")?;
        }
    }
    // A clock that is wrong here is wrong in the token too.
    if let (Verdict::Denied, Some(date)) = (response.verdict(), response.date()) {
        let distance = i64::from(date) - i64::from(time::now_u32());
        if distance.abs() > 30 {
            let (amount, side) = (
                time::amount(distance.unsigned_abs()),
                if distance > 0 { "ahead of" } else { "behind" },
            );
            writeln!(
                out,
                "clock: the endpoint's is {amount} {side} this machine's"
            )?;
        }
    }
    Ok(ExitCode::from(code))
}
