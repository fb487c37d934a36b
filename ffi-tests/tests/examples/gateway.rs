//! `docs/gateway.md`: its commands, run as they stand there, with the local emulator in AWS's place.

#![cfg(unix)]

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use ffi_tests::compiler::Language;
use ffi_tests::{archive, tools};
use local_iot_core::{Config, LocalIotCore};

const TIMEOUT: Duration = Duration::from_secs(20);

/// The page's block of that name.
fn block(name: &str) -> &'static str {
    static PAGE: OnceLock<String> = OnceLock::new();
    let page = PAGE.get_or_init(|| {
        let path = xtask::workspace_root().join("docs/gateway.md");
        std::fs::read_to_string(&path).expect("the page is there")
    });
    let head = format!("```sh {name}\n");
    let (_, after) = page.split_once(&head).expect("a block of that name");
    after.split_once("```").expect("a block that ends").0
}

/// The directory with `publish` in it.
fn device_programs() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let dir = ffi_tests::out_dir("programs/gateway");
        let source = xtask::workspace_root().join("examples/c-posix/publish.c");
        let program =
            Language::C99.sanitized(&source, "gateway/publish", &[archive().path.as_os_str()]);
        program.unwrap_or_else(|reason| panic!("{reason}"));
        dir
    })
}

/// Whether this machine has the tool; says so if not.
fn has(tool: &str) -> bool {
    let looked = Command::new("sh")
        .args(["-c", &format!("command -v {tool}")])
        .output();
    let here = looked.is_ok_and(|looked| looked.status.success());
    if !here {
        tools::left_out("a gateway of docs/gateway.md", tool);
    }
    here
}

/// A process and all that it started; ended with this.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.expect("it can be started"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["--", &group]).status();
        let _ = self.0.wait();
    }
}

/// A gateway's directory, and what its commands find in their environment.
struct Place {
    emulator: LocalIotCore,
    dir: tempfile::TempDir,
    listen: u16,
}

impl Place {
    fn new() -> Self {
        let emulator = LocalIotCore::start(Config::default());
        let emulator = emulator.unwrap_or_else(|reason| panic!("{reason}"));
        let dir = tempfile::tempdir().expect("a directory can be made");
        std::fs::write(dir.path().join("ca.pem"), emulator.ca_pem()).expect("it can be written");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let listen = free.expect("there is a free port").port();
        Self {
            emulator,
            dir,
            listen,
        }
    }

    fn shell(&self, commands: &str, uart: &str) -> Command {
        let mut shell = Command::new("sh");
        shell
            .args(["-euc", commands])
            .current_dir(self.dir.path())
            .env("ENDPOINT", self.emulator.endpoint())
            .env("PORT", self.emulator.https_addr().port().to_string())
            .env("LISTEN", self.listen.to_string())
            .env("UART", self.dir.path().join(uart));
        shell
    }

    fn publish(&self, name: &str) -> Output {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = [device_programs().to_owned()];
        let paths = paths.into_iter().chain(std::env::split_paths(&path));
        self.shell(block(&format!("device: {name}")), "device")
            .env(
                "PATH",
                std::env::join_paths(paths).expect("no colon in them"),
            )
            .env("MOTEPOST_TOKEN", "allow")
            .env("ASAN_OPTIONS", "detect_leaks=0")
            .output()
            .expect("sh is here")
    }

    /// A gateway that takes connections.
    fn gateway(&self, commands: &str) -> Running {
        let mut gateway = Running::start(&mut self.shell(commands, "gateway"));
        let until = Instant::now() + TIMEOUT;
        while TcpStream::connect(("127.0.0.1", self.listen)).is_err() {
            assert!(
                gateway.0.try_wait().is_ok_and(|ended| ended.is_none()),
                "it ended"
            );
            assert!(Instant::now() < until, "nobody listens at {}", self.listen);
            std::thread::yield_now();
        }
        gateway
    }

    #[track_caller]
    fn expect_accepted(&self, published: &Output) {
        let text = String::from_utf8_lossy(&published.stdout);
        assert!(
            published.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&published.stderr)
        );
        assert!(text.contains("200, accepted"), "{text}");
        let trace = self.emulator.trace();
        assert!(trace.iter().any(|entry| entry.accepted), "{trace:?}");
    }

    #[track_caller]
    fn expect_nothing_passed(&self, published: &Output) {
        let text = String::from_utf8_lossy(&published.stderr);
        assert_eq!(published.status.code(), Some(3), "{text}");
        let trace = self.emulator.trace();
        assert!(
            trace.iter().all(|entry| entry.status.is_none()),
            "{trace:?}"
        );
    }
}

#[test]
fn a_device_on_a_serial_line_publishes_through_socat() {
    if !has("socat") {
        return;
    }
    let place = Place::new();
    let end = |name: &str| {
        format!(
            "PTY,raw,echo=0,link={}",
            place.dir.path().join(name).display()
        )
    };
    let _cable = Running::start(Command::new("socat").args([end("device"), end("gateway")]));
    let until = Instant::now() + TIMEOUT;
    while !["device", "gateway"]
        .iter()
        .all(|name| place.dir.path().join(name).exists())
    {
        assert!(Instant::now() < until, "socat makes no pseudo-terminals");
        std::thread::yield_now();
    }
    let _gateway = Running::start(&mut place.shell(block("gateway: uart"), "gateway"));
    place.expect_accepted(&place.publish("uart"));
}

#[test]
fn a_device_on_the_network_publishes_through_socat_and_stunnel() {
    for name in ["socat", "stunnel"] {
        if !has(name) {
            continue;
        }
        let place = Place::new();
        let _gateway = place.gateway(block(&format!("gateway: {name}")));
        place.expect_accepted(&place.publish(name));
        // And again, on a connection of its own.
        place.expect_accepted(&place.publish(name));
    }
}

#[test]
fn a_gateway_passes_nothing_to_a_server_with_another_ca() {
    for name in ["socat", "stunnel"] {
        if !has(name) {
            continue;
        }
        let (place, other) = (Place::new(), Place::new());
        let ca = other.emulator.ca_pem();
        std::fs::write(place.dir.path().join("ca.pem"), ca).expect("it can be written");
        let _gateway = place.gateway(block(&format!("gateway: {name}")));
        place.expect_nothing_passed(&place.publish(name));
    }
}

#[test]
fn a_gateway_passes_nothing_to_a_server_of_another_name() {
    for name in ["socat", "stunnel"] {
        if !has(name) {
            continue;
        }
        let place = Place::new();
        let elsewhere = block(&format!("gateway: {name}"))
            .replace("commonname=\"$ENDPOINT\"", "commonname=elsewhere.example")
            .replace("checkHost = $ENDPOINT", "checkHost = elsewhere.example");
        let _gateway = place.gateway(&elsewhere);
        place.expect_nothing_passed(&place.publish(name));
    }
}

#[test]
fn a_gateway_holds_no_secret() {
    for name in ["uart", "socat", "stunnel"] {
        let commands = block(&format!("gateway: {name}")).to_lowercase();
        for secret in ["token", "allow", "authorizer", "signature", "key", "cert="] {
            assert!(!commands.contains(secret), "{name}: {secret}");
        }
        let device = block(&format!("device: {name}"));
        // The environment's, MOTEPOST_TOKEN: a command line is seen by others.
        assert!(!device.contains("--token "), "{name}");
        assert!(device.contains("--token-key token"), "{name}");
    }
}
