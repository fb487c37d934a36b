//! `[number, reading]` and `[number, time, reading]`.

use std::collections::HashSet;

use serde_json::value::RawValue;

use crate::message::{Element, Identity, Unreadable};
use crate::time::absolute;

pub(crate) fn elements(
    elements: impl Iterator<Item = Result<Box<RawValue>, Unreadable>>,
    epoch: u32,
    received: f64,
) -> impl Iterator<Item = Result<Element, Unreadable>> {
    let mut numbers = HashSet::new();
    let read = move |element: Result<Box<RawValue>, Unreadable>| {
        let element = element?;
        let unreadable = |reason| Unreadable::new(reason, element.get().as_bytes());
        let parts: Vec<&RawValue> = serde_json::from_str(element.get())
            .map_err(|_| unreadable("not [number, reading] or [number, time, reading]"))?;
        let (number, time, reading) = match parts.as_slice() {
            [number, reading] => (number, None, reading),
            [number, time, reading] => (number, Some(time), reading),
            _ => return Err(unreadable("not two or three values in an array")),
        };
        let number = serde_json::from_str(number.get())
            .map_err(|_| unreadable("its number is not of 32 bits"))?;
        // The outbox never gives one number twice. Taken for a repeat, the second would be dropped in silence.
        if !numbers.insert(number) {
            return Err(unreadable("its number is already in this batch"));
        }
        let time = time.map(|time| serde_json::from_str::<f64>(time.get()));
        let time = time
            .transpose()
            .map_err(|_| unreadable("its time is not a number"))?;
        Ok(Element {
            time: time.map(|time| absolute(time, received).0),
            identity: Identity::Numbered { epoch, number },
            reading: (*reading).to_owned(),
        })
    };
    elements.map(read)
}
