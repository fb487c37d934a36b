//! Files with secrets: only their owner can read them from the moment they exist, they appear whole or not at all, and
//! none is overwritten. What is lost with an overwritten key is a fleet.

use std::fs::{self, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use zeroize::Zeroizing;

/// What the temporary files of an interrupted run begin with.
pub(crate) const UNFINISHED: &str = ".motepost-unfinished-";

/// Whether a file appeared, or was there already.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written {
    New,
    Exists,
}

/// Writes a file that only its owner can read, whole or not at all. One that exists is left as it is.
pub(crate) fn write_secret(path: &Path, contents: &[u8]) -> anyhow::Result<Written> {
    write(path, contents, 0o600)
}

/// The same for what everybody may read.
pub(crate) fn write_public(path: &Path, contents: &[u8]) -> anyhow::Result<Written> {
    write(path, contents, 0o644)
}

/// Replaces a file that holds no secret and can be made again.
pub(crate) fn replace_public(path: &Path, contents: &[u8]) -> anyhow::Result<()> {
    let file = unfinished(path, contents, 0o644)?;
    file.persist(path)
        .map_err(|error| error.error)
        .with_context(|| path.display().to_string())?;
    Ok(())
}

/// As an error, for who asked for a new file.
pub(crate) fn refuse_existing(path: &Path, written: Written) -> anyhow::Result<()> {
    match written {
        Written::New => Ok(()),
        Written::Exists => bail!(
            "{} exists already and is left as it is: choose another name, or move it away if nothing needs it any more",
            path.display()
        ),
    }
}

fn write(path: &Path, contents: &[u8], mode: u32) -> anyhow::Result<Written> {
    match unfinished(path, contents, mode)?.persist_noclobber(path) {
        Ok(_) => Ok(Written::New),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(Written::Exists),
        Err(error) => Err(error.error).with_context(|| path.display().to_string()),
    }
}

fn unfinished(path: &Path, contents: &[u8], mode: u32) -> anyhow::Result<tempfile::NamedTempFile> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    builder.permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    let write = || {
        let mut file = builder.tempfile_in(directory)?;
        file.write_all(contents)?;
        // Before it has its name: a power cut must not leave a named file without its bytes.
        file.as_file().sync_data()?;
        Ok(file)
    };
    write().map_err(|error: std::io::Error| {
        anyhow::Error::new(error).context(path.display().to_string())
    })
}

/// Reads a file whole; `-` is standard input.
pub(crate) fn read(path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let mut contents = Zeroizing::new(Vec::new());
    let done = if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut contents)
    } else {
        fs::File::open(path).and_then(|mut file| file.read_to_end(&mut contents))
    };
    done.with_context(|| path.display().to_string())?;
    Ok(contents)
}

/// Reads text whole; the error does not quote it.
pub(crate) fn read_text(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let contents = read(path)?;
    let text = std::str::from_utf8(&contents)
        .map_err(|_| anyhow::anyhow!("{} is not text in UTF-8", path.display()))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// A secret as a command was given it: the file of the flag, or the text of the environment variable.
pub(crate) fn secret(
    file: Option<&PathBuf>,
    variable: &str,
) -> anyhow::Result<Option<Zeroizing<String>>> {
    if let Some(path) = file {
        return read_text(path).map(Some);
    }
    match std::env::var(variable) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(text.into())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => bail!("{variable} is not text in UTF-8"),
    }
}
