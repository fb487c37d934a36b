//! Other clients doing the same work on a Cortex-M4: `xtask/footprint/peers.toml`.
//!
//! Those of the crate registry are measured here, from `xtask/footprint/peers`. The C ones were measured once, outside this
//! repository, with the same request and response: arm-none-eabi-gcc 12.2 at -Os, newlib-nano, `NDEBUG`, glue not counted.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::program::{self, Program};
use super::{Figures, board};
use crate::archive::shut_out_the_outer_cargo;
use crate::toolchain::{self, Core};
use crate::{Result, capture, target_dir, targets, workspace_root};

const TARGET: &str = "thumbv7em-none-eabi";

/// One client.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Peer {
    pub(super) name: String,
    /// A released version, or a commit.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) version: String,
    /// The day of the measurement.
    pub(super) measured: String,
    /// What was left out of it, or what it does not do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) note: String,
    /// The feature of `xtask/footprint/peers` that measures it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    feature: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    parses_only: bool,
    /// All of libc and of the compiler's functions that the client needs are in it.
    pub(super) flash: u32,
    pub(super) ram: u32,
    /// Of a complete publish.
    pub(super) stack: u32,
    /// `None` for one that only parses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) instr_build: Option<u32>,
    pub(super) instr_parse: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's way
fn is_false(value: &bool) -> bool {
    !value
}

impl Peer {
    /// The name and the version.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
            .trim_end()
            .to_owned()
    }
}

#[derive(Deserialize, Serialize)]
struct File {
    peer: Vec<Peer>,
}

const HEAD: &str = "\
# Other clients doing the same work on a Cortex-M4. `cargo xtask footprint --peers` measures those with a `feature`,
# and writes their figures here with the day, where they changed. The others were measured once, in C.

";

/// Reads the file.
///
/// # Errors
/// When it cannot be read, or is not what this program writes.
pub(super) fn read() -> Result<Vec<Peer>> {
    let path = path();
    let text =
        fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let file: File = toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(file.peer)
}

/// Measures the clients of the crate registry anew, prints each, and writes the file.
///
/// # Errors
/// When one cannot be built, or fails on its board.
pub(super) fn measure() -> Result<Vec<Peer>> {
    let versions = locked_versions()?;
    let mut peers = read()?;
    for peer in &mut peers {
        let Some(feature) = &peer.feature else {
            continue;
        };
        let figures = run(feature)?;
        println!("peer={} {figures}", peer.name);
        let measured = Peer {
            version: versions.get(&peer.name).cloned().unwrap_or_default(),
            flash: figures.flash,
            ram: figures.ram,
            stack: figures.stack_publish.unwrap_or(0),
            instr_build: figures.instr_build.filter(|_| !peer.parses_only),
            instr_parse: figures.instr_parse.unwrap_or(0),
            ..peer.clone()
        };
        if measured != *peer {
            *peer = Peer {
                measured: today()?,
                ..measured
            };
        }
    }
    peers.sort_by_key(|peer| peer.flash);
    let text = toml::to_string(&File {
        peer: peers.clone(),
    })
    .map_err(|e| e.to_string())?;
    let path = path();
    fs::write(&path, format!("{HEAD}{text}"))
        .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    Ok(peers)
}

fn run(feature: &str) -> Result<Figures> {
    let target = targets::small(TARGET)?;
    let board = board::of(target);
    let archive = build(feature)?;
    let link = |name, defines: &[&str]| {
        let program = Program {
            name,
            main: "peer.c",
            defines,
        };
        program::link(target, board, &program, &archive)
    };
    let mut figures = program::sizes(&link("program", &[])?)?;
    let printed = board.run(&link("measure", &["MEASURE"])?);
    printed
        .and_then(|printed| figures.add_run(&printed))
        .map_err(|reason| format!("{feature}: {reason}"))?;
    Ok(figures)
}

/// Builds one client, and puts its archive where the linker scripts look for the library: they count what is in a file of its
/// name.
fn build(feature: &str) -> Result<PathBuf> {
    let toolchain = toolchain::find(TARGET)?;
    let build_dir = target_dir().join("peers");
    let mut command = Command::new(&toolchain.cargo);
    shut_out_the_outer_cargo(&mut command);
    command
        .args(["build", "--quiet", "--release", "--locked"])
        .arg("--manifest-path")
        .arg(crate_dir().join("Cargo.toml"))
        .args(["--features", feature, "--target", TARGET])
        .arg("--target-dir")
        .arg(&build_dir);
    if toolchain.core == Core::FromSource {
        command
            .arg("-Zbuild-std=core")
            .env("RUSTC", &toolchain.rustc)
            .env("RUSTC_BOOTSTRAP", "1");
    }
    capture(&mut command)?;
    let built = build_dir.join(TARGET).join("release/libpeer.a");
    let folder = build_dir.join(feature);
    let archive = folder.join("libmotepost.a");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::copy(&built, &archive))
        .map_err(|e| format!("cannot copy {}: {e}", built.display()))?;
    Ok(archive)
}

/// What the lock file of the clients has.
fn locked_versions() -> Result<BTreeMap<String, String>> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
    }
    let path = crate_dir().join("Cargo.lock");
    let text =
        fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let lock: Lock = toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    let packages = lock.package.into_iter();
    Ok(packages.map(|of| (of.name, of.version)).collect())
}

fn today() -> Result<String> {
    Ok(capture(Command::new("date").args(["-u", "+%F"]))?
        .trim()
        .to_owned())
}

fn crate_dir() -> PathBuf {
    workspace_root().join("xtask/footprint/peers")
}

fn path() -> PathBuf {
    workspace_root().join(Path::new("xtask/footprint/peers.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_of_the_registry_has_the_version_of_the_lock_file() {
        let versions = locked_versions().unwrap();
        let peers = read().unwrap();
        let measured: Vec<_> = peers.iter().filter(|peer| peer.feature.is_some()).collect();
        assert!(!measured.is_empty());
        for peer in measured {
            assert_eq!(
                Some(&peer.version),
                versions.get(&peer.name),
                "{}: cargo xtask footprint --peers",
                peer.name
            );
        }
    }
}
