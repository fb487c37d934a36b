//! The tables of docs/whole-device.md, between two markers.

use std::fmt::Write as _;
use std::fs;

use crate::Result;
use crate::measure::{Choice, Measured, grouped};
use crate::network::Network;

const BEGIN: &str = "<!-- whole-device:begin -->";
const END: &str = "<!-- whole-device:end -->";

/// Puts them there.
pub fn write(measured: &[Measured], choices: &[Choice]) -> Result<()> {
    let path = xtask::workspace_root().join("docs/whole-device.md");
    let text =
        fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let markers = || format!("{} has no line {BEGIN} with {END} below it", path.display());
    let (before, rest) = text.split_once(BEGIN).ok_or_else(markers)?;
    let (_, after) = rest.split_once(END).ok_or_else(markers)?;
    let tables = tables(measured, choices);
    fs::write(&path, format!("{before}{BEGIN}\n{tables}{END}{after}"))
        .map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn tables(measured: &[Measured], choices: &[Choice]) -> String {
    let mut text = String::from(
        "| | flash | RAM, stack included | of it stack | handshake, million instructions |\n|---|--:|--:|--:|--:|\n",
    );
    for measured in measured {
        let name = match measured.network {
            Network::Ethernet => "Ethernet, DHCP, DNS, TCP, verified TLS, publish",
            Network::Modem => "TCP socket in a modem, verified TLS, publish",
        };
        let _ = writeln!(
            text,
            "| {name} | **{}** | **{}** | {} | {} |",
            grouped(measured.all.flash),
            grouped(measured.ram()),
            grouped(measured.stack),
            handshakes(&measured.handshakes)
        );
    }
    for measured in measured {
        let _ = write!(text, "\n{measured}\n");
    }
    text += "\n| choice of configuration.h, over Ethernet | flash | RAM, stack included | handshake, million instructions |\n\
             |---|--:|--:|--:|\n";
    for choice in choices {
        let _ = writeln!(
            text,
            "| `{}` | {:+} | {:+} | {:+} |",
            choice.choice,
            choice.flash,
            choice.ram,
            handshakes(&choice.handshakes)
        );
    }
    text
}

fn handshakes(by_device: &[(&str, u64)]) -> String {
    let texts: Vec<_> = by_device
        .iter()
        .map(|(device, millions)| {
            format!(
                "{millions} ({})",
                device.trim_end_matches("-chain").to_uppercase()
            )
        })
        .collect();
    texts.join(", ")
}
