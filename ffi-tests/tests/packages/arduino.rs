//! The library folder for Arduino and PlatformIO, in the tools that a registry has: Arduino's own builder with its AVR core, whose
//! sketch publishes from an emulated Uno, and PlatformIO with the compilers that are installed.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use ffi_tests::tools::{has_tools_for, is_here, left_out, succeed, text_of};
use ffi_tests::{archive, header, out_dir};
use local_iot_core::{Config, LocalIotCore};
use xtask::bundle::Bundle;
use xtask::dist::DistOptions;

fn root() -> &'static Path {
    xtask::workspace_root()
}

/// The library folder, where this machine's compilers can make it; made once.
fn library() -> Option<&'static Path> {
    static LIBRARY: OnceLock<Option<PathBuf>> = OnceLock::new();
    let library = LIBRARY.get_or_init(|| {
        for (triple, _) in Bundle::Arduino.archives().expect("there is a rustc") {
            if !has_tools_for(&triple) {
                left_out("the Arduino library", &format!("tools for {triple}"));
                return None;
            }
        }
        let options = DistOptions {
            bundles: vec![Bundle::Arduino],
            out: Some(out_dir("arduino").join("release")),
            ..DistOptions::default()
        };
        let made = xtask::dist::make(&options).unwrap_or_else(|reason| panic!("{reason}"));
        Some(made[0].clone())
    });
    library.as_deref()
}

/// STM32duino compiles for a Cortex-M33's fpv5 as for fpv4, and arduino-cli looks for the archive by those flags.
#[test]
#[ignore = "makes the archives of every processor, which takes minutes"]
fn a_cortex_m33_program_links_with_stm32duino_s_flags() {
    let what = "a program with STM32duino's flags";
    if !is_here("arm-none-eabi-gcc", what) {
        return;
    }
    let Some(library) = library() else {
        return;
    };
    let folder = library.join("src/cortex-m33/fpv4-sp-d16-hard");
    succeed(
        Command::new("arm-none-eabi-gcc")
            .args(["-mcpu=cortex-m33", "-mthumb", "-mfpu=fpv4-sp-d16"])
            .args([
                "-mfloat-abi=hard",
                "--specs=nano.specs",
                "--specs=nosys.specs",
            ])
            .args(["-Wall", "-Werror", "-Wl,--no-warnings", "-I"])
            .arg(library.join("src"))
            .arg(root().join("ffi-tests/platformio/src/small.c"))
            .arg(format!("-L{}", folder.display()))
            .arg("-lmotepost")
            .arg("-o")
            .arg(out_dir("arduino").join("cortex-m33-fpv4.elf")),
    );
}

fn empty(name: &str) -> PathBuf {
    let dir = out_dir("arduino").join(name);
    if dir.exists() {
        fs::remove_dir_all(&dir).expect("it can be removed");
    }
    fs::create_dir_all(&dir).expect("it can be made");
    dir
}

fn emulator() -> LocalIotCore {
    LocalIotCore::start(Config::default()).unwrap_or_else(|reason| panic!("{reason}"))
}

#[test]
fn both_manifests_have_the_crate_s_version() {
    let version = env!("CARGO_PKG_VERSION");
    for (name, line) in [
        ("library.properties", format!("version={version}\n")),
        ("library.json", format!("\"version\": \"{version}\"")),
    ] {
        let text = fs::read_to_string(root().join("arduino").join(name)).expect("it is there");
        assert!(text.contains(&line), "{name}: {line}");
    }
}

