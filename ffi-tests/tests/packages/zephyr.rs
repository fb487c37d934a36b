//! The Zephyr module, as far as it can be proven without a Zephyr tree: its CMake and Kconfig, its header, its tests and its
//! example, over a few declarations of Zephyr's (`ffi-tests/zephyr/include`) on this host's sockets.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Output};

use ffi_tests::tools::{is_here, left_out, succeed, text_of};
use ffi_tests::{header, out_dir, peer, scripted};
use local_iot_core::{Config, LocalIotCore};
use xtask::archive::ArchiveOptions;
use xtask::dist::DistOptions;
use xtask::targets;

fn host() -> String {
    xtask::toolchain::host_triple().expect("there is a rustc")
}

/// Builds a source as an application of the module, its settings as CMake and as C see them.
fn configured(
    name: &str,
    source: &str,
    settings: &[String],
    definitions: &[String],
) -> (PathBuf, Output) {
    let build = out_dir("zephyr").join(name);
    if build.exists() {
        std::fs::remove_dir_all(&build).expect("it can be removed");
    }
    let output = Command::new("cmake")
        .arg("-S")
        .arg(xtask::workspace_root().join("ffi-tests/zephyr"))
        .arg("-B")
        .arg(&build)
        .arg(format!("-DSOURCE={source}"))
        .arg(format!("-DEXTRA_INCLUDE={}", out_dir("zephyr").display()))
        .arg(format!("-DCONFIG_DEFINITIONS={}", definitions.join(";")))
        .arg("-DCONFIG_MOTEPOST=y")
        .args(settings)
        .output()
        .expect("cmake runs");
    (build, output)
}

fn built(name: &str, source: &str, settings: &[String], definitions: &[String]) -> PathBuf {
    let (build, output) = configured(name, source, settings, definitions);
    assert!(output.status.success(), "{}", text_of(&output));
    succeed(Command::new("cmake").arg("--build").arg(&build));
    build.join("app")
}

fn from_cargo() -> Vec<String> {
    vec![
        "-DCONFIG_MOTEPOST_CARGO=y".into(),
        format!("-DCONFIG_MOTEPOST_TARGET={}", host()),
    ]
}

/// The release folders' place, with this machine's in it.
fn from_release() -> Vec<String> {
    let out = out_dir("zephyr").join("releases");
    let options = DistOptions {
        targets: vec![host()],
        out: Some(out.clone()),
        ..DistOptions::default()
    };
    xtask::dist::make(&options).unwrap_or_else(|reason| panic!("{reason}"));
    vec![
        format!("-DCONFIG_MOTEPOST_RELEASES={}", out.display()),
        format!("-DCONFIG_MOTEPOST_TARGET={}", host()),
    ]
}

fn example(name: &str, port: u16, token: &str, more: &[&str]) -> PathBuf {
    let mut definitions: Vec<String> = [
        ("HOST", "127.0.0.1"),
        ("PORT", &port.to_string()),
        ("AUTHORIZER", "unsignedAuthorizer"),
        ("TOKEN", token),
        ("ID", "uniqueID"),
    ]
    .iter()
    .map(|(setting, value)| format!("CONFIG_EXAMPLE_{setting}=\"{value}\""))
    .collect();
    definitions.extend(more.iter().map(|&definition| definition.to_owned()));
    built(
        name,
        "examples/zephyr/src/main.c",
        &from_cargo(),
        &definitions,
    )
}

fn emulator() -> LocalIotCore {
    LocalIotCore::start(Config::default()).unwrap_or_else(|reason| panic!("{reason}"))
}

fn port_of_nobody() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}

#[test]
fn the_module_s_tests_pass_with_either_archive() {
    if !is_here("cmake", "zephyr/tests") {
        return;
    }
    let source = "zephyr/tests/src/main.c";
    let written =
        std::fs::read_to_string(xtask::workspace_root().join(source)).expect("it is there");
    for (name, settings) in [
        ("tests-cargo", from_cargo()),
        ("tests-release", from_release()),
    ] {
        let ran = succeed(&mut Command::new(built(name, source, &settings, &[])));
        assert_eq!(
            ran.matches("passed test_").count(),
            written.matches("\nZTEST(").count(),
            "{ran}"
        );
    }
}

