//! The devices of a CSV file.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, bail};
use motepost_contract::files;
use motepost_contract::generation::{self, Generation};

use crate::credentials::Scheme;
use crate::device_id;

/// One line of the file.
pub(super) struct Device {
    pub(super) id: String,
    /// Of its key, if it mints.
    pub(super) generation: Generation,
}

/// All devices, or everything that is wrong with the file, before anything is written. Where it names no generation, the
/// one that was asked for holds.
pub(super) fn read(
    path: &Path,
    scheme: Scheme,
    asked_for: Generation,
) -> anyhow::Result<Vec<Device>> {
    let text = files::read(path)?;
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(&**text);
    let names = reader
        .headers()
        .with_context(|| path.display().to_string())?;
    let column = |wanted| {
        let mut names = names.iter();
        names.position(|name| name.trim_start_matches('\u{feff}') == wanted)
    };
    let id_column =
        column("id").with_context(|| format!("{}: line 1 names no column `id`", path.display()))?;
    // With other schemes it is a column like any other.
    let generation_column = column("generation").filter(|_| scheme == Scheme::Minted);
    let mut devices = Vec::new();
    let mut seen = HashMap::new();
    let mut problems = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                problems.push(csv_problem(&text, &error));
                continue;
            }
        };
        let id = record.get(id_column).unwrap_or_default();
        let generation = generation_column.and_then(|column| record.get(column));
        let line = || line(&text, record.position());
        if let Err(problem) = device_id::parse(id) {
            problems.push(format!("line {}: {problem}", line()));
        // Some file systems do not tell upper case from lower.
        } else if let Some(first) = seen.insert(id.to_ascii_lowercase(), record.position().cloned())
        {
            problems.push(format!(
                "line {}: {id:?} is in line {} already (case counts for nothing here)",
                line(),
                self::line(&text, first.as_ref())
            ));
        } else {
            match generation_of(generation.unwrap_or_default(), asked_for) {
                Ok(generation) => devices.push(Device {
                    id: id.to_owned(),
                    generation,
                }),
                Err(problem) => problems.push(format!("line {}: {problem}", line())),
            }
        }
    }
    if !problems.is_empty() {
        bail!(
            "{}: nothing was written\n  {}",
            path.display(),
            problems.join("\n  ")
        );
    }
    if devices.is_empty() {
        bail!("{}: names no device", path.display());
    }
    Ok(devices)
}

fn generation_of(text: &str, asked_for: Generation) -> Result<Generation, String> {
    if text.is_empty() {
        return Ok(asked_for);
    }
    let number = text.parse().ok();
    number
        .filter(|number| *number <= generation::MAX)
        .ok_or_else(|| {
            format!(
                "generation {text:?} is no number from 0 to {}",
                generation::MAX
            )
        })
}

fn csv_problem(text: &[u8], error: &csv::Error) -> String {
    let line = line(text, error.position());
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("line {line}: {len} fields where line 1 has {expected_len}"),
        csv::ErrorKind::Utf8 { .. } => format!("line {line}: not UTF-8"),
        _ => error.to_string(),
    }
}

/// The line that an editor shows. The reader's own count leaves out empty lines before a record.
fn line(text: &[u8], position: Option<&csv::Position>) -> usize {
    let byte = position.map_or(0, |position| position.byte() as usize);
    let (before, rest) = text.split_at(byte.min(text.len()));
    let empty = rest.iter().take_while(|byte| b"\r\n".contains(byte));
    1 + before
        .iter()
        .chain(empty)
        .filter(|byte| **byte == b'\n')
        .count()
}