#[test]
#[ignore = "makes the archives of every processor, which takes minutes"]
fn every_archive_lies_where_arduino_looks_for_its_processor() {
    let Some(library) = library() else {
        return;
    };
    for (_, folders) in Bundle::Arduino.archives().expect("there is a rustc") {
        for folder in folders {
            assert!(
                library.join(&folder).join("libmotepost.a").is_file(),
                "{folder}"
            );
        }
    }
    for name in [
        "library.json",
        "library.properties",
        "src/motepost.h",
        "src/motepost_arduino.h",
        "LICENSE-MIT",
    ] {
        assert!(library.join(name).is_file(), "{name}");
    }
    succeed(
        Command::new("sha256sum")
            .args(["--check", "--strict", "--quiet", "SHA256SUMS"])
            .current_dir(library),
    );
}

/// The gateway sketch with a token, compiled by Arduino's builder; its ELF.
///
/// Debian's builder is older than precompiled libraries, so it is told what newer ones take from `library.properties`: to link
/// `ldflags` with the folder of the board's `build.mcu`.
fn compiled(library: &Path, board: &str, mcu: &str, token: &str) -> PathBuf {
    let name = format!("{board}-{token}");
    let sketch = empty(&name).join("Gateway");
    fs::create_dir_all(&sketch).expect("it can be made");
    let from = library.join("examples/Gateway");
    fs::copy(from.join("Gateway.ino"), sketch.join("Gateway.ino")).expect("it is there");
    let secrets = fs::read_to_string(from.join("arduino_secrets.h")).expect("it is there");
    let secrets = secrets.replace("\"allow\"", &format!("\"{token}\""));
    fs::write(sketch.join("arduino_secrets.h"), secrets).expect("it can be written");
    // Arduino looks for libraries in a folder of libraries, named as it likes.
    let libraries = empty(&format!("{name}-libraries"));
    std::os::unix::fs::symlink(library, libraries.join("Motepost")).expect("it can be linked");
    let properties = fs::read_to_string(library.join("library.properties")).expect("it is there");
    assert!(properties.contains("precompiled=true\n"));
    let ldflags = properties
        .lines()
        .find_map(|line| line.strip_prefix("ldflags="))
        .expect("it has ldflags");
    let folder = library.join("src").join(mcu);
    let ldflags = format!(
        "compiler.libraries.ldflags=-L{} {ldflags}",
        folder.display()
    );
    let build = empty(&format!("{name}-build"));
    succeed(
        Command::new("arduino-builder")
            .args(["-compile", "-hardware", "/usr/share/arduino/hardware"])
            .args([
                "-tools",
                "/usr/bin",
                "-prefs",
                "runtime.tools.avr-gcc.path=/usr",
            ])
            .args(["-prefs", CTAGS, "-prefs", DECIMAL_DIG, "-prefs", &ldflags])
            .args(["-fqbn", &format!("arduino:avr:{board}"), "-libraries"])
            .arg(&libraries)
            .arg("-build-path")
            .arg(&build)
            .arg(sketch.join("Gateway.ino")),
    );
    build.join("Gateway.ino.elf")
}

/// As Arduino's own package has it.
const CTAGS: &str = "tools.ctags.pattern=/usr/bin/arduino-ctags -u --language-force=c++ -f - --c++-kinds=svpf --fields=KSTtzns --line-directives {source_file}";

/// Debian's compiler is older than its Arduino core.
const DECIMAL_DIG: &str = "compiler.cpp.extra_flags=-DDECIMAL_DIG=__DECIMAL_DIG__";

struct Emulator(Child);

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "makes the archives of every processor, which takes minutes"]
fn a_sketch_that_arduino_built_publishes_from_an_emulated_uno() {
    let what = "an Arduino sketch on an emulated Uno";
    if !is_here("arduino-builder", what)
        || !is_here("avr-gcc", what)
        || !is_here("qemu-system-avr", what)
    {
        return;
    }
    let Some(library) = library() else {
        return;
    };
    for (token, accepted) in [("allow", true), ("deny", false)] {
        let sketch = compiled(library, "uno", "atmega328p", token);
        let emulator = emulator();
        // The local emulator takes the place of the gateway: its UART's bytes go to TCP as they are.
        let serial = format!("tcp:127.0.0.1:{}", emulator.http_addr().port());
        let child = Command::new("qemu-system-avr")
            .args([
                "-M", "uno", "-display", "none", "-monitor", "none", "-serial", &serial, "-bios",
            ])
            .arg(&sketch)
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        let _emulator = Emulator(child);
        let deadline = Instant::now() + Duration::from_secs(60);
        while emulator.trace().is_empty() && Instant::now() < deadline {
            std::thread::yield_now();
        }
        let trace = emulator.trace();
        assert_eq!(trace.len(), 1, "{token}");
        assert_eq!(trace[0].accepted, accepted, "{token}");
        assert_eq!(trace[0].topic.as_deref(), Some("uniqueID/status"));
    }
}

