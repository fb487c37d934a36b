//! The ESP-IDF component, as far as it can be proven without ESP-IDF: its CMake, its manifest and Kconfig, its header and its
//! example, over a few declarations of ESP-IDF's (`ffi-tests/esp-idf/include`) on this host's sockets.

#![cfg(target_os = "linux")]

use std::ffi::OsString;
use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::Duration;

use ffi_tests::tools::{has_tools_for, is_here, left_out, succeed, text_of};
use ffi_tests::{archive, header, out_dir, peer, scripted};
use local_iot_core::{Config, LocalIotCore};
use xtask::bundle::Bundle;
use xtask::dist::DistOptions;
use xtask::targets;

const COMPONENT: &str = "esp-idf/motepost";

fn root() -> &'static Path {
    xtask::workspace_root()
}

/// Configures the example with the component in that folder, for a chip.
fn configured(name: &str, component: &Path, chip: &str, settings: &[String]) -> (PathBuf, Output) {
    let build = out_dir("esp-idf").join(name);
    if build.exists() {
        std::fs::remove_dir_all(&build).expect("it can be removed");
    }
    let output = Command::new("cmake")
        .arg("-S")
        .arg(root().join("ffi-tests/esp-idf"))
        .arg("-B")
        .arg(&build)
        .arg(format!("-DCOMPONENT={}", component.display()))
        .arg(format!("-DIDF_TARGET={chip}"))
        .arg("-DSTART=start.c")
        .args(settings)
        .output()
        .expect("cmake runs");
    (build, output)
}

fn built(name: &str, component: &Path, settings: &[String]) -> PathBuf {
    let (build, output) = configured(name, component, "linux", settings);
    assert!(output.status.success(), "{}", text_of(&output));
    succeed(Command::new("cmake").arg("--build").arg(&build));
    build.join("app")
}

fn settings(archive: &str, port: u16, token: &str, more: &[&str]) -> Vec<String> {
    let mut definitions = vec![
        "CONFIG_EXAMPLE_HOST=\"127.0.0.1\"".to_owned(),
        format!("CONFIG_EXAMPLE_PORT={port}"),
        "CONFIG_EXAMPLE_AUTHORIZER=\"unsignedAuthorizer\"".to_owned(),
        format!("CONFIG_EXAMPLE_TOKEN=\"{token}\""),
        "CONFIG_EXAMPLE_ID=\"uniqueID\"".to_owned(),
    ];
    definitions.extend(more.iter().map(|&definition| definition.to_owned()));
    vec![
        archive.to_owned(),
        format!("-DCONFIG_DEFINITIONS={}", definitions.join(";")),
    ]
}

fn emulator() -> LocalIotCore {
    LocalIotCore::start(Config::default()).unwrap_or_else(|reason| panic!("{reason}"))
}

#[test]
fn the_example_publishes_in_the_clear_with_an_archive_from_cargo() {
    if !is_here("cmake", "examples/esp-idf") {
        return;
    }
    let emulator = emulator();
    let port = emulator.http_addr().port();
    for (token, expected) in [("allow", "200, accepted"), ("deny", "403, denied")] {
        let settings = settings("-DCONFIG_MOTEPOST_CARGO=y", port, token, &[]);
        let said = succeed(&mut Command::new(built(
            token,
            &root().join(COMPONENT),
            &settings,
        )));
        assert!(said.contains(expected), "{said}");
    }
    let trace = emulator.trace();
    let accepted: Vec<_> = trace.iter().map(|entry| entry.accepted).collect();
    assert_eq!(accepted, [true, false]);
    assert_eq!(trace[0].topic.as_deref(), Some("uniqueID/status"));
}

