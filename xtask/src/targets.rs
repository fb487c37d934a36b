//! The targets that the project is built for, and the C compiler that links firmware for each.

use std::process::Command;

use crate::xtensa::chips;
use crate::{Result, read, workspace_root};

/// One small target.
#[derive(Debug, Eq, PartialEq)]
pub struct Target {
    /// Rust's name for it.
    pub triple: &'static str,
    /// The processor, as people call it.
    pub name: &'static str,
    /// The cores that run its code.
    pub cores: &'static str,
    /// Some chips that have such a core.
    pub chips: &'static str,
    /// What the C compiler is told for them, as it goes into the table of targets.
    pub compiled: &'static str,
    /// A condition in C's preprocessor: the compiler makes code for a core that runs this target's, with its calls.
    pub fits: &'static str,
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
        cores: "AVR with 16-bit return addresses (avr5)",
        chips: "ATmega328P, ATmega32U4",
        compiled: "`-mmcu=atmega328p`, `-mmcu=atmega32u4`",
        fits: "defined(__AVR__) && __AVR_ARCH__ == 5",
        gcc: "avr-gcc",
        flags: &["-mmcu=atmega328p"],
    },
    Target {
        triple: "thumbv6m-none-eabi",
        name: "Cortex-M0",
        cores: "Cortex-M0, M0+, M1",
        chips: "nRF51, RP2040, SAMD21, STM32F0, G0, L0",
        compiled: "`-mcpu=cortex-m0`, `cortex-m0plus`, `cortex-m1`",
        fits: "__ARM_ARCH_PROFILE == 'M' && !defined(__ARM_PCS_VFP)",
        gcc: ARM,
        flags: &["-mcpu=cortex-m0", "-mthumb", "--specs=nano.specs"],
    },
    Target {
        triple: "thumbv7m-none-eabi",
        name: "Cortex-M3",
        cores: "Cortex-M3",
        chips: "SAM3X, STM32F1, F2, L1, LPC17",
        compiled: "`-mcpu=cortex-m3`",
        fits: "__ARM_ARCH_PROFILE == 'M' && __ARM_ARCH_ISA_THUMB == 2 && !defined(__ARM_PCS_VFP)",
        gcc: ARM,
        flags: &["-mcpu=cortex-m3", "-mthumb", "--specs=nano.specs"],
    },
    Target {
        triple: "thumbv7em-none-eabi",
        name: "Cortex-M4",
        cores: "Cortex-M4, M7, called without floating-point registers",
        chips: "nRF52, STM32F3, F4, F7, G4, H7, L4, i.MX RT10, SAMD51, RA4M1",
        compiled: "`-mcpu=cortex-m4`, `cortex-m7`; `-mfloat-abi=soft` or `softfp`",
        fits: "__ARM_ARCH_PROFILE == 'M' && __ARM_ARCH_ISA_THUMB == 2 && defined(__ARM_FEATURE_DSP) && !defined(__ARM_PCS_VFP)",
        gcc: ARM,
        flags: &["-mcpu=cortex-m4", "-mthumb", "--specs=nano.specs"],
    },
    Target {
        triple: "thumbv7em-none-eabihf",
        name: "Cortex-M4F",
        cores: "Cortex-M4F, M7F, called with floating-point registers",
        chips: "the same",
        compiled: "`-mcpu=cortex-m4`, `cortex-m7`; `-mfloat-abi=hard` and any `-mfpu`",
        fits: "__ARM_ARCH_PROFILE == 'M' && __ARM_ARCH_ISA_THUMB == 2 && defined(__ARM_FEATURE_DSP) && defined(__ARM_PCS_VFP)",
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
        cores: "Cortex-M23",
        chips: "SAML10, SAML11, M2351, RA2",
        compiled: "`-mcpu=cortex-m23`",
        fits: "__ARM_ARCH_PROFILE == 'M' && __ARM_ARCH >= 8 && !defined(__ARM_PCS_VFP)",
        gcc: ARM,
        flags: &["-mcpu=cortex-m23", "-mthumb", "--specs=nano.specs"],
    },
    Target {
        triple: "thumbv8m.main-none-eabi",
        name: "Cortex-M33",
        cores: "Cortex-M33, M35P, M52, M55, M85, called without floating-point registers",
        chips: "nRF53, nRF91, nRF54L, STM32L5, U5, H5, RP2350, RA6M4",
        compiled: "`-mcpu=cortex-m33`; `-mfloat-abi=soft` or `softfp`",
        fits: "__ARM_ARCH_PROFILE == 'M' && __ARM_ARCH >= 8 && __ARM_ARCH_ISA_THUMB == 2 && !defined(__ARM_PCS_VFP)",
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
        cores: "Cortex-M33F, M35PF, M52, M55, M85, called with floating-point registers",
        chips: "the same",
        compiled: "`-mcpu=cortex-m33`; `-mfloat-abi=hard` and any `-mfpu`",
        fits: "__ARM_ARCH_PROFILE == 'M' && __ARM_ARCH >= 8 && __ARM_ARCH_ISA_THUMB == 2 && defined(__ARM_PCS_VFP)",
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
        cores: "RV32IMC",
        chips: "ESP32-C2, C3",
        compiled: "`-march=rv32imc -mabi=ilp32`",
        fits: "__riscv_xlen == 32 && defined(__riscv_mul) && defined(__riscv_compressed) && defined(__riscv_float_abi_soft) && !defined(__riscv_32e)",
        gcc: RISCV,
        flags: &["-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs"],
    },
    Target {
        triple: "riscv32imac-unknown-none-elf",
        name: "RV32IMAC",
        cores: "RV32IMAC",
        chips: "ESP32-C5, C6, C61, H2, H21, GD32VF103, FE310",
        compiled: "`-march=rv32imac -mabi=ilp32`",
        fits: "__riscv_xlen == 32 && defined(__riscv_mul) && defined(__riscv_compressed) && defined(__riscv_atomic) && defined(__riscv_float_abi_soft) && !defined(__riscv_32e)",
        gcc: RISCV,
        flags: &["-march=rv32imac", "-mabi=ilp32", "--specs=picolibc.specs"],
    },
    Target {
        triple: chips::ESP8266.triple,
        name: "ESP8266",
        cores: "Xtensa LX106, call0 ABI",
        chips: "ESP8266",
        compiled: "`xtensa-lx106-elf-gcc`",
        fits: "defined(__XTENSA_CALL0_ABI__)",
        gcc: chips::GCC,
        flags: &["-mabi=call0", "-nostdlib"],
    },
    // That compiler only links for it; `xtensa::program` has what compiles.
    Target {
        triple: chips::ESP32.triple,
        name: "ESP32, S2, S3",
        cores: "Xtensa LX6, LX7, windowed ABI",
        chips: "ESP32, S2, S3",
        compiled: "`xtensa-esp32-elf-gcc` and its neighbours",
        fits: "defined(__XTENSA_WINDOWED_ABI__)",
        gcc: chips::GCC,
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

/// Which target is for which chip and compiler, as a table in Markdown that is read as plain text too.
#[must_use]
pub fn table() -> String {
    let mut rows = vec![[
        "Rust target",
        "cores",
        "the C compiler's flags",
        "chips, for instance",
    ]];
    rows.extend(
        SMALL
            .iter()
            .map(|target| [target.triple, target.cores, target.compiled, target.chips]),
    );
    rows.insert(1, ["---"; 4]);
    let mut table = String::new();
    for row in rows {
        table += &format!("| {} |\n", row.join(" | "));
    }
    table
}

/// A target as a `VERSION` file names it: what Rust calls it, and its cores.
#[must_use]
pub fn named(triple: &str) -> String {
    match SMALL.iter().find(|target| target.triple == triple) {
        Some(target) => format!("target {triple}\ncores {}\n", target.cores),
        None => format!("target {triple}\n"),
    }
}

/// docs/targets.md, which holds the table.
///
/// # Errors
/// When it cannot be read.
pub fn page() -> Result<Vec<u8>> {
    read(&workspace_root().join("docs/targets.md"))
}

/// `motepost_core.h` for this target's archive. `motepost.h` includes it where it is found, so that a compiler that makes code
/// for another core refuses by name: a linker would take the archive, and the first instruction that the core lacks would fault.
#[must_use]
pub fn core_header(triple: &str) -> String {
    let Some(target) = SMALL.iter().find(|target| target.triple == triple) else {
        return format!(
            "// libmotepost.a next to this file is for {triple}; a linker refuses it elsewhere.\n"
        );
    };
    format!(
        "// libmotepost.a next to this file is for {triple}: {cores}.\n\
         #if !({fits})\n\
         #error \"motepost: this libmotepost.a is for {triple} ({cores}), and the compiler makes code for another core or float \
         ABI. TARGETS.md of a release and docs/targets.md say which archive fits.\"\n\
         #endif\n",
        cores = target.cores,
        fits = target.fits,
    )
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
            chips::GCC => chips::PACKAGES,
            _ => "gcc-avr avr-libc",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_table() {
        let page = String::from_utf8(page().unwrap()).unwrap();
        let table = table();
        assert!(
            page.contains(&table),
            "docs/targets.md lacks this table:\n{table}"
        );
    }
}
