//! Random rounds on an emulated core and on this machine, compared. `xtask/xtensa/rounds.c` is what both run.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::program::{CORES, Core};
use crate::archive::{self, ArchiveOptions, OptLevel};
use crate::{Result, capture, target_dir, workspace_root};

/// What came of a comparison.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Compared {
    core: &'static str,
    abi: &'static str,
    opt_level: OptLevel,
    /// How many rounds were run.
    pub rounds: usize,
    /// The rounds whose digests differ.
    pub mismatches: Vec<usize>,
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "core={} abi={} opt-level={} rounds={} mismatches={}",
            self.core,
            self.abi,
            self.opt_level.name(),
            self.rounds,
            self.mismatches.len()
        )
    }
}

/// The longest that a good program prints nothing.
pub(super) const SILENCE: Duration = Duration::from_secs(60);

/// Runs so many rounds on every core at every level, and prints what came of each.
///
/// # Errors
/// When a round differs, a tool is missing, a build fails, or a program does not come to its end.
pub fn compare_everywhere(rounds: usize) -> Result<String> {
    let mut wrong = 0;
    for core in &CORES {
        for level in OptLevel::ALL {
            let compared = compare(core, level, rounds)?;
            println!("{compared}");
            wrong += compared.mismatches.len();
        }
    }
    match wrong {
        0 => Ok("the same everywhere".into()),
        _ => Err(format!("{wrong} rounds differ")),
    }
}

/// Runs so many rounds with the archive as it is released at that level.
///
/// # Errors
/// When a tool is missing, a build fails, or the program does not come to its end.
pub fn compare(core: &'static Core, opt_level: OptLevel, rounds: usize) -> Result<Compared> {
    let out = out_dir(core, opt_level)?;
    let archive = archive_of(core, opt_level)?;
    let here = on_this_machine(0..rounds, false)?;
    let there = on(core, &archive, &out.join("rounds.elf"), 0..rounds, false)?;
    let there = core.run(&there, SILENCE)?;
    let mismatches = mismatches(&here, &there);
    if let Some(&first) = mismatches.first() {
        eprintln!(
            "round {first}: {}",
            first_difference(core, &archive, &out, first)?
        );
    }
    Ok(Compared {
        core: core.name,
        abi: core.chip.abi,
        opt_level,
        rounds,
        mismatches,
    })
}

/// The archive that the rounds try.
pub(super) fn archive_of(core: &Core, opt_level: OptLevel) -> Result<PathBuf> {
    let archive = archive::build(&ArchiveOptions {
        target: Some(core.chip.triple.into()),
        out: Some(out_dir(core, opt_level)?),
        opt_level,
        ..ArchiveOptions::default()
    })?;
    Ok(archive.path)
}

pub(super) fn out_dir(core: &Core, opt_level: OptLevel) -> Result<PathBuf> {
    let dir = target_dir()
        .join("xtensa")
        .join(format!("{}-{}", core.name, opt_level.name()));
    std::fs::create_dir_all(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    Ok(dir)
}

/// Links the rounds for a core.
pub(super) fn on(
    core: &Core,
    archive: &Path,
    program: &Path,
    rounds: Range<usize>,
    show: bool,
) -> Result<PathBuf> {
    core.link(
        &[source("rounds.c")],
        &definitions(&rounds, show),
        archive,
        program,
    )?;
    Ok(program.to_owned())
}

/// What the rounds print on this machine, with its own archive.
pub(super) fn on_this_machine(rounds: Range<usize>, show: bool) -> Result<String> {
    let out = target_dir().join("xtensa/host");
    let archive = archive::build(&ArchiveOptions {
        out: Some(out.clone()),
        ..ArchiveOptions::default()
    })?;
    // Two tests may be at it at the same time.
    let program = out.join(format!(
        "rounds-{}-{}-{show}",
        std::process::id(),
        rounds.end
    ));
    capture(
        Command::new("cc")
            .args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-I"])
            .arg(workspace_root().join("include"))
            .arg("-I")
            .arg(workspace_root().join("xtask/footprint"))
            .args(definitions(&rounds, show))
            .arg(source("rounds.c"))
            .arg(source("host.c"))
            .arg(&archive.path)
            .arg("-o")
            .arg(&program),
    )?;
    let printed = capture(&mut Command::new(&program));
    let _ = std::fs::remove_file(&program);
    printed
}

fn definitions(rounds: &Range<usize>, show: bool) -> Vec<String> {
    let mut definitions = vec![
        format!("-DSTART={}", rounds.start),
        format!("-DROUNDS={}", rounds.len()),
    ];
    if show {
        definitions.push("-DSHOW".into());
    }
    definitions
}

fn source(name: &str) -> PathBuf {
    workspace_root().join("xtask/xtensa").join(name)
}

/// The numbers of the lines that differ, or that only one has.
pub(super) fn mismatches(here: &str, there: &str) -> Vec<usize> {
    let (here, there): (Vec<_>, Vec<_>) = (here.lines().collect(), there.lines().collect());
    (0..here.len().max(there.len()))
        .filter(|&at| here.get(at) != there.get(at))
        .collect()
}

fn first_difference(core: &Core, archive: &Path, out: &Path, round: usize) -> Result<String> {
    let shown = round..round + 1;
    let here = on_this_machine(shown.clone(), true)?;
    let program = on(core, archive, &out.join("shown.elf"), shown, true)?;
    let there = core.run(&program, SILENCE)?;
    let line = |text: &str, at: usize| text.lines().nth(at).unwrap_or("(nothing)").to_owned();
    Ok(match mismatches(&here, &there).first() {
        Some(&at) => format!(
            "this machine has `{}`, {} has `{}`",
            line(&here, at),
            core.name,
            line(&there, at)
        ),
        None => "shown alone it does not differ".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_or_are_missing_are_mismatches() {
        assert_eq!(mismatches("a\nb\nc\n", "a\nx\nc\n"), [1]);
        assert_eq!(mismatches("a\nb\n", "a\n"), [1]);
        assert_eq!(mismatches("a\n", "a\n"), [] as [usize; 0]);
    }
}
