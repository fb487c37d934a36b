//! Programs from PyPI that some tests need.

use std::io::Write;
use std::process::Command;

/// The Python that has a module: `MOTEPOST_PYTHON`, say of a virtual environment, or else `python3`. Without it a line
/// tells what is not proven here; with `CI=true` that is a failure.
pub fn with_module(module: &str) -> Option<Command> {
    let python = std::env::var_os("MOTEPOST_PYTHON").unwrap_or_else(|| "python3".into());
    // Importing it would take as long as what it is for.
    let find =
        "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)";
    let found = Command::new(&python).args(["-c", find, module]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(Command::new(python));
    }
    left_out(&format!("{} has no {module}", python.display()));
    None
}

/// Says what is not proven here.
pub fn left_out(what: &str) {
    let message = format!("LEFT OUT, for {what} (see .ci/install)");
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{message}");
    // The harness swallows `eprintln!` of a test that passes.
    let _ = writeln!(std::io::stderr(), "{message}");
}
