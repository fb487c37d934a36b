//! Xtensa: the ESP8266, and the ESP32, S2 and S3.
//!
//! rustc compiles for these processors, but the object that LLVM 22 writes does not link: the literals of each function follow the
//! code of the one before, unaligned (LLVM issue 190204). Its assembly text is right in everything else. So the
//! archive is made from the text, with the literals put where they belong, by an assembler.
//! `ffi-tests/tests/xtensa.rs` also tries the direct object and fails once that links: then `Chip::archive` can go.

pub mod chips;
pub mod faults;
pub mod program;
pub mod rounds;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::members;
use crate::toolchain::Toolchain;
pub use crate::xtensa::chips::{Chip, ESP32, ESP8266};
use crate::{Result, run_tool, target_spec};

/// rustc's target for the ESP32 has another layout than its LLVM, which then refuses.
const DATA_LAYOUT: &str = "e-m:e-p:32:32-i8:8:32-i16:16:32-i64:64-n32";

/// What Debian calls the packages with the assemblers.
pub const PACKAGES: &str = "llvm-22 binutils-xtensa-lx106";

/// The archive's one member. Arduino's linker script for the ESP8266 puts into flash what is in `*.c.o`; all other code goes to
/// the 32 KB of instruction RAM.
const MEMBER: &str = "motepost.c.o";

/// The chip of that Rust target, if it is Xtensa.
#[must_use]
pub fn chip(triple: &str) -> Option<&'static Chip> {
    [&ESP32, &ESP8266]
        .into_iter()
        .find(|chip| chip.triple == triple)
}

impl Chip {
    /// Writes a target specification for rustc into `dir`.
    ///
    /// # Errors
    /// When rustc has no Xtensa target to start from, or the file cannot be written.
    pub(crate) fn specification(&self, toolchain: &Toolchain, dir: &Path) -> Result<PathBuf> {
        let known = target_spec::spec(toolchain, ESP32.triple)
            .and_then(|text| serde_json::from_str(&text).ok());
        let Some(serde_json::Value::Object(mut spec)) = known else {
            return Err(format!(
                "{} has no target {}; Rust 1.96 has it",
                toolchain.rustc.display(),
                ESP32.triple
            ));
        };
        spec.insert("data-layout".into(), DATA_LAYOUT.into());
        spec.insert("cpu".into(), self.cpu.into());
        spec.insert("features".into(), self.features.into());
        spec.insert("atomic-cas".into(), false.into());
        let path = dir.join(format!("{}.json", self.triple));
        fs::write(&path, serde_json::Value::Object(spec).to_string())
            .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        Ok(path)
    }

    /// An archive with the object of the assembly text that rustc wrote along with `built`. Text and object stay in `out`.
    pub(crate) fn archive(&self, built: &Path, out: &Path) -> Result<Vec<u8>> {
        let text = read(&written_with(built)?)?;
        let (assembly, object) = (out.join("libmotepost.s"), out.join("libmotepost.o"));
        fs::write(&assembly, &text)
            .map_err(|e| format!("cannot write {}: {e}", assembly.display()))?;
        self.assemble(&text, &object)?;
        let bytes =
            fs::read(&object).map_err(|e| format!("cannot read {}: {e}", object.display()))?;
        members::archive(&[(MEMBER.to_owned(), &bytes)])
    }

    /// Assembles what LLVM wrote; `object` is the file to make.
    pub(crate) fn assemble(&self, assembly: &str, object: &Path) -> Result<()> {
        let text = with_literals_in_place(assembly)?;
        let source = object.with_extension("literals.s");
        fs::write(&source, text).map_err(|e| format!("cannot write {}: {e}", source.display()))?;
        let mut assembler = self.assembler()?;
        assembler.arg(&source).arg("-o").arg(object);
        run_tool(&mut assembler, PACKAGES).map(drop)
    }

    /// The assembler with its flags, ready for files.
    ///
    /// # Errors
    /// When there is none here that knows Xtensa.
    pub fn assembler(&self) -> Result<Command> {
        // GNU's writes the 16-bit form of an instruction where there is one, LLVM's does not. But Debian's is for the ESP8266.
        if *self == ESP8266 {
            let mut assembler = Command::new(choose(&["xtensa-lx106-elf-as"], "--version")?);
            // In sections of their own they would go to the chip's instruction RAM.
            assembler.arg("--text-section-literals");
            return Ok(assembler);
        }
        let mut assembler = Command::new(llvm("llvm-mc", "--version")?);
        assembler
            .args(["-triple=xtensa-none-elf", "-filetype=obj"])
            .arg(format!("-mcpu={}", self.cpu))
            .arg(format!("-mattr={}", self.features));
        Ok(assembler)
    }
}