#[test]
#[ignore = "makes the archives of every processor, which takes minutes"]
fn arduino_links_the_archive_for_a_leonardo_too() {
    let what = "an Arduino sketch for a Leonardo";
    if !is_here("arduino-builder", what) || !is_here("avr-gcc", what) {
        return;
    }
    if let Some(library) = library() {
        compiled(library, "leonardo", "atmega32u4", "allow");
    }
}

/// A sketch, compiled with this host's compiler over a few declarations of Arduino's.
fn on_this_host(name: &str, sketch: &Path) -> Option<PathBuf> {
    if !is_here("c++", name) {
        return None;
    }
    let program = out_dir("arduino").join(name);
    succeed(
        Command::new("c++")
            .args(["-std=c++11", "-Wall", "-Wextra", "-Werror"])
            .arg(format!("-DSKETCH=\"{}\"", sketch.display()))
            .arg("-I")
            .arg(root().join("include"))
            .arg("-I")
            .arg(root().join("ffi-tests/arduino/include"))
            .arg(root().join("ffi-tests/arduino/sketch.cpp"))
            .arg(&archive().path)
            .arg("-o")
            .arg(&program),
    );
    Some(program)
}

/// The same for a sketch that is written here.
fn sketch(name: &str, text: &str) -> Option<PathBuf> {
    let path = out_dir("arduino").join(name).with_extension("ino");
    fs::write(&path, text).expect("it can be written");
    on_this_host(name, &path)
}

fn https_sketch() -> PathBuf {
    root().join("arduino/examples/Https/Https.ino")
}

#[test]
fn the_https_sketch_publishes_over_a_client() {
    let Some(program) = on_this_host("https", &https_sketch()) else {
        return;
    };
    let emulator = emulator();
    let port = emulator.http_addr().port().to_string();
    let said = succeed(Command::new(program).env("HOST_PORT", port));
    assert_eq!(
        said,
        "CA of 58 bytes\nSNI a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com, port 443\nmotepost: 200\n"
    );
    assert!(emulator.trace()[0].accepted);
}

#[test]
fn a_client_whose_peer_closes_is_told_apart_from_one_that_waits() {
    let Some(program) = on_this_host("https-closed", &https_sketch()) else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = listener.local_addr().expect("it has an address").port();
    let closing = std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().expect("somebody connects");
        // Read first: a close with bytes unread is a reset, which is another thing.
        let _ = peer.read(&mut [0; 1024]);
    });
    let said = succeed(Command::new(program).env("HOST_PORT", port.to_string()));
    closing.join().expect("it ends");
    assert!(
        said.ends_with("motepost: the peer closed before its response was complete\n"),
        "{said}"
    );
}

#[test]
fn a_peer_that_never_stops_answering_is_left_at_the_deadline() {
    let Some(program) = sketch("endless", ENDLESS) else {
        return;
    };
    assert_eq!(succeed(&mut Command::new(program)), "1\n", "AGAIN");
}

/// A connection that has no end, and a publish over it.
const ENDLESS: &str = r#"
#include <motepost_arduino.h>

