//! `motepost cost`

mod estimate;
mod figures;
mod plan;
mod report;
mod wire;

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use clap::builder::RangedI64ValueParser;

use crate::command_result::{self, CommandResult};
use crate::credentials::Scheme;
use estimate::Estimate;
use plan::{Plan, Transport};

/// What a fleet's readings cost a month: bytes, round trips, metered messages, invocations, money, and charge.
///
/// Bytes are those that `cargo xtask wire` measured over a chain like AWS's, or differ from them by arithmetic; prices and radios
/// are somebody else's figures, with their sources; everything else is arithmetic. Each line says which.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Cost {
    /// How the device proves who it is
    #[arg(long, value_enum, default_value_t = Scheme::Minted)]
    scheme: Scheme,
    /// Time between two readings
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = interval, allow_hyphen_values = true)]
    interval: Duration,
    /// Readings in a request: more than one travel as a JSON array
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = number(1..=100_000), allow_negative_numbers = true)]
    batch: u64,
    /// Bytes of a reading
    #[arg(long, value_name = "BYTES", default_value_t = 45, value_parser = number(1..=131_072), allow_negative_numbers = true)]
    reading: u64,
    /// What carries a request
    #[arg(long, value_enum, default_value_t = Transport::Tls12)]
    transport: Transport,
    /// Publish each reading of a batch again, with the splitter and its table. The device sends [number,reading], which --reading
    /// does not count
    #[arg(long)]
    split: bool,
    /// Each token counts once, by the authorizer's TOKEN_ONCE or by a counter: it writes its table where it would read it
    #[arg(long)]
    once: bool,
    /// Devices
    #[arg(long, value_name = "NUMBER", default_value_t = 1000, value_parser = number(1..=1_000_000_000), allow_negative_numbers = true)]
    devices: u64,
    /// The radio of the figures whose charge is estimated
    #[arg(long, value_name = "NAME", default_value = "nb-iot")]
    radio: String,
    /// Other prices and radios than the built-in ones
    #[arg(long, value_name = "FILE")]
    figures: Option<PathBuf>,
    /// Print the built-in figures, to copy and change
    #[arg(long, exclusive = true)]
    show_figures: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `clap::value_parser!(u64)` would say of a negative number that it has an invalid digit.
fn number(allowed: RangeInclusive<i64>) -> RangedI64ValueParser<u64> {
    RangedI64ValueParser::new().range(allowed)
}

/// From 1 ms to 100 years.
fn interval(text: &str) -> Result<Duration, String> {
    const LEAST: Duration = Duration::from_millis(1);
    const MOST: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);
    humantime::parse_duration(text)
        .ok()
        .filter(|interval| (LEAST..=MOST).contains(interval))
        .ok_or_else(|| "give a time from 1ms to 100years, such as 15m, 1h or 1day".to_owned())
}

const EXAMPLES: &str = "\
One POST an hour, and a day's readings in one:
  motepost cost --scheme static --interval 1h
  motepost cost --scheme static --interval 1h --batch 24";

impl Cost {
    pub(crate) fn run(self) -> CommandResult {
        if self.show_figures {
            return command_result::print(figures::BUILT_IN.as_bytes());
        }
        let figures = figures::read(self.figures.as_deref())?;
        let Some(radio) = figures.radios.get(&self.radio) else {
            let known: Vec<_> = figures.radios.keys().map(String::as_str).collect();
            bail!(
                "--radio: there is no {} among {}",
                self.radio,
                known.join(", ")
            );
        };
        if self.split && self.batch == 1 {
            bail!("--split: there is nothing to split, give --batch");
        }
        if self.once && self.scheme != Scheme::Minted {
            bail!("--once: no other token than a minted one counts once");
        }
        let plan = Plan {
            scheme: self.scheme,
            interval: self.interval,
            batch: self.batch,
            reading: self.reading,
            transport: self.transport,
            is_split: self.split,
            is_once: self.once,
        };
        let measured = figures::measured()?;
        let estimate = Estimate::new(&plan, &measured, &figures, radio)?;
        let text = if self.json {
            report::json(&plan, &estimate, &figures, radio, self.devices)
        } else {
            report::table(&plan, &estimate, &figures, radio, self.devices)
        };
        command_result::print(text.as_bytes())
    }
}
