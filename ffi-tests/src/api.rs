//! What a Rust program that depends on the crate relies on, as text: its features, and every public item with its types. What is
//! in `motepost::ffi` is C's: see [`crate::abi`].
//!
//! `ffi-tests/motepost.api` is that text as committed. It is compared in a test, so that a change is made on purpose:
//! `cargo xtask api` writes additions, and what is gone only where it is told to.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

/// Where the committed text lies.
pub fn path() -> PathBuf {
    xtask::workspace_root().join("ffi-tests/motepost.api")
}

/// The committed lines, and those of the crate as it is.
pub struct Comparison {
    /// What programs may use that they could not before.
    pub new: Vec<String>,
    /// What programs used and is no more, or is another.
    pub gone: Vec<String>,
}

impl Comparison {
    /// Tells two texts apart, line by line.
    #[must_use]
    pub fn of(committed: &str, now: &str) -> Self {
        let (committed, now): (BTreeSet<_>, BTreeSet<_>) =
            (committed.lines().collect(), now.lines().collect());
        let only = |a: &BTreeSet<&str>, b: &BTreeSet<&str>| {
            a.difference(b).map(|&line| line.to_owned()).collect()
        };
        Self {
            new: only(&now, &committed),
            gone: only(&committed, &now),
        }
    }
}

/// The text for the crate as it is.
///
/// # Errors
/// When this toolchain's rustdoc writes a format that the reader does not know.
///
/// # Panics
/// When the crate cannot be documented.
pub fn text() -> Result<String, String> {
    let items = public_api::Builder::from_rustdoc_json(rustdoc())
        .omit_blanket_impls(true)
        .build()
        .map_err(|reason| reason.to_string())?;
    let mut lines: Vec<String> = items
        .items()
        .map(|item| item.to_string().replace("#[repr(C)] ", ""))
        .filter(|line| !line.contains("motepost::ffi") && !is_of_the_compiler(line))
        .chain(features())
        .collect();
    lines.sort();
    Ok(lines.join("\n") + "\n")
}

/// Traits that follow from a type's fields and of which a compiler's version may bring more; `Send` and `Sync` are what users need.
fn is_of_the_compiler(line: &str) -> bool {
    let traits = [
        "core::marker::Freeze for ",
        "core::marker::StructuralPartialEq for ",
        "core::marker::Unpin for ",
        "core::marker::UnsafeUnpin for ",
        "core::panic::unwind_safe::",
    ];
    line.starts_with("impl") && traits.iter().any(|name| line.contains(name))
}

fn features() -> Vec<String> {
    let manifest = std::fs::read_to_string(xtask::workspace_root().join("Cargo.toml"));
    let manifest: toml::Table = manifest.expect("it is there").parse().expect("it is TOML");
    let features = manifest["features"].as_table().expect("it has features");
    features
        .keys()
        .map(|name| format!("feature {name}"))
        .collect()
}

/// Has rustdoc describe the crate. The format is unstable and the toolchain is stable: the variable is the switch that Rust's own
/// build uses.
fn rustdoc() -> PathBuf {
    let target = xtask::target_dir().join("api");
    let output = Command::new("cargo")
        .current_dir(xtask::workspace_root())
        .env("RUSTC_BOOTSTRAP", "1")
        .args([
            "rustdoc",
            "--quiet",
            "--package",
            "motepost",
            "--lib",
            "--all-features",
            "--target-dir",
        ])
        .arg(&target)
        .args(["--", "-Zunstable-options", "--output-format", "json"])
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    target.join("doc/motepost.json")
}
