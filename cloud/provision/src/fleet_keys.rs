//! The fleet key, and the device keys that come from it.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use motepost::token::{DeviceKey, FleetKey};
use motepost_contract::generation::{self, Generation};
use motepost_contract::keys;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::file;

/// Where the fleet key is.
#[derive(Args)]
pub(crate) struct FleetKeyArgs {
    /// File with the fleet key: 64 hexadecimal digits. During a rotation with several, with white space between, the
    /// first is the one to mint with. Or set MOTEPOST_FLEET_KEY_FILE, or MOTEPOST_FLEET_KEY to the digits themselves
    #[arg(long, value_name = "FILE")]
    fleet_key_file: Option<PathBuf>,
    /// Which of the device's keys, one after another: a device that has lost its key gets the next one and keeps its id,
    /// once its row in the authorizer's store says so
    #[arg(long = "key-generation", value_name = "NUMBER", default_value_t = 0, hide_default_value = true,
        value_parser = clap::value_parser!(u8).range(0..=i64::from(generation::MAX)))]
    generation: Generation,
}

impl FleetKeyArgs {
    /// All of them, the one to mint with first.
    fn all(&self) -> anyhow::Result<Vec<FleetKey>> {
        let keys = self.bytes()?;
        Ok(keys.iter().map(|key| FleetKey::new(**key)).collect())
    }

    pub(crate) fn generation(&self) -> Generation {
        self.generation
    }

    /// The device's key of the generation that was asked for, to mint with.
    pub(crate) fn device_key(&self, id: &str) -> anyhow::Result<DeviceKey> {
        Ok(self.device_key_of(&self.first()?, id))
    }

    fn device_key_of(&self, fleet: &FleetKey, id: &str) -> DeviceKey {
        fleet.device_key(&generation::label(id, self.generation))
    }

    /// The one to mint with.
    pub(crate) fn first(&self) -> anyhow::Result<FleetKey> {
        self.all()?.into_iter().next().context("no fleet key")
    }

    /// Enough of a hash to tell two keys apart, and nothing to find one by.
    pub(crate) fn fingerprint(&self) -> anyhow::Result<String> {
        let keys = self.bytes()?;
        let first = keys.first().context("no fleet key")?;
        let hash = Sha256::new()
            .chain_update(b"motepost-fleet-key-fingerprint")
            .chain_update(**first)
            .finalize();
        Ok(base16ct::lower::encode_string(&hash[..8]))
    }

    fn bytes(&self) -> anyhow::Result<Vec<Zeroizing<[u8; 32]>>> {
        let text = file::key(self.fleet_key_file.as_ref(), "MOTEPOST_FLEET_KEY")?.context(
            "no fleet key: give --fleet-key-file, MOTEPOST_FLEET_KEY_FILE or MOTEPOST_FLEET_KEY",
        )?;
        keys::several(&text).context("the fleet key")
    }
}

/// Where a device's key is: its own, or the fleet's with its id.
#[derive(Args)]
pub(crate) struct DeviceKeyArgs {
    #[command(flatten)]
    fleet: FleetKeyArgs,
    /// File with the device's own key: 64 hexadecimal digits. Or set MOTEPOST_DEVICE_KEY_FILE, or MOTEPOST_DEVICE_KEY to the
    /// digits themselves. A file that is given here or with --fleet-key-file counts before any variable
    #[arg(long, value_name = "FILE", conflicts_with = "fleet_key_file")]
    device_key_file: Option<PathBuf>,
}

impl DeviceKeyArgs {
    /// The keys that the device may have, the one to mint with first.
    pub(crate) fn all(&self, id: &str) -> anyhow::Result<Vec<DeviceKey>> {
        if self.fleet.fleet_key_file.is_none()
            && let Some(text) = file::key(self.device_key_file.as_ref(), "MOTEPOST_DEVICE_KEY")?
        {
            if self.fleet.generation != 0 {
                bail!(
                    "--key-generation is for a fleet key: a device's own key is of one generation"
                );
            }
            let bytes = keys::one(&text).context("the device key")?;
            return Ok(vec![DeviceKey::new(*bytes)]);
        }
        let keys = self.fleet.all().map_err(|error| {
            error.context(
                "no device key (--device-key-file, MOTEPOST_DEVICE_KEY), and from the fleet key",
            )
        })?;
        Ok(keys
            .iter()
            .map(|key| self.fleet.device_key_of(key, id))
            .collect())
    }

    /// The one to mint with.
    pub(crate) fn first(&self, id: &str) -> anyhow::Result<DeviceKey> {
        self.all(id)?.into_iter().next().context("no device key")
    }
}
