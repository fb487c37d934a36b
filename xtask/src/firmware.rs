//! Runs `ffi-tests/examples/firmware`: it holds the stand-in in its own process, which would make `xtask` itself slow to build.

use std::process::Command;

use crate::{Result, workspace_root};

/// Publishes from the emulated boards of these names, or from all.
///
/// # Errors
/// When a board's reading did not arrive; what happened is on the terminal.
pub fn run(boards: &[String]) -> Result<()> {
    let status = Command::new("cargo")
        .current_dir(workspace_root())
        .args([
            "run",
            "--quiet",
            "--package",
            "ffi-tests",
            "--example",
            "firmware",
            "--",
        ])
        .args(boards.iter().flat_map(|board| ["--board", board]))
        .status()
        .map_err(|e| format!("cannot run cargo: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("not every board did what it has to".into())
    }
}
