//! The emulated board: QEMU's mps2-an386, a Cortex-M4.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use xtask::archive::{self, ArchiveOptions};
use xtask::targets;

use crate::gateway::{self, Carried};
use crate::{Random, Result};

const TRIPLE: &str = "thumbv7em-none-eabihf";
/// As `device.c` has it.
const FLASH: usize = 4096 * 16;

/// How a boot ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// At the minute that was asked for.
    Done,
    /// Power failed.
    Power,
}

/// What the board reported and the cloud accepted in one boot.
pub struct Boot {
    pub end: End,
    /// Numbers of readings whose push returned, and their minutes.
    pub put: Vec<(u64, u64)>,
    pub carried: Carried,
}

/// A board, its flash, and its clock with a battery.
pub struct Board {
    folder: PathBuf,
    image: PathBuf,
}

impl Board {
    pub fn new(folder: &Path) -> Result<Self> {
        let file = |name: &str, bytes: &[u8]| {
            fs::write(folder.join(name), bytes).map_err(|e| format!("{name}: {e}"))
        };
        file("flash", &vec![0xff; FLASH])?;
        file("clock", &[0; 4])?;
        Ok(Self {
            folder: folder.to_owned(),
            image: build()?,
        })
    }

    /// From reset to the minute `end`, or until power fails at the event `cut`.
    pub fn boot(
        &self,
        end: u32,
        cut: u32,
        is_last: bool,
        random: &mut Random,
        (cloud, deaths): (SocketAddr, u32),
    ) -> Result<Boot> {
        let words = [end, cut, random.next(), u32::from(is_last)];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        fs::write(self.folder.join("boot"), bytes).map_err(|e| e.to_string())?;
        let (uart, gateway) = UnixStream::pair().map_err(|e| e.to_string())?;
        let other = uart.try_clone().map_err(|e| e.to_string())?;
        let mut board = Command::new("qemu-system-arm")
            .current_dir(&self.folder)
            .args(["-M", "mps2-an386", "-display", "none", "-monitor", "none"])
            .args([
                "-serial",
                "stdio",
                "-semihosting-config",
                "enable=on,target=native",
            ])
            .arg("-kernel")
            .arg(&self.image)
            .stdin(OwnedFd::from(uart))
            .stdout(OwnedFd::from(other))
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| {
                format!(
                    "cannot run qemu-system-arm: {e}; on Debian: apt-get install qemu-system-arm"
                )
            })?;
        let dice = random.fork();
        let carried = std::thread::spawn(move || gateway::run(gateway, cloud, deaths, dice));
        let mut put = Vec::new();
        let mut other_lines = Vec::new();
        for line in BufReader::new(board.stderr.take().ok_or("no standard error")?).lines() {
            let line = line.map_err(|e| e.to_string())?;
            let words: Vec<_> = line.split(' ').collect();
            match words.as_slice() {
                ["put", number, minute] => {
                    let parse = |text: &str| text.parse().map_err(|e| format!("{line}: {e}"));
                    put.push((parse(number)?, parse(minute)?));
                }
                ["accepted" | "gone", ..] => {}
                _ => other_lines.push(line),
            }
        }
        let status = board.wait().map_err(|e| e.to_string())?;
        let carried = carried.join().map_err(|_| "the gateway panicked")??;
        let end = match status.code() {
            Some(0) => End::Done,
            Some(3) => End::Power,
            _ => {
                let said = other_lines.join("\n");
                return Err(format!("the board ended with {status}: {said}"));
            }
        };
        Ok(Boot { end, put, carried })
    }
}

fn build() -> Result<PathBuf> {
    let archive = archive::build(&ArchiveOptions {
        target: Some(TRIPLE.into()),
        ..ArchiveOptions::default()
    })?;
    let root = xtask::workspace_root();
    let firmware = root.join("examples/firmware");
    let path = ffi_tests::out_dir("whole-loop").join("firmware.elf");
    let target = targets::small(TRIPLE)?;
    let mut compiler = Command::new(target.gcc);
    compiler
        .args(target.flags)
        .args(["-Os", "-std=c11", "-Wall", "-Wextra", "-Werror"])
        .args([
            "-ffunction-sections",
            "-fdata-sections",
            "-Wl,--gc-sections",
        ])
        .args(["-nostartfiles", "-Wl,--defsym=STACK_SIZE=8192"]);
    for include in [&firmware, &root.join("include")] {
        compiler.arg("-I").arg(include);
    }
    compiler
        .arg("-L")
        .arg(firmware.join("mps2"))
        .arg("-T")
        .arg(firmware.join("cortex-m/sections.ld"))
        .arg(root.join("ffi-tests/whole-loop/device.c"))
        .arg(firmware.join("mps2/board.c"))
        .arg(firmware.join("cortex-m/startup.c"))
        .arg(archive.path)
        .arg("-o")
        .arg(&path);
    xtask::run_tool(&mut compiler, target.packages())?;
    Ok(path)
}
