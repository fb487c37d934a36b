//! `motepost device-key`

use std::path::PathBuf;

use clap::Args;

use crate::command_result::{self, CommandResult};
use crate::device_id;
use crate::fleet_keys::FleetKeyArgs;

/// HKDF-SHA256 of the fleet key and the id. Only the device's own key leaves the cloud.
#[derive(Args)]
pub(crate) struct DeviceKey {
    #[command(flatten)]
    fleet: FleetKeyArgs,
    /// The device
    #[arg(long, value_parser = device_id::parse)]
    id: String,
    /// Where the key goes, 64 hexadecimal digits; - prints it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl DeviceKey {
    pub(crate) fn run(self) -> CommandResult {
        let key = self.fleet.device_key(&self.id)?;
        command_result::give_key(&self.out, key.as_bytes())
    }
}
