//! One board's firmware: the credentials of its device, compiled and linked.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use object::{Object, ObjectSection, SectionFlags, SectionKind};

use crate::Result;
use crate::board::{Board, Libc};
use crate::mode::Mode;
use ffi_tests::cloud::{Cloud, MINTED, SIGNED, UNSIGNED};

/// What each board measures.
pub const READING: &str = r#"{"celsius":21.5}"#;

/// A linked firmware.
pub struct Image {
    /// The ELF file.
    pub path: PathBuf,
    /// What it proves itself with.
    pub mode: Mode,
    /// Where it publishes.
    pub topic: String,
    /// What it takes of the flash: code, constants, and what the RAM is filled with at the start.
    pub flash: u64,
    /// What it takes of the RAM before it runs, the stack not among it.
    pub ram: u64,
}

impl Image {
    /// By how much it is too large, where it is.
    pub fn missing_room(&self, board: &Board) -> Option<u64> {
        (self.ram + board.stack_for(self.mode))
            .checked_sub(board.ram?)
            .filter(|missing| *missing > 0)
    }
}

/// Compiles the firmware with a device's credentials.
pub fn build(
    board: &Board,
    libc: &Libc,
    mode: Mode,
    archive: &Path,
    cloud: &Cloud,
    definitions: &[&str],
) -> Result<Image> {
    let root = xtask::workspace_root().join("examples/firmware");
    let id = format!("{}-{}-{}", board.name, libc.name, mode.name());
    let dir = ffi_tests::out_dir(&format!("firmware/{id}"));
    let topic = format!("{id}/status");
    let header = dir.join("credentials.h");
    fs::write(&header, credentials(&id, &topic, mode, cloud))
        .map_err(|e| format!("cannot write {}: {e}", header.display()))?;

    let path = dir.join("firmware.elf");
    let target = board.target()?;
    let mut compiler = Command::new(target.gcc);
    compiler.args(
        target
            .flags
            .iter()
            .filter(|flag| libc.specs.is_none() || !flag.starts_with("--specs")),
    );
    compiler.args(libc.specs.map(|specs| format!("--specs={specs}")));
    compiler.args(["-Os", "-std=c11", "-Wall", "-Wextra", "-Werror"]);
    compiler.args([
        "-ffunction-sections",
        "-fdata-sections",
        "-Wl,--gc-sections",
    ]);
    compiler.args(definitions);
    for include in [&dir, &root, &xtask::workspace_root().join("include")] {
        compiler.arg("-I").arg(include);
    }
    if let Some(script) = board.linker_script {
        compiler.args([
            "-nostartfiles",
            &format!("-Wl,--defsym=STACK_SIZE={}", board.stack_for(mode)),
        ]);
        compiler
            .arg("-L")
            .arg(root.join(board.folder))
            .arg("-T")
            .arg(root.join(script));
    } else {
        compiler.arg("-DF_CPU=16000000UL");
    }
    compiler
        .arg(root.join("publish.c"))
        .arg(root.join(board.folder).join("board.c"));
    compiler.args(board.more_sources.iter().map(|source| root.join(source)));
    compiler.arg(archive).arg("-o").arg(&path);
    xtask::run_tool(&mut compiler, target.packages())
        .map_err(|reason| format!("{id}: {reason}"))?;

    let (flash, ram) = sizes(&path)?;
    Ok(Image {
        path,
        mode,
        topic,
        flash,
        ram,
    })
}

/// What `motepost` would have provisioned the device with.
fn credentials(id: &str, topic: &str, mode: Mode, cloud: &Cloud) -> String {
    let mut text = String::new();
    let mut define = |name: &str, value: &str| {
        let _ = writeln!(text, "#define {name} {value}");
    };
    let authorizer = match mode {
        Mode::Unsigned | Mode::Wrong => UNSIGNED,
        Mode::Signed => SIGNED,
        Mode::Minted => MINTED,
    };
    define("ENDPOINT", &quoted(cloud.endpoint()));
    define("DEVICE_ID", &quoted(id));
    define("TOPIC", &quoted(topic));
    define("AUTHORIZER", &quoted(authorizer));
    define("READING", &quoted(READING));
    match mode {
        Mode::Unsigned => define("TOKEN", &quoted("allow")),
        Mode::Wrong => define("TOKEN", &quoted("deny")),
        Mode::Signed => {
            define("TOKEN", &quoted("allow"));
            define("SIGNATURE", &bytes(&cloud.sign("allow")));
        }
        Mode::Minted => {
            define("DEVICE_KEY", &bytes(&cloud.device_key(id)));
            define("COUNTER", "1");
        }
    }
    text
}

/// A C string.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

fn bytes(bytes: &[u8]) -> String {
    let list: Vec<_> = bytes.iter().map(u8::to_string).collect();
    format!("{{{}}}", list.join(", "))
}

/// Of flash and of RAM.
pub fn sizes(path: &Path) -> Result<(u64, u64)> {
    let data = fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let elf =
        object::File::parse(&*data).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let (mut flash, mut ram) = (0, 0);
    for section in elf.sections() {
        let SectionFlags::Elf { sh_flags } = section.flags() else {
            continue;
        };
        let is_loaded = sh_flags & u64::from(object::elf::SHF_ALLOC) != 0;
        // The linker script keeps the stack's place with a section.
        if !is_loaded || section.name() == Ok(".stack") {
            continue;
        }
        let is_empty =
            section.kind() == SectionKind::UninitializedData || section.name() == Ok(".bss");
        let is_variable = is_empty || section.name() == Ok(".data");
        flash += if is_empty { 0 } else { section.size() };
        ram += if is_variable { section.size() } else { 0 };
    }
    Ok((flash, ram))
}
