//! Measures what the library costs a firmware: flash, RAM, stack, instructions.
//!
//! The flow: `program` links C programs with the archive, `board` runs one on an emulated board, `figures` is what both
//! found. `budgets` compares; `table` and `chart` write them into the documentation, next to `peers`.

mod board;
mod budgets;
mod chart;
mod figures;
mod peers;
mod program;
mod table;

use std::fmt;

use clap::ValueEnum;

use crate::archive::{self, ArchiveOptions};
use crate::at_once::at_once;
use crate::targets::Target;
use crate::{Result, target_dir, targets};
use budgets::Budgets;
pub use figures::Figures;
use program::Program;

/// What a firmware uses of the library.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Profile {
    /// Encode, exchange and parse through the C API.
    Unsigned,
    /// The same with a raw RSA-2048 signature, encoded as base64 on its way.
    Signed,
    /// The same with a token minted for each message.
    Minted,
    /// Readings kept in flash, and nothing else. `stack_build` is a push, `stack_parse` a next, `stack_publish` any call.
    Outbox,
    /// Unsigned, with readings in a JSON array that takes them as they are.
    Batch,
    /// The same with each reading checked.
    Checked,
}

impl Profile {
    /// The name in reports and in the file of budgets.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Signed => "signed",
            Self::Minted => "minted",
            Self::Batch => "batch",
            Self::Checked => "checked",
            Self::Outbox => "outbox",
        }
    }

    /// The program whose size is measured, and the one that measures.
    fn programs(self) -> (&'static str, &'static str) {
        match self {
            Self::Outbox => ("outbox.c", "measure-outbox.c"),
            _ => ("program.c", "measure.c"),
        }
    }
}

/// What to measure; empty lists stand for everything.
#[derive(Clone, Debug, Default)]
pub struct FootprintOptions {
    /// Triples of small targets.
    pub targets: Vec<String>,
    /// Profiles.
    pub profiles: Vec<Profile>,
    /// Also list what the linker kept, the largest first.
    pub symbols: bool,
    /// Measure the other clients of the crate registry too.
    pub peers: bool,
    /// Write `docs/footprint.md` and its chart, and lower the budgets to what was measured.
    pub write: bool,
}

/// One line of the report.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// The target's triple.
    pub target: &'static str,
    /// What the firmware uses.
    pub profile: Profile,
    /// What it costs.
    pub figures: Figures,
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "target={} profile={} {}",
            self.target,
            self.profile.name(),
            self.figures
        )
    }
}

/// Measures, prints each line as it is known, and compares with the budgets.
///
/// # Errors
/// When a tool is missing, a build fails, a program fails on its board, or a figure is over its budget.
pub fn run(options: &FootprintOptions) -> Result<String> {
    let mut budgets = Budgets::read()?;
    let peers = if options.peers || options.write {
        peers::measure()?
    } else {
        Vec::new()
    };
    let Measured {
        measurements,
        failed: mut wrong,
    } = measure(options)?;
    if options.write {
        budgets.lower_to(&measurements);
        budgets.write()?;
        chart::write(&measurements, &peers)?;
        table::write(&measurements, &peers)?;
    }
    for measurement in &measurements {
        wrong.extend(budgets.exceeded(measurement));
    }
    if wrong.is_empty() {
        Ok("every figure is within its budget".into())
    } else {
        Err(format!(
            "\n  {}\nOver a limit: make it smaller, or raise the limit in xtask/footprint/budgets.toml and say why.",
            wrong.join("\n  ")
        ))
    }
}

/// What was measured, and a sentence for each program that failed on its board.
#[derive(Default)]
struct Measured {
    measurements: Vec<Measurement>,
    failed: Vec<String>,
}

fn measure(options: &FootprintOptions) -> Result<Measured> {
    let targets: Vec<&Target> = if options.targets.is_empty() {
        targets::SMALL.iter().collect()
    } else {
        let named = options.targets.iter().map(|triple| targets::small(triple));
        named.collect::<Result<_>>()?
    };
    let mut all = Measured::default();
    for one in at_once(&targets, |target| measure_on(target, options))? {
        all.measurements.extend(one.measurements);
        all.failed.extend(one.failed);
    }
    Ok(all)
}

fn measure_on(target: &'static Target, options: &FootprintOptions) -> Result<Measured> {
    let out = target_dir().join("footprint").join(target.triple);
    let archive = archive::build(&ArchiveOptions {
        target: Some(target.triple.into()),
        out: Some(out),
        ..ArchiveOptions::default()
    })?;
    let board = board::of(target);
    let profiles = if options.profiles.is_empty() {
        Profile::value_variants()
    } else {
        &options.profiles
    };
    let mut measured = Measured::default();
    for profile in profiles {
        let link = |main: &str| {
            let program = Program {
                name: &format!("{}-{}", profile.name(), main.trim_end_matches(".c")),
                main,
                defines: &[&profile.name().to_uppercase()],
            };
            program::link(target, board, &program, &archive.path)
        };
        let (firmware, measure) = profile.programs();
        let firmware = link(firmware)?;
        let mut figures = program::sizes(&firmware)?;
        let measure = link(measure)?;
        let of = format!("{} {}", target.triple, profile.name());
        match board.run(&measure) {
            Ok(printed) => {
                let taken = figures.add_run(&printed);
                let wrong = taken.err().map(|reason| format!("{of}: {reason}"));
                measured.failed.extend(wrong);
            }
            // The stack ran into the variables.
            Err(_) if board.is_tiny() => eprintln!(
                "note: {of} did not run: it leaves {} bytes of RAM for the stack",
                program::stack_room(&measure)?
            ),
            Err(reason) => measured.failed.push(format!("{of}: {reason}")),
        }
        let measurement = Measurement {
            target: target.triple,
            profile: *profile,
            figures,
        };
        let symbols = if options.symbols {
            program::symbols(&firmware)?
        } else {
            String::new()
        };
        // In one call, that a line's symbols follow it.
        print!("{measurement}\n{symbols}");
        measured.measurements.push(measurement);
    }
    Ok(measured)
}
