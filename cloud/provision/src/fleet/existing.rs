//! A device's file that is there before this run writes it. It is believed if it is what the run would write.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use motepost_contract::files;
use zeroize::Zeroizing;

use super::devices::Device;
use crate::credentials::{FormatArgs, Maker};

/// Refuses a file that another run or another person made.
pub(super) fn check(
    path: &Path,
    device: &Device,
    maker: &Maker<'_>,
    format: &FormatArgs,
) -> anyhow::Result<()> {
    let name = || path.display().to_string();
    let found = fs::symlink_metadata(path).with_context(name)?;
    if !found.is_file() {
        bail!(
            "{}: {}",
            name(),
            "is a link or a folder, and no file that this command has written: look where it leads, and remove it"
        );
    }
    has_one_reader(&found).with_context(name)?;
    let contents = Zeroizing::new(files::read(path)?.to_vec());
    let is_expected = || -> anyhow::Result<bool> {
        let token = if maker.is_random() {
            format.format.token_of(&contents)?
        } else {
            Zeroizing::default()
        };
        let again = maker.device_again(&device.id, device.generation, &token)?;
        Ok(*format.render(&again)? == *contents)
    };
    // Why exactly it cannot be read counts for nothing: it is to be moved away either way.
    if !is_expected().unwrap_or(false) {
        bail!(
            "{}: is not what this run would write for {}, so that the device may be another's or none: move it away, and run the command again",
            name(),
            device.id
        );
    }
    Ok(())
}

#[cfg(unix)]
fn has_one_reader(found: &fs::Metadata) -> anyhow::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let mode = found.mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!(
            "others may read or write it (mode {mode:04o}): move it away, and run the command again"
        );
    }
    if found.nlink() > 1 {
        bail!(
            "has another name elsewhere, under which others may read or write it: move it away, and run the command again"
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn has_one_reader(_found: &fs::Metadata) -> anyhow::Result<()> {
    Ok(())
}