/// The sockets here speak no TLS: what ESP-IDF is asked for is proven, and that the exchange goes by TLS's numbers.
#[test]
fn the_example_asks_esp_tls_for_the_bundled_cas_and_the_host_s_name() {
    if !is_here("cmake", "examples/esp-idf with TLS") {
        return;
    }
    let emulator = emulator();
    let port = emulator.http_addr().port();
    let settings = settings(
        "-DCONFIG_MOTEPOST_CARGO=y",
        port,
        "allow",
        &["CONFIG_EXAMPLE_TLS=1"],
    );
    let said = succeed(&mut Command::new(built(
        "tls",
        &root().join(COMPONENT),
        &settings,
    )));
    for line in [
        "TLS with 127.0.0.1, bundle 1, CA of 0 bytes, 10000 ms",
        "200, accepted",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

/// The released component, where this machine's compilers can make it; made once.
fn released() -> Option<&'static Path> {
    static RELEASED: OnceLock<Option<PathBuf>> = OnceLock::new();
    let released = RELEASED.get_or_init(|| {
        for (triple, _) in Bundle::EspIdf.archives().expect("there is a rustc") {
            if !has_tools_for(&triple) {
                left_out("the released component", &format!("tools for {triple}"));
                return None;
            }
        }
        let options = DistOptions {
            bundles: vec![Bundle::EspIdf],
            out: Some(out_dir("esp-idf").join("release")),
            ..DistOptions::default()
        };
        let made = xtask::dist::make(&options).unwrap_or_else(|reason| panic!("{reason}"));
        Some(made[0].join("motepost"))
    });
    released.as_deref()
}

#[test]
#[ignore = "makes the archives of every processor, which takes minutes"]
fn a_released_component_has_all_that_it_needs() {
    if !is_here("cmake", "the released component") {
        return;
    }
    let Some(component) = released() else {
        return;
    };
    let emulator = emulator();
    let settings = settings("-DNONE=y", emulator.http_addr().port(), "allow", &[]);
    let said = succeed(&mut Command::new(built("released", component, &settings)));
    assert!(said.contains("200, accepted"), "{said}");
    for chip in [
        "esp32", "esp32s2", "esp32s3", "esp32c2", "esp32c3", "esp32c5", "esp32c6", "esp32c61",
        "esp32h2", "esp32h21",
    ] {
        let (_, output) = configured("chip", component, chip, &settings);
        assert!(output.status.success(), "{chip}: {}", text_of(&output));
    }
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        assert!(component.join(licence).is_file(), "{licence}");
    }
    // The archives link with what ESP-IDF compiles for these chips: see its components/soc/project_include.cmake. Debian's C
    // library is not sorted by the last two extensions, so they are not named to the linker.
    for (chip, triple, march) in [
        ("esp32c3", "riscv32imc-unknown-none-elf", "rv32imc"),
        ("esp32c6", "riscv32imac-unknown-none-elf", "rv32imac"),
    ] {
        let target = targets::small(triple).unwrap_or_else(|reason| panic!("{reason}"));
        if !is_here(target.gcc, &format!("a program for {chip}")) {
            continue;
        }
        let object = out_dir("esp-idf").join(format!("{chip}.o"));
        let compile = |arguments: &[&str]| {
            let mut command = Command::new(target.gcc);
            command.args(["-mabi=ilp32", "--specs=picolibc.specs", "-Wall", "-Werror"]);
            command.args(arguments);
            command
        };
        let extended = format!("-march={march}_zicsr_zifencei");
        for mut command in [
            {
                let mut command = compile(&[&extended, "-c", "-I"]);
                command
                    .arg(component.join("include"))
                    .arg(root().join("ffi-tests/platformio/src/small.c"))
                    .arg("-o")
                    .arg(&object);
                command
            },
            {
                let mut command = compile(&[&format!("-march={march}")]);
                command
                    .arg(&object)
                    .arg(component.join("lib").join(triple).join("libmotepost.a"))
                    .arg("-o")
                    .arg(out_dir("esp-idf").join(format!("{chip}.elf")));
                command
            },
        ] {
            let output = command.output().expect("it runs");
            assert!(output.status.success(), "{chip}: {}", text_of(&output));
        }
    }
}

