//! No panic can be reached, which the linker proves: built for the proof, the panic handler calls a function that exists
//! nowhere, and the archive must not ask for it.

use std::fs;
use std::path::{Path, PathBuf};

use ffi_tests::out_dir;
use ffi_tests::tools::left_out;
use xtask::archive::{ArchiveOptions, OptLevel};

fn is_proven(opt_level: OptLevel) {
    let options = ArchiveOptions {
        out: Some(out_dir("no-panic")),
        opt_level,
        prove_no_panic: true,
        ..ArchiveOptions::default()
    };
    if let Err(reason) = xtask::archive::build(&options) {
        panic!("{reason}");
    }
}

#[test]
fn at_the_smallest_size() {
    is_proven(OptLevel::Z);
}

#[test]
fn at_a_small_size() {
    is_proven(OptLevel::S);
}

/// The proof would be worth nothing if it never failed. A processor of its own has a `core` of its own, so one more than
/// this machine's is tried.
#[test]
#[ignore = "builds `core` for another processor, which takes minutes"]
fn a_single_index_in_a_copy_of_the_sources_is_noticed() {
    let copy = out_dir("with-an-index");
    let root = xtask::workspace_root();
    copy_dir(&root.join("src"), &copy.join("src"));
    for file in ["README.md", "Cargo.lock"] {
        fs::copy(root.join(file), copy.join(file)).expect("it can be copied");
    }
    fs::write(copy.join("Cargo.toml"), manifest_alone()).expect("it can be written");
    let targets = [None].into_iter().chain(bare_metal().map(Some));
    for target in targets.clone() {
        assert_eq!(proof(&copy, target), Ok(()), "the copy is as it was");
    }
    let face = copy.join("src/ffi/mod.rs");
    let text = fs::read_to_string(&face).expect("it was copied");
    let indexed = "/// Panics beyond the third.\n#[unsafe(no_mangle)]\n\
                   pub extern \"C\" fn motepost_indexed(at: usize) -> u8 {\n    b\"abc\"[at]\n}\n";
    fs::write(&face, text + indexed).expect("it can be written");
    for target in targets {
        let refused = proof(&copy, target).expect_err("`slice[i]` went unnoticed");
        assert!(refused.contains("motepost_indexed"), "{refused}");
    }
}

/// The manifest without what belongs to the rest of the workspace.
fn manifest_alone() -> String {
    let manifest = fs::read_to_string(xtask::workspace_root().join("Cargo.toml"));
    let mut manifest: toml::Table = manifest.expect("it is there").parse().expect("it is TOML");
    manifest.remove("dev-dependencies");
    for (table, key) in [("workspace", "members"), ("profile", "dev")] {
        let table = manifest[table].as_table_mut().expect("it is a table");
        table.remove(key);
    }
    manifest.to_string()
}

/// Builds the crate at `copy` for the proof.
fn proof(copy: &Path, target: Option<&str>) -> Result<(), String> {
    let options = ArchiveOptions {
        target: target.map(str::to_owned),
        out: Some(copy.join("out")),
        prove_no_panic: true,
        sources: Some(copy.to_owned()),
        ..ArchiveOptions::default()
    };
    xtask::archive::build(&options).map(|_| ())
}

/// A small target, where a toolchain for it is installed.
fn bare_metal() -> Option<&'static str> {
    let target = "thumbv6m-none-eabi";
    match xtask::toolchain::find(target) {
        Ok(_) => Some(target),
        Err(_) => {
            left_out("the proof for a small target", "toolchain for it");
            None
        }
    }
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("it can be made");
    for entry in from.read_dir().expect("it can be read") {
        let path: PathBuf = entry.expect("it can be read").path();
        let to = to.join(path.file_name().expect("it has a name"));
        if path.is_dir() {
            copy_dir(&path, &to);
        } else {
            fs::copy(&path, &to).expect("it can be copied");
        }
    }
}
