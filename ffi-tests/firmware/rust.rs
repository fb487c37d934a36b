//! The firmware that is Rust from end to end: built with cargo, logging with defmt, whose numbers are turned into texts here.

use std::io::Read;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::{fs, thread};

use xtask::targets;
use xtask::toolchain::{self, Core};

use crate::Result;
use crate::emulator::{self, Running, TIMEOUT};
use crate::image::{self, Image};
use crate::mode::Mode;
use ffi_tests::cloud::{Cloud, MINTED, SIGNED, UNSIGNED};

/// What `--board` calls it.
pub const NAME: &str = "mps2-an385-rust";
const TRIPLE: &str = "thumbv7m-none-eabi";

/// Builds it with a device's credentials.
pub fn build(mode: Mode, cloud: &Cloud) -> Result<Image> {
    let id = format!("{NAME}-{}", mode.name());
    let dir = ffi_tests::out_dir(&format!("firmware/{id}"));
    let topic = format!("{id}/status");
    let device = dir.join("device.rs");
    fs::write(&device, credentials(&id, &topic, mode, cloud))
        .map_err(|e| format!("cannot write {}: {e}", device.display()))?;

    let toolchain = toolchain::find(TRIPLE)?;
    let target_dir = xtask::workspace_root().join("target/firmware-rust");
    let mut cargo = Command::new(&toolchain.cargo);
    cargo
        .current_dir(xtask::workspace_root().join("examples/firmware-rust"))
        .args(["build", "--quiet", "--release", "--locked"])
        .arg("--target-dir")
        .arg(&target_dir)
        .env("MOTEPOST_DEVICE", &device)
        .env("CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER", "arm-none-eabi-ld")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    if toolchain.core == Core::FromSource {
        cargo
            .arg("-Zbuild-std=core")
            .env("RUSTC", &toolchain.rustc)
            .env("RUSTC_BOOTSTRAP", "1");
    }
    xtask::run_tool(&mut cargo, targets::small(TRIPLE)?.packages())
        .map_err(|reason| format!("{id}: {reason}"))?;
    let path = dir.join("firmware.elf");
    fs::copy(
        target_dir.join(TRIPLE).join("release/motepost-firmware"),
        &path,
    )
    .map_err(|e| format!("cannot copy the firmware: {e}"))?;

    let (flash, ram) = image::sizes(&path)?;
    Ok(Image {
        path,
        mode,
        topic,
        flash,
        ram,
    })
}

/// What `examples/firmware-rust` includes.
fn credentials(id: &str, topic: &str, mode: Mode, cloud: &Cloud) -> String {
    let (authorizer, proof) = match mode {
        Mode::Unsigned => (UNSIGNED, "Token(\"allow\")".to_owned()),
        Mode::Wrong => (UNSIGNED, "Token(\"deny\")".to_owned()),
        Mode::Signed => (
            SIGNED,
            format!("Signed(\"allow\", &{:?})", cloud.sign("allow")),
        ),
        Mode::Minted => (MINTED, format!("Key({:?}, 1)", cloud.device_key(id))),
    };
    format!(
        "Device {{\n    endpoint: {:?},\n    id: {id:?},\n    topic: {topic:?},\n    authorizer: {authorizer:?},\n    \
         proof: Proof::{proof},\n}}\n",
        cloud.endpoint()
    )
}

/// Runs it to its end: the lines of its log.
pub fn run(image: &Image, cloud: &Cloud) -> Result<Vec<String>> {
    // The emulator's standard output takes the log, so the UART has a socket.
    let socket = cloud.file("uart");
    let _ = fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket).map_err(|e| e.to_string())?;
    let mut child = Command::new("qemu-system-arm")
        .args(["-M", "mps2-an385", "-display", "none", "-monitor", "none"])
        .args(["-semihosting-config", "enable=on,target=native"])
        .args(["-serial", &format!("unix:{}", socket.display())])
        .arg("-kernel")
        .arg(&image.path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot run qemu-system-arm: {e}"))?;
    let mut log = child
        .stdout
        .take()
        .ok_or("the emulator has no standard output")?;
    let _board = Running(child);

    let (sender, connected) = channel();
    thread::spawn(move || sender.send(listener.accept()));
    let (uart, _) = connected
        .recv_timeout(TIMEOUT)
        .map_err(|_| "the emulator did not open its UART")?
        .map_err(|e| e.to_string())?;
    let _gateway = emulator::start_gateway(uart, cloud, &cloud.file("socat.log"))?;

    let (sender, ended) = channel();
    thread::spawn(move || {
        let mut frames = Vec::new();
        let read = log.read_to_end(&mut frames);
        sender.send(read.map(|_| frames))
    });
    let frames = ended
        .recv_timeout(TIMEOUT)
        .map_err(|_| {
            format!(
                "the firmware did not end\nlocal emulator: {}",
                cloud.trace()
            )
        })?
        .map_err(|e| e.to_string())?;
    texts(&image.path, &frames)
}

/// What defmt's frames say: the firmware's ELF file has the texts.
fn texts(elf: &Path, frames: &[u8]) -> Result<Vec<String>> {
    let elf = fs::read(elf).map_err(|e| e.to_string())?;
    let table = defmt_decoder::Table::parse(&elf)
        .map_err(|e| e.to_string())?
        .ok_or("the firmware has no defmt section")?;
    let mut decoder = table.new_stream_decoder();
    decoder.received(frames);
    let mut lines = Vec::new();
    loop {
        match decoder.decode() {
            Ok(frame) => {
                let level = frame.level().map_or("", |level| level.as_str());
                lines.push(format!("{level} {}", frame.display_message()));
            }
            Err(defmt_decoder::DecodeError::UnexpectedEof) => return Ok(lines),
            Err(defmt_decoder::DecodeError::Malformed) => {
                return Err(format!("a malformed frame follows these: {lines:?}"));
            }
        }
    }
}
