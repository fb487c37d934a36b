//! The chips, and the tools for them.

/// A kind of Xtensa processor, with an archive of its own.
#[derive(Debug, Eq, PartialEq)]
pub struct Chip {
    /// What its Rust target is called.
    pub triple: &'static str,
    /// LLVM's name of the processor.
    pub(super) cpu: &'static str,
    /// What of that processor is not to be used, in LLVM's words.
    pub(super) features: &'static str,
    /// How a function is called: `call0` or `windowed`. A linker only warns when the two meet.
    pub abi: &'static str,
}

/// The S2 has no floating point, zero-overhead loops, compare-and-swap or MAC16, so that one archive serves all three.
pub const ESP32: Chip = Chip {
    triple: "xtensa-esp32-none-elf",
    cpu: "esp32",
    features: "-fp,-bool,-loop,-mac16,-s32c1i",
    abi: "windowed",
};

/// rustc has no target for it, but LLVM has the processor.
pub const ESP8266: Chip = Chip {
    triple: "xtensa-esp8266-none-elf",
    cpu: "esp8266",
    features: "",
    abi: "call0",
};

/// A linker for either kind of code.
pub const GCC: &str = "xtensa-lx106-elf-gcc";
/// What Debian calls the packages with compilers and emulator.
pub const PACKAGES: &str = "llvm-22 clang-22 binutils-xtensa-lx106 gcc-xtensa-lx106 picolibc-xtensa-lx106-elf qemu-system-misc";
