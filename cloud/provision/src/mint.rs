//! `motepost mint`

use clap::Args;
use motepost::token::Freshness;

use crate::command_result::{self, CommandResult};
use crate::fleet_keys::DeviceKeyArgs;
use crate::{device_id, time};

/// Without --counter the token holds a time, which the authorizer checks against its window.
#[derive(Args)]
pub(crate) struct Mint {
    #[command(flatten)]
    key: DeviceKeyArgs,
    /// The device
    #[arg(long, value_parser = device_id::parse)]
    id: String,
    /// Mint with this counter, which must be greater than any that the device has used
    #[arg(long, value_name = "NUMBER", conflicts_with = "time")]
    counter: Option<u32>,
    /// Mint with this time instead of now: Unix seconds, or like 2027-01-01T00:00:00Z
    #[arg(long, value_parser = time::parse_u32)]
    time: Option<u32>,
}

impl Mint {
    pub(crate) fn run(self) -> CommandResult {
        let freshness = match self.counter {
            Some(counter) => Freshness::Counter(counter),
            None => Freshness::Time(self.time.unwrap_or_else(time::now_u32)),
        };
        let token = self.key.first(&self.id)?.mint(&self.id, freshness)?;
        command_result::print(format!("{token}\n").as_bytes())
    }
}
