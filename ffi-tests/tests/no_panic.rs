//! No panic can be reached, which the linker proves: built for the proof, the panic handler calls a function that exists
//! nowhere, and the archive must not ask for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ffi_tests::out_dir;
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};
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

/// The proof would be worth nothing if it never failed.
#[test]
fn a_single_index_in_a_copy_of_the_sources_is_noticed() {
    let copy = out_dir("with-an-index");
    let root = xtask::workspace_root();
    copy_dir(&root.join("src"), &copy.join("src"));
    for file in ["README.md", "Cargo.lock"] {
        fs::copy(root.join(file), copy.join(file)).expect("it can be copied");
    }
    fs::write(copy.join("Cargo.toml"), manifest_alone()).expect("it can be written");

    assert!(
        !asks_for_the_missing_function(&copy),
        "the copy is as it was"
    );
    let face = copy.join("src/ffi/mod.rs");
    let text = fs::read_to_string(&face).expect("it was copied");
    let indexed = "/// Panics beyond the third.\n#[unsafe(no_mangle)]\n\
                   pub extern \"C\" fn motepost_indexed(at: usize) -> u8 {\n    b\"abc\"[at]\n}\n";
    fs::write(&face, text + indexed).expect("it can be written");
    assert!(
        asks_for_the_missing_function(&copy),
        "`slice[i]` went unnoticed"
    );
}

/// The manifest without what belongs to the rest of the workspace.
fn manifest_alone() -> String {
    let manifest =
        fs::read_to_string(xtask::workspace_root().join("Cargo.toml")).expect("it is there");
    let mut alone = String::new();
    let mut left_out = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            left_out = line.starts_with("[dev-dependencies") || line.starts_with("[profile.dev");
        }
        if !left_out && !line.starts_with("members") {
            alone += line;
            alone.push('\n');
        }
    }
    alone
}

/// Builds the crate at `copy` for the proof and looks into the archive.
fn asks_for_the_missing_function(copy: &Path) -> bool {
    let target_dir = copy.join("target");
    let status = Command::new("cargo")
        .current_dir(copy)
        // As for the real archive: whoever runs the tests may instrument them, but not this.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        // The registry's crates are here already: the workspace was built from them.
        .args([
            "rustc",
            "--quiet",
            "--offline",
            "--release",
            "--lib",
            "--features",
            "ffi",
            "--crate-type",
            "staticlib",
        ])
        .arg("--target-dir")
        .arg(&target_dir)
        .args([
            "--",
            "--cfg",
            "motepost_staticlib",
            "--cfg",
            "motepost_no_panic",
        ])
        .status()
        .expect("cargo runs");
    assert!(status.success());
    let bytes = fs::read(target_dir.join("release/libmotepost.a")).expect("it was built");
    let archive = ArchiveFile::parse(&*bytes).expect("it is an archive");
    archive.members().any(|member| {
        let data = member
            .and_then(|member| member.data(&*bytes))
            .expect("it has members");
        let object = object::File::parse(data).expect("they are objects");
        object.symbols().any(|symbol| {
            symbol.is_undefined()
                && symbol
                    .name()
                    .is_ok_and(|name| name.ends_with("motepost_panic_reached"))
        })
    })
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
