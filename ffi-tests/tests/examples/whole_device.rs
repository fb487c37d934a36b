//! `examples/whole-device` and `include/motepost_bearssl.h` on this machine, under the sanitizers: the device's own TLS, clock and
//! publish against servers that behave and servers that do not.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use ffi_tests::compiler::{Language, output_of};
use ffi_tests::peer::{Tls, listen, tls as server};
use ffi_tests::{anchors, archive, header, out_dir, sources};
use tls_chains::{Chain, Fault, Kind, Roots};

type Result<T> = std::result::Result<T, String>;

const NAME: &str = "device.example";
const YEAR: u64 = 365 * 24 * 60 * 60;
const DENIED: &str =
    "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\ndate: Mon, 21 Sep 2026 13:26:40 GMT\r\n\r\n";
const ACCEPTED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 65\r\n\r\n{\"message\":\"OK\",\"traceId\":\"01234567-89ab-cdef-0123-456789abcdef\"}";

fn authorities(kind: Kind) -> &'static Roots {
    static RSA: OnceLock<Roots> = OnceLock::new();
    static ECDSA: OnceLock<Roots> = OnceLock::new();
    let roots = match kind {
        Kind::Rsa => &RSA,
        Kind::Ecdsa => &ECDSA,
    };
    roots.get_or_init(|| Roots::new(kind).expect("authorities can be made"))
}

fn chain(kind: Kind) -> Chain {
    let chain = authorities(kind).chain(&[NAME.to_owned()]);
    chain.expect("a chain can be made")
}

fn example() -> PathBuf {
    xtask::workspace_root().join("examples/whole-device")
}

fn bearssl() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let manifest = example().join("Cargo.toml");
        let folder = sources::folder(&manifest, "bearssl-sys").map(|dir| dir.join("lib/BearSSL"));
        folder.unwrap_or_else(|reason| panic!("{reason}"))
    })
}

/// BearSSL for this machine.
fn library() -> &'static PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| build_library().unwrap_or_else(|reason| panic!("{reason}")))
}

fn build_library() -> Result<PathBuf> {
    let dir = out_dir("whole-device/host-bearssl");
    let library = dir.join("libbearssl.a");
    let mut files = Vec::new();
    find_c(&bearssl().join("src"), &mut files)?;
    let mut cc = Command::new("cc");
    cc.current_dir(&dir)
        .args(["-c", "-O1", "-w", "-I"])
        .arg(example().join("bearssl"))
        .arg("-I")
        .arg(bearssl().join("src"))
        .arg("-I")
        .arg(bearssl().join("inc"))
        .args(&files);
    succeed(&mut cc)?;
    let objects = files
        .iter()
        .filter_map(|file| Some(Path::new(file.file_stem()?).with_extension("o")));
    let mut ar = Command::new("ar");
    succeed(ar.current_dir(&dir).arg("rcs").arg(&library).args(objects))?;
    Ok(library)
}

fn find_c(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    for entry in entries {
        let path = entry.map_err(|e| e.to_string())?.path();
        if path.is_dir() {
            find_c(&path, files)?;
        } else if path.extension() == Some(OsStr::new("c")) {
            files.push(path);
        }
    }
    Ok(())
}

fn succeed(command: &mut Command) -> Result<()> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    ))
}

fn includes(more: &Path) -> Vec<OsString> {
    let mut list = Vec::new();
    for (flag, path) in [
        ("-isystem", bearssl().join("inc")),
        ("-I", example()),
        ("-I", example().join("board")),
        ("-I", more.to_owned()),
    ] {
        list.push(flag.into());
        list.push(path.into());
    }
    list
}

fn compile(name: &str, parts: &[&str], libraries: &[&Path], more: &Path) -> Result<PathBuf> {
    let source = xtask::workspace_root().join(format!("ffi-tests/whole-device/{name}.c"));
    let parts: Vec<_> = parts.iter().map(|part| example().join(part)).collect();
    let includes = includes(more);
    let mut inputs: Vec<&OsStr> = includes.iter().map(OsString::as_os_str).collect();
    inputs.extend(parts.iter().map(|part| part.as_os_str()));
    inputs.extend(libraries.iter().map(|library| library.as_os_str()));
    Language::C11.sanitized(&source, &format!("whole-device-{name}"), &inputs)
}

