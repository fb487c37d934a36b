//! How a command ends.

use std::io::Write;
use std::process::ExitCode;

/// What a command returns: an exit status, or why it could not be done.
pub(crate) type Answer = anyhow::Result<ExitCode>;

/// Prints what was asked for. A reader that has gone (`| head -1`) is an error, not a panic.
pub(crate) fn print(text: &[u8]) -> Answer {
    let mut out = std::io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
