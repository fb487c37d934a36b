//! `cargo xtask cost`: `docs/cost.md` and its chart, from what `motepost cost --json` says.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::{Result, capture, grouped, workspace_root};

const BEGIN: &str = "<!-- cost:begin -->";
const END: &str = "<!-- cost:end -->";

/// One plan, and what it costs.
struct Row {
    name: &'static str,
    report: Value,
}

/// Readings in a request, and the rest of the command line.
const BATCHES: [(&str, &str); 5] = [
    ("one request a reading", "--batch 1"),
    ("6 readings in a request", "--batch 6"),
    ("24 readings in a request", "--batch 24"),
    ("168 readings in a request", "--batch 168"),
    ("24 in a request, and the splitter", "--batch 24 --split"),
];
const TRANSPORTS: [(&str, &str); 6] = [
    ("TLS 1.2", "--transport tls1.2"),
    ("TLS 1.3", "--transport tls1.3"),
    ("TLS 1.2, resumed", "--transport tls1.2-resumed"),
    ("a connection that stays open", "--transport kept"),
    ("a gateway, plain TCP", "--transport gateway"),
    ("TLS 1.2, signed", "--transport tls1.2 --scheme signed"),
];

/// Compares the page and its chart with what the command says, or writes them.
///
/// # Errors
/// When they differ, or the command fails.
pub fn run(write: bool) -> Result<String> {
    let batches = rows(&BATCHES)?;
    let transports = rows(&TRANSPORTS)?;
    let text = tables(&batches, &transports)?;
    let chart = svg(&batches)?;
    let page = page();
    let said = |error: std::io::Error| format!("{}: {error}", page.display());
    let committed = fs::read_to_string(&page).map_err(said)?;
    let parts = committed
        .split_once(BEGIN)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or("docs/cost.md has no markers")?;
    let written = format!("{before}{BEGIN}\n{text}{END}{after}");
    let drawing = page.with_extension("svg");
    if write {
        fs::write(&page, written).map_err(said)?;
        fs::write(&drawing, chart).map_err(said)?;
        return Ok("docs/cost.md and docs/cost.svg are written".into());
    }
    if written != committed || fs::read_to_string(&drawing).ok().as_deref() != Some(&chart) {
        return Err("docs/cost.md is out of date; run `cargo xtask cost --write`".into());
    }
    Ok("docs/cost.md says what motepost cost says".into())
}

fn page() -> PathBuf {
    workspace_root().join("docs/cost.md")
}

fn rows(plans: &[(&'static str, &str)]) -> Result<Vec<Row>> {
    let row = |(name, arguments): &(&'static str, &str)| {
        let scheme = (!arguments.contains("--scheme")).then_some(["--scheme", "static"]);
        let output = capture(
            Command::new("cargo")
                .current_dir(workspace_root())
                .args(["run", "--quiet", "--package", "motepost-provision", "--"])
                .args(["cost", "--interval", "1h", "--devices", "1000", "--json"])
                .args(arguments.split(' '))
                .args(scheme.into_iter().flatten()),
        )?;
        let report = serde_json::from_str(&output).map_err(|error| format!("{name}: {error}"))?;
        Ok(Row { name, report })
    };
    plans.iter().map(row).collect()
}

impl Row {
    /// `field` is `request`, `reading` or `fleet_month`. `None` where nobody knows.
    fn value(&self, what: &str, field: &str) -> Result<Option<f64>> {
        let rows = self.report["rows"].as_array();
        let row = rows
            .into_iter()
            .flatten()
            .find(|row| row["what"] == what)
            .ok_or_else(|| format!("motepost cost does not say {what}"))?;
        Ok(row[field].as_f64())
    }

    fn bytes(&self, field: &str) -> Result<f64> {
        let part = |what| self.value(what, field).map(Option::unwrap_or_default);
        Ok(part("bytes up")? + part("bytes down")?)
    }

    /// Of the device's request, and of what the splitter publishes.
    fn messages(&self) -> Result<f64> {
        let own = self.value("messages metered", "reading")?;
        let split = self
            .value("messages of the splitter", "reading")
            .unwrap_or_default();
        Ok(own.unwrap_or_default() + split.unwrap_or_default())
    }

    fn runs(&self) -> Result<f64> {
        let authorizer = self.value("authorizer runs", "reading")?;
        let splitter = self.value("splitter runs", "reading").unwrap_or_default();
        Ok(authorizer.unwrap_or_default() + splitter.unwrap_or_default())
    }

    /// mAh of one device a month.
    fn charge(&self) -> Result<Option<f64>> {
        let fleet = self.value("charge of the radio", "fleet_month")?;
        Ok(fleet.map(|fleet| fleet / 1000.0))
    }
}

fn tables(batches: &[Row], transports: &[Row]) -> Result<String> {
    let mut text = String::from(
        "| a reading of 45 bytes each hour, unsigned, TLS 1.2 | bytes a reading | round trips | messages metered | functions run | USD a month, 1,000 devices | mAh a month, a device |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in batches {
        let trips = row.value("round trips", "reading")?.unwrap_or_default();
        let money = row.value("money", "fleet_month")?.unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            row.name,
            shown(row.bytes("reading")?),
            shown(trips),
            shown(row.messages()?),
            shown(row.runs()?),
            shown(money),
            row.charge()?.map_or("?".into(), shown),
        );
    }
    text += "\n| one reading in a request | bytes up | down | round trips | mAh a month, a device |\n|---|--:|--:|--:|--:|\n";
    for row in transports {
        let part = |what| row.value(what, "request").map(Option::unwrap_or_default);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            row.name,
            shown(part("bytes up")?),
            shown(part("bytes down")?),
            shown(part("round trips")?),
            row.charge()?.map_or("?".into(), shown),
        );
    }
    Ok(text)
}

