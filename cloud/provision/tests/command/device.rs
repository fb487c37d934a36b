//! A device that reads its credentials from two pages of flash: once in C, once in Rust.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use motepost::credentials::{Proof, newest};
use tempfile::TempDir;

/// Of STM32's and RP2040's pages.
const PAGE: usize = 4096;

const READER: &str = r#"
#include <stdio.h>
#include <string.h>
#include "motepost_credentials.h"

static void put(motepost_str_t text) { printf("%.*s|", (int)text.len, text.ptr); }

static void put_bytes(motepost_bytes_t bytes) {
    for (size_t at = 0; at < bytes.len; at++) {
        printf("%02x", bytes.ptr[at]);
    }
    printf("|");
}

int main(void) {
    static uint8_t pages[2][4096];
    motepost_credentials_t is;
    memset(pages, 0xff, sizeof pages);
    if (fread(pages[0], 1, sizeof pages[0], stdin) == 0) {
        return 2;
    }
    if (motepost_credentials_newest(pages[0], pages[1], sizeof pages[0], &is) != 0) {
        return 1;
    }
    printf("%u|%u|", (unsigned)is.revision, is.scheme);
    put(is.id);
    put(is.endpoint);
    put(is.authorizer);
    put(is.token_key);
    put(is.token);
    put_bytes(is.signature);
    put_bytes(is.key);
    return 0;
}
"#;

fn program() -> &'static Path {
    static PROGRAM: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
        let directory = tempfile::tempdir().unwrap();
        let source = directory.path().join("device.c");
        let program = directory.path().join("device");
        std::fs::write(&source, READER).unwrap();
        let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../include");
        let compiled = Command::new("cc")
            .args([
                "-std=c99",
                "-Wall",
                "-Wextra",
                "-Wpedantic",
                "-Werror",
                "-I",
            ])
            .args([&include, &source])
            .arg("-o")
            .arg(&program)
            .output()
            .unwrap();
        assert!(
            compiled.status.success(),
            "{}",
            String::from_utf8_lossy(&compiled.stderr)
        );
        (directory, program)
    });
    &PROGRAM.1
}

/// What the device finds, in C and in Rust, field by field with a `|` behind each.
#[track_caller]
pub fn finds(image: &[u8]) -> String {
    let mut child = Command::new(program())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(image).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "in C: {}", output.status);
    let in_c = String::from_utf8(output.stdout).unwrap();

    let mut page = [0xff; PAGE];
    page[..image.len()].copy_from_slice(image);
    let (number, is) = newest([&page, &[0xff; PAGE]]).unwrap();
    assert_eq!(number, 0);
    let (scheme, token, signature, key): (u8, &str, &[u8], &[u8]) = match is.proof {
        Proof::Static { token } => (1, token, &[], &[]),
        Proof::Minted { key } => (2, "", &[], key),
        Proof::Signed { token, signature } => (3, token, signature, &[]),
    };
    let hex = base16ct::lower::encode_string;
    let in_rust = format!(
        "{}|{scheme}|{}|{}|{}|{}|{token}|{}|{}|",
        is.revision,
        is.id,
        is.endpoint,
        is.authorizer,
        is.token_key,
        hex(signature),
        hex(key)
    );
    assert_eq!(in_c, in_rust);
    in_c
}
