//! Where commands read their secrets and write their files. Only their owner can read those with secrets, and none is
//! overwritten: what is lost with an overwritten key is a fleet.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use motepost_contract::files::{self, FileFault, Readers, Written};
use zeroize::Zeroizing;

/// Writes a file that only its owner can read, whole or not at all. One that exists is left as it is.
pub(crate) fn write_secret(path: &Path, contents: &[u8]) -> anyhow::Result<Written> {
    let written = files::create(path, contents, Readers::Owner);
    written.with_context(|| path.display().to_string())
}

/// The same for what everybody may read.
pub(crate) fn write_public(path: &Path, contents: &[u8]) -> anyhow::Result<Written> {
    let written = files::create(path, contents, Readers::Everybody);
    written.with_context(|| path.display().to_string())
}

/// Replaces a file that holds no secret and can be made again.
pub(crate) fn replace_public(path: &Path, contents: &[u8]) -> anyhow::Result<()> {
    let replaced = files::replace(path, contents, Readers::Everybody);
    replaced.with_context(|| path.display().to_string())
}

/// Turns `Exists` into an error.
pub(crate) fn refuse_existing(path: &Path, written: Written) -> anyhow::Result<()> {
    match written {
        Written::New => Ok(()),
        Written::Exists => bail!(
            "{} exists already and is left as it is: choose another name, or move it away if nothing needs it any more",
            path.display()
        ),
    }
}

/// Removes a file that is of no use after this error. Where that fails too, the error says what to remove.
pub(crate) fn remove_useless(path: &Path, error: &anyhow::Error) -> anyhow::Result<()> {
    let name = path.display();
    std::fs::remove_file(path).with_context(|| format!("{error:#}; {name} is of no use: remove it"))
}

/// A token as a command was given it: the file of the flag, the file that the environment variable with `_FILE` after its name
/// names, or the text of the variable.
pub(crate) fn secret(
    file: Option<&PathBuf>,
    variable: &str,
) -> anyhow::Result<Option<Zeroizing<String>>> {
    given(file, variable, files::read_text)
}

/// The same for a key, whose file nobody else may read.
pub(crate) fn key(
    file: Option<&PathBuf>,
    variable: &str,
) -> anyhow::Result<Option<Zeroizing<String>>> {
    given(file, variable, files::read_key)
}

fn given(
    file: Option<&PathBuf>,
    variable: &str,
    read: fn(&Path) -> Result<Zeroizing<String>, FileFault>,
) -> anyhow::Result<Option<Zeroizing<String>>> {
    let named = std::env::var_os(format!("{variable}_FILE")).filter(|name| !name.is_empty());
    if let Some(path) = file.cloned().or(named.map(PathBuf::from)) {
        return Ok(Some(read(&path)?));
    }
    match std::env::var(variable) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(text.into())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => bail!("{variable} is not text in UTF-8"),
    }
}
