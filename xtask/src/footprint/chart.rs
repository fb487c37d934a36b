//! `docs/footprint.svg`: the library and other clients on a Cortex-M4.

use std::fmt::Write as _;
use std::fs;

use super::peers::Peer;
use super::{Measurement, Profile};
use crate::{Result, grouped, workspace_root};

/// One client: flash, stack, instructions.
struct Bars {
    name: String,
    values: [u32; 3],
    ours: bool,
}

const PANELS: [&str; 3] = [
    "flash, bytes (libc counted)",
    "stack of a publish, bytes",
    "instructions, build + parse",
];

const NAME_WIDTH: u32 = 200;
const PANEL_WIDTH: u32 = 240;
/// After the longest bar there is room for its number.
const LONGEST_BAR: u32 = 170;
const ROW: u32 = 26;
const HEAD: u32 = 62;

/// Writes the chart, when the Cortex-M4 was measured.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write(measurements: &[Measurement], peers: &[Peer]) -> Result<()> {
    let m4 = |profile| {
        measurements
            .iter()
            .find(move |m| m.target == "thumbv7em-none-eabi" && m.profile == profile)
    };
    let ours = [
        ("Motepost", m4(Profile::Unsigned)),
        ("Motepost, minted tokens", m4(Profile::Minted)),
    ];
    let mut clients: Vec<Bars> = Vec::new();
    for (name, measurement) in ours {
        let Some(figures) = measurement.map(|measurement| measurement.figures) else {
            return Err("the chart needs thumbv7em-none-eabi, unsigned and minted".into());
        };
        let instructions = [figures.instr_mint, figures.instr_build, figures.instr_parse];
        clients.push(Bars {
            name: name.to_owned(),
            values: [
                figures.flash,
                figures.stack_publish.unwrap_or(0),
                instructions.into_iter().flatten().sum(),
            ],
            ours: true,
        });
    }
    // One that only parses has no bar of the same work.
    clients.extend(peers.iter().filter_map(|peer| {
        let instructions = peer.instr_build? + peer.instr_parse;
        Some(Bars {
            name: peer.title(),
            values: [peer.flash, peer.stack, instructions],
            ours: false,
        })
    }));

    let path = workspace_root().join("docs/footprint.svg");
    fs::write(&path, svg(&clients)).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn svg(clients: &[Bars]) -> String {
    let width = NAME_WIDTH + PANEL_WIDTH * PANELS.len() as u32;
    let height = HEAD + ROW * clients.len() as u32 + 34;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-label=\"Flash, stack and instructions of one publish on a Cortex-M4, Motepost and other clients\">\n\
         <style>\n\
         text {{ font: 12px system-ui, sans-serif; fill: #1f2328 }}\n\
         .title {{ font-size: 15px; font-weight: 600 }}\n\
         .soft {{ fill: #59636e }}\n\
         .ours {{ fill: #0969da }} text.ours {{ font-weight: 600 }}\n\
         .peer {{ fill: #9aa4af }}\n\
         @media (prefers-color-scheme: dark) {{\n\
         text {{ fill: #f0f6fc }} .soft {{ fill: #9198a1 }} .ours {{ fill: #58a6ff }} .peer {{ fill: #59636e }}\n\
         }}\n\
         </style>\n\
         <text class=\"title\" x=\"0\" y=\"16\">One publish on a Cortex-M4, shorter is better</text>\n"
    );
    for (panel, title) in PANELS.iter().enumerate() {
        let left = NAME_WIDTH + PANEL_WIDTH * panel as u32;
        let _ = writeln!(
            svg,
            "<text class=\"soft\" x=\"{left}\" y=\"{}\">{title}</text>",
            HEAD - 16
        );
    }
    for (row, client) in clients.iter().enumerate() {
        let class = if client.ours { "ours" } else { "peer" };
        let top = HEAD + ROW * row as u32;
        let baseline = top + 13;
        let label_class = if client.ours { " class=\"ours\"" } else { "" };
        let _ = writeln!(
            svg,
            "<text{label_class} x=\"0\" y=\"{baseline}\">{}</text>",
            client.name
        );
        for (panel, value) in client.values.iter().enumerate() {
            let left = NAME_WIDTH + PANEL_WIDTH * panel as u32;
            let length = bar(*value, longest(clients, panel));
            let _ = writeln!(
                svg,
                "<rect class=\"{class}\" x=\"{left}\" y=\"{top}\" width=\"{length}\" height=\"18\" rx=\"2\"/>\
                 <text x=\"{}\" y=\"{baseline}\">{}</text>",
                left + length + 6,
                grouped(*value)
            );
        }
    }
    let _ = writeln!(
        svg,
        "<text class=\"soft\" x=\"0\" y=\"{}\">Same request and response, built for size, newlib-nano, QEMU. \
         The C by hand trusts the response.</text>\n</svg>",
        height - 10
    );
    svg
}

fn longest(clients: &[Bars], panel: usize) -> u32 {
    let values = clients.iter().map(|client| client.values[panel]);
    values.max().unwrap_or(0)
}

/// Never so short that it cannot be seen.
fn bar(value: u32, longest: u32) -> u32 {
    (u64::from(value) * u64::from(LONGEST_BAR) / u64::from(longest.max(1))).max(1) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str, values: [u32; 3], ours: bool) -> Bars {
        Bars {
            name: name.to_owned(),
            values,
            ours,
        }
    }

    #[test]
    fn the_longest_bar_of_each_panel_is_as_long_as_there_is_room() {
        let clients = [
            client("a", [50, 1, 7], true),
            client("b", [100, 1736, 7], false),
        ];
        let svg = svg(&clients);
        assert!(svg.contains("width=\"85\""), "{svg}");
        assert_eq!(svg.matches("width=\"170\"").count(), 4, "{svg}");
        assert!(svg.contains(">1,736<"), "{svg}");
    }

    #[test]
    fn nothing_is_still_a_visible_bar() {
        assert_eq!((bar(0, 100), bar(0, 0)), (1, 1));
    }
}