#[test]
fn a_release_that_is_not_there_is_named_with_the_ways_to_get_it() {
    if !is_here("cmake", "zephyr/CMakeLists.txt") {
        return;
    }
    let source = "zephyr/tests/src/main.c";
    for (settings, words) in [
        (
            [
                "-DCONFIG_MOTEPOST_RELEASES=/nowhere",
                "-DCONFIG_MOTEPOST_TARGET=thumbv7m-none-eabi",
            ],
            "cargo xtask dist",
        ),
        (
            [
                "-DCONFIG_MOTEPOST_RELEASES=/nowhere",
                "-DCONFIG_MOTEPOST_TARGET=",
            ],
            "set CONFIG_MOTEPOST_TARGET",
        ),
    ] {
        let (_, output) = configured("no-release", source, &settings.map(String::from), &[]);
        // CMake wraps its messages.
        let said = text_of(&output)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert!(!output.status.success() && said.contains(words), "{said}");
    }
}

#[test]
#[ignore = "builds `core` for two processors, which takes minutes"]
fn an_archive_for_arm_needs_no_more_than_zephyr_s_minimal_c_library_has() {
    if !is_here("arm-none-eabi-gcc", "zephyr/aeabi.c") {
        return;
    }
    for (target, cpu) in [
        ("thumbv6m-none-eabi", "cortex-m0"),
        ("thumbv7m-none-eabi", "cortex-m3"),
    ] {
        if let Err(reason) = xtask::toolchain::find(target) {
            left_out("zephyr/aeabi.c", &format!("Rust for {target}: {reason}"));
            continue;
        }
        let options = ArchiveOptions {
            target: Some(target.into()),
            ..ArchiveOptions::default()
        };
        let archive = xtask::archive::build(&options).unwrap_or_else(|reason| panic!("{reason}"));
        let all = out_dir("zephyr").join(format!("{target}.o"));
        let output = Command::new("arm-none-eabi-gcc")
            .args([
                "-mthumb",
                &format!("-mcpu={cpu}"),
                "-Os",
                "-Wall",
                "-Wextra",
                "-Werror",
            ])
            .args(["-ffreestanding", "-r", "-o"])
            .arg(&all)
            .arg(xtask::workspace_root().join("zephyr/aeabi.c"))
            .arg("-Wl,--whole-archive")
            .arg(&archive.path)
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{}", text_of(&output));
        let output = Command::new("arm-none-eabi-nm")
            .arg("-u")
            .arg(&all)
            .output()
            .expect("it comes with the compiler");
        let undefined = text_of(&output);
        let others: Vec<&str> = undefined
            .split_whitespace()
            .filter(|word| !["U", "memcmp", "memcpy", "memmove", "memset"].contains(word))
            .collect();
        assert!(
            output.status.success() && others.is_empty(),
            "{target}: {others:?}"
        );
    }
}

#[test]
fn the_example_publishes_in_the_clear() {
    if !is_here("cmake", "examples/zephyr") {
        return;
    }
    let emulator = emulator();
    let port = emulator.http_addr().port();
    let accepted = succeed(&mut Command::new(example("accepted", port, "allow", &[])));
    assert!(accepted.contains("200, accepted"), "{accepted}");
    let denied = succeed(&mut Command::new(example("denied", port, "deny", &[])));
    assert!(denied.contains("403, denied"), "{denied}");
    let trace = emulator.trace();
    assert_eq!(
        trace.iter().map(|entry| entry.accepted).collect::<Vec<_>>(),
        [true, false]
    );
    assert_eq!(trace[0].topic.as_deref(), Some("uniqueID/status"));
}