/// The tool of that name of an LLVM that has Xtensa, which `list` makes it say.
pub(crate) fn llvm(tool: &str, list: &str) -> Result<String> {
    choose(&[&format!("{tool}-22"), tool], list)
}

fn choose(names: &[&str], list: &str) -> Result<String> {
    let has_xtensa = |name: &&&str| {
        let said = Command::new(name).arg(list).output();
        said.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("xtensa"))
    };
    match names.iter().find(has_xtensa) {
        Some(name) => Ok((*name).to_owned()),
        None => Err(format!(
            "no {} here, or it was built without Xtensa; on Debian: apt-get install {PACKAGES} clang-22",
            names.join(", no ")
        )),
    }
}

/// The assembly text that rustc wrote along with an archive.
///
/// Cargo gives the archive of each variant a name with a hash, next to which the text lies, and copies the last one out. A name
/// chosen here would be part of that hash, and with it of every symbol.
fn written_with(built: &Path) -> Result<PathBuf> {
    let archive = fs::read(built).map_err(|e| format!("cannot read {}: {e}", built.display()))?;
    let dir = built.with_file_name("deps");
    let entries = fs::read_dir(&dir).map_err(|e| format!("cannot read {}: {e}", dir.display()))?;
    let text_beside = |path: PathBuf| {
        let name = path.file_name()?.to_str()?.strip_suffix(".a")?;
        let text = dir.join(format!("{}.s", name.strip_prefix("lib")?));
        (text.is_file() && fs::read(&path).ok()? == archive).then_some(text)
    };
    entries
        .flatten()
        .find_map(|entry| text_beside(entry.path()))
        .ok_or_else(|| format!("rustc left no assembly for {}", built.display()))
}

/// LLVM's assembly text with the literals of each function in the function's own section, where an assembler then knows them to
/// belong. LLVM writes them before it changes to that section.
///
/// They stay `.literal`s: as plain words before the function, llvm-mc 22 computes some distances itself, and wrongly, so that
/// code loads its literal's neighbour.
fn with_literals_in_place(assembly: &str) -> Result<String> {
    let mut text = String::with_capacity(assembly.len());
    let mut literals = String::new();
    for line in assembly.lines() {
        let (directive, rest) = split(line);
        match directive {
            ".literal_position" | ".literal" => {
                literals += line;
                literals.push('\n');
                continue;
            }
            // GNU's assembler has neither.
            ".addrsig" | ".addrsig_sym" => continue,
            ".type" if rest.ends_with("@function") => text += &std::mem::take(&mut literals),
            _ => {}
        }
        text += line;
        text.push('\n');
    }
    if literals.is_empty() {
        Ok(text)
    } else {
        Err("the assembly has literals that no function follows".into())
    }
}

fn split(line: &str) -> (&str, &str) {
    let line = line.trim();
    line.split_once(char::is_whitespace)
        .map_or((line, ""), |(directive, rest)| (directive, rest.trim()))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_go_before_their_own_function() {
        let written = "\t.literal_position\n\t.literal .L0, first\n\t.section\t.text.before\n\t.section\t.text.f\n\
                       \t.p2align\t2\n\t.type\tf,@function\nf:\n\tl32r\ta8, .L0\n\t.addrsig\n";
        let placed = "\t.section\t.text.before\n\t.section\t.text.f\n\t.p2align\t2\n\t.literal_position\n\t.literal .L0, first\n\
                      \t.type\tf,@function\nf:\n\tl32r\ta8, .L0\n";
        assert_eq!(with_literals_in_place(written), Ok(placed.to_owned()));
    }

    #[test]
    fn a_literal_of_no_function_is_noticed() {
        let data = "\t.literal .L0, 1\n\t.type\ttable,@object\n";
        assert!(with_literals_in_place(data).is_err());
    }

    #[test]
    fn an_assembler_that_is_not_there_or_has_no_xtensa_is_said_to_be_missing() {
        for name in ["no-such-assembler", "cargo"] {
            let reason = choose(&[name], "--version").expect_err("it has no Xtensa");
            assert!(
                reason.contains(name) && reason.contains("apt-get install llvm-22"),
                "{reason}"
            );
        }
    }
}
