//! C sources of others, which cargo brings as packages and does not compile.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Where the package of that name lies, of those that the manifest names.
///
/// # Errors
/// When cargo cannot bring it.
pub fn folder(manifest: &Path, name: &str) -> xtask::Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["metadata", "--locked", "--format-version", "1"])
        // Otherwise it would bring what these packages need on every other system.
        .args(["--filter-platform", "thumbv7m-none-eabi"])
        .arg("--manifest-path")
        .arg(manifest);
    let output = xtask::run_tool(&mut cargo, "cargo")?;
    let metadata: Value = serde_json::from_slice(&output).map_err(|e| e.to_string())?;
    metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|package| package["name"] == name)
        .and_then(|package| Path::new(package["manifest_path"].as_str()?).parent())
        .map(Path::to_owned)
        .ok_or_else(|| format!("cargo metadata has no package {name}"))
}
