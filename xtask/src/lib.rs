//! The project's own commands, as functions, so that `ffi-tests` builds the archive exactly as a release does.

pub mod archive;
mod at_once;
pub mod bundle;
mod contents;
pub mod cost;
pub mod dist;
pub mod ffi_tests;
pub mod footprint;
pub mod fuzz;
pub mod header;
mod header_groups;
mod members;
pub mod miri;
mod no_panic;
mod pages;
pub mod prove;
pub mod sbom;
mod target_spec;
pub mod targets;
pub mod toolchain;
mod tools;
pub mod xtensa;

use std::path::{Path, PathBuf};
use std::process::Command;

/// What every command answers; the error is a sentence for the person who ran it.
pub type Result<T> = std::result::Result<T, String>;

/// The directory of the workspace's `Cargo.toml`.
pub fn workspace_root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The directory that cargo builds this workspace into.
pub fn target_dir() -> PathBuf {
    // Tests run in their package's directory and commands in the caller's, so a relative path is taken from the root.
    let chosen = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    workspace_root().join(chosen)
}

/// With a comma at every thousand.
pub(crate) fn grouped(value: u32) -> String {
    match value {
        0..1000 => value.to_string(),
        _ => format!("{},{:03}", grouped(value / 1000), value % 1000),
    }
}

/// What a command prints, if it succeeds.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .map_err(|e| format!("cannot run {}: {e}", command.get_program().display()))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        return Ok(printed.into_owned());
    }
    Err(format!(
        "{command:?}: {}\n{printed}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    ))
}

/// Runs a command whose output is for the person who waits for it.
pub(crate) fn run_visibly(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .map_err(|e| format!("cannot run {}: {e}", command.get_program().display()))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?}: {status}"))
    }
}

/// Whether this machine's cargo can do that.
pub(crate) fn cargo_can(arguments: &[&str]) -> bool {
    capture(Command::new("cargo").args(arguments)).is_ok()
}

/// Runs a tool and gives its standard output.
///
/// # Errors
/// When it cannot be run, with `packages` as what to install, and when it fails, with what it said.
pub fn run_tool(command: &mut Command, packages: &str) -> Result<Vec<u8>> {
    let tool = command.get_program().display().to_string();
    let output = command
        .output()
        .map_err(|e| format!("cannot run {tool}: {e}; on Debian: apt-get install {packages}"))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!(
            "{tool} failed:\n{}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        ))
    }
}

/// A file's bytes, or why not.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}
