//! An authority that is kept from one run to the next, so that a device that trusts it need not be flashed again: its key and
//! its certificate in one file, which its owner alone may read.

use std::io;
use std::path::{Path, PathBuf};

use motepost_contract::files::{self, Readers};

use crate::config::Config;

/// What the file holds. No `Debug`: it has a key.
pub(super) struct KeptCa {
    pub(super) key_pem: String,
    pub(super) certificate_pem: String,
}

/// Where it is: where the configuration says, or next to the state; `None` to forget it. Each kind has a file.
pub(super) fn path(config: &Config, ending: &str) -> Option<PathBuf> {
    let mut name = match (&config.ca, &config.state) {
        (Some(path), _) => path.as_os_str().to_owned(),
        (None, Some(state)) => {
            let mut name = state.as_os_str().to_owned();
            name.push(".ca.pem");
            name
        }
        (None, None) => return None,
    };
    name.push(ending);
    Some(name.into())
}

/// `None` if there is no file yet.
pub(super) fn read(path: &Path) -> Result<Option<KeptCa>, String> {
    let wrong = |reason: &str| format!("CA file {}: {reason}", path.display());
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(&error.to_string())),
    };
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let at = text
        .find(BEGIN)
        .filter(|_| text.contains("PRIVATE KEY-----"));
    let at = at.ok_or_else(|| {
        wrong("it is not a private key and its certificate in PEM, as the emulator writes it")
    })?;
    let (key, certificate) = text.split_at(at);
    Ok(Some(KeptCa {
        key_pem: key.to_owned(),
        certificate_pem: certificate.to_owned(),
    }))
}

/// Writes it, if it is to be kept.
pub(super) fn keep(
    config: &Config,
    ending: &str,
    key_pem: &str,
    certificate_pem: &str,
) -> Result<(), String> {
    let Some(path) = path(config, ending) else {
        return Ok(());
    };
    let text = format!("{key_pem}{certificate_pem}");
    files::replace(&path, text.as_bytes(), Readers::Owner)
        .map_err(|error| format!("CA file {}: {error}", path.display()))
}
