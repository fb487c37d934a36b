//! The tools of this machine, as a release has them: the commands, and the Lambdas' zips.

use std::path::PathBuf;
use std::process::Command;

use crate::archive::{cargo_home, shut_out_the_outer_cargo};
use crate::contents::{self, Files, path_of_this_machine};
use crate::read;
use crate::sbom::{self, Built};
use crate::{Result, pages, run_visibly, target_dir, toolchain, workspace_root};

const README: &str = "\
# Motepost's tools

- `bin/motepost`: keys, tokens and credentials for devices, and a publish to try them. `motepost --help`
- `bin/local-iot-core`: a local emulator of AWS IoT Core. `local-iot-core --help`, then <http://127.0.0.1:8081>
- `lambda/authorizer.zip`: the custom authorizer, for a Lambda with the runtime `provided.al2023` on arm64
- `lambda/splitter.zip`: the function that publishes each reading of a batch, for the same
- `sbom/`: what each of the four is made of, in CycloneDX

`CHANGELOG.md` has the changes, `VERSION` names the commit and the compiler.
";

/// Packages and their programs that run in AWS.
const LAMBDAS: [(&str, &str); 2] = [
    ("motepost-authorizer", "authorizer"),
    ("motepost-splitter", "splitter"),
];

/// What `--arm64` is to rustc.
const LAMBDA_TARGET: &str = "aarch64-unknown-linux-gnu";

/// What is in the folder, but for the licences.
pub(crate) fn files(host: &str) -> Result<Files> {
    let build_dir = target_dir().join("tools-build");
    run_visibly(
        cargo(&build_dir)
            .args(["build", "--release", "--locked"])
            .args(["-p", "local-iot-core", "-p", "motepost-provision"]),
    )?;
    for (package, binary) in LAMBDAS {
        run_visibly(
            cargo(&build_dir)
                // It links against a C library as old as Lambda's.
                .args(["lambda", "build", "--release", "--arm64"])
                .args(["--output-format", "zip", "-p", package])
                .args(["--bin", binary, "--features", "aws"]),
        )
        .map_err(|reason| {
            format!("{reason}\n(cargo-lambda comes with: pip install cargo-lambda)")
        })?;
    }

    let commands = build_dir.join("release");
    let mut files = vec![
        ("bin/motepost".to_owned(), read(&commands.join("motepost"))?),
        (
            "bin/local-iot-core".to_owned(),
            read(&commands.join("local-iot-core"))?,
        ),
    ];
    for (_, binary) in LAMBDAS {
        let zip = build_dir.join("lambda").join(binary).join("bootstrap.zip");
        files.push((format!("lambda/{binary}.zip"), read(&zip)?));
    }
    for (name, bytes) in &files {
        if let Some(path) = path_of_this_machine(bytes) {
            return Err(format!("{name} holds the path {path} of this machine"));
        }
    }
    let rustc = toolchain::find(host)?.version()?;
    let version = format!(
        "motepost {}\ncommit {}\ntarget {host}\n{}\n",
        env!("CARGO_PKG_VERSION"),
        contents::commit(),
        rustc
    );
    files.push(("VERSION".to_owned(), version.into_bytes()));
    let readme = format!("{README}{}", pages::CHECKING);
    files.push(("README.md".to_owned(), readme.into_bytes()));
    files.extend(sboms(host, &rustc)?);
    files.push(pages::changelog()?);
    Ok(files)
}

/// What each program is made of.
fn sboms(host: &str, rustc: &str) -> Result<Files> {
    let mut files = Files::new();
    let commands = [
        ("motepost-provision", "motepost", "", host),
        ("local-iot-core", "local-iot-core", "", host),
    ];
    let lambdas = LAMBDAS.map(|(package, binary)| (package, binary, "aws", LAMBDA_TARGET));
    for (package, binary, features, target) in commands.into_iter().chain(lambdas) {
        let built = Built {
            package,
            features,
            target,
            standard_library: "std",
            rustc,
        };
        files.push(sbom::file(binary, &built)?);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_has_a_bill_of_materials_of_its_own() {
        let files = sboms("x86_64-unknown-linux-gnu", "rustc 1.95.0 (0 2026-04-14)").unwrap();
        let expected = ["motepost", "local-iot-core", "authorizer", "splitter"];
        let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, expected.map(|name| format!("sbom/{name}.cdx.json")));
        let holds = |at: usize, name: &str| {
            String::from_utf8_lossy(&files[at].1).contains(&format!("\"pkg:cargo/{name}@"))
        };
        for at in [2, 3] {
            assert!(holds(at, "lambda_runtime") && !holds(at, "clap"));
        }
    }
}
