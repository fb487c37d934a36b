//! The targets that the project is built for, and the C compiler that links firmware for each.

use std::path::Path;
use std::process::Command;

use crate::{Result, xtensa};

/// One small target.
#[derive(Debug, Eq, PartialEq)]
pub struct Target {
    /// Rust's name for it.
    pub triple: &'static str,
    /// The processor, as people call it.
    pub name: &'static str,
    /// The C compiler, which also links.
    pub gcc: &'static str,
    /// The compiler's flags for this processor and for the smallest C library it has.
    pub flags: &'static [&'static str],
}

const ARM: &str = "arm-none-eabi-gcc";
const RISCV: &str = "riscv64-unknown-elf-gcc";

/// Every small target, the least first.
pub const SMALL: &[Target] = &[
    Target {
        triple: "avr-none",
        name: "ATmega328P",
        gcc: "avr-gcc",
        flags: &["-mmcu=atmega328p"],
    },
    Target {
        triple: "thumbv6m-none-eabi",
        name: "Cortex-M0",
        gcc: ARM,
        flags: &["-mcpu=cortex-m0", "-mthumb", "--specs=nano.specs"],
    },
    Target {
        triple: "thumbv7m-none-eabi",
        name: "Cortex-M3",
        gcc: ARM,
        flags: &["-mcpu=cortex-m3", "-mthumb", "--specs=nano.specs"],
    },
    Target {
        triple: "thumbv7em-none-eabi",
        name: "Cortex-M4",
        gcc: ARM,
        flags: &["-mcpu=cortex-m4", "-mthumb", "--specs=nano.specs"],
    },
    Target {
        triple: "thumbv7em-none-eabihf",
        name: "Cortex-M4F",
        gcc: ARM,
        flags: &[
            "-mcpu=cortex-m4",
            "-mthumb",
            "-mfloat-abi=hard",
            "-mfpu=fpv4-sp-d16",
            "--specs=nano.specs",
        ],
    },
    Target {
        triple: "thumbv8m.base-none-eabi",
        name: "Cortex-M23",
        gcc: ARM,
        flags: &["-mcpu=cortex-m23", "-mthumb", "--specs=nano.specs"],
    },
    Target {
        triple: "thumbv8m.main-none-eabi",
        name: "Cortex-M33",
        gcc: ARM,
        flags: &[
            "-mcpu=cortex-m33+nodsp",
            "-mthumb",
            "-mfloat-abi=soft",
            "--specs=nano.specs",
        ],
    },
    Target {
        triple: "thumbv8m.main-none-eabihf",
        name: "Cortex-M33F",
        gcc: ARM,
        flags: &[
            "-mcpu=cortex-m33",
            "-mthumb",
            "-mfloat-abi=hard",
            "-mfpu=fpv5-sp-d16",
            "--specs=nano.specs",
        ],
    },
    Target {
        triple: "riscv32imc-unknown-none-elf",
        name: "RV32IMC",
        gcc: RISCV,
        flags: &["-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs"],
    },
    Target {
        triple: "riscv32imac-unknown-none-elf",
        name: "RV32IMAC",
        gcc: RISCV,
        flags: &["-march=rv32imac", "-mabi=ilp32", "--specs=picolibc.specs"],
    },
    Target {
        triple: xtensa::ESP8266.triple,
        name: "ESP8266",
        gcc: xtensa::program::GCC,
        flags: &["-mabi=call0", "-nostdlib"],
    },
    // That compiler only links for it; `xtensa::program` has what compiles.
    Target {
        triple: xtensa::ESP32.triple,
        name: "ESP32, S2, S3",
        gcc: xtensa::program::GCC,
        flags: &["-mabi=windowed", "-nostdlib"],
    },
];

/// The small target of this name.
///
/// # Errors
/// When there is none; the message has the names.
pub fn small(triple: &str) -> Result<&'static Target> {
    SMALL
        .iter()
        .find(|target| target.triple == triple)
        .ok_or_else(|| {
            let known: Vec<_> = SMALL.iter().map(|target| target.triple).collect();
            format!(
                "there is no small target {triple}; these are: {}",
                known.join(", ")
            )
        })
}

impl Target {
    /// The compiler with this target's flags, ready for files.
    #[must_use]
    pub fn compiler(&self) -> Command {
        let mut command = Command::new(self.gcc);
        command.args(self.flags);
        command
    }

    /// What Debian calls the packages with the compiler and its C library.
    #[must_use]
    pub fn packages(&self) -> &'static str {
        match self.gcc {
            ARM => "gcc-arm-none-eabi libnewlib-arm-none-eabi",
            RISCV => "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
            xtensa::program::GCC => xtensa::program::PACKAGES,
            _ => "gcc-avr avr-libc",
        }
    }
}

/// Runs a tool and gives its standard output.
///
/// # Errors
/// When it cannot be run, with `packages` as what to install, and when it fails, with what it said.
pub fn run(command: &mut Command, packages: &str) -> Result<Vec<u8>> {
    let tool = Path::new(command.get_program()).display().to_string();
    let output = command
        .output()
        .map_err(|e| format!("cannot run {tool}: {e}; on Debian: apt-get install {packages}"))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!(
            "{tool} failed:\n{}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        ))
    }
}
