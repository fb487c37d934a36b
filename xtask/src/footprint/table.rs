//! The README's table of figures, between two markers.

use std::fmt::Write as _;
use std::fs;

use super::budgets::Budgets;
use super::peers::PEERS;
use super::{Measurement, Profile};
use crate::{Result, targets, workspace_root};

const BEGIN: &str = "<!-- footprint:begin -->";
const END: &str = "<!-- footprint:end -->";

/// Puts the table into the README.
///
/// # Errors
/// When the README cannot be read or written, or has not both markers.
pub(super) fn write(measurements: &[Measurement], budgets: &Budgets) -> Result<()> {
    let path = workspace_root().join("README.md");
    let text =
        fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let text = between_markers(&text, &table(measurements, budgets))
        .ok_or_else(|| format!("{} has no line {BEGIN} with {END} below it", path.display()))?;
    fs::write(&path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn between_markers(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

fn table(measurements: &[Measurement], budgets: &Budgets) -> String {
    let mut table = String::from(
        "| | flash: unsigned | signed | minted | static RAM | stack: unsigned | signed | minted | instructions: build | parse |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for target in targets::SMALL {
        let figure = |profile, name| figure(measurements, target.triple, profile, name);
        if figure(Profile::Unsigned, "flash").is_some() {
            row(
                &mut table,
                &format!("{} (`{}`)", target.name, target.triple),
                figure,
            );
        }
    }
    let m4 = "thumbv7em-none-eabi";
    row(&mut table, "*the goal, Cortex-M4*", |profile, name| {
        budgets.goal(m4, profile.name(), name)
    });
    for peer in &PEERS {
        row(
            &mut table,
            &format!("*{}, Cortex-M4*", peer.name),
            |profile, name| match (profile, name) {
                (Profile::Unsigned, "flash") => Some(peer.flash),
                (Profile::Unsigned, "ram") => Some(peer.ram),
                (Profile::Unsigned, "stack_publish") => Some(peer.stack),
                (Profile::Unsigned, "instr_build") => Some(peer.instr_build),
                (Profile::Unsigned, "instr_parse") => Some(peer.instr_parse),
                _ => None,
            },
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

fn row(table: &mut String, name: &str, figure: impl Fn(Profile, &'static str) -> Option<u32>) {
    let _ = write!(table, "| {name} |");
    for (profile, column) in COLUMNS {
        match figure(profile, column) {
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

/// With a comma at every thousand.
pub(super) fn grouped(value: u32) -> String {
    match value {
        0..1000 => value.to_string(),
        _ => format!("{},{:03}", grouped(value / 1000), value % 1000),
    }
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
        let text = format!("above\n{BEGIN}\nold\n{END}\nbelow\n");
        assert_eq!(
            between_markers(&text, "new\n"),
            Some(format!("above\n{BEGIN}\nnew\n{END}\nbelow\n"))
        );
        assert_eq!(between_markers("no markers", "new\n"), None);
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
        let table = table(&[measurement], &Budgets::default());
        let row = "| ATmega328P (`avr-none`) | 10,574 | – | – | 0 | 290 | – | – | – | – |";
        assert!(table.lines().any(|line| line == row), "{table}");
    }
}
