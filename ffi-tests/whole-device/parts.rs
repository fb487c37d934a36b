//! What each part of a firmware takes, by the linker's map.

use std::fs;
use std::path::Path;

use crate::Result;

/// A part's name, and what tells it: a piece of `input section file(member)`.
const PARTS: &[(&str, &[&str])] = &[
    ("Motepost", &["libmotepost.a"]),
    (
        "TLS handshake and records",
        &["(ssl_", "(prf", ".bss.client", ".bss.link"],
    ),
    ("record buffer", &[".bss.records"]),
    ("X.509", &["(x509_", "(validity.", ".bss.chain"]),
    ("P-256: ECDHE and ECDSA", &["(ec_", "(ecdsa_"]),
    ("RSA", &["(rsa_"]),
    ("integers for both", &["(i15_", "(i31_", "(ccopy."]),
    ("AES-128-GCM", &["(aes_", "(ghash_"]),
    (
        "SHA-256, HMAC, random numbers",
        &["(sha2", "(hmac", "(multihash", "(dec32", "(enc32"],
    ),
    ("TCP", &["liblwip.a(tcp"]),
    (
        "IP",
        &[
            "liblwip.a(ip",
            "liblwip.a(inet_",
            "liblwip.a(netif.",
            "liblwip.a(def.",
            "liblwip.a(init.",
        ],
    ),
    ("UDP", &["liblwip.a(udp."]),
    ("DHCP", &["liblwip.a(dhcp."]),
    ("DNS", &["liblwip.a(dns."]),
    (
        "Ethernet and ARP",
        &["liblwip.a(etharp.", "liblwip.a(ethernet."],
    ),
    ("lwIP's memory and timers", &["liblwip.a("]),
    ("Ethernet driver", &["(lan9118."]),
    ("modem driver", &["(at.", "(socket.", "(quectel_", "(uart."]),
    ("connection", &["(network."]),
    ("start-up, vectors, tick, report", &["startup.c", "(board."]),
    (
        "C library, compiler",
        &["libc.c", "(libc.", "arm-none-eabi"],
    ),
    ("credentials, trust anchors", &["/device.c"]),
    ("application", &["(main.", "(publish.", "(tls.", "(clock."]),
];
const REST: &str = "between them";

/// Bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Part {
    /// Code, constants, and what variables begin with.
    pub flash: u64,
    /// Variables, without the stack.
    pub ram: u64,
}

/// The parts of the image at `path`, whose map lies next to it, and all of it together.
pub fn of(path: &Path) -> Result<(Vec<(&'static str, Part)>, Part)> {
    let map = path.with_extension("map");
    let text =
        fs::read_to_string(&map).map_err(|e| format!("cannot read {}: {e}", map.display()))?;
    let mut parts: Vec<_> = PARTS
        .iter()
        .map(|(name, _)| (*name, Part::default()))
        .collect();
    let (_, body) = text
        .split_once("Linker script and memory map")
        .ok_or("the linker's map has no memory map")?;
    let mut all = Part::default();
    let mut rest = Part::default();
    let (mut output, mut input) = ("", "");
    let mut end = 0;
    for line in body.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_output = !line.starts_with(' ') && line.starts_with('.');
        if is_output {
            output = words.first().copied().unwrap_or_default();
            end = 0;
        }
        let is_named = line.starts_with(" .") || line.starts_with(" COMMON");
        let numbers = match words.as_slice() {
            // A long name has a line of its own.
            [name] if is_named => {
                input = name;
                continue;
            }
            [name, numbers @ ..] if is_named => {
                input = name;
                numbers
            }
            [_, numbers @ ..] if is_output => numbers,
            numbers => numbers,
        };
        let [address, size, path @ ..] = numbers else {
            continue;
        };
        let (Some(address), Some(size)) = (hexadecimal(address), hexadecimal(size)) else {
            continue;
        };
        let part = part(output, size);
        if is_output {
            all.flash += part.flash;
            all.ram += part.ram;
            rest.flash += part.flash;
            rest.ram += part.ram;
            continue;
        }
        if path.is_empty() || input.is_empty() {
            continue;
        }
        // Equal strings are kept once, where the first of them lies; the map shows all the others there, too.
        let size = (address + size).saturating_sub(end.max(address));
        end = end.max(address + size);
        let part = self::part(output, size);
        let place = format!("{input} {}", path.join(" "));
        let found = PARTS
            .iter()
            .position(|(_, words)| words.iter().any(|word| place.contains(word)));
        if let Some((_, into)) = found.and_then(|at| parts.get_mut(at)) {
            into.flash += part.flash;
            into.ram += part.ram;
            rest.flash = rest.flash.saturating_sub(part.flash);
            rest.ram = rest.ram.saturating_sub(part.ram);
        }
        input = "";
    }
    // Link-time optimisation leaves no objects to tell apart.
    if text.contains(".ltrans") {
        return Ok((Vec::new(), all));
    }
    if all.flash == 0 || rest.flash > all.flash / 100 || rest.ram > all.ram / 100 {
        return Err(format!(
            "the linker's map was read wrongly: {rest:?} of {all:?} belongs to no part"
        ));
    }
    parts.push((REST, rest));
    parts.retain(|(_, part)| *part != Part::default());
    Ok((parts, all))
}

fn part(output: &str, size: u64) -> Part {
    Part {
        flash: if matches!(output, ".text" | ".ARM.exidx" | ".data") {
            size
        } else {
            0
        },
        ram: if matches!(output, ".data" | ".bss") {
            size
        } else {
            0
        },
    }
}

fn hexadecimal(word: &str) -> Option<u64> {
    u64::from_str_radix(word.strip_prefix("0x")?, 16).ok()
}
