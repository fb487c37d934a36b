//! Proves what no test of the library can, sorted by what it is about: the C API (`tests/c_api`, `c`, `secrets`), the packages of
//! build systems (`tests/packages`), the examples in C (`tests/examples`), firmware on emulated boards (`firmware`,
//! `whole-device`), and bytes on the wire (`wire`).

pub mod abi;
pub mod anchors;
pub mod api;
pub mod cloud;
pub mod compiler;
pub mod header;
pub mod memcheck;
pub mod peer;
pub mod scripted;
pub mod sources;
pub mod token_check;
pub mod tools;

/// Its Rust is run as documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/manual.md")]
pub struct Manual;

use std::path::PathBuf;
use std::sync::OnceLock;

use xtask::archive::{Archive, ArchiveOptions};

/// The archive for this machine, built once in each test binary; cargo spares what is unchanged.
///
/// # Panics
/// When it cannot be built.
pub fn archive() -> &'static Archive {
    static ARCHIVE: OnceLock<Archive> = OnceLock::new();
    ARCHIVE.get_or_init(|| {
        let options = ArchiveOptions {
            out: Some(out_dir("plain")),
            ..ArchiveOptions::default()
        };
        xtask::archive::build(&options).unwrap_or_else(|reason| panic!("{reason}"))
    })
}

/// A directory of that name for what tests make, under cargo's.
///
/// # Panics
/// When it cannot be made.
pub fn out_dir(name: &str) -> PathBuf {
    let dir = xtask::target_dir().join("ffi-tests").join(name);
    std::fs::create_dir_all(&dir).unwrap_or_else(|e| panic!("cannot make {}: {e}", dir.display()));
    dir
}

/// A C source of this crate.
pub fn source(name: &str) -> PathBuf {
    xtask::workspace_root().join("ffi-tests/c").join(name)
}

/// A C source that looks for secrets.
pub fn source_of_secrets(name: &str) -> PathBuf {
    xtask::workspace_root().join("ffi-tests/secrets").join(name)
}