#[test]
fn a_chip_without_an_archive_is_refused_with_the_reason() {
    if !is_here("cmake", "the refusal of a chip") {
        return;
    }
    let none = settings("-DCONFIG_MOTEPOST_RELEASES=/nowhere", 1, "allow", &[]);
    for (chip, words) in [
        ("esp32", "cargo xtask dist --target xtensa-esp32-none-elf"),
        ("esp32s2", "cargo xtask dist --target xtensa-esp32-none-elf"),
        ("esp32s3", "cargo xtask dist --target xtensa-esp32-none-elf"),
        ("esp32p4", "RISC-V's floating-point ABI (esp32p4, esp32h4)"),
        (
            "esp32c3",
            "cargo xtask dist --target riscv32imc-unknown-none-elf",
        ),
        (
            "esp32c6",
            "cargo xtask dist --target riscv32imac-unknown-none-elf",
        ),
    ] {
        let (_, output) = configured("refused", &root().join(COMPONENT), chip, &none);
        // CMake wraps its messages.
        let text = text_of(&output);
        let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!output.status.success() && said.contains(words), "{said}");
    }
}

#[test]
fn the_psram_of_the_first_esp32s_is_warned_of() {
    if !is_here("cmake", "the warning of PSRAM") {
        return;
    }
    let psram = settings("-DCONFIG_SPIRAM_CACHE_WORKAROUND=y", 1, "allow", &[]);
    for (chip, warned) in [("esp32", true), ("linux", false)] {
        let psram: &[String] = if warned { &psram } else { &psram[1..] };
        let (_, output) = configured("psram", &root().join(COMPONENT), chip, psram);
        let said = text_of(&output);
        assert_eq!(said.contains("internal RAM"), warned, "{said}");
    }
}

/// `link.c`, linked with more.
fn link(name: &str, more: &[OsString]) -> PathBuf {
    let link = out_dir("esp-idf").join(name);
    succeed(
        Command::new("cc")
            .args(["-std=gnu17", "-Wall", "-Wextra", "-Werror", "-I"])
            .arg(root().join("include"))
            .arg("-I")
            .arg(root().join("ffi-tests/esp-idf/include"))
            .arg(root().join("ffi-tests/esp-idf/link.c"))
            .args(more)
            .arg(&archive().path)
            .arg("-o")
            .arg(&link),
    );
    link
}

