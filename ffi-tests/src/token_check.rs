//! The archive of `ffi-tests/token-check`, built as a cloud service that checks tokens would build it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use xtask::archive::shut_out_the_outer_cargo;

use crate::compiler::run;
use crate::out_dir;

/// The archive, built once in each test binary; cargo spares what is unchanged.
///
/// # Panics
/// When it cannot be built.
pub fn archive() -> &'static PathBuf {
    static ARCHIVE: OnceLock<PathBuf> = OnceLock::new();
    ARCHIVE.get_or_init(|| {
        let build_dir = out_dir("token-check");
        let mut command = Command::new("cargo");
        shut_out_the_outer_cargo(&mut command);
        command
            .current_dir(xtask::workspace_root())
            .args(["build", "--quiet", "--release", "--package", "token-check"])
            .arg("--target-dir")
            .arg(&build_dir);
        run(&mut command).unwrap_or_else(|reason| panic!("{reason}"));
        build_dir.join("release/libtoken_check.a")
    })
}
