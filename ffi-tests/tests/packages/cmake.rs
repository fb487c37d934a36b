//! CMake's and pkg-config's ways to the library: each builds `examples/c-posix/publish.c`, which then publishes.

#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use ffi_tests::compiler::Language;
use ffi_tests::out_dir;
use ffi_tests::tools::{is_here, left_out, succeed, text_of};
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
    let emulator =
        LocalIotCore::start(Config::default()).unwrap_or_else(|reason| panic!("{reason}"));
    let port = emulator.http_addr().port().to_string();
    let text = succeed(
        Command::new(program)
            .args(["--host", "127.0.0.1", "--port", &port])
            .args(["--topic", "uniqueID/status", "--id", "uniqueID"])
            .args(["--authorizer", "unsignedAuthorizer"])
            .args(["--token-key", "token", "--token", "allow", "a reading"]),
    );
    assert!(text.contains("200, accepted"), "{text}");
    assert!(emulator.trace()[0].accepted);
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

/// Builds a program with the release of one target and the compiler's flags of another.
fn small_by_cmake(name: &str, release: &Path, flags: &[&str]) -> Output {
    let build = build_dir(name);
    succeed(
        Command::new("cmake")
            .arg("-S")
            .arg(root().join("ffi-tests/cmake/small"))
            .arg("-B")
            .arg(&build)
            .args(prefix(release))
            .args([
                "-DCMAKE_SYSTEM_NAME=Generic",
                "-DCMAKE_C_COMPILER=arm-none-eabi-gcc",
            ])
            .arg(format!("-DCMAKE_C_FLAGS={}", flags.join(" "))),
    );
    let mut build_it = Command::new("cmake");
    build_it
        .arg("--build")
        .arg(&build)
        .output()
        .expect("cmake runs")
}

#[test]
fn a_program_for_another_core_than_the_archive_s_fails_by_name() {
    let what = "a program for another core";
    if !is_here("cmake", what) || !is_here("arm-none-eabi-gcc", what) {
        return;
    }
    let triple = "thumbv7em-none-eabi";
    if xtask::toolchain::find(triple).is_err() {
        return left_out(what, &format!("Rust for {triple}"));
    }
    let options = DistOptions {
        targets: vec![triple.to_owned()],
        out: Some(out_dir("release")),
        ..DistOptions::default()
    };
    let made = xtask::dist::make(&options).unwrap_or_else(|reason| panic!("{reason}"));
    let m0 = ["-mcpu=cortex-m0", "-mthumb", "--specs=nano.specs"];
    let refused = small_by_cmake("another-core", &made[0], &m0);
    let said = text_of(&refused);
    let words = "motepost: this libmotepost.a is for thumbv7em-none-eabi (Cortex-M4, M7";
    assert!(!refused.status.success() && said.contains(words), "{said}");

    let m4 = ["-mcpu=cortex-m4", "-mthumb", "--specs=nano.specs"];
    let built = small_by_cmake(
        "the-core",
        &made[0],
        &[&m4[..], &["--specs=nosys.specs"]].concat(),
    );
    assert!(built.status.success(), "{}", text_of(&built));
    let version = std::fs::read_to_string(made[0].join("VERSION")).expect("it is there");
    assert!(version.contains("\ncores Cortex-M4, M7"), "{version}");
}

/// Of each archive's check, with each target's compiler: that a core runs the code, and nothing else.
#[test]
fn the_check_of_an_archive_s_core_takes_the_cores_that_run_it() {
    let dir = out_dir("packages");
    let runs = |archive: &str, core: &str| {
        archive == core
            || match core {
                "thumbv7m-none-eabi" => archive == "thumbv6m-none-eabi",
                "thumbv7em-none-eabi" => {
                    ["thumbv6m-none-eabi", "thumbv7m-none-eabi"].contains(&archive)
                }
                "thumbv8m.base-none-eabi" => archive == "thumbv6m-none-eabi",
                // The flags are those of a Cortex-M33 without DSP.
                "thumbv8m.main-none-eabi" => [
                    "thumbv6m-none-eabi",
                    "thumbv7m-none-eabi",
                    "thumbv8m.base-none-eabi",
                ]
                .contains(&archive),
                // And these of one that has it.
                "thumbv8m.main-none-eabihf" => archive == "thumbv7em-none-eabihf",
                "riscv32imac-unknown-none-elf" => archive == "riscv32imc-unknown-none-elf",
                _ => false,
            }
    };
    for core in targets::SMALL {
        if !is_here(core.gcc, &format!("the check for {}", core.triple)) {
            continue;
        }
        for archive in targets::SMALL {
            let header = dir.join("motepost_core.h");
            std::fs::write(&header, targets::core_header(archive.triple))
                .expect("it can be written");
            let output = core
                .compiler()
                .args(["-fsyntax-only", "-x", "c"])
                .arg(&header)
                .output()
                .expect("it runs");
            assert_eq!(
                output.status.success(),
                runs(archive.triple, core.triple),
                "the archive for {} with the compiler's flags for {}: {}",
                archive.triple,
                core.triple,
                text_of(&output)
            );
        }
    }
}

#[test]
#[ignore = "builds as CMake does, from nothing, which takes minutes"]
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
#[ignore = "builds as CMake does, from nothing, which takes minutes"]
fn add_subdirectory_builds_the_archive() {
    if is_here("cmake", "add_subdirectory") {
        publishes(&built_by_cmake("subdirectory", "examples/c-posix", &[]).join("publish"));
    }
}

#[test]
#[ignore = "builds as CMake does, from nothing, which takes minutes"]
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
            .args(format!("-DCMAKE_C_COMPILER={compiler}").split(';'))
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
        // As CMake splits CC="arm-none-eabi-gcc -mcpu=cortex-m0".
        let m0 = "arm-none-eabi-gcc;-DCMAKE_C_COMPILER_ARG1= -mcpu=cortex-m0 -mthumb";
        let said = chosen(m0, &[]);
        let said = String::from_utf8_lossy(&said.stderr);
        assert!(said.contains("target: thumbv6m-none-eabi."), "{said}");
        // Without flags it is for ARMv4T, for which there is none.
        let unknown = chosen("arm-none-eabi-gcc", &[]);
        let said = String::from_utf8_lossy(&unknown.stderr);
        assert!(
            !unknown.status.success() && said.contains("MOTEPOST_TARGET"),
            "{said}"
        );
    }
}