#[test]
fn a_peer_of_which_every_word_is_known() {
    let link = link("scripted", &scripted::arguments("esp-idf"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = listener.local_addr().expect("it has an address").port();
    let ask = |says, takes, more: &[&str]| {
        let mut link = Command::new(&link);
        link.args([&["127.0.0.1", &port.to_string(), "100"], more].concat());
        succeed(scripted::peer(&mut link, says, takes))
    };

    // It always has one byte more. A look at the clock before each of them takes a millisecond.
    for tls in [&["tls"][..], &["large"]] {
        let said = ask(scripted::DRIPPING, 2, tls);
        assert!(said.contains("open 0x0\nrun 1, io error 0\n"), "{said}");
        assert!((20..=100).contains(&scripted::moves(&said)), "{said}");
    }

    // It refuses the message after its head, and is gone: EPIPE.
    let said = ask(scripted::TOO_LARGE, 1, &["large"]);
    let rejected = "run 0, io error -32\n413, verdict 11\n";
    assert!(said.contains(rejected), "{said}");

    // The program has no payload to send, and the adapter says so: EFAULT.
    let said = ask(scripted::TOO_LARGE, 2, &["head"]);
    let refused = "run 0, io error -14\n413, verdict 11\n";
    assert!(said.contains(refused), "{said}");
}

#[test]
fn what_becomes_of_a_connection_is_told_in_the_library_s_numbers() {
    let link = link("link", &[]);
    let ask = |host: &str, address: SocketAddr, more: &[&str]| {
        let port = address.port().to_string();
        succeed(Command::new(&link).args([&[host, &port, "100"], more].concat()))
    };
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");

    let unknown = ask("no such host", address, &[]);
    assert_eq!(
        unknown, "open 0x8001\nclosed 1\n",
        "CANNOT_RESOLVE_HOSTNAME"
    );

    // The backlog takes the connection and nobody answers: AGAIN, after the 100 ms.
    let silent = "open 0x0\nrun 1, io error 0\nclosed 1\n";
    assert_eq!(ask("127.0.0.1", address, &[]), silent);
    assert!(ask("127.0.0.1", address, &["tls"]).ends_with(silent));
    // A handshake that never ends has a deadline, and lets other tasks run.
    let stuck = ask("127.0.0.1", address, &["stuck"]);
    assert!(
        stuck.ends_with(" ms\nopen 0x8006\nclosed 1\n"),
        "CONNECTION_TIMEOUT, and no spinning: {stuck}"
    );
    // Less than a tick is one: with no time at all esp_tls would wait forever.
    let port = address.port().to_string();
    let short = succeed(Command::new(&link).args(["127.0.0.1", &port, "5", "stuck"]));
    assert!(
        !short.contains(" 0 ms") && short.ends_with(" ms\nopen 0x8006\nclosed 1\n"),
        "{short}"
    );
    for _ in 0..4 {
        drop(listener.accept());
    }
    // The same with one that never stops answering.
    // Or says a byte now and then.
    let endless = ask("127.0.0.1", peer::endless(), &[]);
    assert!(
        endless == silent || endless.starts_with("open 0x0\nrun -26,"),
        "AGAIN, or BODY_TOO_LONG before that: {endless}"
    );
    assert_eq!(ask("127.0.0.1", peer::dripping(), &[]), silent);

    let closing = std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().expect("somebody connects");
        // Read first: a close with bytes unread is a reset, which is another thing.
        let _ = peer.read(&mut [0; 1024]);
    });
    assert_eq!(
        ask("127.0.0.1", address, &[]),
        "open 0x0\nrun -25, io error 0\nclosed 1\n"
    );
    closing.join().expect("it ends");

    let refused = ask("127.0.0.1", address, &[]);
    assert_eq!(refused, "open 0x8004\nclosed 1\n", "FAILED_CONNECT_TO_HOST");
    let refused = ask("127.0.0.1", address, &["tls"]);
    assert!(
        refused.ends_with("open 0x8006\nclosed 1\n"),
        "CONNECTION_TIMEOUT: {refused}"
    );
}

#[test]
fn a_connection_that_nobody_takes_ends_at_its_own_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    let unheard = Duration::from_millis(200);
    let mut backlog = Vec::new();
    while let Ok(taken) = TcpStream::connect_timeout(&address, unheard) {
        backlog.push(taken);
    }
    let port = address.port().to_string();
    let link = link("unheard", &[]);
    for transport in ["timed", "stuck"] {
        let said = succeed(Command::new(&link).args(["127.0.0.1", &port, "100", transport]));
        assert!(
            said.ends_with("open 0x8006\nclosed 1\n"),
            "CONNECTION_TIMEOUT: {said}"
        );
    }
}

#[test]
fn the_header_s_example_compiles_in_c_and_in_cpp() {
    let text = std::fs::read_to_string(root().join("include/motepost_esp_tls.h"));
    let text = text.expect("it is there");
    let comment: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//"))
        .collect();
    let blocks = header::blocks(&comment.join("\n"));
    assert_eq!(blocks.len(), 1);
    for (compiler, suffix, standard) in [("cc", "c", "-std=gnu17"), ("c++", "cpp", "-std=gnu++20")]
    {
        if !is_here(compiler, "motepost_esp_tls.h's example") {
            continue;
        }
        let source = out_dir("esp-idf").join(format!("header-example.{suffix}"));
        let program = format!(
            "#include \"esp_crt_bundle.h\"\n#include \"motepost_esp_tls.h\"\n{}",
            blocks[0]
        );
        std::fs::write(&source, program).expect("it can be written");
        let output = Command::new(compiler)
            .args([
                standard,
                "-fsyntax-only",
                "-Wall",
                "-Werror",
                "-D_GNU_SOURCE",
                "-I",
            ])
            .arg(root().join("include"))
            .arg("-I")
            .arg(root().join("ffi-tests/esp-idf/include"))
            .arg(&source)
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{}", text_of(&output));
    }
}

