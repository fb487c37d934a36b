//! How a function's process is started: its file by itself, or a handler under the interpreter that Lambda would use.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::definition::Program;

/// What a process is started with.
pub(super) struct Launch {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) region: String,
    /// Where AWS's SDKs find iot and iot-data.
    pub(super) endpoint: String,
    pub(super) program: Program,
    runtime: Runtime,
}

/// What runs the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runtime {
    Itself,
    Node,
    Python,
}

impl Launch {
    pub(super) fn new(
        name: &str,
        arn: String,
        region: &str,
        control: SocketAddr,
        program: Program,
    ) -> Result<Self, String> {
        let place = program.path.display();
        let path = std::fs::canonicalize(&program.path)
            .map_err(|error| format!("function {name}: {place}: {error}"))?;
        let runtime = Runtime::of(&path);
        match runtime.interpreter() {
            None if !is_executable(&path) => {
                return Err(format!(
                    "function {name}: {place} is neither a handler (.js, .mjs, .cjs or .py) nor an executable file"
                ));
            }
            Some(interpreter) if !is_in_path(interpreter) => {
                return Err(format!(
                    "function {name}: {place} needs {interpreter}, which is not in PATH"
                ));
            }
            _ => {}
        }
        Ok(Self {
            name: name.to_owned(),
            arn,
            region: region.to_owned(),
            endpoint: format!("http://{control}"),
            program: Program { path, ..program },
            runtime,
        })
    }

    pub(super) fn root(&self) -> &Path {
        self.program.path.parent().unwrap_or(Path::new("/"))
    }

    /// The command, and what Lambda would call its handler.
    pub(super) fn command(&self) -> (Command, OsString) {
        let path = &self.program.path;
        let handler = |function: &str| {
            let mut handler = path.file_stem().unwrap_or_default().to_owned();
            handler.push(function);
            handler
        };
        match self.runtime {
            Runtime::Itself => (
                Command::new(path),
                path.file_name().unwrap_or_default().to_owned(),
            ),
            Runtime::Node => {
                let mut command = Command::new("node");
                command
                    .args(["--input-type=module", "-e", include_str!("bootstrap.mjs")])
                    .arg(path);
                (command, handler(".handler"))
            }
            Runtime::Python => {
                let mut command = Command::new("python3");
                command
                    .args(["-u", "-c", include_str!("bootstrap.py")])
                    .arg(path);
                (command, handler(".lambda_handler"))
            }
        }
    }
}

impl Runtime {
    /// A script with a line of its own for the interpreter is a custom runtime, whatever its name.
    fn of(path: &Path) -> Self {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let runtime = match extension {
            Some("js" | "mjs" | "cjs") => Self::Node,
            Some("py") => Self::Python,
            _ => return Self::Itself,
        };
        let has_own = std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"#!"));
        if has_own { Self::Itself } else { runtime }
    }

    fn interpreter(self) -> Option<&'static str> {
        match self {
            Self::Itself => None,
            Self::Node => Some("node"),
            Self::Python => Some("python3"),
        }
    }
}

fn is_in_path(name: &str) -> bool {
    let file = PathBuf::from(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(&file).is_file())
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}
