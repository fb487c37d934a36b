//! What a program that was compiled against the header relies on, as text: numbers, layouts and prototypes.
//!
//! `ffi-tests/motepost.abi` is that text as committed. It is compared in a test, so that a change is made on purpose:
//! `cargo xtask abi` writes it anew, and the difference is seen in review.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use object::{Object, ObjectSymbol};

use crate::{header, out_dir, tools};

/// The widths of a pointer, and a compiler for each.
const WIDTHS: [(u32, &str, &[&str]); 3] = [
    (64, "cc", &[]),
    (32, "arm-none-eabi-gcc", &["-mcpu=cortex-m0", "-mthumb"]),
    (16, "avr-gcc", &["-mmcu=atmega328p"]),
];

/// Where the committed text lies.
pub fn path() -> PathBuf {
    xtask::workspace_root().join("ffi-tests/motepost.abi")
}

/// The parts of the text, each with its title; a layout that no compiler here can tell is left out, and that is said.
///
/// # Panics
/// When a compiler does not take the header.
pub fn parts() -> Vec<(String, String)> {
    let mut parts = vec![
        ("numbers".to_owned(), numbers()),
        ("functions".to_owned(), functions()),
    ];
    for (bits, compiler, flags) in WIDTHS {
        if Command::new(compiler).arg("--version").output().is_ok() {
            let title = format!("structs, where a pointer has {bits} bits");
            parts.push((title, layout(bits, compiler, flags)));
        } else {
            tools::left_out(&format!("the layout of {bits} bits"), compiler);
        }
    }
    parts
}

/// The parts as they stand in the file.
pub fn text(parts: &[(String, String)]) -> String {
    let sections: Vec<String> = parts
        .iter()
        .map(|(title, lines)| format!("[{title}]\n{lines}"))
        .collect();
    sections.join("\n")
}

/// All but the version, which each release changes.
fn numbers() -> String {
    header::constants()
        .iter()
        .filter(|(name, _)| !name.starts_with("MOTEPOST_VERSION"))
        .fold(String::new(), |mut lines, (name, number)| {
            let _ = writeln!(lines, "{name} {number}");
            lines
        })
}

fn functions() -> String {
    header::prototypes()
        .iter()
        .fold(String::new(), |mut lines, (name, types)| {
            let _ = match types.split_last() {
                Some((result, parameters)) => {
                    writeln!(lines, "{name}({}) -> {result}", parameters.join(", "))
                }
                None => writeln!(lines, "{name}"),
            };
            lines
        })
}

/// Compiled and not run, so that any processor's will do: each figure is the size of an array. One more than the figure, for an
/// array of nothing is none.
fn layout(bits: u32, compiler: &str, flags: &[&str]) -> String {
    let mut source = String::from("#include <stddef.h>\n#include \"motepost.h\"\n");
    for (name, members) in header::structs() {
        let _ = writeln!(
            source,
            "typedef struct {{ char first; {name} second; }} aligned_{name};\n\
             char {name}__size[sizeof({name}) + 1];\n\
             char {name}__alignment[offsetof(aligned_{name}, second) + 1];"
        );
        for member in members {
            let _ = writeln!(
                source,
                "char {name}__at__{member}[offsetof({name}, {member}) + 1];\n\
                 char {name}__of__{member}[sizeof((({name} *)0)->{member}) + 1];"
            );
        }
    }
    let source_path = out_dir("abi").join(format!("layout-{bits}.c"));
    let object_path = source_path.with_extension("o");
    std::fs::write(&source_path, source).expect("it can be written");
    let output = Command::new(compiler)
        .args(flags)
        .args(["-std=c11", "-fno-common", "-c", "-I"])
        .arg(xtask::workspace_root().join("include"))
        .arg(&source_path)
        .arg("-o")
        .arg(&object_path)
        .output()
        .expect("it runs");
    assert!(
        output.status.success(),
        "{compiler}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let bytes = std::fs::read(&object_path).expect("it was made");
    let object = object::File::parse(&*bytes).expect("it is an object");
    let figure = |name: &str| {
        let symbol = object.symbols().find(|symbol| symbol.name() == Ok(name));
        symbol.expect("it was compiled").size() - 1
    };
    let mut lines = String::new();
    for (name, members) in header::structs() {
        let _ = writeln!(
            lines,
            "{name} size {} alignment {}",
            figure(&format!("{name}__size")),
            figure(&format!("{name}__alignment"))
        );
        for member in members {
            let _ = writeln!(
                lines,
                "  {member} at {} size {}",
                figure(&format!("{name}__at__{member}")),
                figure(&format!("{name}__of__{member}"))
            );
        }
    }
    lines
}
