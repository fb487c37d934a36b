//! Builds the static library that C firmware links, and slims it.
//!
//! The crate has no `crate-type` line, so that Rust firmware may depend on it; the archive is asked for on the command line,
//! and `--cfg motepost_staticlib` reaches the last crate only and brings the panic handler that a finished library must have.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use crate::toolchain::{Core, Toolchain};
use crate::{
    Result, members, no_panic, target_dir, target_spec, targets, toolchain, workspace_root, xtensa,
};

/// Cargo's profile for what firmware links.
const PROFILE: &str = "firmware";

/// What to build. `ArchiveOptions::default()` is this machine's own archive.
#[derive(Clone, Debug, Default)]
pub struct ArchiveOptions {
    /// The Rust target; `None` is the machine that builds.
    pub target: Option<String>,
    /// Where `libmotepost.a` goes; `None` is `archive/<target>` in the workspace's target directory.
    ///
    /// Give two builds of one target that differ in anything else a directory each.
    pub out: Option<PathBuf>,
    /// Features besides those that are always on: the header has them all, and a linker drops what nothing calls.
    pub features: Vec<String>,
    /// How hard to save bytes.
    pub opt_level: OptLevel,
    /// Fail when a panic can be reached.
    pub prove_no_panic: bool,
    /// Where the crate lies; `None` is this workspace. The tests build a copy that they have changed.
    pub sources: Option<PathBuf>,
    /// Takes LLVM's object for Xtensa, which does not link. A test does, to see when the detour in `xtensa` is no longer needed.
    pub direct: bool,
}

/// What firmware is built for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum OptLevel {
    /// Smallest.
    #[default]
    Z,
    /// Small.
    S,
    /// Fast.
    #[value(name = "2")]
    Two,
}

impl OptLevel {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Z, Self::S, Self::Two];
}

/// A finished archive, and what a linker will find in it.
#[derive(Clone, Debug)]
pub struct Archive {
    /// The `libmotepost.a`.
    pub path: PathBuf,
    /// The target it is for.
    pub target: String,
    /// The size of the file in bytes; a firmware takes less, since much of it is symbol names.
    pub size: usize,
    /// The names of its members.
    pub members: Vec<String>,
    /// The global symbols it defines, sorted.
    pub exports: Vec<String>,
    /// The symbols that the firmware's C library or compiler run-time must define, sorted.
    pub needs: Vec<String>,
}

impl fmt::Display for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needs = if self.needs.is_empty() {
            "nothing".into()
        } else {
            self.needs.join(", ")
        };
        write!(
            f,
            "{}\n  {}: {} bytes, members: {}, exported functions: {}, needs from C: {needs}",
            self.path.display(),
            self.target,
            self.size,
            self.members.len(),
            self.exports.len(),
        )
    }
}

/// Builds and slims the archive.
///
/// Runs cargo in a target directory of its own, so that it may be called from under another cargo. Calls for one target wait for
/// each other, in one process or in several; calls for two targets do not.
///
/// # Errors
/// When no installed toolchain can build for the target, when the build fails, when the archive needs a symbol that C firmware
/// cannot have, and when [`ArchiveOptions::prove_no_panic`] is set and a panic can be reached.
pub fn build(options: &ArchiveOptions) -> Result<Archive> {
    let target = match &options.target {
        Some(target) => target.clone(),
        None => toolchain::host_triple()?,
    };
    let toolchain = toolchain::find(&target)?;
    if let Some(chip) = detour(options, &target) {
        chip.assembler()?; // Said before the build, which takes a minute.
    }
    let out = options
        .out
        .clone()
        .unwrap_or_else(|| target_dir().join("archive").join(&target));
    // Cargo tells packages apart by their place in their workspace alone, so changed sources would be taken for these.
    let build_dir = match &options.sources {
        Some(sources) => sources.join("target"),
        None => target_dir().join("archive-build").join(&target),
    };
    make_dir(&out)?;
    make_dir(&build_dir)?;

    // Every variant ends up at one path in cargo's target directory, so the next build must not start before this one is read.
    let lock_path = build_dir.join("lock");
    let lock_file = fs::File::create(&lock_path)
        .map_err(|e| format!("cannot write {}: {e}", lock_path.display()))?;
    let mut lock = fd_lock::RwLock::new(lock_file);
    let _guard = lock
        .write()
        .map_err(|e| format!("cannot lock {}: {e}", lock_path.display()))?;

    let built = run_cargo(options, &toolchain, &target, &build_dir)?;
    let whole = match detour(options, &target) {
        Some(chip) => chip.archive(&built, &out)?,
        None => fs::read(&built).map_err(|e| format!("cannot read {}: {e}", built.display()))?,
    };
    let slim = members::slim(&whole)?;
    if options.prove_no_panic {
        no_panic::prove(&slim.bytes).map_err(|chains| no_panic_error(&target, &chains, &built))?;
    }

    // Renamed into place, so that a linker never sees half an archive.
    let path = out.join("libmotepost.a");
    let unfinished = out.join("libmotepost.a.new");
    fs::write(&unfinished, &slim.bytes)
        .and_then(|()| fs::rename(&unfinished, &path))
        .map_err(|e| format!("cannot write {}: {e}", path.display()))?;

    let header = out.join("motepost_core.h");
    fs::write(&header, targets::core_header(&target))
        .map_err(|e| format!("cannot write {}: {e}", header.display()))?;

    Ok(Archive {
        path,
        target,
        size: slim.bytes.len(),
        members: slim.members,
        exports: slim.exports,
        needs: slim.needs,
    })
}

