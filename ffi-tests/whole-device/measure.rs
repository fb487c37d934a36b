//! What a device takes, its budgets, and what each choice of configuration.h changes.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;

use crate::Result;
use crate::board::{self, Report, Run};
use crate::build::{self, Images};
use crate::device::{DEVICES, Device};
use crate::network::Network;
use crate::parts::{self, Part};
use crate::server::Servers;

/// The stack depends a little on when an interrupt comes, so its budget is in steps.
const STACK_STEP: u64 = 64;

/// The figures of one network's devices, one for each kind of chain.
pub struct Measured {
    /// How they reach the endpoint.
    pub network: Network,
    /// Everything that the larger takes of the flash and, without the stack, of the RAM.
    pub all: Part,
    /// What was used of the stack at most.
    pub stack: u64,
    /// The same by part; nothing where the map does not tell them apart.
    pub parts: Vec<(&'static str, Part)>,
    /// Instructions of the handshake, in millions, by device.
    pub handshakes: Vec<(&'static str, u64)>,
}

/// What an alternative of configuration.h changes.
pub struct Choice {
    /// `NAME=VALUE`.
    pub choice: String,
    /// Bytes of flash more than as configured.
    pub flash: i64,
    /// Bytes of RAM, stack included.
    pub ram: i64,
    /// Instructions of the handshake, in millions, by device.
    pub handshakes: Vec<(&'static str, u64)>,
}

impl Measured {
    /// Of devices that ran.
    pub fn new(
        network: Network,
        images: &Images,
        runs: &[(&'static Device, Report)],
    ) -> Result<Self> {
        let mut measured = Self {
            network,
            all: Part::default(),
            stack: 0,
            parts: Vec::new(),
            handshakes: Vec::new(),
        };
        for (device, report) in runs {
            let (parts, all) = parts::of(&images.of(device))?;
            if all.flash > measured.all.flash {
                measured.all = all;
                measured.parts = parts;
            }
            let stack = u64::from(report.number("stack")?).next_multiple_of(STACK_STEP);
            measured.stack = stack.max(measured.stack);
            let handshake = u64::from(report.number("handshake_ms")?);
            measured.handshakes.push((device.name, handshake));
        }
        Ok(measured)
    }

    /// Stack included.
    pub fn ram(&self) -> u64 {
        self.all.ram + self.stack
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| {}: part | flash | RAM |\n|---|--:|--:|",
            self.network.name()
        )?;
        for (name, part) in &self.parts {
            writeln!(
                f,
                "| {name} | {} | {} |",
                grouped(part.flash),
                grouped(part.ram)
            )?;
        }
        writeln!(f, "| stack | | {} |", grouped(self.stack))?;
        write!(
            f,
            "| **together** | **{}** | **{}** |",
            grouped(self.all.flash),
            grouped(self.ram())
        )
    }
}

/// With a comma at every thousand.
pub fn grouped(value: u64) -> String {
    match value {
        0..1000 => value.to_string(),
        _ => format!("{},{:03}", grouped(value / 1000), value % 1000),
    }
}

/// Builds and runs each alternative that configuration.h names.
pub fn choices(servers: &Servers<'_>, usual: &Measured) -> Result<Vec<Choice>> {
    let path = configuration();
    let text =
        fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let mut choices = Vec::new();
    for (name, value, _) in alternatives(&text) {
        let choice = format!("{name}={value}");
        let measured = measure(servers, &choice)?;
        let more = |value: u64, than: u64| value.cast_signed() - than.cast_signed();
        let choice = Choice {
            choice,
            flash: more(measured.all.flash, usual.all.flash),
            ram: more(measured.ram(), usual.ram()),
            handshakes: measured.handshakes,
        };
        println!(
            "{} flash {:+} RAM {:+} handshake {:?}",
            choice.choice, choice.flash, choice.ram, choice.handshakes
        );
        choices.push(choice);
    }
    fs::write(&path, rewritten(&text, &choices))
        .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    Ok(choices)
}

/// Builds and runs the devices whose kind of chain the choice leaves.
fn measure(servers: &Servers<'_>, choice: &str) -> Result<Measured> {
    let network = Network::Ethernet;
    let is_left = |device: &&Device| match choice {
        "CHAINS=CHAINS_RSA" => device.name == "rsa-chain",
        "CHAINS=CHAINS_ECDSA" => device.name == "ecdsa-chain",
        "CHAINS=CHAINS_PINNED_KEY" => device.name == "openssl-ecdsa",
        _ => device.is_measured,
    };
    let devices = DEVICES.iter().filter(is_left);
    let meetings = devices
        .map(|device| Ok((device, servers.meet(device.name, device.show)?)))
        .collect::<Result<Vec<_>>>()?;
    let images = build::all(network, &meetings, servers, &[choice])?;
    let mut runs = Vec::new();
    for (device, server) in &meetings {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let ended = board::run(&Run {
            network,
            image: &images.of(device),
            folder: folder.path(),
            port: server.port(),
            counts_instructions: true,
        })?;
        if ended.status != 0 {
            return Err(format!(
                "{choice} {} ended with {}: {}",
                device.name, ended.status, ended.output
            ));
        }
        runs.push((*device, ended.report()?));
    }
    Measured::new(network, &images, &runs)
}

fn configuration() -> PathBuf {
    xtask::workspace_root().join("examples/whole-device/configuration.h")
}

/// Each `#define NAME VALUE // ALTERNATIVE: bytes; ALTERNATIVE: bytes`, an alternative at a time with its bytes.
fn alternatives(text: &str) -> Vec<(&str, &str, &str)> {
    let lines = text.lines().filter_map(|line| {
        let (definition, comment) = line.strip_prefix("#define ")?.split_once(" // ")?;
        let (name, _) = definition.split_once(' ')?;
        Some((name, comment))
    });
    lines
        .flat_map(|(name, comment)| {
            comment.split("; ").filter_map(move |alternative| {
                let (value, bytes) = alternative.split_once(": ")?;
                bytes.starts_with("flash ").then_some((name, value, bytes))
            })
        })
        .collect()
}

/// The file with these bytes.
fn rewritten(text: &str, choices: &[Choice]) -> String {
    let mut new = text.to_owned();
    for (name, value, bytes) in alternatives(text) {
        if let Some(choice) = choices
            .iter()
            .find(|choice| choice.choice == format!("{name}={value}"))
        {
            let lines: Vec<_> = new
                .lines()
                .map(|line| {
                    if line.starts_with(&format!("#define {name} ")) {
                        let measured =
                            format!("{value}: flash {:+}, RAM {:+}", choice.flash, choice.ram);
                        line.replace(&format!("{value}: {bytes}"), &measured)
                    } else {
                        line.to_owned()
                    }
                })
                .collect();
            new = lines.join("\n") + "\n";
        }
    }
    new
}

/// By network, then `flash` and `ram`.
type Budgets = BTreeMap<String, BTreeMap<String, u64>>;

const BUDGETS_HEAD: &str = "\
# What the whole device may take at most, in bytes, stack included: `cargo xtask whole-device` fails above a limit.
# `cargo xtask whole-device --write` lowers a limit to what it measured; raising one is a decision, made here by hand.
";

fn budgets_path() -> PathBuf {
    xtask::workspace_root().join("examples/whole-device/budgets.toml")
}

fn budgets() -> Result<Budgets> {
    let path = budgets_path();
    let text =
        fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}

/// A sentence for each figure over its limit.
pub fn over_budget(all: &[Measured]) -> Result<Vec<String>> {
    let budgets = budgets()?;
    let mut over = Vec::new();
    for measured in all {
        let network = measured.network.name();
        for (name, value) in figures(measured) {
            let limit = budgets
                .get(network)
                .and_then(|limits| limits.get(name))
                .ok_or_else(|| format!("{network} {name} has no budget"))?;
            if value > *limit {
                over.push(format!(
                    "{network} {name}={value} is {} over its limit of {limit}",
                    value - limit
                ));
            }
        }
    }
    Ok(over)
}

fn figures(measured: &Measured) -> [(&'static str, u64); 2] {
    [("flash", measured.all.flash), ("ram", measured.ram())]
}

/// Lowers the limits to what was measured.
pub fn lower_budgets(all: &[Measured]) -> Result<()> {
    let mut budgets = budgets()?;
    for measured in all {
        let limits = budgets
            .entry(measured.network.name().to_owned())
            .or_default();
        for (name, value) in figures(measured) {
            let limit = limits.entry(name.to_owned()).or_insert(value);
            *limit = value.min(*limit);
        }
    }
    let text = toml::to_string(&budgets).map_err(|e| e.to_string())?;
    let path = budgets_path();
    fs::write(&path, format!("{BUDGETS_HEAD}\n{text}"))
        .map_err(|e| format!("cannot write {}: {e}", path.display()))
}