/// The device's program.
fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let dir = out_dir("whole-device/host");
        let roots = [Kind::Rsa, Kind::Ecdsa].map(|kind| authorities(kind).root_pem());
        let program = anchors::c_text(&roots.concat()).and_then(|text| {
            std::fs::write(dir.join("anchors.h"), text).map_err(|e| e.to_string())?;
            let parts = ["tls.c", "publish.c", "clock.c", "validity.c"];
            compile("host", &parts, &[&archive().path, library()], &dir)
        });
        program.unwrap_or_else(|reason| panic!("{reason}"))
    })
}

/// What differs from a device that was built a year ago and has no other clock.
#[derive(Clone, Copy)]
struct Device {
    name: &'static str,
    timeout: u32,
    built: u64,
    real_time: u64,
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("it is past 1970").as_secs()
}

fn usual() -> Device {
    Device {
        name: NAME,
        timeout: 20_000,
        built: now() - YEAR,
        real_time: 0,
    }
}

/// What the device reports, `key=value` by `key=value`.
#[track_caller]
fn run(device: Device, port: u16) -> String {
    run_as(device, port, &[])
}

/// The same with a transport below TLS that `drip`s or will `break`.
#[track_caller]
fn run_as(device: Device, port: u16, below: &[&str]) -> String {
    let output = Command::new(program())
        .env("ASAN_OPTIONS", "detect_leaks=0")
        .args([&port.to_string(), device.name])
        .args([
            device.timeout.to_string(),
            device.built.to_string(),
            device.real_time.to_string(),
        ])
        .args(below)
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    text
}

#[track_caller]
fn says(report: &str, pairs: &[&str]) {
    for pair in pairs {
        assert!(
            report.split_whitespace().any(|said| said == *pair),
            "{pair} in {report}"
        );
    }
}

