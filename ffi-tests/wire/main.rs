//! `cargo xtask wire`: counts what one wake of a device puts on the wire, for each way to bring a reading to AWS IoT Core, and
//! holds `docs/wire.md` to it, or with `--write` writes it.
//!
//! Each client is a real one and speaks to a TLS terminator of ours that counts; behind it is the local emulator.

mod clients;
mod page;
mod terminator;

use std::process::ExitCode;

use clap::Parser;

/// Whatever went wrong, in words.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Counts bytes on the wire for one wake of a device.
#[derive(Parser)]
struct Options {
    /// Write docs/wire.md and docs/wire.svg instead of comparing
    #[arg(long)]
    write: bool,
}

/// One way to publish, and what it cost over each version of TLS.
pub struct Row {
    /// As the page has it.
    pub name: &'static str,
    /// Of this library.
    pub ours: bool,
    /// Over TLS 1.2.
    pub tls12: terminator::Count,
    /// Over TLS 1.3.
    pub tls13: terminator::Count,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let (rows, further) = clients::measure()?;
    if options.write {
        page::write(&rows, &further)
    } else {
        page::check(&rows, &further)
    }
}
