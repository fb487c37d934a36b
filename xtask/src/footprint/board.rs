//! The emulated boards.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::targets::Target;
use crate::{Result, xtensa};

/// A board of QEMU's.
#[derive(Debug)]
pub(super) struct Board {
    /// Its reset handler and counter, next to `measure.c`.
    pub(super) source: &'static str,
    /// Its memory.
    pub(super) linker_script: &'static str,
    qemu: &'static str,
    arguments: &'static [&'static str],
    /// The option that loads a program.
    program: &'static str,
}

const SEMIHOSTING: [&str; 6] = [
    "-serial",
    "none",
    "-chardev",
    "stdio,id=out",
    "-semihosting-config",
    "enable=on,target=native,chardev=out",
];

const fn cortex_m(arguments: &'static [&'static str]) -> Board {
    Board {
        source: "arm.c",
        linker_script: "cortex-m.ld",
        qemu: "qemu-system-arm",
        arguments,
        program: "-kernel",
    }
}

static MICROBIT: Board = cortex_m(&["-M", "microbit"]);
static AN385: Board = cortex_m(&["-M", "mps2-an385"]);
static AN386: Board = cortex_m(&["-M", "mps2-an386"]);
/// QEMU has no Cortex-M23; its M33 runs the same instructions, so the same are counted.
static AN505: Board = Board {
    linker_script: "cortex-m-secure.ld",
    ..cortex_m(&["-M", "mps2-an505"])
};
static VIRT: Board = Board {
    source: "riscv.c",
    linker_script: "riscv.ld",
    qemu: "qemu-system-riscv32",
    arguments: &["-M", "virt", "-bios", "none", "-serial", "stdio"],
    program: "-kernel",
};
static UNO: Board = Board {
    source: "avr.c",
    linker_script: "avr.ld",
    qemu: "qemu-system-avr",
    arguments: &["-M", "uno", "-serial", "stdio"],
    program: "-bios",
};

static LX106: Board = sim(
    "lx106.ld",
    &[
        "-M",
        "sim",
        "-cpu",
        "lx106",
        "-semihosting",
        "-serial",
        "none",
    ],
);
/// QEMU has no core of an ESP32. This one has its register windows, and runs the same instructions.
static DC233C: Board = sim(
    "dc233c.ld",
    &[
        "-M",
        "sim",
        "-cpu",
        "dc233c",
        "-semihosting",
        "-serial",
        "none",
    ],
);

const fn sim(linker_script: &'static str, arguments: &'static [&'static str]) -> Board {
    Board {
        source: "xtensa.c",
        linker_script,
        qemu: "qemu-system-xtensa",
        arguments,
        program: "-kernel",
    }
}

/// The board that measures a target.
pub(super) fn of(target: &Target) -> &'static Board {
    match target.triple {
        "avr-none" => &UNO,
        triple if triple == xtensa::ESP8266.triple => &LX106,
        triple if triple == xtensa::ESP32.triple => &DC233C,
        "thumbv6m-none-eabi" => &MICROBIT,
        "thumbv7m-none-eabi" => &AN385,
        "thumbv7em-none-eabi" | "thumbv7em-none-eabihf" => &AN386,
        triple if triple.starts_with("thumbv8m") => &AN505,
        _ => &VIRT,
    }
}

impl Board {
    /// Whether a program may want more RAM than there is; its stack then runs into its variables, and nothing is measured.
    pub(super) fn is_tiny(&self) -> bool {
        std::ptr::eq(self, &UNO)
    }

    /// Runs a program until it prints `end`, and gives the lines before that.
    pub(super) fn run(&self, program: &Path) -> Result<String> {
        let mut command = Command::new(self.qemu);
        // icount: a virtual nanosecond for each instruction, so that the board's clock counts them.
        command
            .args(self.arguments)
            .args(["-display", "none", "-monitor", "none", "-icount", "shift=0"])
            .arg(self.program)
            .arg(program)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        if self.source == "arm.c" {
            command.args(SEMIHOSTING);
        }
        let mut emulator = command.spawn().map_err(|e| {
            format!(
                "cannot run {}: {e}; on Debian: apt-get install qemu-system-arm qemu-system-misc",
                self.qemu
            )
        })?;
        let printed = lines_until_end(&mut emulator);
        let _ = emulator.kill();
        let _ = emulator.wait();
        printed.map_err(|printed| {
            format!(
                "{} did not come to its end on {}; it printed:\n{printed}",
                program.display(),
                self.qemu
            )
        })
    }
}

/// A program that hangs prints nothing more: after a minute of that it is given up.
fn lines_until_end(emulator: &mut Child) -> std::result::Result<String, String> {
    let Some(stdout) = emulator.stdout.take() else {
        return Err(String::new());
    };
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(|line| line.ok()) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    let mut printed = String::new();
    while let Ok(line) = lines.recv_timeout(Duration::from_secs(60)) {
        if line.trim_end() == "end" {
            return Ok(printed);
        }
        printed.push_str(line.trim_end());
        printed.push('\n');
    }
    Err(printed)
}
