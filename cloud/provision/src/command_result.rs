//! How a command ends.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use crate::file::remove_useless;

/// What a command returns: an exit status, or why it could not be done.
pub(crate) type CommandResult = anyhow::Result<ExitCode>;

/// Prints what was asked for. A reader that has gone (`| head -1`) is an error, not a panic.
pub(crate) fn print(text: &[u8]) -> CommandResult {
    let mut out = std::io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Prints what belongs to a file that this command has just written, and removes the file where nobody can have read it.
pub(crate) fn print_for(file: &Path, text: &[u8]) -> CommandResult {
    print(text).or_else(|error| {
        remove_useless(file, &error)?;
        Err(error.context(format!(
            "{} is removed, because what belongs to it could not be printed",
            file.display()
        )))
    })
}