/// Returns the path of the archive as rustc made it.
fn run_cargo(
    options: &ArchiveOptions,
    toolchain: &Toolchain,
    target: &str,
    build_dir: &Path,
) -> Result<PathBuf> {
    let mut command = Command::new(&toolchain.cargo);
    shut_out_the_outer_cargo(&mut command);
    command
        .current_dir(options.sources.as_deref().unwrap_or(workspace_root()))
        .args([
            "rustc",
            "--quiet",
            "--profile",
            PROFILE,
            "--lib",
            "--package",
            "motepost",
            "--crate-type",
            "staticlib",
        ])
        .args(["--features", &features(&options.features)])
        .arg("--target-dir")
        .arg(build_dir)
        .env(
            format!("CARGO_PROFILE_{}_OPT_LEVEL", PROFILE.to_uppercase()),
            options.opt_level.name(),
        )
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            rust_flags(target, toolchain, build_dir).join("\x1f"),
        );
    if toolchain.core == Core::FromSource {
        // The option is unstable, and the toolchain is stable: this is the switch that Rust's own build uses.
        command
            .arg("-Zbuild-std=core")
            .env("RUSTC", &toolchain.rustc)
            .env("RUSTC_BOOTSTRAP", "1");
    }
    if options.sources.is_none() {
        // A release is what was tested. The lock of a changed copy has packages that the copy does not need.
        command.arg("--locked");
    }
    let spec = match xtensa::chip(target) {
        Some(chip) => Some(chip.specification(toolchain, build_dir)?),
        None => target_spec::without_frame_pointers(toolchain, target, build_dir)?,
    };
    match spec {
        Some(spec) => command
            .arg(format!("-Z{}", target_spec::PERMISSION))
            .arg("--target")
            .arg(spec),
        None => command.args(["--target", target]),
    };
    command.args(["--", "--cfg", "motepost_staticlib"]);
    if options.prove_no_panic {
        command.args(["--cfg", "motepost_no_panic"]);
    }
    if detour(options, target).is_some() {
        command.args(["--emit", "asm,link"]);
    }

    let status = command
        .status()
        .map_err(|e| format!("cannot run {}: {e}", toolchain.cargo.display()))?;
    if !status.success() {
        return Err(format!(
            "{} could not build the archive for {target} ({status})",
            toolchain.cargo.display()
        ));
    }
    Ok(build_dir.join(target).join(PROFILE).join("libmotepost.a"))
}

/// For Xtensa, whose archive is made of rustc's assembly text.
fn detour(options: &ArchiveOptions, target: &str) -> Option<&'static xtensa::Chip> {
    xtensa::chip(target).filter(|_| !options.direct)
}

impl OptLevel {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Z => "z",
            Self::S => "s",
            Self::Two => "2",
        }
    }
}

/// What is always on, and more, with commas between them.
pub(crate) fn features(more: &[String]) -> String {
    let mut all = vec!["ffi", "outbox", "senml", "token"];
    all.extend(more.iter().map(String::as_str));
    all.join(",")
}