class Endless : public Client {
public:
    int connect(const char *, uint16_t) { return 1; }
    size_t write(uint8_t) { return 1; }
    size_t write(const uint8_t *, size_t size) { return size; }
    int available() { return 1; }
    int peek() { return 'x'; }
    int read() { return *said != 0 ? *said++ : 'x'; }
    int read(uint8_t *buffer, size_t) {
        *buffer = (uint8_t)read();
        return 1;
    }
    void stop() {}
    uint8_t connected() { return 1; }

private:
    const char *said = "HTTP/1.1 200 OK\r\n\r\n";
};

void setup() {
    static uint8_t buffer[128];
    static motepost_exchange_t exchange;
    motepost_publish_t publish = {};
    motepost_response_t response;
    Endless client;
    host_time = 0;
    publish.endpoint = MOTEPOST_STR("host.example");
    publish.topic = MOTEPOST_STR("uniqueID/status");
    motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
    Serial.println((int)motepost_arduino_run(client, &exchange, &response, 50));
}
"#;

#[test]
fn a_stream_that_always_has_one_byte_more_is_left_at_the_deadline() {
    let Some(program) = sketch("drip", DRIP) else {
        return;
    };
    // AGAIN; the line does not fall silent afterwards, so it is given up, and that is said.
    assert_eq!(succeed(&mut Command::new(program)), "1\n0\n");
}

/// A line that has a byte at each call from the request on, and a publish over it. A look at the clock takes a millisecond.
const DRIP: &str = r#"
#include <motepost_arduino.h>

class Drip : public Stream {
public:
    size_t write(uint8_t) { return 1; }
    size_t write(const uint8_t *, size_t size) {
        said = "HTTP/1.1 200 OK\r\n\r\n";
        return size;
    }
    int available() { return said != nullptr && (has_one = !has_one); }
    int peek() { return 'x'; }
    int read() { return *said != 0 ? *said++ : 'x'; }

private:
    const char *said = nullptr;
    bool has_one = false;
};

void setup() {
    static uint8_t buffer[128];
    static motepost_exchange_t exchange;
    motepost_publish_t publish = {};
    motepost_response_t response;
    Drip line;
    host_time = 0;
    publish.endpoint = MOTEPOST_STR("host.example");
    publish.topic = MOTEPOST_STR("uniqueID/status");
    motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
    bool is_silent = true;
    Serial.println((int)motepost_arduino_run(line, &exchange, &response, 50, &is_silent));
    Serial.println((int)is_silent);
}
"#;

#[test]
fn a_refusal_after_the_head_is_read_although_the_client_is_gone() {
    let Some(program) = sketch("refusal", REFUSAL) else {
        return;
    };
    let said = succeed(&mut Command::new(program));
    assert_eq!(said, "0\n413\n11\n", "OK, and rejected");
}

/// A server that refuses a message after its head, and closes.
const REFUSAL: &str = r#"
#include <string.h>
#include <motepost_arduino.h>

class Refusal : public Client {
public:
    int connect(const char *, uint16_t) { return 1; }
    size_t write(uint8_t) { return 0; }
    size_t write(const uint8_t *, size_t size) { return writes++ == 0 ? size : 0; }
    int available() { return writes > 0 ? (int)strlen(said) : 0; }
    int peek() { return *said; }
    int read() { return *said++; }
    int read(uint8_t *buffer, size_t) {
        *buffer = (uint8_t)read();
        return 1;
    }
    void stop() {}
    uint8_t connected() { return writes < 2; }

private:
    const char *said = "HTTP/1.1 413 Payload Too Large\r\ncontent-length: 9\r\n\r\ntoo large";
    int writes = 0;
};