/// The sockets here speak no TLS: what Zephyr is asked for is proven, and that the exchange goes over such a socket.
#[test]
fn the_example_asks_zephyr_for_tls_with_the_ca_and_the_host_s_name() {
    if !is_here("cmake", "examples/zephyr with TLS") {
        return;
    }
    std::fs::write(out_dir("zephyr").join("ca.pem.inc"), "0x2d, 0x2d,\n")
        .expect("it can be written");
    let emulator = emulator();
    let port = emulator.http_addr().port();
    let example = example("tls", port, "allow", &["CONFIG_EXAMPLE_TLS=1"]);
    let said = succeed(&mut Command::new(example));
    for line in [
        "credential 1 of type 1: 3 bytes, the last 0",
        "TLS 1.2",
        "tags 1, the first 1",
        "hostname 127.0.0.1\n",
        "200, accepted",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn what_becomes_of_a_connection_is_told_in_the_library_s_numbers() {
    if !is_here("cmake", "motepost_zephyr.h") {
        return;
    }
    let link = built("link", "ffi-tests/zephyr/link.c", &from_cargo(), &[]);
    let ask = |host: &str, address: SocketAddr| {
        succeed(Command::new(&link).args([host, &address.port().to_string(), "100"]))
    };

    let refused = ask(
        "127.0.0.1",
        SocketAddr::from(([127, 0, 0, 1], port_of_nobody())),
    );
    assert_eq!(refused, "open -111\nsocket -1\n", "ECONNREFUSED");

    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    let unknown = ask("no such host", address);
    assert_eq!(unknown, "open -113\nsocket -1\n", "EHOSTUNREACH");

    let no_memory = ask("no memory", address);
    assert_eq!(no_memory, "open -12\nsocket -1\n", "ENOMEM");

    // The backlog takes the connection and nobody answers: AGAIN, after the 100 ms.
    let silent = "open 0\nrun 1, io error 0\nsocket -1\n";
    assert_eq!(ask("127.0.0.1", address), silent);
    drop(listener.accept());
    // The same with one that never stops answering.
    let endless = ask("127.0.0.1", peer::endless());
    assert!(
        endless == silent || endless == "open 0\nrun -26, io error 0\nsocket -1\n",
        "AGAIN, or BODY_TOO_LONG before that: {endless}"
    );
    // Or says a byte now and then.
    assert_eq!(ask("127.0.0.1", peer::dripping()), silent);

    let closing = std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().expect("somebody connects");
        // Read first: a close with bytes unread is a reset, which is another thing.
        let _ = peer.read(&mut [0; 1024]);
    });
    assert_eq!(
        ask("127.0.0.1", address),
        "open 0\nrun -25, io error 0\nsocket -1\n"
    );
    closing.join().expect("it ends");
}

#[test]
fn a_peer_of_which_every_word_is_known() {
    if !is_here("cmake", "motepost_zephyr.h") {
        return;
    }
    let arguments = scripted::arguments("zephyr").join(" ".as_ref());
    let mut settings = from_cargo();
    let flags = arguments.to_string_lossy();
    settings.push(format!("-DCMAKE_EXE_LINKER_FLAGS={flags}"));
    let link = built("scripted", "ffi-tests/zephyr/link.c", &settings, &[]);
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = listener.local_addr().expect("it has an address").port();
    let ask = |says, takes, more: &[&str]| {
        let mut link = Command::new(&link);
        link.args([&["127.0.0.1", &port.to_string(), "100"], more].concat());
        succeed(scripted::peer(&mut link, says, takes))
    };

    // It always has one byte more. A look at the clock before each of them takes a millisecond.
    let said = ask(scripted::DRIPPING, 1, &[]);
    assert!(said.starts_with("open 0\nrun 1, io error 0\n"), "{said}");
    assert!((20..=100).contains(&scripted::moves(&said)), "{said}");

    // It refuses the message after its head, and is gone: EPIPE.
    let said = ask(scripted::TOO_LARGE, 1, &["large"]);
    let rejected = "open 0\nrun 0, io error -32\n413, verdict 11\n";
    assert!(said.starts_with(rejected), "{said}");

    // The program has no payload to send, and the adapter says so: EFAULT.
    let said = ask(scripted::TOO_LARGE, 2, &["head"]);
    let refused = "run 0, io error -14\n413, verdict 11\n";
    assert!(said.contains(refused), "{said}");
}

