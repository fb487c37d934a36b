//! The authorizer's store of a fleet with static tokens. The authorizer may be at work with it, and it may hold
//! revocations, counters and tokens that have been replaced: devices are added, and nothing is taken away.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use motepost_contract::device_store::{DeviceStore, Sha256Hex};

use crate::file;

/// Adds the devices that are not in it. What the store has of a device stays, its token too.
pub(super) fn add(path: &Path, tokens: &[(String, [u8; 32])]) -> anyhow::Result<()> {
    file::write_public(path, b"{\"devices\": {}}\n")?;
    let others = DeviceStore::open(path)?.update(|devices| {
        let mut others = Vec::new();
        let mut is_changed = false;
        for (id, hash) in tokens {
            let known = &mut devices.entry(id.clone()).or_default().token_sha256;
            match known {
                None => {
                    *known = Some(Sha256Hex(*hash));
                    is_changed = true;
                }
                Some(known) if known.0 == *hash => {}
                Some(_) => others.push(id.as_str()),
            }
        }
        (others, is_changed)
    })?;
    if !others.is_empty() {
        let _ = writeln!(
            std::io::stderr(),
            "motepost: {} has another token than the device's file for {}; it is left as it is",
            path.display(),
            others.join(", ")
        );
    }
    Ok(())
}

/// Before anything is written: a store that cannot be added to.
pub(super) fn check(path: &Path) -> anyhow::Result<()> {
    if path.symlink_metadata().is_ok() {
        DeviceStore::open(path).context("the authorizer's store")?;
    }
    Ok(())
}