void setup() {
    static const uint8_t large[MOTEPOST_MAX_PAYLOAD] = {0};
    static uint8_t buffer[128];
    static motepost_exchange_t exchange;
    motepost_publish_t publish = {};
    motepost_response_t response = {};
    Refusal client;
    publish.endpoint = MOTEPOST_STR("host.example");
    publish.topic = MOTEPOST_STR("uniqueID/status");
    publish.payload.ptr = large;
    publish.payload.len = sizeof large;
    motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
    Serial.println((int)motepost_arduino_run(client, &exchange, &response, 10000));
    Serial.println((int)response.status);
    Serial.println((int)response.verdict);
}
"#;

#[test]
fn a_payload_that_the_sketch_does_not_have_is_refused() {
    let Some(program) = sketch("without-payload", WITHOUT_PAYLOAD) else {
        return;
    };
    // MOTEPOST_E_NULL, and the head alone was written.
    let said = succeed(&mut Command::new(program));
    assert_eq!(said, "-30\n-2\n1\n".repeat(2));
}

/// A line and a client that take everything and say nothing, and an exchange that asks for its payload.
const WITHOUT_PAYLOAD: &str = r#"
#define MOTEPOST_ARDUINO_SILENCE 1
#include <motepost_arduino.h>

static int writes;

class Taker : public Client {
public:
    int connect(const char *, uint16_t) { return 1; }
    size_t write(uint8_t) { return 0; }
    size_t write(const uint8_t *, size_t size) {
        writes++;
        return size;
    }
    int available() { return 0; }
    int peek() { return -1; }
    int read() { return -1; }
    int read(uint8_t *, size_t) { return -1; }
    void stop() {}
    uint8_t connected() { return 1; }
};

template <class Transport> static void publish(Transport &transport) {
    static uint8_t buffer[128];
    static motepost_exchange_t exchange;
    motepost_publish_t publish = {};
    motepost_response_t response;
    publish.endpoint = MOTEPOST_STR("host.example");
    publish.topic = MOTEPOST_STR("uniqueID/status");
    writes = 0;
    motepost_exchange_init_head(&exchange, &publish, buffer, sizeof buffer, 300);
    Serial.println((int)motepost_arduino_run(transport, &exchange, &response, 10000));
    Serial.println((int)motepost_exchange_io_error(&exchange));
    Serial.println(writes);
}

void setup() {
    Taker taker;
    host_time = 0;
    publish<Client>(taker);
    publish<Stream>(taker);
}
"#;

#[test]
fn a_stream_s_verdicts_are_their_own_although_the_first_response_comes_late() {
    let Some(program) = sketch("late", LATE) else {
        return;
    };
    // AGAIN, and then four responses of their own; and a line that never falls silent is given up.
    let said = succeed(&mut Command::new(program));
    assert_eq!(said, "1\n403\n200\n403\n200\n0\n");
}

/// A line to a gateway that gives 200 and 403 by turns, the first time only after the deadline; and one that never stops.
const LATE: &str = r#"
#include <string.h>
#include <motepost_arduino.h>

class Line : public Stream {
public:
    size_t write(uint8_t) { return 1; }
    size_t write(const uint8_t *, size_t size) {
        requests++;
        // Before the silence that follows the deadline is over.
        comes = host_time + (requests == 1 ? 5000 + 15000 : 20);
        text = requests % 2 == 1 ? "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
                                 : "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
        return size;
    }
    int available() { return host_time >= comes ? (int)strlen(text) : 0; }
    int peek() { return *text; }
    int read() { return *text++; }

private:
    const char *text = "";
    long comes = 0;
    int requests = 0;
};

class Endless : public Line {
public:
    int available() { return 1; }
    int read() { return 'x'; }
};

void setup() {
    static uint8_t buffer[128];
    static motepost_exchange_t exchange;
    motepost_publish_t publish = {};
    motepost_response_t response;
    Line line;
    Endless endless;
    host_time = 0;
    publish.endpoint = MOTEPOST_STR("host.example");
    publish.topic = MOTEPOST_STR("uniqueID/status");
    for (int left = 5; left > 0; left--) {
        motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
        const int32_t status = motepost_arduino_run(line, &exchange, &response, 5000);
        Serial.println(status == MOTEPOST_OK ? response.status : (int)status);
    }
    Serial.println((int)motepost_arduino_resync(endless, 1000, 4000));
}
"#;

