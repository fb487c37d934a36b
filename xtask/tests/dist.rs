//! A release can be checked by building it again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SMALL: &str = "thumbv7em-none-eabi";

/// An empty directory.
fn empty(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if dir.exists() {
        fs::remove_dir_all(&dir).unwrap();
    }
    dir
}

/// Makes the release, with cargo's files in `build`.
fn release(out: &Path, target: &str, build: &Path) -> PathBuf {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["dist", "--target", target, "--out"])
        .arg(out)
        .env("CARGO_TARGET_DIR", build)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    out.join(format!("motepost-{}-{target}", env!("CARGO_PKG_VERSION")))
}

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            let inner = files(&path).into_iter();
            found.extend(inner.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    found
}

/// The crates of a bill of materials, as rustc calls them.
fn named(sbom: &[u8]) -> BTreeSet<String> {
    let bom: serde_json::Value = serde_json::from_slice(sbom).unwrap();
    let components = bom["components"].as_array().unwrap().iter();
    let all = components.chain([&bom["metadata"]["component"]]);
    all.map(|component| component["name"].as_str().unwrap().replace('-', "_"))
        .collect()
}

/// The crates that were compiled for the target, in a place where nothing else was.
fn compiled(build: &Path, target: &str) -> BTreeSet<String> {
    let deps = build.join("archive-build").join(target).join(target);
    let mut crates = BTreeSet::from(["core".to_owned()]);
    for entry in fs::read_dir(deps.join("firmware/deps")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let Some((stem, _)) = name.rsplit_once('-') else {
            continue;
        };
        let is_library = name.ends_with(".rlib") || name.ends_with(".a");
        if let Some(name) = stem.strip_prefix("lib").filter(|_| is_library) {
            crates.insert(name.to_owned());
        }
    }
    // What `core` is built with; members::slim takes it out.
    crates.remove("compiler_builtins");
    crates
}

fn two_releases_are_one(target: &str) {
    let [first, second] = ["first", "second"].map(|name| empty(&format!("dist-{target}-{name}")));
    // Where everything is built, with whatever is there already; and from nothing, elsewhere.
    let elsewhere = second.join("build");
    let first = release(&first.join("out"), target, &xtask::target_dir());
    let second = release(&second.join("out"), target, &elsewhere);
    let (a, b) = (files(&first), files(&second));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, bytes) in &a {
        assert!(bytes == &b[name], "{target}: {name} differs");
    }
    for needed in [
        "lib/libmotepost.a",
        "include/motepost.h",
        "include/motepost_core.h",
        "lib/cmake/motepost/motepost-config.cmake",
        "lib/cmake/motepost/motepost-config-version.cmake",
        "lib/pkgconfig/motepost.pc",
        "docs/manual.md",
        "example/publish.c",
        "CHANGELOG.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "TARGETS.md",
        "VERSION",
    ] {
        assert!(a.contains_key(needed), "{target}: {needed} is missing");
    }
    let sbom = &a[&format!("sbom/{target}.cdx.json")];
    assert_eq!(named(sbom), compiled(&elsewhere, target), "{target}");
    let checked = Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet", "SHA256SUMS"])
        .current_dir(&first)
        .status()
        .unwrap();
    assert!(checked.success(), "{target}: SHA256SUMS");
    let machine = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for path in [machine, first.ancestors().nth(2).unwrap()] {
        let path = path.display().to_string();
        let leak = a.iter().find(|(_, bytes)| {
            bytes
                .windows(path.len())
                .any(|window| window == path.as_bytes())
        });
        assert!(
            leak.is_none(),
            "{target}: {path} is in {:?}",
            leak.unwrap().0
        );
    }
}

#[test]
fn this_machine_s_release_is_the_same_when_built_elsewhere() {
    let rustc = Command::new("rustc")
        .args(["--print", "host-tuple"])
        .output()
        .unwrap();
    two_releases_are_one(String::from_utf8(rustc.stdout).unwrap().trim());
}

#[test]
#[ignore = "builds `core` twice, which takes minutes"]
fn a_small_target_s_release_is_the_same_when_built_elsewhere() {
    two_releases_are_one(SMALL);
}

/// Its archives are made of assembly text.
#[test]
#[ignore = "makes the archives for Xtensa, which takes minutes"]
fn an_xtensa_release_is_the_same_when_built_elsewhere() {
    for chip in [&xtask::xtensa::ESP8266, &xtask::xtensa::ESP32] {
        two_releases_are_one(chip.triple);
    }
}
