//! The tables of `docs/footprint.md`, each between two markers.

use std::fmt::Write as _;
use std::fs;

use super::peers::Peer;
use super::{Measurement, Profile};
use crate::{Result, grouped, targets, workspace_root};

/// Puts the tables into the page.
///
/// # Errors
/// When the page cannot be read or written, or lacks a marker.
pub(super) fn write(measurements: &[Measurement], peers: &[Peer]) -> Result<()> {
    let path = workspace_root().join("docs/footprint.md");
    let mut text =
        fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    for (name, table) in [
        ("footprint", table(measurements)),
        ("optional", table_of_optional_parts(measurements)),
        ("peers", table_of_peers(measurements, peers)),
    ] {
        text = between_markers(&text, name, &table).ok_or_else(|| {
            format!(
                "{} has no line {} with {} below it",
                path.display(),
                begin(name),
                end(name)
            )
        })?;
    }
    fs::write(&path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn begin(name: &str) -> String {
    format!("<!-- {name}:begin -->")
}

fn end(name: &str) -> String {
    format!("<!-- {name}:end -->")
}

fn between_markers(text: &str, name: &str, table: &str) -> Option<String> {
    let (begin, end) = (begin(name), end(name));
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{table}{end}{after}"))
}

fn table(measurements: &[Measurement]) -> String {
    let mut table = String::from(
        "| | flash: unsigned | signed | minted | static RAM | stack: unsigned | signed | minted | instructions: build | parse |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for target in targets::SMALL {
        let figure = |profile, name| figure(measurements, target.triple, profile, name);
        if figure(Profile::Unsigned, "flash").is_some() {
            let columns = COLUMNS.map(|(profile, name)| figure(profile, name));
            row(&mut table, target.name, columns);
        }
    }
    table
}

/// A batch is linked with a publish, whose own flash is not counted again. The outbox is linked alone.
fn table_of_optional_parts(measurements: &[Measurement]) -> String {
    let mut table = String::from(
        "| | flash: a batch | with the check | outbox | stack: outbox |\n|---|--:|--:|--:|--:|\n",
    );
    for target in targets::SMALL {
        let figure = |profile, name| figure(measurements, target.triple, profile, name);
        let added = |profile| {
            let of_both = figure(profile, "flash")?;
            of_both.checked_sub(figure(Profile::Unsigned, "flash")?)
        };
        let columns = [
            added(Profile::Batch),
            added(Profile::Checked),
            figure(Profile::Outbox, "flash"),
            figure(Profile::Outbox, "stack_publish"),
        ];
        if columns.iter().any(Option::is_some) {
            row(&mut table, target.name, columns);
        }
    }
    table
}

/// Motepost first, then the others by their flash.
fn table_of_peers(measurements: &[Measurement], peers: &[Peer]) -> String {
    let mut table = String::from(
        "| client | flash | static RAM | stack | instructions: build | parse | measured | |\n\
         |---|--:|--:|--:|--:|--:|---|---|\n",
    );
    let m4 = |name| {
        let figure = figure(measurements, "thumbv7em-none-eabi", Profile::Unsigned, name);
        figure.map_or("–".into(), grouped)
    };
    let _ = writeln!(
        table,
        "| **Motepost {}** | {} | {} | {} | {} | {} | with this page | the table above |",
        env!("CARGO_PKG_VERSION"),
        m4("flash"),
        m4("ram"),
        m4("stack_publish"),
        m4("instr_build"),
        m4("instr_parse"),
    );
    for peer in peers {
        let build = peer.instr_build.map_or("–".into(), grouped);
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} | {build} | {} | {} | {} |",
            peer.title(),
            grouped(peer.flash),
            grouped(peer.ram),
            grouped(peer.stack),
            grouped(peer.instr_parse),
            peer.measured,
            peer.note,
        );
    }
    table
}

/// The columns, left to right.
const COLUMNS: [(Profile, &str); 9] = [
    (Profile::Unsigned, "flash"),
    (Profile::Signed, "flash"),
    (Profile::Minted, "flash"),
    (Profile::Unsigned, "ram"),
    (Profile::Unsigned, "stack_publish"),
    (Profile::Signed, "stack_publish"),
    (Profile::Minted, "stack_publish"),
    (Profile::Unsigned, "instr_build"),
    (Profile::Unsigned, "instr_parse"),
];

fn row<const N: usize>(table: &mut String, name: &str, columns: [Option<u32>; N]) {
    let _ = write!(table, "| {name} |");
    for column in columns {
        match column {
            Some(value) => {
                let _ = write!(table, " {} |", grouped(value));
            }
            None => table.push_str(" – |"),
        }
    }
    table.push('\n');
}

fn figure(measurements: &[Measurement], target: &str, profile: Profile, name: &str) -> Option<u32> {
    let of = measurements
        .iter()
        .find(|measurement| measurement.target == target && measurement.profile == profile)?;
    of.figures.get(name)
}

#[cfg(test)]
mod tests {
    use super::super::Figures;
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        for (value, text) in [
            (0, "0"),
            (999, "999"),
            (3072, "3,072"),
            (1_000_007, "1,000,007"),
        ] {
            assert_eq!(grouped(value), text);
        }
    }

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let text = "above\n<!-- a:begin -->\nold\n<!-- a:end -->\nbelow\n";
        assert_eq!(
            between_markers(text, "a", "new\n").as_deref(),
            Some("above\n<!-- a:begin -->\nnew\n<!-- a:end -->\nbelow\n")
        );
        assert_eq!(between_markers(text, "b", "new\n"), None);
    }

    #[test]
    fn a_target_has_a_row_and_what_is_not_measured_a_dash() {
        let measurement = Measurement {
            target: "avr-none",
            profile: Profile::Unsigned,
            figures: Figures {
                flash: 10_574,
                stack_publish: Some(290),
                ..Figures::default()
            },
        };
        let table = table(&[measurement]);
        let row = "| ATmega328P | 10,574 | – | – | 0 | 290 | – | – | – | – |";
        assert!(table.lines().any(|line| line == row), "{table}");
    }

    #[test]
    fn a_batch_costs_what_a_publish_grows_by() {
        let measured = |profile, flash, stack| Measurement {
            target: "thumbv7em-none-eabi",
            profile,
            figures: Figures {
                flash,
                stack_publish: Some(stack),
                ..Figures::default()
            },
        };
        let table = table_of_optional_parts(&[
            measured(Profile::Unsigned, 3000, 160),
            measured(Profile::Batch, 3372, 160),
            measured(Profile::Checked, 4140, 208),
            measured(Profile::Outbox, 2914, 352),
        ]);
        let row = "| Cortex-M4 | 372 | 1,140 | 2,914 | 352 |";
        assert!(table.lines().any(|line| line == row), "{table}");
    }
}