#[test]
fn what_a_stream_holds_is_dropped_to_its_end_or_nothing_is_sent() {
    let Some(program) = sketch("held", HELD) else {
        return;
    };
    // Its own response after 5,000 old bytes, a silent line, one write. Then a line that never falls silent: AGAIN, and no write.
    let said = succeed(&mut Command::new(program));
    assert_eq!(said, "0\n403\n1\n1\n1\n0\n0\n");
}

/// A line that still holds an old response after other bytes, and one that always has one more byte.
const HELD: &str = r#"
#include <string.h>
#define MOTEPOST_ARDUINO_SILENCE 100
#include <motepost_arduino.h>

class Held : public Stream {
public:
    Held(long more) : before(more) {}
    size_t write(uint8_t) { return 1; }
    size_t write(const uint8_t *, size_t size) {
        writes++;
        text = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
        return size;
    }
    int available() { return before > 0 || *text != 0; }
    int peek() { return 'x'; }
    int read() {
        if (before > 0) {
            before--;
            return 'x';
        }
        return *text++;
    }
    int writes = 0;

private:
    long before;
    const char *text = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
};

static void publish(Held &line) {
    static uint8_t buffer[128];
    static motepost_exchange_t exchange;
    motepost_publish_t publish = {};
    motepost_response_t response = {};
    bool is_silent = false;
    publish.endpoint = MOTEPOST_STR("host.example");
    publish.topic = MOTEPOST_STR("uniqueID/status");
    motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
    const int32_t status = motepost_arduino_run(line, &exchange, &response, 1000, &is_silent);
    Serial.println((int)status);
    if (status == MOTEPOST_OK) {
        Serial.println((int)response.status);
    }
    Serial.println((int)is_silent);
    Serial.println(line.writes);
}

void setup() {
    Held line(5000), endless(1000000000);
    host_time = 0;
    publish(line);
    publish(endless);
    if (host_time > 5000) {
        Serial.println("late");
    }
}
"#;

#[test]
fn the_header_s_example_compiles() {
    let text = fs::read_to_string(root().join("include/motepost_arduino.h")).expect("it is there");
    let comment: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//"))
        .collect();
    let blocks = header::blocks(&comment.join("\n"));
    assert_eq!(blocks.len(), 1);
    let source = out_dir("arduino").join("header-example.ino");
    let program = format!(
        "#include <motepost_arduino.h>\n{}\nvoid setup() {{}}\n",
        blocks[0]
    );
    fs::write(&source, program).expect("it can be written");
    on_this_host("header-example", &source);
}

/// PlatformIO, where Python has it and its SCons, with a folder of that name for what it keeps.
fn pio(folder: &str) -> Option<Command> {
    let python = std::env::var("MOTEPOST_PYTHON").unwrap_or_else(|_| "python3".into());
    let here = Command::new(&python)
        .args(["-c", "import platformio, SCons"])
        .output();
    if !here.is_ok_and(|output| output.status.success()) {
        left_out("the PlatformIO library", "Python with platformio and scons");
        return None;
    }
    let mut command = Command::new(python);
    command
        .current_dir(root().join("ffi-tests/platformio"))
        .arg("pio.py")
        .arg(out_dir("arduino").join(folder));
    Some(command)
}

