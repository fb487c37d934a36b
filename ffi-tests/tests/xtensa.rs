//! The archives for Xtensa: what they are, that they link, and that QEMU's cores do with them what this machine does.
//!
//! No chip, and none of Espressif's tools, was at hand. What stands in for them is in `xtask/src/xtensa`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use ffi_tests::tools::{has_tools_for, is_here, left_out, text_of};
use ffi_tests::{out_dir, source};
use object::{Object, ObjectSection};
use xtask::archive::{Archive, ArchiveOptions, OptLevel};
use xtask::xtensa::program::{CORES, Core, GCC};
use xtask::xtensa::{Chip, ESP32, ESP8266, faults, rounds};

const CHIPS: [&Chip; 2] = [&ESP8266, &ESP32];

/// Whether this machine can make the archives, and link them.
fn are_here(what: &str) -> bool {
    for chip in CHIPS {
        if !has_tools_for(chip.triple) {
            left_out(what, &format!("Rust and assembler for {}", chip.triple));
            return false;
        }
    }
    is_here(GCC, what)
}

/// Whether this machine can also run programs with them.
fn cores_are_here(what: &str) -> bool {
    are_here(what)
        && ["clang-22", "llc-22", "qemu-system-xtensa"]
            .into_iter()
            .all(|tool| is_here(tool, what))
}

fn archive(chip: &Chip, options: ArchiveOptions) -> Archive {
    let name = format!("{}-{}", chip.triple, options.direct);
    let options = ArchiveOptions {
        target: Some(chip.triple.to_owned()),
        out: Some(out_dir("xtensa").join(name)),
        ..options
    };
    xtask::archive::build(&options).unwrap_or_else(|reason| panic!("{reason}"))
}

#[test]
#[ignore = "makes the archives for Xtensa, which takes minutes"]
fn each_archive_is_one_object_that_needs_four_functions_of_c() {
    if !are_here("the archives for Xtensa") {
        return;
    }
    for chip in CHIPS {
        let archive = archive(chip, ArchiveOptions::default());
        assert_eq!(archive.members, ["motepost.c.o"]);
        assert_eq!(archive.exports, ffi_tests::archive().exports);
        let given: BTreeSet<&str> = ["memcpy", "memmove", "memset", "memcmp"].into();
        let needs: BTreeSet<&str> = archive.needs.iter().map(String::as_str).collect();
        assert!(needs.is_subset(&given), "{needs:?}");
    }
}

/// All of an archive, linked as a chip's own tools would.
fn linked(chip: &Chip, archive: &Path) -> (PathBuf, Output) {
    let (script, name) = if *chip == ESP8266 {
        ("esp8266.ld", "esp8266.elf")
    } else {
        ("esp32.ld", "esp32.elf")
    };
    let program = archive.with_file_name(name);
    let mut linker = Command::new(GCC);
    linker.args([
        "-nostdlib",
        "-Wl,--fatal-warnings,--no-warn-execstack",
        "-T",
    ]);
    linker.arg(
        xtask::workspace_root()
            .join("ffi-tests/xtensa")
            .join(script),
    );
    // Both chips have these in ROM, at addresses that a linker script names.
    for function in ["memcpy", "memmove", "memset", "memcmp"] {
        linker.arg(format!("-Wl,--defsym={function}=0x4000df48"));
    }
    let output = linker
        .args(["-Wl,-emotepost_version", "-Wl,--whole-archive"])
        .arg(archive)
        .arg("-o")
        .arg(&program)
        .output()
        .expect("it runs");
    (program, output)
}

#[test]
#[ignore = "makes the archives for Xtensa, which takes minutes"]
fn each_archive_links_with_code_and_constants_far_from_each_other() {
    if !are_here("the link for Xtensa") {
        return;
    }
    for chip in CHIPS {
        let archive = archive(chip, ArchiveOptions::default());
        let (program, output) = linked(chip, &archive.path);
        assert!(output.status.success(), "{}", text_of(&output));
        let bytes = std::fs::read(program).expect("it was linked");
        let program = object::File::parse(&*bytes).expect("it is ELF");
        let size = |name| program.section_by_name(name).map_or(0, |part| part.size());
        assert!(size(".flash") > 4096, "the code is in flash");
        assert_eq!(size(".iram"), 0, "none of it is in the instruction RAM");
    }
}

/// The day this fails, LLVM writes objects that link: then `xtask/src/xtensa` needs neither its assembler nor this test.
#[test]
#[ignore = "makes the archives for Xtensa, which takes minutes"]
fn the_object_of_llvm_itself_still_does_not_link() {
    if !are_here("the link of the direct object") {
        return;
    }
    for chip in CHIPS {
        let options = ArchiveOptions {
            direct: true,
            ..ArchiveOptions::default()
        };
        let (_, output) = linked(chip, &archive(chip, options).path);
        let said = text_of(&output);
        assert!(
            !output.status.success() && said.contains("dangerous relocation: l32r"),
            "{}: {said}",
            chip.triple
        );
    }
}

#[test]
#[ignore = "makes the archives for Xtensa, which takes minutes"]
fn a_thousand_random_rounds_are_the_same_on_every_core() {
    if !cores_are_here("the rounds on Xtensa") {
        return;
    }
    for core in &CORES {
        for level in OptLevel::ALL {
            let compared = rounds::compare(core, level, 1000);
            let compared = compared.unwrap_or_else(|reason| panic!("{reason}"));
            assert!(compared.mismatches.is_empty(), "{compared}");
        }
    }
}

/// The rounds would be worth nothing if they never differed. `cargo xtask xtensa --faults` tries many.
#[test]
#[ignore = "makes the archives for Xtensa, which takes minutes"]
fn a_wrong_instruction_is_noticed() {
    if !cores_are_here("a wrong instruction on Xtensa") {
        return;
    }
    for core in &CORES[..2] {
        let all = faults::all(core).unwrap_or_else(|reason| panic!("{reason}"));
        assert!(all.len() > 100, "{}", all.len());
        let mut few = all.iter().step_by(all.len() / 4);
        let noticed = few.any(|fault| faults::is_noticed(core, fault, 100).expect("it is linked"));
        assert!(noticed, "none of four on {}", core.name);
    }
}

/// The others want sockets or files, and `faults` takes minutes on an emulated core.
const PROGRAMS: [&str; 7] = [
    "batch",
    "compose",
    "credentials",
    "encode",
    "misuse",
    "outbox",
    "refusals",
];

#[test]
#[ignore = "makes the archives for Xtensa, which takes minutes"]
fn the_c_programs_pass_on_both_kinds_of_core() {
    if !cores_are_here("the C programs on Xtensa") {
        return;
    }
    for core in &CORES[..2] {
        for program in PROGRAMS {
            passes(core, program);
        }
    }
    // It makes its responses with snprintf, whose variable arguments clang 22 loses with register windows.
    passes(&CORES[0], "response");
}

fn passes(core: &Core, program: &str) {
    let here = xtask::workspace_root().join("ffi-tests");
    let flags = ["xtensa/include", "c"].map(|folder| format!("-I{}", here.join(folder).display()));
    let sources = [source(&format!("{program}.c")), here.join("xtensa/libc.c")];
    let archive = archive(core.chip, ArchiveOptions::default());
    let path = out_dir("xtensa").join(format!("{program}-{}.elf", core.name));
    core.link(&sources, &flags, &archive.path, &path)
        .and_then(|()| core.run(&path, Duration::from_secs(60)))
        .unwrap_or_else(|reason| panic!("{reason}"));
}
