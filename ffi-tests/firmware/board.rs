//! The boards, and how each is built and emulated.

use std::path::PathBuf;

use xtask::archive::{self, ArchiveOptions};
use xtask::targets::{self, Target};

use crate::Result;
use crate::mode::Mode;

/// One emulated board.
pub struct Board {
    /// What QEMU calls it.
    pub name: &'static str,
    /// Its folder in `examples/firmware`.
    pub folder: &'static str,
    /// Rust's name for its processor.
    pub triple: &'static str,
    /// What it is built from besides `publish.c` and its `board.c`.
    pub more_sources: &'static [&'static str],
    /// What its linker script is; none where the toolchain has one.
    pub linker_script: Option<&'static str>,
    /// The libraries it is built with, one after the other.
    pub libcs: &'static [Libc],
    /// The emulator and its options besides the machine.
    pub qemu: &'static [&'static str],
    /// The flag that names the image.
    pub image_flag: &'static str,
    /// How much RAM there is, where the linker does not hold it to that.
    pub ram: Option<u64>,
    /// What of it is kept for the stack: unsigned, signed, minted.
    pub stack: [u64; 3],
}

/// A C library.
pub struct Libc {
    /// Its name.
    pub name: &'static str,
    /// What replaces the target's own choice, if another.
    pub specs: Option<&'static str>,
}

const NEWLIB_AND_PICOLIBC: &[Libc] = &[
    Libc {
        name: "newlib-nano",
        specs: None,
    },
    Libc {
        name: "picolibc",
        specs: Some("/usr/lib/picolibc/arm-none-eabi/picolibc.specs"),
    },
];
const SEMIHOSTING: &str = "enable=on,target=native";
const ARM: &[&str] = &["qemu-system-arm", "-semihosting-config", SEMIHOSTING];

/// The smallest that has a UART and semihosting comes first.
pub const BOARDS: &[Board] = &[
    Board {
        name: "microbit",
        folder: "microbit",
        triple: "thumbv6m-none-eabi",
        more_sources: &["cortex-m/startup.c"],
        linker_script: Some("cortex-m/sections.ld"),
        libcs: NEWLIB_AND_PICOLIBC,
        qemu: ARM,
        image_flag: "-kernel",
        ram: None,
        stack: [2048; 3],
    },
    Board {
        name: "mps2-an385",
        folder: "mps2",
        triple: "thumbv7m-none-eabi",
        more_sources: &["cortex-m/startup.c"],
        linker_script: Some("cortex-m/sections.ld"),
        libcs: NEWLIB_AND_PICOLIBC,
        qemu: ARM,
        image_flag: "-kernel",
        ram: None,
        stack: [2048; 3],
    },
    Board {
        name: "mps2-an386",
        folder: "mps2",
        triple: "thumbv7em-none-eabihf",
        more_sources: &["cortex-m/startup.c"],
        linker_script: Some("cortex-m/sections.ld"),
        libcs: NEWLIB_AND_PICOLIBC,
        qemu: ARM,
        image_flag: "-kernel",
        ram: None,
        stack: [2048; 3],
    },
    Board {
        name: "virt",
        folder: "riscv-virt",
        triple: "riscv32imc-unknown-none-elf",
        more_sources: &[],
        linker_script: Some("riscv-virt/sections.ld"),
        libcs: &[Libc {
            name: "picolibc",
            specs: None,
        }],
        qemu: &[
            "qemu-system-riscv32",
            "-bios",
            "none",
            "-semihosting-config",
            SEMIHOSTING,
        ],
        image_flag: "-kernel",
        ram: None,
        stack: [2048; 3],
    },
    Board {
        name: "uno",
        folder: "uno",
        triple: "avr-none",
        more_sources: &[],
        linker_script: None,
        libcs: &[Libc {
            name: "avr-libc",
            specs: None,
        }],
        // The report goes to the EEPROM, which QEMU does not have, and logs.
        qemu: &["qemu-system-avr", "-d", "unimp"],
        image_flag: "-bios",
        ram: Some(2048),
        // As measured.
        stack: [160, 160, 615],
    },
];

/// The boards of these names, or all.
pub fn named(names: &[String]) -> Result<Vec<&'static Board>> {
    if names.is_empty() {
        return Ok(BOARDS.iter().collect());
    }
    let find = |name: &String| {
        BOARDS
            .iter()
            .find(|board| board.name == name)
            .ok_or_else(|| {
                let known: Vec<_> = BOARDS.iter().map(|board| board.name).collect();
                format!("there is no board {name}; these are: {}", known.join(", "))
            })
    };
    names.iter().map(find).collect()
}

impl Board {
    /// The C compiler's side of its processor.
    pub fn target(&self) -> Result<&'static Target> {
        targets::small(self.triple)
    }

    /// What has to be left of the RAM.
    pub fn stack_for(&self, mode: Mode) -> u64 {
        let [unsigned, signed, minted] = self.stack;
        match mode {
            Mode::Unsigned | Mode::Wrong => unsigned,
            Mode::Signed => signed,
            Mode::Minted => minted,
        }
    }

    /// The library, as a release has it.
    pub fn archive(&self) -> Result<PathBuf> {
        let options = ArchiveOptions {
            target: Some(self.triple.into()),
            ..ArchiveOptions::default()
        };
        archive::build(&options).map(|archive| archive.path)
    }
}