#[test]
#[ignore = "makes the archives of every processor, which takes minutes"]
fn platformio_links_the_archive_that_fits_each_compiler() {
    let (Some(library), Some(mut pio)) = (library(), pio("platformio")) else {
        return;
    };
    for compiler in [
        "arm-none-eabi-gcc",
        "riscv64-unknown-elf-gcc",
        "avr-gcc",
        "xtensa-lx106-elf-gcc",
    ] {
        if !is_here(compiler, "PlatformIO's choice of an archive") {
            return;
        }
    }
    let output = pio
        .args(["run"])
        .env("LIBRARY", library)
        .output()
        .expect("it runs");
    let said = text_of(&output);
    for (environment, expected) in [
        ("host", "SUCCESS"),
        ("cortex-m0", "SUCCESS"),
        ("cortex-m3", "SUCCESS"),
        ("cortex-m4", "SUCCESS"),
        ("cortex-m7-hard", "SUCCESS"),
        ("cortex-m33-hard", "SUCCESS"),
        ("esp32c3", "SUCCESS"),
        ("esp32c6", "SUCCESS"),
        ("uno", "SUCCESS"),
        ("esp8266", "SUCCESS"),
        ("esp32p4", "FAILED"),
        ("mega", "FAILED"),
    ] {
        let row = said
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .find(|words| words.len() == 3 && words[0] == environment);
        assert_eq!(
            row.map(|words| words[1]),
            Some(expected),
            "{environment}: {said}"
        );
    }
    assert_eq!(
        said.matches("no archive for this processor and float ABI")
            .count(),
        2,
        "{said}"
    );

    let emulator = emulator();
    let port = emulator.http_addr().port().to_string();
    let program = out_dir("arduino").join("platformio/workspace/build/host/program");
    let said = succeed(
        Command::new(program)
            .args([
                "--host",
                "127.0.0.1",
                "--port",
                &port,
                "--topic",
                "uniqueID/status",
            ])
            .args(["--id", "uniqueID", "--authorizer", "unsignedAuthorizer"])
            .args(["--token-key", "token", "--token", "allow", "a reading"]),
    );
    assert!(said.contains("200, accepted"), "{said}");
}

/// Debian has no compiler with register windows, but the ESP8266's says what one would.
#[test]
#[ignore = "makes the archives of every processor, which takes minutes"]
fn platformio_tells_the_two_abis_of_xtensa_apart() {
    let what = "PlatformIO's choice for Xtensa";
    let gcc = xtask::xtensa::program::GCC;
    if !is_here("python3", what) || !is_here(gcc, what) {
        return;
    }
    let Some(library) = library() else {
        return;
    };
    for (flag, folder) in [
        ("-mabi=windowed", "src/esp32"),
        ("-mabi=call0", "src/esp8266"),
    ] {
        let said = succeed(
            Command::new("python3")
                .current_dir(library)
                .arg(root().join("ffi-tests/platformio/choose.py"))
                .args([gcc, flag]),
        );
        assert!(said.ends_with(&format!("{folder} motepost\n")), "{said}");
    }
}

#[test]
#[ignore = "makes the archives of every processor, which takes minutes"]
fn platformio_packs_the_library() {
    let (Some(library), Some(mut pio)) = (library(), pio("platformio-pack")) else {
        return;
    };
    // PlatformIO looks the licence up in a list that it downloads, so the copy that is packed here has none.
    let copy = empty("unpacked").join("Motepost");
    succeed(Command::new("cp").arg("-r").arg(library).arg(&copy));
    let manifest = fs::read_to_string(copy.join("library.json")).expect("it is there");
    let lines = manifest.lines().filter(|line| !line.contains("license"));
    let manifest: String = lines.flat_map(|line| [line, "\n"]).collect();
    fs::write(copy.join("library.json"), manifest).expect("it can be written");
    let package = empty("packed").join("motepost.tar.gz");
    succeed(
        pio.args(["pkg", "pack"])
            .arg(&copy)
            .arg("--output")
            .arg(&package),
    );
    let list = succeed(Command::new("tar").arg("-tzf").arg(&package));
    let names: Vec<_> = list.lines().collect();
    for name in [
        "library.json",
        "platformio.py",
        "src/motepost.h",
        "src/cortex-m4/libmotepost.a",
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
}
