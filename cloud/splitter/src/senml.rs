//! SenML records, resolved (RFC 8428 section 4.6): what a base says is in each of them.

use std::collections::HashMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::cbor;
use crate::message::{Element, Identity, Unreadable};
use crate::time::absolute;

/// The labels of CBOR (RFC 8428 section 6) as [`cbor`](crate::cbor) writes them, and those of JSON.
const LABELS: [(&str, &str); 14] = [
    ("-6", "bs"),
    ("-5", "bv"),
    ("-4", "bu"),
    ("-3", "bt"),
    ("-2", "bn"),
    ("-1", "bver"),
    ("0", "n"),
    ("1", "u"),
    ("2", "v"),
    ("3", "vs"),
    ("4", "vb"),
    ("5", "s"),
    ("6", "t"),
    ("7", "ut"),
];
const DATA: (&str, &str) = ("8", "vd");
/// RFC 8428 section 4.4.
const VERSION: f64 = 10.0;
/// DynamoDB's keys have 2,048 bytes.
const MAX_NAME: usize = 1024;
/// Each record gets a copy of it. The units of RFC 8428 section 12.1 have fewer than ten.
const MAX_BASE_UNIT: usize = 100;

#[derive(Default)]
struct Base {
    name: String,
    time: f64,
    unit: Option<Value>,
    value: Option<f64>,
    sum: Option<f64>,
}

/// After an element that cannot be read the base is not known, and no record is.
pub(crate) fn elements(
    elements: impl Iterator<Item = Result<Box<RawValue>, Unreadable>>,
    received: f64,
) -> impl Iterator<Item = Result<Element, Unreadable>> {
    let mut base = Base::default();
    let mut is_lost = false;
    let mut seen = HashMap::new();
    let read = move |element: Result<Box<RawValue>, Unreadable>| {
        let element = element.inspect_err(|_| is_lost = true)?;
        let unreadable = |reason| Unreadable::new(reason, element.get().as_bytes());
        if is_lost {
            return Err(unreadable(
                "a record before it, which may set the base, cannot be read",
            ));
        }
        let object = object(&element).and_then(|object| base.take(&object).map(|()| object));
        let object = object.map_err(|reason| {
            is_lost = true;
            unreadable(reason)
        })?;
        let (record, name, time) = base.resolve(&object).map_err(unreadable)?;
        let (time, is_absolute) = absolute(time, received);
        let mut record = record;
        record.insert("t".to_owned(), time.into());
        let identity = if is_absolute {
            let hash = hash(&record);
            let known = format!("{name}@{time}-{hash:016x}");
            // The second equal record of one pack is another reading: the device measured the same again.
            let before = seen.entry(hash).or_insert(0_usize);
            *before += 1;
            Identity::Named(if *before == 1 {
                known
            } else {
                format!("{known}#{before}")
            })
        } else {
            Identity::Unknown
        };
        Ok(Element {
            reading: cbor::raw(&record.into()),
            time: Some(time),
            identity,
        })
    };
    elements.map(read)
}

/// The name and the time in a key are for who looks into the table. Records of one name and time that differ in anything else are
/// different readings, and none is dropped for another: so the key has a hash of all that is in the record.
fn hash(record: &Map<String, Value>) -> u64 {
    // In one order, whatever order serde_json keeps.
    let mut fields: Vec<_> = record.iter().collect();
    fields.sort_unstable_by_key(|(label, _)| *label);
    let mut hash = Sha256::new();
    for (label, value) in fields {
        // As JSON, so that no two of them have the same bytes.
        hash.update(format!("{},{value};", Value::from(label.as_str())));
    }
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(hash.finalize());
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

fn object(element: &RawValue) -> Result<Map<String, Value>, &'static str> {
    let Ok(object) = serde_json::from_str::<Map<String, Value>>(element.get()) else {
        return Err("not a SenML record");
    };
    let mut named = Map::new();
    for (label, value) in object {
        // A label of which RFC 8428 section 4.4 says that a reader must understand it.
        if label.ends_with('_') {
            return Err("it has a label that this splitter must understand and does not");
        }
        let mut labels = LABELS.iter().chain([&DATA]);
        let name = labels.find(|(number, _)| *number == label);
        let name = name.map_or(label, |(_, name)| (*name).to_owned());
        if named.insert(name, value).is_some() {
            return Err("it has the same label twice");
        }
    }
    Ok(named)
}

impl Base {
    fn take(&mut self, object: &Map<String, Value>) -> Result<(), &'static str> {
        if number(object, "bver")?.is_some_and(|version| version > VERSION) {
            return Err("it is of a later version of SenML");
        }
        if let Some(name) = text(object, "bn")? {
            self.name = name.to_owned();
        }
        if let Some(time) = number(object, "bt")? {
            self.time = time;
        }
        if let Some(unit) = text(object, "bu")? {
            if unit.len() > MAX_BASE_UNIT {
                return Err("its base unit is longer than 100 bytes");
            }
            self.unit = Some(unit.into());
        }
        if let Some(value) = number(object, "bv")? {
            self.value = Some(value);
        }
        if let Some(sum) = number(object, "bs")? {
            self.sum = Some(sum);
        }
        Ok(())
    }

    /// The record without its time, its name, and its time.
    fn resolve(
        &self,
        object: &Map<String, Value>,
    ) -> Result<(Map<String, Value>, String, f64), &'static str> {
        let own: Map<_, _> = object
            .iter()
            .filter(|(label, _)| !["bver", "bn", "bt", "bu", "bv", "bs"].contains(&label.as_str()))
            .map(|(label, value)| (label.clone(), value.clone()))
            .collect();
        let mut record = own;
        let name = format!("{}{}", self.name, text(object, "n")?.unwrap_or_default());
        if name.is_empty() {
            return Err("it has no name");
        }
        if name.len() > MAX_NAME {
            return Err("its name is longer than 1,024 bytes");
        }
        let time = sum_of(self.time, number(object, "t")?)?;
        let has_value = ["v", "vs", "vb", "vd"]
            .iter()
            .any(|label| record.contains_key(*label));
        let sum = number(object, "s")?;
        if !has_value && sum.is_none() && self.value.is_none() && self.sum.is_none() {
            return Err("it has no value");
        }
        text(object, "u")?;
        text(object, "vs")?;
        for (label, base, value) in [
            ("v", self.value, number(object, "v")?),
            ("s", self.sum, sum),
        ] {
            if let Some(base) = base
                && !(label == "v" && has_value && value.is_none())
            {
                record.insert(label.to_owned(), sum_of(base, value)?.into());
            }
        }
        if let Some(unit) = &self.unit {
            record.entry("u".to_owned()).or_insert_with(|| unit.clone());
        }
        record.insert("n".to_owned(), name.clone().into());
        Ok((record, name, time))
    }
}

/// JSON has no infinity: it would be published as null.
fn sum_of(base: f64, value: Option<f64>) -> Result<f64, &'static str> {
    let sum = base + value.unwrap_or_default();
    if sum.is_finite() {
        Ok(sum)
    } else {
        Err("with its base a number is too large")
    }
}

fn number(object: &Map<String, Value>, label: &str) -> Result<Option<f64>, &'static str> {
    let number = object.get(label).map(|value| value.as_f64().ok_or(()));
    number
        .transpose()
        .map_err(|()| "a value that must be a number is not one")
}

fn text<'o>(object: &'o Map<String, Value>, label: &str) -> Result<Option<&'o str>, &'static str> {
    let text = object.get(label).map(|value| value.as_str().ok_or(()));
    text.transpose()
        .map_err(|()| "a value that must be text is not")
}
