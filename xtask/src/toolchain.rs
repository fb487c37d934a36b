//! Finds a Rust toolchain that can build for a target.
//!
//! Firmware needs only `core`. rustup delivers it built, for the targets Rust serves that way; elsewhere (AVR, or a machine that
//! cannot reach rustup's server) it is built from the library's sources, which both rustup and Debian package.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, targets};

/// Where a target's `core` comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Core {
    /// It is installed.
    Installed,
    /// It is built with `-Zbuild-std`.
    FromSource,
}

/// A toolchain chosen for one target.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// The cargo to run.
    pub cargo: PathBuf,
    /// The rustc that belongs to it.
    pub rustc: PathBuf,
    /// Where its libraries are.
    pub sysroot: PathBuf,
    /// Where `core` comes from.
    pub core: Core,
}

impl Toolchain {
    /// The compiler's name and version, such as `rustc 1.95.0 (...)`.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn version(&self) -> Result<String> {
        ask(&self.rustc, &["--version"])
            .ok_or_else(|| format!("cannot run {}", self.rustc.display()))
    }
}

/// A toolchain on this machine, and what it has for the target in question.
struct Candidate {
    cargo: PathBuf,
    rustc: PathBuf,
    sysroot: PathBuf,
    has_core: bool,
    has_source: bool,
}

/// Chooses a toolchain for the target: one with its `core` installed, or one that can build it.
///
/// A small target's is built where it can be: only so do rustc's frame pointers go (`target_spec`), and the size of an archive
/// does not depend on which targets somebody has installed. The one in `PATH` (rustup's, with whatever version is in force) comes before the system's own in `/usr/bin`.
///
/// # Errors
/// When there is neither; the message says what to install.
pub fn find(target: &str) -> Result<Toolchain> {
    let places = [("cargo", "rustc"), ("/usr/bin/cargo", "/usr/bin/rustc")];
    let candidates: Vec<Candidate> = places
        .iter()
        .filter_map(|(cargo, rustc)| look(cargo.as_ref(), rustc.as_ref(), target))
        .collect();
    choose(&candidates, target)
}

/// The target triple of this machine, as rustc names it.
///
/// # Errors
/// When there is no rustc to ask.
pub fn host_triple() -> Result<String> {
    ask(Path::new("rustc"), &["--print", "host-tuple"])
        .ok_or_else(|| "cannot run rustc; install Rust from https://rustup.rs".into())
}

fn look(cargo: &Path, rustc: &Path, target: &str) -> Option<Candidate> {
    let sysroot = PathBuf::from(ask(rustc, &["--print", "sysroot"])?);
    let libraries = sysroot.join("lib/rustlib");
    Some(Candidate {
        cargo: cargo.to_owned(),
        rustc: rustc.to_owned(),
        has_core: holds_core(&libraries.join(target).join("lib")),
        has_source: libraries.join("src/rust/library/core/src/lib.rs").is_file(),
        sysroot,
    })
}

fn holds_core(dir: &Path) -> bool {
    let Ok(entries) = dir.read_dir() else {
        return false;
    };
    entries
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("libcore-"))
}

/// A rustc that cannot be run is one that is not there.
fn ask(rustc: &Path, arguments: &[&str]) -> Option<String> {
    let answer = Command::new(rustc)
        .args(arguments)
        .output()
        .ok()
        .filter(|answer| answer.status.success())?;
    Some(String::from_utf8(answer.stdout).ok()?.trim().to_owned())
}

fn choose(candidates: &[Candidate], target: &str) -> Result<Toolchain> {
    let installed = candidates
        .iter()
        .find(|candidate| candidate.has_core)
        .map(|found| (found, Core::Installed));
    let from_source = || {
        candidates
            .iter()
            .find(|candidate| candidate.has_source)
            .map(|found| (found, Core::FromSource))
    };
    let (found, core) = if targets::small(target).is_ok() {
        from_source().or(installed)
    } else {
        installed.or_else(from_source)
    }
    .ok_or_else(|| what_to_install(target))?;
    Ok(Toolchain {
        cargo: found.cargo.clone(),
        rustc: found.rustc.clone(),
        sysroot: found.sysroot.clone(),
        core,
    })
}

fn what_to_install(target: &str) -> String {
    format!(
        "no toolchain here has Rust's `core` for {target}, nor its sources to build it from. Do one of these:\n  \
         rustup target add {target}          the usual way\n  \
         rustup component add rust-src       for a target that rustup does not deliver built, such as avr-none\n  \
         apt-get install rustc-web cargo-web rust-web-src      on Debian, where rustup's server cannot be reached"
    )
}

#[cfg(test)]
impl Toolchain {
    pub(crate) fn for_tests(core: Core) -> Self {
        Self {
            cargo: "cargo".into(),
            rustc: "rustc".into(),
            sysroot: "/usr".into(),
            core,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, has_core: bool, has_source: bool) -> Candidate {
        Candidate {
            cargo: name.into(),
            rustc: name.into(),
            sysroot: name.into(),
            has_core,
            has_source,
        }
    }

    fn chosen(candidates: &[Candidate], target: &str) -> Option<(PathBuf, Core)> {
        choose(candidates, target)
            .ok()
            .map(|toolchain| (toolchain.cargo, toolchain.core))
    }

    #[test]
    fn sources_come_first_for_a_small_target_and_an_installed_core_for_a_host() {
        let both = [
            candidate("path", true, false),
            candidate("system", true, true),
        ];
        assert_eq!(
            chosen(&both, "thumbv6m-none-eabi"),
            Some(("system".into(), Core::FromSource))
        );
        assert_eq!(
            chosen(&both, "x86_64-unknown-linux-gnu"),
            Some(("path".into(), Core::Installed))
        );
    }

    #[test]
    fn the_other_serves_where_the_first_is_nowhere() {
        let installed = [
            candidate("path", false, false),
            candidate("system", true, false),
        ];
        assert_eq!(
            chosen(&installed, "thumbv6m-none-eabi"),
            Some(("system".into(), Core::Installed))
        );
        let source = [
            candidate("path", false, false),
            candidate("system", false, true),
        ];
        assert_eq!(
            chosen(&source, "x86_64-unknown-linux-gnu"),
            Some(("system".into(), Core::FromSource))
        );
    }

    #[test]
    fn with_neither_the_error_names_every_way_out() {
        let Err(message) = choose(&[candidate("path", false, false)], "avr-none") else {
            panic!("nothing can build, yet something was chosen")
        };
        for way in [
            "rustup target add avr-none",
            "rustup component add rust-src",
            "rust-web-src",
        ] {
            assert!(message.contains(way), "{message}");
        }
    }
}
