//! C programs for QEMU's Xtensa cores.
//!
//! Debian's GCC compiles for the ESP8266, so the archive is called as firmware calls it. For the ESP32's register windows Debian
//! has clang alone, whose objects need the same detour as rustc's.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::llvm;
use crate::xtensa::chips::{Chip, ESP32, ESP8266};
pub use crate::xtensa::chips::{GCC, PACKAGES};
use crate::{Result, run_tool, workspace_root};

/// A core of QEMU's.
#[derive(Debug)]
pub struct Core {
    /// QEMU's name for it.
    pub name: &'static str,
    /// Whose archive it runs.
    pub chip: &'static Chip,
    /// Its regions for code and for data, in `xtask/footprint`.
    linker_script: &'static str,
}

/// The ESP8266's own core, and two with register windows.
pub static CORES: [Core; 3] = [
    Core {
        name: "lx106",
        chip: &ESP8266,
        linker_script: "lx106.ld",
    },
    Core {
        name: "dc233c",
        chip: &ESP32,
        linker_script: "dc233c.ld",
    },
    Core {
        name: "de233_fpu",
        chip: &ESP32,
        linker_script: "dc233c.ld",
    },
];

impl Core {
    /// Links C sources, start-up code and an archive to a program.
    ///
    /// # Errors
    /// When a tool is missing or refuses.
    pub fn link(
        &self,
        sources: &[PathBuf],
        flags: &[String],
        archive: &Path,
        program: &Path,
    ) -> Result<()> {
        let board = workspace_root().join("xtask/footprint");
        let mut all = sources.to_vec();
        all.push(board.join("xtensa.c"));
        let objects = self.chip.compile(&all, flags, program)?;
        let mut linker = Command::new(GCC);
        linker
            .args([
                "-nostdlib",
                "-Wl,--gc-sections,--fatal-warnings,--no-warn-execstack",
                "-L",
            ])
            .arg(&board)
            .arg("-T")
            .arg(board.join(self.linker_script))
            .args(objects)
            .arg(archive)
            .arg("-o")
            .arg(program);
        run_tool(&mut linker, PACKAGES).map(drop)
    }

    /// Runs a program to its end and gives what it printed.
    ///
    /// # Errors
    /// When it ends with another code than 0, or prints nothing for so long; with what it printed until then.
    pub fn run(&self, program: &Path, silence: Duration) -> Result<String> {
        let mut emulator = Command::new("qemu-system-xtensa")
            .args(["-M", "sim", "-cpu", self.name, "-semihosting"])
            .args(["-display", "none", "-monitor", "none", "-serial", "none"])
            .arg("-kernel")
            .arg(program)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| {
                format!("cannot run qemu-system-xtensa: {e}; on Debian: apt-get install {PACKAGES}")
            })?;
        let (sender, lines) = mpsc::channel();
        let stdout = emulator.stdout.take();
        thread::spawn(move || {
            for line in stdout
                .into_iter()
                .flat_map(|out| BufReader::new(out).lines())
            {
                if line.is_ok_and(|line| sender.send(line).is_err()) {
                    break;
                }
            }
        });
        let mut printed = String::new();
        let hangs = loop {
            match lines.recv_timeout(silence) {
                Ok(line) => printed += &(line + "\n"),
                Err(reason) => break reason == RecvTimeoutError::Timeout,
            }
        };
        if hangs {
            let _ = emulator.kill();
        }
        let status = emulator.wait().map_err(|e| e.to_string())?;
        if status.success() {
            return Ok(printed);
        }
        let how = if hangs { "hung" } else { "failed" };
        Err(format!(
            "{} {how} on {} ({status}); it printed:\n{printed}",
            program.display(),
            self.name
        ))
    }
}

impl Chip {
    /// Compiles C sources to objects next to `program`. `flags` are definitions and folders of headers.
    ///
    /// # Errors
    /// When a tool is missing or refuses.
    pub fn compile(
        &self,
        sources: &[PathBuf],
        flags: &[String],
        program: &Path,
    ) -> Result<Vec<PathBuf>> {
        let compile = |source: &PathBuf| {
            let name = source.file_stem().unwrap_or_default();
            let object =
                program.with_extension(format!("{}.{}.o", name.to_string_lossy(), self.abi));
            self.compile_one(source, flags, &object).map(|()| object)
        };
        sources.iter().map(compile).collect()
    }

    fn compile_one(&self, source: &Path, flags: &[String], object: &Path) -> Result<()> {
        let windowed = *self == ESP32;
        let mut compiler = if windowed {
            Command::new(llvm("clang", "--print-targets")?)
        } else {
            Command::new(GCC)
        };
        compiler
            .args([
                "-std=gnu11",
                "-Os",
                "-ffreestanding",
                "-ffunction-sections",
                "-fdata-sections",
            ])
            // Compilers make calls of memcpy out of loops, in memcpy too.
            .arg("-fno-builtin")
            .args(["-Wall", "-Wextra", "-Werror"])
            .arg("-I")
            .arg(workspace_root().join("include"))
            .arg("-I")
            .arg(workspace_root().join("xtask/footprint"))
            .args(flags)
            .arg(source);
        if !windowed {
            compiler.args(["-fno-tree-loop-distribute-patterns", "-c", "-o"]);
            return run_tool(compiler.arg(object), PACKAGES).map(drop);
        }
        // clang itself knows none of the processors with windows; its intermediate code is the same for all. It is text, since
        // clang would read the assembly in a bitcode file, in which it then knows no windows either.
        let intermediate = object.with_extension("ll");
        compiler.args(["--target=xtensa-none-elf", "-DWINDOWED", "-emit-llvm"]);
        run_tool(compiler.args(["-S", "-o"]).arg(&intermediate), PACKAGES)?;
        let assembly = object.with_extension("s");
        // QEMU's cores lack the last two.
        let features = format!("-mattr={},-mul32high,-div32", self.features);
        run_tool(
            Command::new(llvm("llc", "--version")?)
                .args(["-mtriple=xtensa-none-elf", "-mcpu=esp32", &features])
                .args(["--function-sections", "--data-sections"])
                .arg(&intermediate)
                .arg("-o")
                .arg(&assembly),
            PACKAGES,
        )?;
        let text = fs::read_to_string(&assembly)
            .map_err(|e| format!("cannot read {}: {e}", assembly.display()))?;
        self.assemble(&text, object)
    }
}
