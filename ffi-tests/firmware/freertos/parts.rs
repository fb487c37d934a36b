//! What each part of a firmware takes, by the linker's map.

use std::fs;
use std::path::Path;

use crate::Result;
use crate::image;

/// The kernel.
pub const KERNEL: &str = "FreeRTOS";
/// The TLS.
pub const TLS: &str = "Mbed TLS";

/// Where an object comes from: a word in its path, and the part's name. What fits none is the application's.
const ORIGINS: &[(&str, &str)] = &[
    ("libmotepost.a", "Motepost"),
    ("libmbedtls.a", TLS),
    ("liblwip.a", "lwIP"),
    ("freertos_kernel", KERNEL),
    ("arm-none-eabi/", "C library"),
];
const APPLICATION: &str = "application, transports, board";
const REST: &str = "between them";
/// What alignment may cost.
const MOST_BETWEEN: u64 = 512;
const WRONG: &str = "the linker's map was read wrongly: it does not add up to the image";

/// Bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Part {
    /// Code, constants, and what variables begin with.
    pub flash: u64,
    /// Variables, without FreeRTOS's heap.
    pub ram: u64,
}

/// The parts of the image at `path`, whose map lies next to it.
pub fn of(path: &Path, build_dir: &Path) -> Result<Vec<(&'static str, Part)>> {
    let map = path.with_extension("map");
    let text =
        fs::read_to_string(&map).map_err(|e| format!("cannot read {}: {e}", map.display()))?;
    let (mut parts, heap) = read(&text, &build_dir.display().to_string());
    let (flash, ram) = image::sizes(path)?;
    let mut rest = Part {
        flash,
        ram: ram.saturating_sub(heap),
    };
    for (_, part) in &parts {
        rest.flash = rest.flash.checked_sub(part.flash).ok_or(WRONG)?;
        rest.ram = rest.ram.checked_sub(part.ram).ok_or(WRONG)?;
    }
    if rest.flash > MOST_BETWEEN || rest.ram > MOST_BETWEEN {
        return Err(WRONG.into());
    }
    parts.push((REST, rest));
    Ok(parts)
}

/// The parts, and the size of FreeRTOS's heap.
fn read(map: &str, build_dir: &str) -> (Vec<(&'static str, Part)>, u64) {
    let names = ORIGINS.iter().map(|(_, name)| *name);
    let mut parts: Vec<_> = names
        .chain([APPLICATION])
        .map(|name| (name, Part::default()))
        .collect();
    let mut heap = 0;
    let mut end = 0;
    let mut output = "";
    let mut input = "";
    let body = map
        .split_once("Linker script and memory map")
        .map_or("", |(_, body)| body);
    for line in body.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if !line.starts_with(' ') {
            if let Some(name) = words.first() {
                output = name;
                end = 0;
            }
            continue;
        }
        // A long name has a line of its own.
        let is_named = line.starts_with(" .") || line.starts_with(" COMMON");
        let numbers = match words.as_slice() {
            [name] if is_named => {
                input = name;
                continue;
            }
            [name, numbers @ ..] if is_named => {
                input = name;
                numbers
            }
            numbers => numbers,
        };
        let [address, size, path @ ..] = numbers else {
            continue;
        };
        let (Some(address), Some(size)) = (hexadecimal(address), hexadecimal(size)) else {
            continue;
        };
        if path.is_empty() || input.is_empty() {
            continue;
        }
        // Equal strings are kept once, where the first of them lies; the map shows all the others there, too.
        let size = (address + size).saturating_sub(end.max(address));
        end = end.max(address + size);
        if input == ".bss.ucHeap" {
            heap = size;
        } else {
            let path = path.join(" ").replace(build_dir, "");
            let name = origin(&path);
            let Some((_, part)) = parts.iter_mut().find(|(found, _)| *found == name) else {
                continue;
            };
            part.flash += if matches!(output, ".text" | ".ARM.exidx" | ".data") {
                size
            } else {
                0
            };
            part.ram += if matches!(output, ".data" | ".bss") {
                size
            } else {
                0
            };
        }
        input = "";
    }
    parts.retain(|(_, part)| *part != Part::default());
    (parts, heap)
}

fn hexadecimal(word: &str) -> Option<u64> {
    u64::from_str_radix(word.strip_prefix("0x")?, 16).ok()
}

fn origin(path: &str) -> &'static str {
    ORIGINS
        .iter()
        .find(|(word, _)| path.contains(word))
        .map_or(APPLICATION, |(_, name)| name)
}
