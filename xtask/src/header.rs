//! Writes `include/motepost.h` from the C API in `src/ffi`.
//!
//! cbindgen is pointed at `src/ffi/mod.rs` alone: the modules below it are followed and nothing else is, so that the constants
//! and types of the Rust core stay out of the header.

use std::fs;
use std::path::PathBuf;

use cbindgen::{Builder, Config};

use crate::{Result, header_groups, workspace_root};

/// The header that `src/ffi` and the workspace's version make, with the settings of `include/cbindgen.toml`.
///
/// # Errors
/// When the settings or the sources cannot be read.
pub fn generate() -> Result<String> {
    let root = workspace_root();
    let mut config = Config::from_file(root.join("include/cbindgen.toml"))?;
    // xtask and motepost share the workspace's version, so that ours is the library's.
    let macros = config.after_includes.take().unwrap_or_default();
    let trailer = config.trailer.take().unwrap_or_default();
    config.after_includes = Some(version_macros(env!("CARGO_PKG_VERSION"))? + &macros);
    let bindings = Builder::new()
        .with_src(root.join("src/ffi/mod.rs"))
        .with_config(config)
        .generate()
        .map_err(|e| format!("cbindgen cannot read src/ffi: {e}"))?;
    let mut header = Vec::new();
    bindings.write(&mut header);
    let header =
        String::from_utf8(header).map_err(|e| format!("cbindgen wrote what is not text: {e}"))?;
    in_groups(&header, &trailer)
}

const OPEN: &str = "#ifdef __cplusplus\nextern \"C\" {\n#endif // __cplusplus\n";
const CLOSE: &str = "#ifdef __cplusplus\n}  // extern \"C\"\n#endif  // __cplusplus\n";

/// Sorts what cbindgen wrote into groups, all of it inside `extern "C"`, with the trailer inside the guard.
fn in_groups(header: &str, trailer: &str) -> Result<String> {
    let (front, rest) = header
        .split_once(END_OF_MACROS)
        .ok_or("the macros of include/cbindgen.toml do not end as expected")?;
    let (types, rest) = rest.split_once(OPEN).ok_or("no extern \"C\"")?;
    let (functions, guard) = rest.split_once(CLOSE).ok_or("no end of extern \"C\"")?;
    let declarations = header_groups::arrange(&format!("{types}\n\n{functions}"))?;
    Ok(format!(
        "{front}{END_OF_MACROS}\n\n{OPEN}\n{declarations}\n{CLOSE}\n{}\n{}",
        trailer.trim(),
        guard.trim_start()
    ))
}

/// The last line of the macros that `include/cbindgen.toml` puts in front.
const END_OF_MACROS: &str = "#define MOTEPOST_MAY_RETRY(verdict) ((verdict) >= MOTEPOST_THROTTLED)";

/// Writes the header, and returns where.
///
/// # Errors
/// As [`generate`], and when the file cannot be written.
pub fn write() -> Result<PathBuf> {
    let path = path();
    fs::write(&path, generate()?).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    Ok(path)
}

/// Succeeds when the committed header is what [`generate`] makes now.
///
/// # Errors
/// When it differs or is missing; the message shows the first line and the command that fixes it.
pub fn check() -> Result<()> {
    let path = path();
    let committed = fs::read_to_string(&path).map_err(|e| {
        format!(
            "cannot read {}: {e}; `cargo xtask header` writes it",
            path.display()
        )
    })?;
    match first_difference(&committed, &generate()?) {
        None => Ok(()),
        Some(difference) => Err(format!(
            "include/motepost.h is out of date; run `cargo xtask header`.\n{difference}"
        )),
    }
}

fn path() -> PathBuf {
    workspace_root().join("include/motepost.h")
}

fn version_macros(version: &str) -> Result<String> {
    let numbers: Vec<u8> = version
        .split('.')
        .map_while(|number| number.parse().ok())
        .collect();
    let [major, minor, patch] = numbers[..] else {
        return Err(format!(
            "the version {version} is not three numbers below 256, so the header's macros cannot hold it"
        ));
    };
    // Written out, and long: a shift by 16 would be undefined where int has 16 bits, as on AVR.
    let whole = u32::from_be_bytes([0, major, minor, patch]);
    Ok(format!(
        "\n// The version of this header, major << 16 | minor << 8 | patch. motepost_version() is the archive's.\n\
         #define MOTEPOST_VERSION 0x{whole:08X}UL\n\
         #define MOTEPOST_VERSION_MAJOR {major}\n\
         #define MOTEPOST_VERSION_MINOR {minor}\n\
         #define MOTEPOST_VERSION_PATCH {patch}\n"
    ))
}

fn first_difference(committed: &str, generated: &str) -> Option<String> {
    if committed == generated {
        return None;
    }
    let same = committed
        .lines()
        .zip(generated.lines())
        .take_while(|(a, b)| a == b)
        .count();
    let line = |text: &str| {
        text.lines()
            .nth(same)
            .unwrap_or("(the file ends)")
            .to_owned()
    };
    Some(format!(
        "line {}\n  committed: {}\n  now:       {}",
        same + 1,
        line(committed),
        line(generated)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_macros_hold_the_version() {
        let macros = version_macros("1.2.30").expect("three small numbers");
        for line in [
            "VERSION 0x0001021EUL",
            "VERSION_MAJOR 1",
            "VERSION_MINOR 2",
            "VERSION_PATCH 30",
        ] {
            assert!(
                macros.contains(&format!("#define MOTEPOST_{line}\n")),
                "{macros}"
            );
        }
    }

    #[test]
    fn a_version_that_the_macros_cannot_hold_is_refused() {
        for version in ["1.2", "1.300.0", "1.0.0-rc.1"] {
            assert!(version_macros(version).is_err(), "{version}");
        }
    }

    #[test]
    fn motepost_has_the_workspace_version_as_we_have() {
        let manifest = fs::read_to_string(workspace_root().join("Cargo.toml"))
            .expect("the root has a manifest");
        let package = manifest
            .split("[package]")
            .nth(1)
            .expect("the root is a package");
        assert!(package.contains("version.workspace = true"));
    }

    #[test]
    fn the_first_line_that_differs_is_shown() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        let difference = first_difference("a\nb\nc\n", "a\nx\nc\n").expect("they differ");
        assert_eq!(difference, "line 2\n  committed: b\n  now:       x");
        let shorter = first_difference("a\n", "a\nb\n").expect("they differ");
        assert!(shorter.contains("(the file ends)") && shorter.contains("line 2"));
    }
}
