//! How the targets are built and started. The differential ones are cargo-fuzz's, under the address sanitizer. The fast ones are
//! built without it by the compiler that builds the library: only the counters that libFuzzer needs are put in.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::archive::shut_out_the_outer_cargo;
use crate::fuzz::targets::Target;
use crate::{Result, cargo_can, run_visibly, target_dir, toolchain, workspace_root};

/// Counters on edges, and no callback for each comparison: the callbacks take more time than the library. Debug assertions and
/// overflow checks stay on.
const FAST_FLAGS: [&str; 7] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=3",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cdebug-assertions",
    "-Ccodegen-units=1",
];

/// What libFuzzer spends time on for each input, and does not need to find a fault.
const FAST_OPTIONS: [&str; 2] = ["-entropic=0", "-reduce_inputs=0"];

/// Where the differential targets are built, and what runs have found is kept.
pub(super) fn build_dir() -> PathBuf {
    target_dir().join("fuzz")
}

fn fast_build_dir() -> PathBuf {
    target_dir().join("fuzz-fast")
}

/// Builds the programs of these targets.
pub(super) fn build(targets: &[Target]) -> Result<()> {
    if targets.iter().any(|target| !target.is_fast) {
        find_tools()?;
        // One build for all of them.
        run_visibly(&mut cargo_fuzz("build"))?;
    }
    if targets.iter().any(|target| target.is_fast) {
        run_visibly(&mut build_fast(&toolchain::host_triple()?))?;
    }
    Ok(())
}

fn find_tools() -> Result<()> {
    if !cargo_can(&["+nightly", "--version"]) {
        return Err(
            "nothing was fuzzed: the sanitizer needs a nightly compiler. Install it:\n  \
                    rustup toolchain install nightly --profile minimal"
                .into(),
        );
    }
    if !cargo_can(&["fuzz", "--version"]) {
        return Err(
            "nothing was fuzzed: there is no cargo-fuzz. Install it:\n  cargo install cargo-fuzz --locked"
                .into(),
        );
    }
    Ok(())
}

fn cargo_fuzz(what: &str) -> Command {
    let mut command = Command::new("cargo");
    command
        .current_dir(workspace_root())
        .args(["+nightly", "fuzz", what, "--target-dir"])
        .arg(build_dir());
    command
}

/// For a named target, so that the flags reach no build script.
fn build_fast(host: &str) -> Command {
    let mut command = Command::new("cargo");
    shut_out_the_outer_cargo(&mut command);
    command
        .current_dir(workspace_root())
        .args(["build", "--release", "--bins", "--locked", "--target", host])
        .args(["--manifest-path", "fuzz/fast/Cargo.toml", "--target-dir"])
        .arg(fast_build_dir())
        .env("CARGO_PROFILE_RELEASE_PANIC", "abort")
        .env("CARGO_ENCODED_RUSTFLAGS", FAST_FLAGS.join("\x1f"));
    command
}

/// libFuzzer's program of a target, for which inputs or folders and options follow.
pub(super) fn program(target: &Target) -> Result<Command> {
    let host = toolchain::host_triple()?;
    let build_dir = if target.is_fast {
        fast_build_dir()
    } else {
        build_dir()
    };
    let path = build_dir.join(host).join("release").join(target.name);
    let mut command = Command::new(path);
    command.current_dir(workspace_root());
    if target.is_fast {
        command.args(FAST_OPTIONS);
    } else {
        // As cargo-fuzz has it.
        command.env("ASAN_OPTIONS", "detect_odr_violation=0");
    }
    Ok(command)
}

/// The command that repeats a finding.
pub(super) fn repeat(target: &Target, input: &str) -> String {
    if !target.is_fast {
        let name = target.name;
        return format!("cargo +nightly fuzz run --target-dir target/fuzz {name} {input}");
    }
    let program = program(target).map(|program| PathBuf::from(program.get_program()));
    let program = program.unwrap_or_default();
    let shown = program
        .strip_prefix(workspace_root())
        .unwrap_or(Path::new(&program));
    format!("{} {input}", shown.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::targets::choose;

    #[test]
    fn a_fast_target_is_a_program_of_its_own() {
        let [target] = choose(&["fast_token".into()], false).unwrap()[..] else {
            panic!("one was named");
        };
        let command = repeat(&target, "/a/crash-1");
        assert!(
            command.ends_with("/release/fast_token /a/crash-1"),
            "{command}"
        );
    }
}
