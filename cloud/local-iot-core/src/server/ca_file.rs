//! An authority that is kept from one run to the next, so that a device that trusts it need not be flashed again: its key and
//! its certificate in one file, which its owner alone may read.

use std::fmt;
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
    if !path.try_exists().unwrap_or(true) {
        return Ok(None);
    }
    let text = files::read_key(path).map_err(|fault| format!("CA file {fault}"))?;
    let certificates: String = blocks(&text, "CERTIFICATE").collect();
    let key = blocks(&text, "PRIVATE KEY").next();
    let key = key.filter(|_| !certificates.is_empty()).ok_or_else(|| {
        wrong(
            path,
            "it is not a private key and its certificate in PEM, as the emulator writes it",
        )
    })?;
    Ok(Some(KeptCa {
        key_pem: key.to_owned(),
        certificate_pem: certificates,
    }))
}

/// What is wrong with it, with its name.
pub(super) fn wrong(path: &Path, reason: impl fmt::Display) -> String {
    format!("CA file {}: {reason}", path.display())
}

/// The blocks whose label ends so, with their lines around them (RFC 7468, section 2).
fn blocks<'a>(text: &'a str, label: &'a str) -> impl Iterator<Item = &'a str> {
    let begins = text.match_indices("-----BEGIN ");
    begins.filter_map(move |(begin, _)| {
        let rest = &text[begin..];
        let (first, _) = rest.split_once('\n')?;
        let own = first.trim_end().strip_prefix("-----BEGIN ")?;
        own.strip_suffix("-----")?.ends_with(label).then_some(())?;
        let last = format!("-----END {own}");
        let end = rest.find(&last)? + last.len();
        let line = rest[end..].find('\n').map_or(rest.len(), |at| end + at + 1);
        rest.get(..line)
    })
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
    files::replace(&path, text.as_bytes(), Readers::Owner).map_err(|error| wrong(&path, error))
}
