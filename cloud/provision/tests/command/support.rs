//! Runs the command in a directory of the test's own.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

/// What a run left behind.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self
    }
}

pub struct Directory(TempDir);

impl Directory {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.join(name), contents).unwrap();
        // It may be a key.
        self.set_mode(name, 0o600);
    }

    pub fn set_mode(&self, name: &str, mode: u32) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let permissions = fs::Permissions::from_mode(mode);
            fs::set_permissions(self.join(name), permissions).unwrap();
        }
        #[cfg(not(unix))]
        let _ = (name, mode);
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.join(name)).unwrap()
    }

    /// The command in this directory, with nothing of the tester's environment that could change it.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_motepost"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MOTEPOST_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments.split_whitespace())
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &str) -> Ran {
        finish(self.command(arguments), b"")
    }

    pub fn run_with_input(&self, arguments: &str, input: impl AsRef<[u8]>) -> Ran {
        finish(self.command(arguments), input.as_ref())
    }

    pub fn run_with_variable(&self, arguments: &str, name: &str, value: &str) -> Ran {
        let mut command = self.command(arguments);
        command.env(name, value);
        finish(command, b"")
    }

    #[cfg(unix)]
    pub fn mode(&self, name: &str) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(self.join(name)).unwrap().permissions().mode() & 0o777
    }

    /// The names in a directory.
    pub fn names(&self, name: &str) -> Vec<String> {
        let entries = fs::read_dir(self.join(name)).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

fn finish(mut command: Command, input: &[u8]) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that does not read it may have ended.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Keys that the tests share, because an RSA key takes a while to find: `signing.key`, `signing.pub`, `other.key`,
/// `other.pub` and `fleet.key`.
pub fn with_keys() -> Directory {
    static KEYS: LazyLock<Directory> = LazyLock::new(|| {
        let keys = Directory::new();
        for name in ["signing", "other"] {
            let arguments = format!("keygen signing --private {name}.key --public {name}.pub");
            keys.run(&arguments).exits(0);
        }
        keys.run("keygen fleet --out fleet.key").exits(0);
        keys
    });
    let directory = Directory::new();
    for name in KEYS.names(".") {
        fs::copy(KEYS.join(&name), directory.join(&name)).unwrap();
    }
    directory
}
