//! Valgrind's memcheck: it sees what the archive's own code reads and writes, which the compiler's sanitizers do not, since
//! they have not built it.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use crate::compiler::{Language, run};
use crate::{out_dir, tools};

const HEADER: &str = "#include <valgrind/memcheck.h>\n";

/// Whether valgrind is here, with the header by which a program speaks to it; if not, says that `what` is left out.
///
/// # Panics
/// When it is not, and `CI=true`.
pub fn is_here(what: &str) -> bool {
    static HERE: OnceLock<bool> = OnceLock::new();
    let here = *HERE.get_or_init(|| {
        let source = out_dir("programs").join("trial-memcheck.c");
        std::fs::write(&source, format!("{HEADER}int main(void) {{ return 0; }}\n"))
            .unwrap_or_else(|e| panic!("cannot write {}: {e}", source.display()));
        Language::C11
            .plain(&source, "trial-memcheck", &[])
            .and_then(|program| output_under_memcheck(&program, &[]))
            .is_ok()
    });
    if !here {
        tools::left_out(what, "valgrind, or not its memcheck.h");
    }
    here
}

/// What a program prints under memcheck, if it ends well and memcheck has nothing to say.
///
/// # Errors
/// What they complain of, otherwise.
pub fn output_under_memcheck(program: &Path, arguments: &[&str]) -> Result<String, String> {
    // Not 1, with which a program says that its own checks failed.
    run(memcheck()
        .args(["--error-exitcode=99"])
        .arg(program)
        .args(arguments))
}

/// The same for a program that provokes memcheck, and counts its complaints.
///
/// # Errors
/// What the program complains of.
pub fn output_of_provocation(program: &Path, arguments: &[&str]) -> Result<String, String> {
    run(memcheck()
        .arg("--error-limit=no")
        .arg(program)
        .args(arguments))
}

fn memcheck() -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--tool=memcheck", "--leak-check=full"]);
    command
}
