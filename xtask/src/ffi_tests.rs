//! Runs a program of `ffi-tests`: these hold the local emulator in their own process, which would make `xtask` itself slow to
//! build.

use std::process::Command;

use crate::{Result, workspace_root};

/// Runs the program of that name with these arguments.
///
/// # Errors
/// When it fails; what happened is on the terminal.
pub fn run<'a>(name: &str, arguments: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let status = Command::new("cargo")
        .current_dir(workspace_root())
        .args(["run", "--quiet", "--package", "ffi-tests", "--bin"])
        .args([name, "--"])
        .args(arguments)
        .status()
        .map_err(|e| format!("cannot run cargo: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{name} ended with {status}"))
    }
}
