//! The tools of this machine, as a release has them: the commands, and the Lambda's zip.

use std::path::PathBuf;
use std::process::Command;

use crate::archive::{cargo_home, shut_out_the_outer_cargo};
use crate::contents::{self, Files, path_of_this_machine};
use crate::read;
use crate::{Result, pages, target_dir, toolchain, workspace_root};

const README: &str = "\
# Motepost's tools

- `bin/motepost`: keys, tokens and credentials for devices, and a publish to try them. `motepost --help`
- `bin/local-iot-core`: a local emulator of AWS IoT Core. `local-iot-core --help`, then <http://127.0.0.1:8081>
- `lambda/authorizer.zip`: the custom authorizer, for a Lambda with the runtime `provided.al2023` on arm64

`CHANGELOG.md` has the changes, `VERSION` names the commit and the compiler. Check the files with
`sha256sum --check SHA256SUMS`.
";

/// What is in the folder, but for the licences.
pub(crate) fn files(host: &str) -> Result<Files> {
    let build_dir = target_dir().join("tools-build");
    run(cargo(&build_dir)
        .args(["build", "--release", "--locked"])
        .args(["-p", "local-iot-core", "-p", "motepost-provision"]))?;
    run(cargo(&build_dir)
        // It links against a C library as old as Lambda's.
        .args([
            "lambda",
            "build",
            "--release",
            "--arm64",
            "--output-format",
            "zip",
        ])
        .args([
            "-p",
            "motepost-authorizer",
            "--bin",
            "authorizer",
            "--features",
            "aws",
        ]))
    .map_err(|reason| format!("{reason}\n(cargo-lambda comes with: pip install cargo-lambda)"))?;

    let commands = build_dir.join("release");
    let mut files = vec![
        ("bin/motepost".to_owned(), read(&commands.join("motepost"))?),
        (
            "bin/local-iot-core".to_owned(),
            read(&commands.join("local-iot-core"))?,
        ),
        (
            "lambda/authorizer.zip".to_owned(),
            read(&build_dir.join("lambda/authorizer/bootstrap.zip"))?,
        ),
    ];
    for (name, bytes) in &files {
        if let Some(path) = path_of_this_machine(bytes) {
            return Err(format!("{name} holds the path {path} of this machine"));
        }
    }
    let version = format!(
        "motepost {}\ncommit {}\ntarget {host}\n{}\n",
        env!("CARGO_PKG_VERSION"),
        contents::commit(),
        toolchain::find(host)?.version()?
    );
    files.push(("VERSION".to_owned(), version.into_bytes()));
    files.push(("README.md".to_owned(), README.as_bytes().to_owned()));
    files.push(pages::changelog()?);
    Ok(files)
}

/// Cargo, with the paths of this machine replaced in what it builds.
fn cargo(build_dir: &PathBuf) -> Command {
    let mut command = Command::new("cargo");
    shut_out_the_outer_cargo(&mut command);
    let mut prefixes = vec![
        (workspace_root().to_owned(), "/motepost"),
        (build_dir.clone(), "/build"),
    ];
    prefixes.extend(cargo_home().map(|home| (home, "/cargo")));
    let flags: Vec<_> = prefixes
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect();
    command
        .current_dir(workspace_root())
        .env("CARGO_TARGET_DIR", build_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    command
}

fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .map_err(|e| format!("cannot run cargo: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?}: {status}"))
    }
}