#[test]
fn the_header_s_example_compiles_in_c_and_in_cpp() {
    let include = xtask::workspace_root().join("include");
    let text = std::fs::read_to_string(include.join("motepost_zephyr.h")).expect("it is there");
    let comment: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//"))
        .collect();
    let blocks = header::blocks(&comment.join("\n"));
    assert_eq!(blocks.len(), 1);
    for (compiler, suffix) in [("cc", "c"), ("c++", "cpp")] {
        let source = out_dir("zephyr").join(format!("header-example.{suffix}"));
        std::fs::write(
            &source,
            format!("#include \"motepost_zephyr.h\"\n{}", blocks[0]),
        )
        .expect("it can be written");
        if !is_here(compiler, "motepost_zephyr.h's example") {
            continue;
        }
        let output = Command::new(compiler)
            .args([
                "-fsyntax-only",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-D_GNU_SOURCE",
                "-I",
            ])
            .arg(&include)
            .arg("-I")
            .arg(xtask::workspace_root().join("ffi-tests/zephyr/include"))
            .arg(&source)
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{}", text_of(&output));
    }
}

#[test]
fn kconfig_leads_every_processor_to_an_archive_of_a_release() {
    let python = std::env::var("MOTEPOST_PYTHON").unwrap_or_else(|_| "python3".into());
    let here = Command::new(&python)
        .args(["-c", "import kconfiglib, yaml"])
        .output();
    if !here.is_ok_and(|output| output.status.success()) {
        return left_out(
            "the Zephyr module's files",
            "Python with kconfiglib and pyyaml",
        );
    }
    let root = xtask::workspace_root();
    let output = Command::new(&python)
        .arg(root.join("ffi-tests/zephyr/module.py"))
        .arg(root)
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", text_of(&output));
    let text = text_of(&output);
    let rows: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.split_once("->"))
        .collect();
    let target = |symbols: &str| {
        let row = rows.iter().find(|(asked, _)| asked.trim() == symbols);
        row.unwrap_or_else(|| panic!("{symbols} was not asked: {text}"))
            .1
            .trim()
    };
    for (symbols, expected) in [
        ("CPU_CORTEX_M0PLUS", "thumbv6m-none-eabi"),
        ("CPU_CORTEX_M4", "thumbv7em-none-eabi"),
        ("CPU_CORTEX_M4 FPU", "thumbv7em-none-eabi"),
        ("CPU_CORTEX_M7 FPU FP_HARDABI", "thumbv7em-none-eabihf"),
        ("CPU_CORTEX_M33 FPU FP_HARDABI", "thumbv8m.main-none-eabihf"),
        (
            "RISCV RISCV_ISA_EXT_M RISCV_ISA_EXT_C RISCV_ISA_EXT_A FLOAT_HARD",
            "",
        ),
        (
            "RISCV RISCV_ISA_EXT_M RISCV_ISA_EXT_C RISCV_ISA_EXT_A 64BIT",
            "",
        ),
        ("RISCV", ""),
        ("", ""),
    ] {
        assert_eq!(target(symbols), expected, "{symbols}");
    }
    let chosen: BTreeSet<&str> = rows
        .iter()
        .map(|(_, target)| target.trim())
        .filter(|target| !target.is_empty())
        .collect();
    let mut released: BTreeSet<&str> = targets::SMALL.iter().map(|target| target.triple).collect();
    released.remove("avr-none"); // Zephyr does not run there
    released.retain(|triple| xtask::xtensa::chip(triple).is_none()); // Its toolchain for Xtensa was not at hand
    released.extend(["x86_64-unknown-linux-gnu", "i686-unknown-linux-gnu"]); // native_sim
    assert_eq!(chosen, released);
}
