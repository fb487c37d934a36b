//! The machine's C and C++ compilers, as strict as they can be.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::{out_dir, tools};

/// A language that the header has to be good for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Language {
    /// C as firmware has written it since 1999.
    C99,
    /// C as today's vendor SDKs have it.
    C11,
    /// C++ as Arduino's and mbed's newer cores have it.
    Cpp17,
}

const WARNINGS: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];
const SANITIZERS: [&str; 4] = [
    "-g",
    "-O1",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
];

impl Language {
    /// Whether there is a compiler for it; if not, says that `what` is left out.
    ///
    /// # Panics
    /// When there is none for C, without which nothing here can be proven.
    pub fn is_here(self, what: &str) -> bool {
        static CPP: OnceLock<bool> = OnceLock::new();
        let trial = || self.compile(&self.trial(), &[], Path::new("trial"), &[]);
        match self {
            Self::Cpp17 => {
                let here = *CPP.get_or_init(|| trial().is_ok());
                if !here {
                    tools::left_out(what, "C++ compiler for C++17 (set CXX)");
                }
                here
            }
            Self::C99 | Self::C11 => true,
        }
    }

    /// Succeeds when the compiler has nothing to say of `source`.
    ///
    /// # Errors
    /// What it says.
    pub fn check(self, source: &Path) -> Result<(), String> {
        let mut command = self.command();
        run(command.args(WARNINGS).arg("-fsyntax-only").arg(source)).map(drop)
    }

    /// Compiles `source` to a program of that name, linked with `objects`; under the sanitizers where they are, and where
    /// not, says so.
    ///
    /// # Errors
    /// What the compiler or the linker says.
    pub fn sanitized(
        self,
        source: &Path,
        name: &str,
        objects: &[&OsStr],
    ) -> Result<PathBuf, String> {
        let flags: &[&str] = if self.has_sanitizers() {
            &SANITIZERS
        } else {
            tools::left_out(
                &format!("the sanitizers around {name}"),
                "-fsanitize=address,undefined",
            );
            &[]
        };
        self.compile(source, flags, Path::new(name), objects)
    }

    /// Compiles `source` to a program of that name, linked with `objects`.
    ///
    /// # Errors
    /// What the compiler or the linker says.
    pub fn plain(self, source: &Path, name: &str, objects: &[&OsStr]) -> Result<PathBuf, String> {
        self.compile(source, &["-g"], Path::new(name), objects)
    }

    fn compile(
        self,
        source: &Path,
        flags: &[&str],
        name: &Path,
        objects: &[&OsStr],
    ) -> Result<PathBuf, String> {
        let program = out_dir("programs").join(name);
        let mut command = self.command();
        command.args(WARNINGS).args(flags).arg(source);
        // What follows is no source.
        command.args(["-x", "none"]).args(objects);
        run(command.arg("-o").arg(&program))?;
        Ok(program)
    }

    fn command(self) -> Command {
        let (variable, default) = match self {
            Self::C99 | Self::C11 => ("CC", "cc"),
            Self::Cpp17 => ("CXX", "c++"),
        };
        // May be more than one word, such as `ccache gcc`.
        let words = std::env::var(variable).unwrap_or_else(|_| default.into());
        let mut words = words.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or(default));
        command.args(words).args(match self {
            Self::C99 => ["-x", "c", "-std=c99"],
            Self::C11 => ["-x", "c", "-std=c11"],
            Self::Cpp17 => ["-x", "c++", "-std=c++17"],
        });
        let root = xtask::workspace_root();
        command.arg("-I").arg(root.join("include"));
        command.arg("-I").arg(root.join("ffi-tests/c"));
        command
    }

    /// Some machines have the compiler's half of a sanitizer and not its library, or cannot run it.
    fn has_sanitizers(self) -> bool {
        static C: OnceLock<bool> = OnceLock::new();
        static CPP: OnceLock<bool> = OnceLock::new();
        let found = match self {
            Self::C99 | Self::C11 => &C,
            Self::Cpp17 => &CPP,
        };
        *found.get_or_init(|| {
            let name = format!("trial-sanitized-{self:?}");
            self.compile(&self.trial(), &SANITIZERS, Path::new(&name), &[])
                .and_then(|program| output_of(&program))
                .is_ok()
        })
    }

    /// The shortest program.
    fn trial(self) -> PathBuf {
        let path = out_dir("programs").join(format!("trial-{self:?}.c"));
        std::fs::write(&path, "int main(void) { return 0; }\n")
            .unwrap_or_else(|e| panic!("cannot write {}: {e}", path.display()));
        path
    }
}

/// What a program prints, if it ends well.
///
/// # Errors
/// What it complains of, otherwise.
pub fn output_of(program: &Path) -> Result<String, String> {
    run(Command::new(program)
        // The library allocates nothing, so there is no leak to find, and looking for one fails in some containers.
        .env("ASAN_OPTIONS", "detect_leaks=0"))
}

pub(crate) fn run(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|e| format!("cannot run {command:?}: {e}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    ))
}
