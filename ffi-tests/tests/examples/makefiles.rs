//! `make run` in each example that has a Makefile: what a C developer types first.

#![cfg(unix)]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use ffi_tests::compiler::Language;
use ffi_tests::out_dir;
use ffi_tests::tools::{is_here, left_out, succeed};

/// Those of the local emulator, unless it is told others.
const USUAL_PORTS: [u16; 4] = [8443, 8080, 1883, 8081];

fn folders_with_a_makefile(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("the folder can be read");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .flat_map(|path| folders_with_a_makefile(&path))
        .collect();
    if dir.join("Makefile").is_file() {
        folders.push(dir.to_owned());
    }
    folders.sort();
    folders
}

fn has_mbedtls() -> bool {
    let trial = out_dir("programs").join("makefiles-mbedtls.c");
    std::fs::write(&trial, "#include <mbedtls/ssl.h>\n").expect("it can be written");
    Language::C99.check(&trial).is_ok()
}

#[test]
#[ignore = "builds the local emulator as the Makefiles do, which takes minutes"]
fn each_publishes_next_to_a_process_that_holds_the_usual_ports_and_says_that_it_builds() {
    if !is_here("make", "the examples' Makefiles") {
        return;
    }
    // Those that are not free are held by somebody else, which serves as well.
    let _held = USUAL_PORTS.map(|port| TcpListener::bind(("127.0.0.1", port)));
    let folders = folders_with_a_makefile(&xtask::workspace_root().join("examples"));
    assert!(folders.len() >= 3, "{folders:?}");
    for folder in folders {
        if folder.ends_with("c-mbedtls") && !has_mbedtls() {
            left_out("examples/c-mbedtls/Makefile", "Mbed TLS (libmbedtls-dev)");
            continue;
        }
        let said = succeed(Command::new("make").arg("run").current_dir(&folder));
        for words in [
            "building libmotepost.a",
            "building the local emulator",
            "200, accepted",
        ] {
            assert!(
                said.contains(words),
                "{}: {words}: {said}",
                folder.display()
            );
        }
    }
}
