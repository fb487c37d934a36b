//! CMake's and pkg-config's ways to the library: each builds `examples/c-posix/publish.c`, which then publishes.

#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use ffi_tests::compiler::Language;
use ffi_tests::out_dir;
use ffi_tests::tools::{is_here, succeed};
use local_iot_core::{Config, LocalIotCore};
use xtask::dist::DistOptions;
use xtask::targets::{self, Target};

fn root() -> &'static Path {
    xtask::workspace_root()
}

/// This machine's release folder.
fn release() -> &'static PathBuf {
    static RELEASE: OnceLock<PathBuf> = OnceLock::new();
    RELEASE.get_or_init(|| {
        let target = xtask::toolchain::host_triple().expect("there is a rustc");
        let options = DistOptions {
            targets: vec![target],
            out: Some(out_dir("release")),
            ..DistOptions::default()
        };
        xtask::dist::make(&options)
            .unwrap_or_else(|reason| panic!("{reason}"))
            .remove(0)
    })
}

/// An empty directory to build in: what an older run left must not help.
fn build_dir(name: &str) -> PathBuf {
    let dir = out_dir("packages").join(name);
    if dir.exists() {
        std::fs::remove_dir_all(&dir).expect("it can be removed");
    }
    dir
}

/// Configures and builds the project in `source`, and gives the directory it was built in.
fn built_by_cmake(name: &str, source: &str, settings: &[String]) -> PathBuf {
    let build = build_dir(name);
    succeed(
        Command::new("cmake")
            .arg("-S")
            .arg(root().join(source))
            .arg("-B")
            .arg(&build)
            .args(settings),
    );
    succeed(Command::new("cmake").arg("--build").arg(&build));
    build
}

fn publishes(program: &Path) {
    let stand_in =
        LocalIotCore::start(Config::default()).unwrap_or_else(|reason| panic!("{reason}"));
    let port = stand_in.http_addr().port().to_string();
    let text = succeed(
        Command::new(program)
            .args(["--host", "127.0.0.1", "--port", &port])
            .args(["--topic", "uniqueID/status", "--id", "uniqueID"])
            .args(["--authorizer", "unsignedAuthorizer"])
            .args(["--token-key", "token", "--token", "allow", "a reading"]),
    );
    assert!(text.contains("200, accepted"), "{text}");
    assert!(stand_in.trace()[0].accepted);
}

fn prefix(dir: &Path) -> Vec<String> {
    vec![format!("-DCMAKE_PREFIX_PATH={}", dir.display())]
}

#[test]
fn find_package_finds_a_release_folder() {
    if is_here("cmake", "find_package") {
        let build = built_by_cmake(
            "release",
            "ffi-tests/cmake/find_package",
            &prefix(release()),
        );
        publishes(&build.join("publish"));
    }
}

#[test]
fn cmake_installs_what_find_package_finds() {
    if is_here("cmake", "cmake --install") {
        let build = built_by_cmake("repository", ".", &[]);
        let installed = build_dir("installed");
        succeed(
            Command::new("cmake")
                .arg("--install")
                .arg(&build)
                .arg("--prefix")
                .arg(&installed),
        );
        let build = built_by_cmake(
            "from-install",
            "ffi-tests/cmake/find_package",
            &prefix(&installed),
        );
        publishes(&build.join("publish"));
    }
}

#[test]
fn add_subdirectory_builds_the_archive() {
    if is_here("cmake", "add_subdirectory") {
        publishes(&built_by_cmake("subdirectory", "examples/c-posix", &[]).join("publish"));
    }
}

#[test]
fn fetch_content_builds_the_archive() {
    if is_here("cmake", "FetchContent") {
        let source = "ffi-tests/cmake/fetch_content";
        publishes(&built_by_cmake("fetch-content", source, &[]).join("publish"));
    }
}

#[test]
fn find_package_takes_the_versions_that_cargo_would() {
    if !is_here("cmake", "find_package's choice of a version") {
        return;
    }
    let file = release().join("lib/cmake/motepost/motepost-config-version.cmake");
    let script = out_dir("packages").join("version.cmake");
    let text = format!(
        "include({})\nmessage(\"compatible: ${{PACKAGE_VERSION_COMPATIBLE}}\")\n",
        file.display()
    );
    std::fs::write(&script, text).expect("it can be written");
    for (asked, expected) in [
        ("0.1", true),
        ("0.1.0", true),
        ("0.1.9", false),
        ("0.2", false),
        ("0.10", false),
        ("1", false),
    ] {
        let said = succeed(
            Command::new("cmake")
                .arg(format!("-DPACKAGE_FIND_VERSION={asked}"))
                .arg("-P")
                .arg(&script),
        );
        assert_eq!(said.contains("compatible: TRUE"), expected, "{asked}");
    }
}

#[test]
fn pkg_config_names_the_flags_of_a_release_folder() {
    if !is_here("pkg-config", "motepost.pc") {
        return;
    }
    let ask = |what: &str| {
        succeed(
            Command::new("pkg-config")
                .env("PKG_CONFIG_PATH", release().join("lib/pkgconfig"))
                .args([what, "motepost"]),
        )
    };
    assert_eq!(ask("--modversion").trim(), env!("CARGO_PKG_VERSION"));
    let flags = ask("--cflags") + &ask("--libs");
    let flags: Vec<_> = flags.split_whitespace().map(AsRef::as_ref).collect();
    let source = root().join("examples/c-posix/publish.c");
    let program = Language::C99.plain(&source, "publish-by-pkg-config", &flags);
    publishes(&program.unwrap_or_else(|reason| panic!("{reason}")));
}

#[test]
fn cmake_takes_the_archive_that_fits_what_the_compiler_makes() {
    if !is_here("cmake", "the choice of an archive") {
        return;
    }
    let script = out_dir("packages").join("target.cmake");
    let text = format!(
        "include({})\nmotepost_target(target)\nmessage(\"target: ${{target}}.\")\n",
        root().join("cmake/motepost-target.cmake").display()
    );
    std::fs::write(&script, text).expect("it can be written");
    let chosen = |compiler: &str, flags: &[&str]| {
        Command::new("cmake")
            .current_dir(out_dir("packages"))
            .arg("-DCMAKE_CROSSCOMPILING=TRUE")
            .arg(format!("-DCMAKE_C_COMPILER={compiler}"))
            .arg(format!("-DCMAKE_C_FLAGS={}", flags.join(" ")))
            .arg("-P")
            .arg(&script)
            .output()
            .expect("it runs")
    };
    for Target {
        triple, gcc, flags, ..
    } in targets::SMALL
    {
        if is_here(gcc, &format!("the choice of {triple}")) {
            let said = chosen(gcc, flags);
            let said = String::from_utf8_lossy(&said.stderr);
            assert!(said.contains(&format!("target: {triple}.")), "{said}");
        }
    }
    let soft_on_hard = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=softfp"];
    if is_here("arm-none-eabi-gcc", "the choice for softfp") {
        let said = chosen("arm-none-eabi-gcc", &soft_on_hard);
        let said = String::from_utf8_lossy(&said.stderr);
        assert!(said.contains("target: thumbv7em-none-eabi."), "{said}");
        // Without flags it is for ARMv4T, for which there is none.
        let unknown = chosen("arm-none-eabi-gcc", &[]);
        let said = String::from_utf8_lossy(&unknown.stderr);
        assert!(
            !unknown.status.success() && said.contains("MOTEPOST_TARGET"),
            "{said}"
        );
    }
}
