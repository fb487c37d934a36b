//! `credentials`: the three formats.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Directory, with_keys};

const COMMON: &str = "--fleet-key-file fleet.key --signing-key signing.key --endpoint a1-ats.iot.eu-central-1.amazonaws.com --id sensor-1";

fn schemes() -> [(&'static str, &'static str); 3] {
    [
        ("static", "--authorizer unsignedAuthorizer"),
        ("minted", "--authorizer mintedAuthorizer --token-key t"),
        (
            "signed",
            "--authorizer signedAuthorizer --expires 4000000000",
        ),
    ]
}

fn make(directory: &Directory, scheme: &str, more: &str, format: &str, out: &str) {
    directory
        .run(&format!(
            "credentials --scheme {scheme} --format {format} {COMMON} {more} --out {out}"
        ))
        .exits(0);
}

/// The header says what the JSON says, read by a C program, in C99 and in C++17.
#[test]
fn the_c_header_compiles_and_says_what_the_json_says() {
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../include");
    for (scheme, more) in schemes()
        .into_iter()
        .filter(|(scheme, _)| *scheme != "static")
    {
        let directory = with_keys();
        make(&directory, scheme, more, "c-header", "device.h");
        make(&directory, scheme, more, "json", "device.json");
        directory.write("main.c", MAIN);
        // Included where nothing of it is used.
        directory.write(
            "other.c",
            "#include \"device.h\"\nint other(void);\nint other(void) { return 0; }\n",
        );
        let json: Value = serde_json::from_str(&directory.read("device.json")).unwrap();
        let text = |name: &str| json[name].as_str().unwrap_or_default();
        let expected = format!(
            "{}|{}|{}|{}|{}|{}|{}\n",
            text("id"),
            text("endpoint"),
            text("authorizer"),
            text("token_key"),
            text("token"),
            text("key"),
            if scheme == "signed" { "256" } else { "0" },
        );
        for (compiler, standard) in [("cc", "-std=c99"), ("c++", "-std=c++17")] {
            let language = if compiler == "cc" { "c" } else { "c++" };
            let compiled = Command::new(compiler)
                .args([
                    standard,
                    "-Wall",
                    "-Wextra",
                    "-Wpedantic",
                    "-Werror",
                    "-x",
                    language,
                ])
                .arg("-I")
                .arg(&include)
                .args(["main.c", "other.c", "-o", "program"])
                .current_dir(directory.path())
                .output()
                .unwrap();
            assert!(
                compiled.status.success(),
                "{scheme} {standard}: {}",
                String::from_utf8_lossy(&compiled.stderr)
            );
            let ran = Command::new(directory.join("program")).output().unwrap();
            assert_eq!(
                String::from_utf8(ran.stdout).unwrap(),
                expected,
                "{scheme} {standard}"
            );
        }
    }
}

const MAIN: &str = r#"
#include <motepost.h>
#include <stdio.h>
#include "device.h"
#include "device.h"

static void put(motepost_str_t text) { printf("%.*s|", (int)text.len, text.ptr); }

int main(void)
{
    const motepost_str_t id = motepost_str(motepost_device_id);
    const motepost_str_t endpoint = motepost_str(motepost_device_endpoint);
    const motepost_str_t authorizer = motepost_str(motepost_device_authorizer);
    const motepost_str_t token_key = motepost_str(motepost_device_token_key);
    put(id);
    put(endpoint);
    put(authorizer);
    put(token_key);
#ifdef MOTEPOST_DEVICE_MINTED
    printf("|");
    for (unsigned i = 0; i < MOTEPOST_KEY_LEN; i++) {
        printf("%02x", motepost_device_key[i]);
    }
    printf("|0\n");
#else
    const motepost_str_t token = motepost_str(motepost_device_token);
    put(token);
    printf("|%u\n", (unsigned)sizeof motepost_device_signature);
#endif
    return 0;
}
"#;

#[test]
fn a_static_token_in_a_header_is_text() {
    let directory = with_keys();
    let ran = directory
        .run("credentials --scheme static --format c-header --id a --out a.h")
        .exits(0);
    assert!(
        directory
            .read("a.h")
            .contains("static const char motepost_device_token[] = \"")
    );
    // For the authorizer's STATIC_TOKENS.
    let (id, hash) = ran.out.trim_end().split_once('=').unwrap();
    assert_eq!((id, hash.len()), ("a", 64));
}

/// Without the cloud's half the device's is of no use, and nobody can make the one from the other later.
#[test]
fn a_static_token_s_hash_is_shown_or_the_file_is_removed() {
    let directory = Directory::new();
    let ran = directory
        .run("credentials --scheme static --id a --out -")
        .exits(0);
    let device: Value = serde_json::from_str(&ran.out).unwrap();
    directory.write("token", device["token"].as_str().unwrap());
    let sum = Command::new("sha256sum")
        .arg("token")
        .current_dir(directory.path())
        .output()
        .unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    assert_eq!(ran.err, format!("a={}\n", &sum[..64]));

    if Path::new("/dev/full").exists() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let output = directory
            .command("credentials --scheme static --id a --out a.json")
            .stdout(full.unwrap())
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains("a.json is removed"), "{error}");
        assert!(!directory.join("a.json").exists());
    }
}

#[test]
fn what_a_device_could_not_send_is_refused_before_it_is_written() {
    let directory = with_keys();
    for (arguments, expected) in [
        ("--scheme static --id a/b", "is no device id"),
        ("--scheme static --id a*", "is no device id"),
        (
            "--scheme static --id a --authorizer a.b",
            "authorizer name holds a character",
        ),
        (
            "--scheme static --id a --token-key a.b",
            "token key holds a character",
        ),
        (
            "--scheme static --id a --token-key host",
            "token key is reserved",
        ),
        (
            "--scheme static --id a --token-key id",
            "--token-key id: the device sends its id in the header `id`",
        ),
        (
            "--scheme static --id a --token-key ID",
            "--token-key ID: the device sends its id in the header `id`",
        ),
        (
            "--scheme static --id a --endpoint a1b2c3.iot.eu-central-1.amazonaws.com",
            "the endpoint lacks -ats",
        ),
        (
            "--scheme static --id a --endpoint iot.eu-central-1.amazonaws.com",
            "not a data endpoint",
        ),
        (
            "--scheme static --id a --endpoint a/b",
            "endpoint holds a character",
        ),
        (
            "--scheme static --id a --endpoint https://h",
            "the endpoint is a URL",
        ),
        (
            "--scheme static --id a --expires 4000000000",
            "--expires is for --scheme signed",
        ),
        (
            "--scheme signed --signing-key signing.key --id a",
            "needs --expires",
        ),
        ("--scheme minted --id a", "no fleet key"),
    ] {
        let ran = directory
            .run(&format!("credentials {arguments} --out new"))
            .exits(2);
        assert!(ran.err.contains(expected), "{arguments}: {}", ran.err);
        assert!(!directory.join("new").exists());
    }
}