/// One request, whose payload ends it.
fn request(tls: &mut Tls) -> String {
    let mut text = Vec::new();
    let mut bytes = [0; 512];
    while !text.ends_with(b"}") {
        match tls.read(&mut bytes) {
            Ok(count @ 1..) => text.extend_from_slice(&bytes[..count]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Whatever is sent to the end.
fn rest(tls: Result<Tls>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(mut tls) = tls {
        let _ = tls.read_to_end(&mut bytes);
    }
    bytes
}

#[test]
fn each_kind_of_chain_is_verified_and_two_readings_go_over_one_connection() {
    // Certificates in one record, and in the smallest records that rustls makes.
    for (kind, record) in [
        (Kind::Rsa, None),
        (Kind::Rsa, Some(512)),
        (Kind::Ecdsa, None),
    ] {
        let (port, sent) = server(&chain(kind), record, |tls| {
            let mut tls = tls.expect("a handshake");
            let first = request(&mut tls);
            tls.write_all(ACCEPTED.as_bytes()).expect("it is sent");
            let second = request(&mut tls);
            tls.write_all(ACCEPTED.as_bytes()).expect("it is sent");
            tls.conn.send_close_notify();
            let _ = tls.flush();
            [first, second]
        });
        let report = run(usual(), port);
        says(&report, &["status=0", "tls=0", "http=200", "publishes=2"]);
        for request in sent.join().expect("a server") {
            assert!(
                request.starts_with("POST /topics/uniqueID/status?qos=1"),
                "{request}"
            );
            assert!(request.ends_with("{\"celsius\":21.5}"), "{request}");
        }
    }
}

#[test]
fn a_denied_token_is_minted_anew_with_the_date_of_the_response() {
    let (port, _server) = server(&chain(Kind::Ecdsa), None, |tls| {
        let mut tls = tls.expect("a handshake");
        for response in [DENIED, ACCEPTED, ACCEPTED] {
            request(&mut tls);
            tls.write_all(response.as_bytes()).expect("it is sent");
        }
    });
    let device = Device {
        built: 1_700_000_000,
        ..usual()
    };
    let report = run(device, port);
    says(
        &report,
        &[
            "status=0",
            "http=200",
            "publishes=3",
            "stored=1789997200",
            "set=1",
        ],
    );
}

#[test]
fn a_server_that_is_not_trusted_is_sent_nothing() {
    let names = [NAME.to_owned()];
    let faulty = |fault| {
        authorities(Kind::Rsa)
            .faulty(&names, fault)
            .expect("a chain")
    };
    let others = Roots::new(Kind::Ecdsa).and_then(|roots| roots.chain(&names));
    let new = Device {
        built: now(),
        ..usual()
    };
    let with_clock = Device {
        real_time: now(),
        ..usual()
    };
    let other_name = Device {
        name: "another.example",
        ..usual()
    };
    for (what, chain, device, error) in [
        ("another name", chain(Kind::Ecdsa), other_name, "tls=56"),
        ("another root", others.expect("a chain"), usual(), "tls=62"),
        ("expired", faulty(Fault::Expired), new, "tls=54"),
        (
            "not yet valid",
            faulty(Fault::NotYetValid),
            with_clock,
            "tls=1000",
        ),
        (
            "no CA",
            faulty(Fault::IntermediateWithoutCa),
            usual(),
            "tls=58",
        ),
        (
            "a leaf signs",
            faulty(Fault::SignedByLeaf),
            usual(),
            "tls=59",
        ),
        ("truncated", faulty(Fault::Truncated), usual(), "tls=62"),
    ] {
        let (port, sent) = server(&chain, None, rest);
        let report = run(device, port);
        says(&report, &["status=-30", error, "http=0", "publishes=0"]);
        assert_eq!(sent.join().expect("a server"), b"", "{what}");
    }
}

#[test]
fn without_a_clock_a_certificate_newer_than_the_build_is_no_fault() {
    let chain = authorities(Kind::Rsa).faulty(&[NAME.to_owned()], Fault::NotYetValid);
    let (port, _server) = server(&chain.expect("a chain"), None, |tls| {
        let mut tls = tls.expect("a handshake");
        for _ in 0..2 {
            request(&mut tls);
            tls.write_all(ACCEPTED.as_bytes()).expect("it is sent");
        }
    });
    says(&run(usual(), port), &["status=0", "http=200"]);
}

#[test]
fn the_deadline_holds_when_the_server_falls_silent_in_the_middle_of_the_handshake() {
    let (behind, _) = server(&chain(Kind::Rsa), None, rest);
    let (port, _server) = listen(move |mut client| {
        let mut server = TcpStream::connect(("127.0.0.1", behind)).expect("a server");
        let (mut from, mut to) = (
            client.try_clone().expect("one"),
            server.try_clone().expect("two"),
        );
        thread::spawn(move || std::io::copy(&mut from, &mut to));
        let mut half = [0; 2000];
        server.read_exact(&mut half).expect("half of the handshake");
        client.write_all(&half).expect("it is sent");
        // Until the device closes.
        let _ = client.read(&mut [0; 1]);
        server
    });
    let device = Device {
        timeout: 300,
        ..usual()
    };
    says(&run(device, port), &["status=1", "tls=0", "publishes=0"]);
}

#[test]
fn a_response_that_drips_and_a_body_without_end_are_left_at_the_deadline() {
    // Of a record each byte, and of records full of them.
    for size in [1, 400] {
        let (port, _server) = server(&chain(Kind::Ecdsa), None, move |tls| {
            let mut tls = tls.expect("a handshake");
            request(&mut tls);
            let mut sent = tls.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            while sent.is_ok() {
                sent = tls.write_all(&vec![b'x'; size]).and_then(|()| tls.flush());
            }
        });
        let report = run_as(usual(), port, &["drip"]);
        says(&report, &["status=1", "tls=0", "publishes=0"]);
        // Before each of them the clock is looked at, which takes it a millisecond.
        let received = report.split_whitespace().find_map(|said| {
            let count = said.strip_prefix("received=")?;
            count.parse::<u32>().ok()
        });
        let received = received.expect("it is reported");
        assert!((1000..=PUBLISH_TIMEOUT).contains(&received), "{report}");
    }
}

/// That of the device's configuration.h.
const PUBLISH_TIMEOUT: u32 = 10_000;

#[test]
fn a_refusal_after_the_head_is_read_although_sending_failed() {
    let goodbye = |tls: &mut Tls| {
        tls.conn.send_close_notify();
        tls.flush()
    };
    // With a length, and until the server ends TLS.
    for response in [
        "HTTP/1.1 413 Payload Too Large\r\ncontent-length: 9\r\n\r\ntoo large",
        "HTTP/1.1 413 Payload Too Large\r\n\r\ntoo large",
    ] {
        let (port, _server) = server(&chain(Kind::Ecdsa), None, move |tls| {
            let mut tls = tls.expect("a handshake");
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                tls.read_exact(&mut byte).expect("a head");
                head.extend(byte);
            }
            // In one piece, so that the device finds it there.
            tls.conn.writer().write_all(response.as_bytes())?;
            goodbye(&mut tls)
        });
        let report = run_as(usual(), port, &["break"]);
        says(&report, &["status=0", "http=413", "verdict=11"]);
        // EPIPE, for who asks.
        says(&report, &["tls=31", "below=-32"]);
    }
}

#[test]
fn a_payload_that_the_device_does_not_have_is_refused() {
    let (port, sent) = server(&chain(Kind::Ecdsa), None, rest);
    // BR_ERR_BAD_PARAM; TLS itself goes on.
    says(
        &run_as(usual(), port, &["null"]),
        &["status=-1", "tls=0", "below=0"],
    );
    let sent = sent.join().expect("a server");
    assert!(sent.starts_with(b"POST ") && sent.ends_with(b"\r\n\r\n"));
}

#[test]
fn an_end_with_and_without_tls_goodbye_is_told_apart() {
    let (port, _server) = server(&chain(Kind::Ecdsa), None, |tls| {
        let mut tls = tls.expect("a handshake");
        request(&mut tls);
        tls.conn.send_close_notify();
        let _ = tls.flush();
    });
    says(&run(usual(), port), &["status=-25", "tls=0", "below=0"]);

    let (port, _server) = server(&chain(Kind::Ecdsa), None, |tls| {
        let mut tls = tls.expect("a handshake");
        request(&mut tls);
        let _ = tls.sock.shutdown(Shutdown::Both);
    });
    // BR_ERR_IO, and MOTEPOST_IO_CLOSED below it.
    says(
        &run(usual(), port),
        &["status=-30", "tls=31", "below=-2147483648"],
    );
}

#[test]
fn a_response_larger_than_the_buffer_is_an_error() {
    let (port, _server) = server(&chain(Kind::Ecdsa), None, |tls| {
        let mut tls = tls.expect("a handshake");
        request(&mut tls);
        let body = "x".repeat(4000);
        let response = format!("HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n{body}");
        let _ = tls.write_all(response.as_bytes());
        let _ = tls.read(&mut [0; 1]);
    });
    says(&run(usual(), port), &["status=-30", "tls=6", "http=0"]);
}

#[test]
fn the_clock_and_the_dates_of_certificates() {
    let dir = out_dir("whole-device/host");
    let program = compile("time", &["clock.c", "validity.c"], &[], &dir);
    let output = program.and_then(|program| output_of(&program));
    output.unwrap_or_else(|reason| panic!("{reason}"));
}

#[test]
fn the_example_in_the_header_compiles_in_c_and_cpp() {
    let path = xtask::workspace_root().join("include/motepost_bearssl.h");
    let text = std::fs::read_to_string(&path).expect("the header");
    let comment: Vec<_> = text
        .lines()
        .map_while(|line| line.strip_prefix("//"))
        .collect();
    let blocks = header::blocks(&comment.join("\n"));
    let [block] = blocks.as_slice() else {
        panic!("{} has no example, or more than one", path.display());
    };
    let source = out_dir("whole-device/host").join("header-example.c");
    let inc = bearssl().join("inc");
    // Before the header, so that its own warnings are not ours.
    let text = format!(
        "#pragma GCC diagnostic push\n#pragma GCC diagnostic ignored \"-Wconversion\"\n#include \"{}/bearssl.h\"\n\
         #pragma GCC diagnostic pop\n#include \"motepost_bearssl.h\"\n{block}int main(void) {{ return 0; }}\n",
        inc.display()
    );
    std::fs::write(&source, text).expect("it can be written");
    for language in [Language::C99, Language::C11, Language::Cpp17] {
        let name = format!("motepost_bearssl-{language:?}");
        if language.is_here(&name) {
            let includes = [
                OsStr::new("-isystem"),
                inc.as_os_str(),
                OsStr::new("-fsyntax-only"),
            ];
            let compiled = language.plain(&source, &name, &includes);
            compiled.unwrap_or_else(|reason| panic!("{reason}"));
        }
    }
}
