//! `motepost device-key`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use zeroize::Zeroizing;

use crate::command_result::{self, CommandResult};
use crate::fleet_keys::FleetKeyArgs;
use crate::{device_id, file};

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
        let mut text = Zeroizing::new(base16ct::lower::encode_string(key.as_bytes()));
        text.push('\n');
        if self.out.as_os_str() == "-" {
            return command_result::print(text.as_bytes());
        }
        let written = file::write_secret(&self.out, text.as_bytes())?;
        file::refuse_existing(&self.out, written)?;
        Ok(ExitCode::SUCCESS)
    }
}
