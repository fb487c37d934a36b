//! A small Arm target without frame pointers.
//!
//! rustc's own targets keep one in every function (`"frame-pointer": "always"`), which takes a fifteenth of the flash and a tenth
//! of the stack. The C around it has none, so nobody could follow them anyway. No flag takes them away, but a target
//! specification of one's own does, where `core` is built as well.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::toolchain::{Core, Toolchain};

const ALWAYS: &str = "\"frame-pointer\": \"always\"";
const WHERE_NEEDED: &str = "\"frame-pointer\": \"may-omit\"";
/// What cargo calls the permission to take such a file; older ones take it without, and are given none.
pub const PERMISSION: &str = "json-target-spec";

/// Writes rustc's specification of the target into `dir`, changed. `None` where there is nothing to change, or no way to.
///
/// # Errors
/// When the file cannot be written.
pub fn without_frame_pointers(
    toolchain: &Toolchain,
    target: &str,
    dir: &Path,
) -> Result<Option<PathBuf>> {
    if toolchain.core == Core::Installed || !knows(toolchain) {
        return Ok(None);
    }
    let Some(spec) = spec(toolchain, target).filter(|spec| spec.contains(ALWAYS)) else {
        return Ok(None);
    };
    // Cargo and rustc call the target what the file is called.
    let path = dir.join(format!("{target}.json"));
    fs::write(&path, spec.replace(ALWAYS, WHERE_NEEDED))
        .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    Ok(Some(path))
}

fn knows(toolchain: &Toolchain) -> bool {
    answer(Command::new(&toolchain.cargo).args(["-Z", "help"]))
        .is_some_and(|help| help.contains(PERMISSION))
}

/// What rustc knows of a target, as JSON.
pub(crate) fn spec(toolchain: &Toolchain, target: &str) -> Option<String> {
    answer(Command::new(&toolchain.rustc).args([
        "-Zunstable-options",
        "--print",
        "target-spec-json",
        "--target",
        target,
    ]))
}

fn answer(command: &mut Command) -> Option<String> {
    let output = command.env("RUSTC_BOOTSTRAP", "1").output().ok()?;
    String::from_utf8(output.stdout)
        .ok()
        .filter(|_| output.status.success())
}