/// Flags for every crate of the build, `core` included where it is built.
fn rust_flags(target: &str, toolchain: &Toolchain, build_dir: &Path) -> Vec<String> {
    // The last prefix that fits is the one rustc takes, so the widest comes first.
    let mut prefixes = vec![
        (workspace_root().to_owned(), "/motepost"),
        (build_dir.to_owned(), "/build"),
    ];
    prefixes.extend(cargo_home().map(|home| (home, "/cargo")));
    prefixes.push((toolchain.sysroot.join("lib/rustlib/src/rust"), "/rust"));
    let mut flags: Vec<String> = prefixes
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect();
    // LLVM makes calls of memcpy and memset out of small loops. Where firmware has neither yet, the two cost more than all loops.
    flags.push("-Cllvm-args=-disable-loop-idiom-all".into());
    // Constants kept in registers over a loop are saved on the stack in turn, and most loops here run once.
    flags.push("-Cllvm-args=-disable-machine-licm".into());
    if target.starts_with("thumb") {
        // Nor for the one copy that SHA-256 makes of a block. (An LLVM that has this option for Hexagon alone calls memcpy.)
        flags.push("-Cllvm-args=-max-store-memcpy=64".into());
    }
    if target == "avr-none" {
        // The triple alone names no chip, and rustc then refuses. This is the Arduino Uno's, and right for its family.
        flags.extend(["-C".into(), "target-cpu=atmega328p".into()]);
    }
    if targets::small(target).is_ok() {
        // Rounds in a loop: half the code and less stack, for a token minted once in a while.
        flags.extend(["--cfg".into(), "sha2_backend_soft=\"compact\"".into()]);
    }
    flags
}

pub(crate) fn cargo_home() -> Option<PathBuf> {
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
}

/// Keeps the settings of the cargo that runs us out of the one that `command` runs.
pub fn shut_out_the_outer_cargo(command: &mut Command) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| belongs_to_the_outer_cargo(name)) {
        command.env_remove(name);
    }
}

/// Whether a variable would carry the settings of the cargo, or of the person, that runs us into the archive.
///
/// Where toolchains and registries live stays; so does `RUSTUP_TOOLCHAIN`, that `cargo +1.88 xtask archive` means 1.88.
fn belongs_to_the_outer_cargo(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    let settings = [
        "CARGO_BUILD_",
        "CARGO_PROFILE_",
        "CARGO_TARGET_",
        "CARGO_UNSTABLE_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
    ];
    matches!(
        name,
        "CARGO" | "CARGO_ENCODED_RUSTFLAGS" | "CARGO_INCREMENTAL" | "LD_LIBRARY_PATH"
    ) || (name.starts_with("RUSTC") || name == "RUSTFLAGS")
        || settings.iter().any(|prefix| name.starts_with(prefix))
}

fn no_panic_error(target: &str, chains: &[String], built: &Path) -> String {
    let chains = if chains.is_empty() {
        "  (no chain of calls could be read from this object format)".into()
    } else {
        chains.join("\n")
    };
    format!(
        "a panic can still be reached on {target}. From each C function, by the shortest way:\n{chains}\n\
         The last function of ours in a chain holds the panic: an index or slice to replace by `get`, an `unwrap` or `expect`, \
         arithmetic that can overflow or divide by zero, or `copy_from_slice` with lengths that the compiler cannot compare. \
         Small functions may have been inlined into the one that is named. To see the instructions:\n  \
         llvm-objdump --disassemble --reloc --demangle {}",
        built.display(),
    )
}

fn make_dir(path: &Path) -> Result<()> {
    fs::create_dir_all(path)
        .map_err(|e| format!("cannot make the directory {}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_header_has_is_always_on() {
        assert_eq!(features(&[]), "ffi,outbox,senml,token");
        assert_eq!(
            features(&["heapless".into()]),
            "ffi,outbox,senml,token,heapless"
        );
    }

    #[test]
    fn the_outer_cargo_is_shut_out_and_the_toolchain_homes_are_not() {
        for out in [
            "CARGO",
            "RUSTC",
            "RUSTC_WRAPPER",
            "RUSTFLAGS",
            "CARGO_TARGET_DIR",
            "CARGO_PROFILE_RELEASE_LTO",
        ] {
            assert!(belongs_to_the_outer_cargo(OsStr::new(out)), "{out}");
        }
        for stays in [
            "CARGO_HOME",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
            "CARGO_NET_OFFLINE",
            "CARGO_HTTP_PROXY",
            "PATH",
        ] {
            assert!(!belongs_to_the_outer_cargo(OsStr::new(stays)), "{stays}");
        }
    }

    #[test]
    fn only_avr_names_a_chip_and_every_target_hides_the_machine() {
        let toolchain = Toolchain::for_tests(Core::FromSource);
        let chip = "target-cpu=atmega328p".to_string();
        let avr = rust_flags("avr-none", &toolchain, Path::new("/b"));
        let arm = rust_flags("thumbv6m-none-eabi", &toolchain, Path::new("/b"));
        assert!(avr.contains(&chip) && !arm.contains(&chip));
        assert!(arm.contains(&format!(
            "--remap-path-prefix={}=/motepost",
            workspace_root().display()
        )));
    }
}
