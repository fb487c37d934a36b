//! Links the C programs of `xtask/footprint` with an archive, and reads what the linker kept.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};

use super::Figures;
use super::board::Board;
use crate::run_tool;
use crate::targets::Target;
use crate::{Result, workspace_root, xtensa};

/// A program of `xtask/footprint`.
pub(super) struct Program<'a> {
    /// The file that it becomes, next to the archive.
    pub(super) name: &'a str,
    /// The source that has `main`.
    pub(super) main: &'a str,
    pub(super) defines: &'a [&'a str],
}

/// Links a program with an archive.
pub(super) fn link(
    target: &Target,
    board: &Board,
    program: &Program<'_>,
    archive: &Path,
) -> Result<PathBuf> {
    let sources = workspace_root().join("xtask/footprint");
    let linked = archive.with_file_name(format!("{}.elf", program.name));
    let defines: Vec<String> = program
        .defines
        .iter()
        .map(|name| format!("-D{name}"))
        .collect();
    let mut inputs = vec![sources.join(program.main), sources.join(board.source)];
    if let Some(chip) = xtensa::chip(target.triple) {
        inputs = chip.compile(&inputs, &defines, &linked)?;
    }
    let mut compiler = target.compiler();
    compiler
        .args([
            "-std=gnu11",
            "-Os",
            "-ffunction-sections",
            "-fdata-sections",
        ])
        // gcc turns loops into calls of memcpy, which would then not count as the library's.
        .arg("-fno-tree-loop-distribute-patterns")
        .args(["-Wall", "-Wextra", "-Werror", "-nostartfiles"])
        .arg("-Wl,--gc-sections")
        .args(&defines)
        .arg("-I")
        .arg(workspace_root().join("include"))
        .arg("-L")
        .arg(&sources)
        .arg("-T")
        .arg(sources.join(board.linker_script))
        .args(inputs)
        .arg(archive)
        .arg("-o")
        .arg(&linked);
    run_tool(&mut compiler, target.packages())?;
    Ok(linked)
}

/// The linker scripts put the library and what it needs of the C library into sections of their own.
pub(super) fn sizes(program: &Path) -> Result<Figures> {
    let data = read(program)?;
    let elf = parse(&data, program)?;
    let size = |name: &str| {
        elf.section_by_name(name)
            .map_or(0, |section| section.size() as u32)
    };
    let runtime = size(".runtime") + size(".runtime.data");
    let rodata = size(".library.rodata");
    let data = size(".library.data");
    Ok(Figures {
        flash: size(".library.text") + size(".library.unwind") + rodata + data + runtime,
        rodata,
        runtime,
        ram: data + size(".runtime.data") + size(".library.bss") + size(".runtime.bss"),
        ..Figures::default()
    })
}

/// The RAM that a program's variables leave.
pub(super) fn stack_room(program: &Path) -> Result<u64> {
    let data = read(program)?;
    let elf = parse(&data, program)?;
    let address = |name| {
        elf.symbol_by_name(name)
            .map(|symbol| symbol.address())
            .ok_or_else(|| format!("{} has no {name}", program.display()))
    };
    // An AVR's data addresses are marked by bit 23, in some symbols.
    Ok((address("stack_top")? & 0xffff).saturating_sub(address("stack_limit")? & 0xffff))
}

/// What the linker kept, the largest first, as `nm --size-sort` would say it.
pub(super) fn symbols(program: &Path) -> Result<String> {
    let data = read(program)?;
    let elf = parse(&data, program)?;
    let mut kept: Vec<(u64, &str, &str)> = elf
        .symbols()
        .filter(|symbol| matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Data))
        .filter_map(|symbol| {
            let section = elf.section_by_index(symbol.section_index()?).ok()?;
            Some((symbol.size(), section.name().ok()?, symbol.name().ok()?))
        })
        .filter(|(size, section, _)| {
            *size != 0 && (section.starts_with(".library") || section.starts_with(".runtime"))
        })
        .collect();
    // rustc names few of its constants.
    for section in elf.sections() {
        let name = section.name().unwrap_or_default();
        let named: u64 = kept
            .iter()
            .filter(|(_, of, _)| *of == name)
            .map(|(size, ..)| size)
            .sum();
        if name.starts_with(".library") && section.size() > named {
            kept.push((section.size() - named, name, "(without a name)"));
        }
    }
    kept.sort_by(|a, b| b.0.cmp(&a.0).then(a.2.cmp(b.2)));
    let mut listing = String::new();
    for (size, section, name) in kept {
        let _ = writeln!(
            listing,
            "{size:>6}  {section:<16}  {:#}",
            rustc_demangle::demangle(name)
        );
    }
    Ok(listing)
}

fn read(program: &Path) -> Result<Vec<u8>> {
    fs::read(program).map_err(|e| format!("cannot read {}: {e}", program.display()))
}

fn parse<'a>(data: &'a [u8], program: &Path) -> Result<object::File<'a>> {
    object::File::parse(data).map_err(|e| format!("cannot read {}: {e}", program.display()))
}
