//! Switches a modem on and says at which serial port it is.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use modem_emulator::{Family, Modem, Options};

/// A cellular modem on a pseudo-terminal, with real TLS connections behind it. Its path is the first line printed.
#[derive(Parser)]
struct Arguments {
    /// Whose commands it understands
    #[arg(long, value_enum)]
    family: Which,
    /// Certificate of the CA that is to lie in it as `ca.pem`
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
    /// Write the serial port's path there as well
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Which {
    Simcom,
    Quectel,
}

fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let family = match arguments.family {
        Which::Simcom => Family::Simcom,
        Which::Quectel => Family::Quectel,
    };
    let ca = std::fs::read_to_string(&arguments.ca)?;
    let modem = Modem::start(Options::new(family).with_file("ca.pem", &ca))?;
    println!("{}", modem.path().display());
    if let Some(file) = arguments.ready_file {
        std::fs::write(file, modem.path().display().to_string())?;
    }
    loop {
        std::thread::park();
    }
}
