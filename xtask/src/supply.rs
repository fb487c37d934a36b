//! What users of the crate may combine: every set of features on a small target, and the oldest dependencies that
//! `Cargo.toml` admits.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::toolchain::{self, Core};
use crate::{Result, target_dir, workspace_root};

/// Has no atomics to swap and no `std`.
const SMALL: &str = "thumbv6m-none-eabi";

/// Checks the library with every set of its features on a small target; how many there were.
///
/// # Errors
/// When there is no toolchain for the target, and when a set does not compile.
pub fn features() -> Result<usize> {
    let names = feature_names()?;
    let toolchain = toolchain::find(SMALL)?;
    let sets = powerset(&names);
    for set in &sets {
        let mut command = Command::new(&toolchain.cargo);
        command
            .current_dir(workspace_root())
            .args(["check", "--quiet", "--package", "motepost", "--lib"])
            .args(["--no-default-features", "--features", set])
            .args(["--target", SMALL, "--target-dir"])
            .arg(target_dir().join("features"));
        if toolchain.core == Core::FromSource {
            command
                .arg("-Zbuild-std=core")
                .env("RUSTC", &toolchain.rustc)
                .env("RUSTC_BOOTSTRAP", "1");
        }
        run(
            &mut command,
            &format!("the features {set:?} on {SMALL} do not compile"),
        )?;
    }
    Ok(sets.len())
}

fn feature_names() -> Result<Vec<String>> {
    let manifest = read_manifest(&workspace_root().join("Cargo.toml"))?;
    let features = manifest.get("features").and_then(toml::Value::as_table);
    let features = features.ok_or("Cargo.toml has no features")?;
    Ok(features
        .keys()
        .filter(|name| *name != "default")
        .cloned()
        .collect())
}

fn powerset(names: &[String]) -> Vec<String> {
    names.iter().fold(vec![String::new()], |sets, name| {
        let with = sets.iter().map(|set| format!("{set} {name}"));
        sets.iter().cloned().chain(with).collect()
    })
}

/// Checks the library, as it would be published, against the oldest versions that it admits of what it names itself.
///
/// # Errors
/// When there is no nightly cargo, which alone can choose them, and when the library does not compile.
pub fn oldest() -> Result<()> {
    let dir = target_dir().join("oldest");
    let packages = dir.join("packages");
    let mut package = Command::new("cargo");
    package
        .current_dir(workspace_root())
        .args(["package", "--quiet", "--package", "motepost"])
        .args(["--no-verify", "--allow-dirty", "--target-dir"])
        .arg(&packages);
    run(&mut package, "the library cannot be packaged")?;

    let name = format!("motepost-{}", env!("CARGO_PKG_VERSION"));
    let mut unpack = Command::new("tar");
    unpack
        .arg("-xzf")
        .arg(packages.join("package").join(format!("{name}.crate")))
        .arg("-C")
        .arg(&dir);
    run(&mut unpack, "the package cannot be unpacked")?;

    let unpacked = dir.join(name);
    alone(&unpacked.join("Cargo.toml"))?;
    let lock = unpacked.join("Cargo.lock");
    if lock.exists() {
        fs::remove_file(&lock).map_err(|e| format!("cannot remove {}: {e}", lock.display()))?;
    }
    let mut check = Command::new("cargo");
    check
        .current_dir(&unpacked)
        .args(["+nightly", "check", "--quiet", "--lib", "--all-features"])
        .args(["-Zdirect-minimal-versions", "--target-dir"])
        .arg(dir.join("build"));
    run(
        &mut check,
        "the library does not compile with the oldest dependencies it admits, or there is no nightly cargo to choose them \
         (rustup toolchain install nightly --profile minimal)",
    )
}

/// Makes the package a workspace of its own, without what only tests need: a user's build has neither.
fn alone(path: &Path) -> Result<()> {
    let mut manifest = read_manifest(path)?;
    manifest.remove("dev-dependencies");
    manifest.insert("workspace".into(), toml::Table::new().into());
    let text = manifest.to_string();
    fs::write(path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn read_manifest(path: &Path) -> Result<toml::Table> {
    let text =
        fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    text.parse()
        .map_err(|e| format!("cannot read {}: {e}", path.display()))
}

fn run(command: &mut Command, otherwise: &str) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .map_err(|e| format!("cannot run {program}: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_powerset_holds_every_set_once() {
        let sets = powerset(&["a".into(), "b".into()]);
        assert_eq!(sets, ["", " a", " b", " a b"]);
    }

    #[test]
    fn the_features_are_those_of_the_library() {
        let names = feature_names().unwrap();
        assert!(names.contains(&"token".into()), "{names:?}");
        assert!(!names.contains(&"default".into()), "{names:?}");
    }
}
