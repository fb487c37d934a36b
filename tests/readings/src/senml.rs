//! SenML (RFC 8428), as far as the library writes it: packs in JSON and CBOR become resolved records (section 4.6).

use ciborium::Value;
use serde::Deserialize;

use crate::cbor;

/// A record that needs no other.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// With the base name.
    pub name: String,
    /// Empty without one.
    pub unit: String,
    /// The number.
    pub value: f64,
    /// With the base time.
    pub time: f64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    #[serde(rename = "bn")]
    base_name: Option<String>,
    #[serde(rename = "bt")]
    base_time: Option<f64>,
    #[serde(default, rename = "n")]
    name: String,
    #[serde(default, rename = "u")]
    unit: String,
    #[serde(rename = "v")]
    value: f64,
    #[serde(default, rename = "t")]
    time: f64,
}

/// Reads a pack in JSON.
///
/// # Errors
/// When it is not one.
pub fn read_json(pack: &[u8]) -> Result<Vec<Resolved>, String> {
    let records: Vec<Record> = serde_json::from_slice(pack).map_err(|error| error.to_string())?;
    resolve(records)
}

/// Reads a pack in CBOR.
///
/// # Errors
/// When it is not one.
pub fn read_cbor(pack: &[u8]) -> Result<Vec<Resolved>, String> {
    let records = cbor::items(pack).into_iter().map(record);
    resolve(records.collect::<Result<_, _>>()?)
}

fn record(item: Value) -> Result<Record, String> {
    let members = item
        .into_map()
        .map_err(|item| format!("{item:?} is no map"))?;
    let mut record = Record::default();
    let mut labels = Vec::new();
    for (label, value) in members {
        let label = label
            .as_integer()
            .and_then(|label| i64::try_from(label).ok());
        let text = value.as_text().map(str::to_owned);
        match (label, text) {
            (Some(-2), Some(text)) => record.base_name = Some(text),
            (Some(-3), None) => record.base_time = Some(number(&value)?),
            (Some(0), Some(text)) => record.name = text,
            (Some(1), Some(text)) => record.unit = text,
            (Some(2), None) => record.value = number(&value)?,
            (Some(6), None) => record.time = number(&value)?,
            other => return Err(format!("{other:?}: {value:?}")),
        }
        if labels.contains(&label) {
            return Err(format!("{label:?} comes twice"));
        }
        labels.push(label);
    }
    Ok(record)
}

/// An integer or a decimal fraction (RFC 8949 section 3.4.4).
fn number(value: &Value) -> Result<f64, String> {
    let integer = |value: &Value| value.as_integer().map(i128::from);
    let text = match value {
        Value::Tag(4, fraction) => match fraction.as_array().map(Vec::as_slice) {
            Some([exponent, digits]) => {
                let (exponent, digits) = (integer(exponent), integer(digits));
                exponent
                    .zip(digits)
                    .map(|(exponent, digits)| format!("{digits}e{exponent}"))
            }
            _ => None,
        },
        _ => integer(value).map(|digits| digits.to_string()),
    };
    let number = text.and_then(|text| text.parse().ok());
    number.ok_or_else(|| format!("{value:?} is no number"))
}

fn resolve(records: Vec<Record>) -> Result<Vec<Resolved>, String> {
    let (mut base_name, mut base_time) = (String::new(), 0.0);
    let mut resolved = Vec::new();
    for record in records {
        base_name = record.base_name.unwrap_or(base_name);
        base_time = record.base_time.unwrap_or(base_time);
        let name = base_name.clone() + &record.name;
        let may_be = |letter: char| letter.is_ascii_alphanumeric() || "-:./_".contains(letter);
        if !name.starts_with(|first: char| first.is_ascii_alphanumeric())
            || !name.chars().all(may_be)
        {
            return Err(format!("{name:?} is no name"));
        }
        resolved.push(Resolved {
            name,
            unit: record.unit,
            value: record.value,
            time: base_time + record.time,
        });
    }
    Ok(resolved)
}
