//! What a linker sees of the archive.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use ffi_tests::compiler::{Language, output_of};
use ffi_tests::{archive, header, out_dir};

/// Mach-O puts an underscore before every name of C.
fn c_names(symbols: &[String]) -> Vec<&str> {
    let prefix = if cfg!(target_vendor = "apple") {
        "_"
    } else {
        ""
    };
    symbols
        .iter()
        .map(|name| name.strip_prefix(prefix).unwrap_or(name))
        .collect()
}

#[test]
fn it_exports_the_functions_of_the_header_and_nothing_else() {
    assert_eq!(c_names(&archive().exports), header::functions());
}

#[test]
fn no_function_takes_or_returns_a_struct_by_value() {
    // Compilers disagree how one is passed: on AVR, rustc hands over an address where avr-gcc fills registers.
    // A pointer to a function is a pointer.
    let by_value = |kind: &String| {
        kind.contains("motepost_")
            && !kind.contains('*')
            && !kind.contains("motepost_batch_check_t")
    };
    let prototypes = header::prototypes();
    assert_eq!(prototypes.len(), header::functions().len());
    for (name, types) in prototypes {
        assert!(!types.iter().any(by_value), "{name}: {types:?}");
    }
}

#[test]
fn it_needs_nothing_but_what_every_c_compiler_brings() {
    // GCC demands these four of every environment, even a freestanding one; LLVM does too. Where the C library has bcmp
    // (glibc, musl, macOS), LLVM writes it for a memcmp whose order nobody asks for.
    let given = ["memcpy", "memmove", "memset", "memcmp", "bcmp"];
    let needs: BTreeSet<&str> = c_names(&archive().needs).into_iter().collect();
    let others: Vec<_> = needs.iter().filter(|name| !given.contains(name)).collect();
    assert!(others.is_empty(), "it needs {others:?}");
}

#[test]
fn it_is_one_object() {
    assert_eq!(archive().members.len(), 1, "{:?}", archive().members);
}

const OTHER: &str = r#"
#[unsafe(no_mangle)]
pub extern "C" fn other_vendor(text: *const core::ffi::c_char) -> usize {
    // SAFETY: the program below passes a literal.
    let text = unsafe { std::ffi::CStr::from_ptr(text) };
    // Allocates, formats and may panic, so that all of `std` comes along.
    format!("{text:?}").len()
}
"#;

const BOTH: &str = r#"
#include "motepost.h"
#ifdef __cplusplus
extern "C"
#endif
size_t other_vendor(const char *text);

int main(void) {
    motepost_publish_t publish;
    size_t len;
    for (len = 0; len < sizeof publish; len++) {
        ((unsigned char *)&publish)[len] = 0;
    }
    publish.endpoint.ptr = publish.topic.ptr = "host";
    publish.endpoint.len = publish.topic.len = 4;
    return motepost_publish_head_len(&publish, &len) == MOTEPOST_OK && other_vendor("abc") == 5 ? 0 : 1;
}
"#;

/// Firmware and gateways may hold another vendor's Rust. Symbols of the run-time must not meet.
#[test]
fn it_links_with_another_rust_archive_in_either_order() {
    let (other, libraries) = other_archive();
    let source = out_dir("two-archives").join("both.c");
    std::fs::write(&source, BOTH).expect("the source can be written");
    let ours = archive().path.as_path();
    for (name, archives) in [
        ("ours-first", [ours, &other]),
        ("ours-last", [&other, ours]),
    ] {
        let mut objects: Vec<&OsStr> = archives.iter().map(|path| path.as_os_str()).collect();
        objects.extend(libraries.iter().map(OsStr::new));
        let program = Language::C11.plain(&source, name, &objects);
        program
            .and_then(|program| output_of(&program))
            .unwrap_or_else(|reason| panic!("{reason}"));
    }
}

/// Plain rustc with all of `std`, and the system's libraries that it asks for.
fn other_archive() -> (PathBuf, Vec<String>) {
    let dir = out_dir("two-archives");
    let source = dir.join("other.rs");
    std::fs::write(&source, OTHER).expect("the source can be written");
    let output = rustc(&source)
        .args(["--print", "native-static-libs", "--out-dir"])
        .arg(&dir)
        .output()
        .expect("rustc runs");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{messages}");
    let libraries = messages
        .lines()
        .find_map(|line| line.split_once("native-static-libs: "));
    let libraries = libraries.map_or("", |(_, libraries)| libraries);
    (
        dir.join("libother.a"),
        libraries.split_whitespace().map(str::to_owned).collect(),
    )
}

fn rustc(source: &Path) -> Command {
    let mut rustc = Command::new("rustc");
    rustc
        .args([
            "--edition",
            "2024",
            "--crate-type",
            "staticlib",
            "-C",
            "opt-level=1",
        ])
        .arg(source);
    rustc
}
