//! Runs the library's tests in Miri, which notices undefined behaviour: under both models of borrowing, with addresses of their
//! own origin, on a big-endian and on a 32-bit target, and with other random numbers.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::at_once::run_all;
use crate::{Result, cargo_can, workspace_root};

const STACKED: &str = "";
const TREE: &str = "-Zmiri-tree-borrows";
const HOST: &str = "";
/// Of the two at once: big-endian, and 32 bits.
const MIPS: &str = "mips-unknown-linux-gnu";
const I686: &str = "i686-unknown-linux-gnu";

/// One run: a target (or this machine), what it tests (`lib` or a file of `tests/`), and flags of Miri.
struct Run {
    target: &'static str,
    tests: String,
    flags: String,
}

impl Run {
    fn new(target: &'static str, tests: &str, flags: &str) -> Self {
        Self {
            target,
            tests: tests.to_owned(),
            flags: flags.to_owned(),
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new("cargo");
        command
            .current_dir(workspace_root())
            .args(["+nightly", "miri", "test", "--package", "motepost"])
            .arg("--all-features")
            .env("CARGO_INCREMENTAL", "0")
            .env("MIRIFLAGS", self.all_flags());
        if !self.target.is_empty() {
            command.args(["--target", self.target]);
        }
        match &*self.tests {
            "lib" => command.arg("--lib"),
            name => command.args(["--test", name]),
        };
        command
    }

    fn all_flags(&self) -> String {
        format!("-Zmiri-strict-provenance {}", self.flags)
            .trim_end()
            .to_owned()
    }

    fn run(&self) -> Result<String> {
        let begun = Instant::now();
        let output = self
            .command()
            .output()
            .map_err(|e| format!("cannot run cargo: {e}"))?;
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let passed = sum(&text, " passed");
        if !output.status.success() || passed == 0 {
            return Err(format!(
                "{text}\nTo see it again:\n  MIRIFLAGS='{}' {:?}",
                self.all_flags(),
                self.command()
            ));
        }
        Ok(format!(
            "target={} tests={} flags={:?} passed={passed} ignored={} seconds={}",
            if self.target.is_empty() {
                "host"
            } else {
                self.target
            },
            self.tests,
            self.flags,
            sum(&text, " ignored"),
            begun.elapsed().as_secs(),
        ))
    }
}

/// What all `test result` lines say before that word.
fn sum(text: &str, word: &str) -> usize {
    let results = text.lines().filter(|line| line.contains("test result: ok"));
    let parts = results.flat_map(|line| line.split([';', '.']));
    let counts = parts.filter_map(|part| part.strip_suffix(word)?.trim().parse::<usize>().ok());
    counts.sum()
}

/// The short list is for the gate: the C API, which has the only `unsafe`, under both models, and the unit tests elsewhere.
fn short() -> Vec<Run> {
    vec![
        Run::new(MIPS, "lib", TREE),
        Run::new(HOST, "c_calls", &format!("{TREE} -Zmiri-many-seeds=0..2")),
        Run::new(HOST, "c_calls", STACKED),
        Run::new(HOST, "c_pieces", TREE),
        Run::new(HOST, "field", TREE),
    ]
}

fn long() -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    for model in [STACKED, TREE] {
        let seeds = format!("{model} -Zmiri-many-seeds=0..8");
        for tests in ["c_calls", "c_pieces"] {
            runs.push(Run::new(HOST, tests, seeds.trim_start()));
        }
        for target in [MIPS, I686] {
            for tests in ["lib", "c_calls", "c_pieces", "field"] {
                runs.push(Run::new(target, tests, model));
            }
        }
        runs.push(Run::new(HOST, "lib", model));
        for tests in files(&workspace_root().join("tests"))? {
            runs.push(Run::new(HOST, &tests, model));
        }
    }
    Ok(runs)
}

/// The tests of the library but those that have nothing to run here.
fn files(dir: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(dir).map_err(|e| format!("cannot read {}: {e}", dir.display()))?;
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| !ABOUT_FILES.contains(&&**name))
        .collect();
    names.sort();
    Ok(names)
}

/// Their tests read files, each.
const ABOUT_FILES: [&str; 2] = ["documents", "order"];

/// Runs the short list or the long one, as many at once as there are cores.
///
/// # Errors
/// When Miri is missing, or finds something: the message says what, and how to see it again.
pub fn run(is_long: bool) -> Result<String> {
    if !cargo_can(&["+nightly", "miri", "--version"]) {
        return Err("nothing was run: there is no Miri. Install it:\n  \
                    rustup component add --toolchain nightly miri rust-src"
            .into());
    }
    let runs = if is_long { long()? } else { short() };
    run_all(&runs, Run::run)?;
    Ok(format!("{} runs: Miri found nothing", runs.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_list_holds_every_test_of_the_library_under_both_models() {
        let runs = long().unwrap();
        for name in ["lib", "c_calls", "exchange", "token"] {
            for model in [STACKED, TREE] {
                let has = |run: &Run| run.target == HOST && run.tests == name && run.flags == model;
                assert!(runs.iter().any(has), "{name} {model}");
            }
        }
    }

    #[test]
    fn the_counts_of_all_results_are_added() {
        let text = "test result: ok. 16 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 1.26s\n\
                    x\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s\n";
        assert_eq!((sum(text, " passed"), sum(text, " ignored")), (17, 2));
        assert_eq!(sum("test result: FAILED. 1 passed; 1 failed", " passed"), 0);
    }
}
