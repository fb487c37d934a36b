//! Other people's tools, and what to do without one that not everybody has.
//!
//! Rust and a C compiler are enough for `cargo test`. A C++ compiler and the sanitizers are used where they are; without
//! them a test proves less, and must say so.

use std::io::Write;
use std::process::{Command, Output};

/// Says on the terminal what is not proven here; a failure where `CI=true`, whose machine has to have everything.
///
/// # Panics
/// When `CI=true`.
pub fn left_out(what: &str, missing: &str) {
    let message = format!("LEFT OUT: {what}, because this machine has no {missing}");
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!in_ci, "{message}");
    // The test harness swallows `eprintln!` of a test that passes. If nobody reads standard error, nobody is misled.
    let _ = writeln!(std::io::stderr(), "{message}");
}

/// Whether the tool is there; if not, says that `what` is left out.
///
/// # Panics
/// When it is not, and `CI=true`.
pub fn is_here(tool: &str, what: &str) -> bool {
    let here = Command::new(tool).arg("--version").output().is_ok();
    if !here {
        left_out(what, tool);
    }
    here
}

/// Whether this machine can build the archive for a target.
#[must_use]
pub fn has_tools_for(triple: &str) -> bool {
    let assembles = |chip: &xtask::xtensa::Chip| chip.assembler().is_ok();
    xtask::toolchain::find(triple).is_ok() && xtask::xtensa::chip(triple).is_none_or(assembles)
}

/// What a tool said, in either way.
pub fn text_of(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// What a command says that has to succeed. A cargo that it runs builds where this one does.
///
/// # Panics
/// When it does not.
pub fn succeed(command: &mut Command) -> String {
    let output = command
        .env("CARGO_TARGET_DIR", xtask::target_dir())
        .output()
        .unwrap_or_else(|e| panic!("cannot run {command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", text_of(&output));
    text_of(&output)
}
