//! Tries mutants of `src/`: what `.cargo/mutants.toml` says, in a copy of the sources.

use std::process::Command;
use std::thread;

use crate::{Result, capture, cargo_can, target_dir, workspace_root};

/// A round of the tests takes two seconds where nothing else runs; what takes this many hangs.
const TIMEOUT: &str = "60";

/// What hangs may also eat memory: more than 6 GB of it is the end.
const LIMITED: &str = "ulimit -v 6000000; exec cargo mutants \"$@\"";

/// The tests that a mutant has to pass.
const TESTS: [&str; 8] = [
    "--package",
    "mutants",
    "--test",
    "units",
    "--test",
    "api",
    "--test",
    "c_face",
];

/// Tries all mutants, or a part of them: `3/20` is the fourth of twenty parts.
///
/// # Errors
/// When cargo-mutants is missing, the tests fail without a mutant, or one survives: it is printed, and stays in
/// `target/mutants.out`.
pub fn run(shard: Option<&str>) -> Result<String> {
    if !cargo_can(&["mutants", "--version"]) {
        return Err("no mutant was tried: there is no cargo-mutants. Install it:\n  cargo install cargo-mutants --locked".into());
    }
    // The tests are not those of the package that is changed, so the tool itself could not try them on unchanged sources.
    let mut unchanged = Command::new("cargo");
    unchanged.args(["test", "--quiet", "--profile", "mutants"]);
    capture(unchanged.current_dir(workspace_root()).args(TESTS))
        .map_err(|said| format!("the tests fail without any mutant: {said}"))?;
    let at_once = thread::available_parallelism().map_or(1, usize::from);
    let mut mutants = Command::new("sh");
    mutants
        .args(["-c", LIMITED, "cargo-mutants"])
        .args(["--package", "motepost", "--baseline", "skip"])
        .args(["--timeout", TIMEOUT, "--jobs", &at_once.to_string()])
        .arg("--output")
        .arg(target_dir());
    if let Some(shard) = shard {
        mutants.args(["--sharding", "round-robin", "--shard", shard]);
    }
    // Without incremental builds each mutant would take several times as long.
    mutants.env("CARGO_INCREMENTAL", "1");
    let status = mutants
        .current_dir(workspace_root())
        .status()
        .map_err(|e| format!("cannot run cargo: {e}"))?;
    match status.code() {
        // 3: some only hung, which a test would have noticed as well.
        Some(0 | 3) => Ok("no mutant survives".into()),
        _ => Err(format!(
            "a mutant survives ({status}): write the test that it breaks, or say in .cargo/mutants.toml why there is none"
        )),
    }
}
