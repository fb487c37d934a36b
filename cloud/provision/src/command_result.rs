//! How a command ends.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use zeroize::Zeroizing;

use crate::file;

/// What a command returns: an exit status, or why it could not be done.
pub(crate) type CommandResult = anyhow::Result<ExitCode>;

/// Prints what was asked for. A reader that has gone (`| head -1`) is an error, not a panic.
pub(crate) fn print(text: &[u8]) -> CommandResult {
    let mut out = std::io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a key to a file of its own, in hexadecimal digits; `-` prints it.
pub(crate) fn give_key(out: &Path, key: &[u8]) -> CommandResult {
    let mut text = Zeroizing::new(base16ct::lower::encode_string(key));
    text.push('\n');
    if out.as_os_str() == "-" {
        return print(text.as_bytes());
    }
    let written = file::write_secret(out, text.as_bytes())?;
    file::refuse_existing(out, written)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints what belongs to a file that this command has just written, and removes the file where nobody can have read it.
pub(crate) fn print_for(path: &Path, text: &[u8]) -> CommandResult {
    print(text).or_else(|error| {
        file::remove_useless(path, &error)?;
        Err(error.context(format!(
            "{} is removed, because what belongs to it could not be printed",
            path.display()
        )))
    })
}