/// The two lists of chips are written by hand, in two languages.
#[test]
fn the_manifest_has_the_chips_that_cmake_takes() {
    let read = |name: &str| std::fs::read_to_string(root().join(COMPONENT).join(name)).unwrap();
    let (manifest, cmake) = (read("idf_component.yml"), read("CMakeLists.txt"));
    let targets = manifest
        .split_once("\ntargets:\n")
        .expect("it has targets")
        .1;
    let mut listed: Vec<&str> = targets
        .lines()
        .map_while(|line| line.strip_prefix("  - "))
        .collect();
    let mut taken = vec!["linux".to_owned()];
    for line in cmake.lines().filter(|line| line.contains("chip MATCHES")) {
        let (_, rest) = line.split_once("^esp32(").expect("a chip's name");
        let (names, _) = rest.split_once(')').expect("the names' end");
        taken.extend(names.split('|').map(|name| format!("esp32{name}")));
    }
    listed.sort_unstable();
    taken.sort_unstable();
    assert_eq!(listed, taken);
}

#[test]
fn the_manifest_has_the_crate_s_version() {
    let manifest = std::fs::read_to_string(root().join(COMPONENT).join("idf_component.yml"));
    let line = format!("version: \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(manifest.expect("it is there").contains(&line), "{line}");
}

fn python_with_espressif_s_tools(what: &str) -> Option<String> {
    let python = std::env::var("MOTEPOST_PYTHON").unwrap_or_else(|_| "python3".into());
    let here = Command::new(&python)
        .args(["-c", "import idf_component_manager, esp_kconfiglib"])
        .output();
    if here.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    left_out(
        what,
        "Python with idf-component-manager and esp-idf-kconfig",
    );
    None
}

#[test]
fn espressif_s_own_tools_take_manifests_and_kconfig() {
    let Some(python) = python_with_espressif_s_tools("the component's manifest and Kconfig") else {
        return;
    };
    let kconfig = [COMPONENT, "examples/esp-idf/main"].map(|folder| root().join(folder));
    let mut checks = vec![
        vec!["-m", "idf_component_manager", "manifest", "lint", COMPONENT],
        vec![
            "-m",
            "idf_component_manager",
            "manifest",
            "lint",
            "examples/esp-idf/main",
        ],
    ];
    let files = [
        kconfig[0].join("Kconfig"),
        kconfig[1].join("Kconfig.projbuild"),
    ];
    let files: Vec<_> = files
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    checks.extend(files.iter().map(|file| vec!["-m", "kconfcheck", file]));
    for arguments in checks {
        let output = Command::new(&python)
            .current_dir(root())
            .args(&arguments)
            .output()
            .expect("it runs");
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            text_of(&output)
        );
    }
}

#[test]
#[ignore = "makes the archives of every processor, which takes minutes"]
fn espressif_s_own_tools_pack_the_released_component() {
    let Some(python) = python_with_espressif_s_tools("the packed component") else {
        return;
    };
    let Some(component) = released() else {
        return;
    };
    succeed(
        Command::new(python)
            .args(["-m", "idf_component_manager", "component", "pack"])
            .args(["--name", "motepost", "--project-dir"])
            .arg(component)
            .arg("--dest-dir")
            .arg(out_dir("esp-idf").join("packed")),
    );
}