/// Three digits that count, or all before the point.
fn shown(number: f64) -> String {
    if number >= 1000.0 {
        return grouped(number.round() as u32);
    }
    let places = if number >= 100.0 {
        0
    } else if number >= 10.0 {
        1
    } else {
        2
    };
    let text = format!("{number:.places$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

const LEFT: f64 = 250.0;
const LONGEST: f64 = 200.0;
const PANEL: f64 = 310.0;

fn svg(rows: &[Row]) -> Result<String> {
    let height = 62 + 26 * rows.len() + 14;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 {height}\" width=\"900\" height=\"{height}\" role=\"img\" \
         aria-label=\"Bytes on the wire and charge of the radio, by readings in a request\">\n<style>\n\
         text {{ font: 12px system-ui, sans-serif; fill: #1f2328 }}\n.title {{ font-size: 15px; font-weight: 600 }}\n\
         .soft {{ fill: #59636e }}\n.bar {{ fill: #0969da }}\n@media (prefers-color-scheme: dark) {{\n\
         text {{ fill: #f0f6fc }} .soft {{ fill: #9198a1 }} .bar {{ fill: #58a6ff }}\n\
         }}\n</style>\n\
         <text class=\"title\" x=\"0\" y=\"16\">A reading of 45 bytes each hour, over TLS 1.2: shorter is better</text>\n"
    );
    let bytes: Vec<f64> = rows
        .iter()
        .map(|row| row.bytes("reading"))
        .collect::<Result<_>>()?;
    let charge: Vec<f64> = rows
        .iter()
        .map(|row| row.charge().map(Option::unwrap_or_default))
        .collect::<Result<_>>()?;
    let panels = [
        ("bytes on the wire, a reading", bytes),
        ("mAh of NB-IoT, a month (others' figures)", charge),
    ];
    for (panel, (title, values)) in panels.iter().enumerate() {
        let left = LEFT + PANEL * panel as f64;
        let longest = values.iter().copied().fold(1.0, f64::max);
        let _ = writeln!(
            svg,
            "<text class=\"soft\" x=\"{left}\" y=\"46\">{title}</text>"
        );
        for (at, (row, value)) in rows.iter().zip(values).enumerate() {
            let top = 62 + 26 * at;
            let base = top + 13;
            let width = value * LONGEST / longest;
            if panel == 0 {
                let _ = writeln!(svg, "<text x=\"0\" y=\"{base}\">{}</text>", row.name);
            }
            let _ = writeln!(
                svg,
                "<rect class=\"bar\" x=\"{left}\" y=\"{top}\" width=\"{width:.0}\" height=\"18\"/><text x=\"{:.0}\" y=\"{base}\">{}</text>",
                left + width + 6.0,
                shown(*value),
            );
        }
    }
    Ok(svg + "</svg>\n")
}
