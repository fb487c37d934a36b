//! Archives with one wrong instruction each: whether the rounds notice.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::program::{CORES, Core};
use super::{MEMBER, read, rounds, split};
use crate::archive::OptLevel;
use crate::{Result, members};

/// One wrong instruction.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// The function that it is in.
    pub function: String,
    /// What was written.
    pub was: String,
    /// What is there instead.
    pub is: String,
    line: usize,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (was, is) = (self.was.replace('\t', " "), self.is.replace('\t', " "));
        write!(
            f,
            "`{}` for `{}` in {:#}",
            is.trim(),
            was.trim(),
            rustc_demangle::demangle(&self.function)
        )
    }
}

/// A faulty program may go round forever.
const SILENCE: Duration = Duration::from_secs(10);

/// Puts so many faults into each core's archive, one at a time, and prints which are noticed.
///
/// # Errors
/// When a tool is missing or refuses.
pub fn plant(count: usize) -> Result<String> {
    let mut noticed = Vec::new();
    // The third core runs the second one's archive.
    for core in &CORES[..2] {
        let all = all(core)?;
        let step = (all.len() / count.max(1)).max(1);
        for fault in all.iter().step_by(step).take(count) {
            let is = is_noticed(core, fault, 1000)?;
            println!("core={} noticed={is} {fault}", core.name);
            noticed.push(is);
        }
    }
    let caught = noticed.iter().filter(|is| **is).count();
    Ok(format!("{caught} of {} faults are noticed", noticed.len()))
}

/// Every instruction of the archive's assembly that could be another.
///
/// # Errors
/// When the archive cannot be built.
pub fn all(core: &Core) -> Result<Vec<Fault>> {
    Ok(faults(&assembly(core)?))
}

/// Whether so many rounds are other ones with this fault: a digest differs, or the program fails or hangs.
///
/// # Errors
/// When a tool is missing or refuses.
pub fn is_noticed(core: &Core, fault: &Fault, how_many: usize) -> Result<bool> {
    let out = rounds::out_dir(core, OptLevel::Z)?;
    let text = assembly(core)?;
    let faulty: Vec<&str> = text
        .lines()
        .enumerate()
        .map(|(at, line)| if at == fault.line { &fault.is } else { line })
        .collect();
    let object = out.join("faulty.o");
    core.chip.assemble(&(faulty.join("\n") + "\n"), &object)?;
    let bytes = fs::read(&object).map_err(|e| format!("cannot read {}: {e}", object.display()))?;
    let archive = out.join("libfaulty.a");
    fs::write(&archive, members::archive(&[(MEMBER.to_owned(), &bytes)])?)
        .map_err(|e| format!("cannot write {}: {e}", archive.display()))?;
    let program = rounds::on(core, &archive, &out.join("faulty.elf"), 0..how_many, false)?;
    let here = rounds::on_this_machine(0..how_many, false)?;
    Ok(core
        .run(&program, SILENCE)
        .map_or(true, |there| !rounds::mismatches(&here, &there).is_empty()))
}

fn assembly(core: &Core) -> Result<String> {
    let archive = rounds::archive_of(core, OptLevel::Z)?;
    read(&Path::new(&archive).with_extension("s"))
}

fn faults(assembly: &str) -> Vec<Fault> {
    let mut found = Vec::new();
    let mut function = "";
    for (line, was) in assembly.lines().enumerate() {
        if let (".type", rest) = split(was) {
            function = rest.split(',').next().unwrap_or_default();
        }
        found.extend(other_for(was).map(|is| Fault {
            function: function.to_owned(),
            was: was.to_owned(),
            is,
            line,
        }));
    }
    found
}

/// The instruction with its condition turned round, or its number one higher; not of the stack pointer.
fn other_for(instruction: &str) -> Option<String> {
    const TURNED: [(&str, &str); 5] = [
        ("beqz", "bnez"),
        ("beq", "bne"),
        ("beqi", "bnei"),
        ("bltu", "bgeu"),
        ("blt", "bge"),
    ];
    let (name, operands) = split(instruction);
    for (a, b) in TURNED {
        if name == a || name == b {
            return Some(format!("\t{}\t{operands}", if name == a { b } else { a }));
        }
    }
    if !["movi", "addi", "l8ui", "s8i"].contains(&name) || operands.contains("a1,") {
        return None;
    }
    let (before, number) = operands.rsplit_once(',')?;
    let number: i32 = number.trim().parse().ok()?;
    // The least range of these instructions ends at 127.
    (number < 127).then(|| format!("\t{name}\t{before}, {}", number + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_one_instruction() {
        for (was, is) in [
            ("\tbeqz\ta3, .LBB0_1", Some("\tbnez\ta3, .LBB0_1")),
            ("\tbgeu\ta3, a4, .LBB0_1", Some("\tbltu\ta3, a4, .LBB0_1")),
            ("\tmovi\ta11, 11", Some("\tmovi\ta11, 12")),
            ("\tl8ui\ta8, a2, 11", Some("\tl8ui\ta8, a2, 12")),
            ("\taddi\ta8, a1, -16", None),
            ("\tcallx8\ta8", None),
            ("\t.long\t5", None),
        ] {
            assert_eq!(other_for(was).as_deref(), is, "{was}");
        }
    }
}
