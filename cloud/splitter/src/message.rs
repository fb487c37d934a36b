//! What is published: a reading, or a report of an element that cannot be read.

use base64ct::{Base64, Encoding};
use motepost_contract::device_id::DeviceId;
use motepost_contract::message::MAX_PAYLOAD;
use serde::Serialize;
use serde_json::value::RawValue;

/// So much of what cannot be read is passed on: in base64 it fits one unit.
const SHOWN: usize = 3 * 1024;

/// What an element says.
#[derive(Debug)]
pub(crate) struct Element {
    /// JSON, as the device wrote it if it wrote JSON.
    pub(crate) reading: Box<RawValue>,
    pub(crate) time: Option<f64>,
    pub(crate) identity: Identity,
}

/// What tells a reading from the others of its device.
#[derive(Debug)]
pub(crate) enum Identity {
    Numbered { epoch: u32, number: u32 },
    Named(String),
    Unknown,
}

/// What is no reading.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) reason: String,
    pub(crate) bytes: Vec<u8>,
}

impl Element {
    pub(crate) fn plain(reading: Box<RawValue>) -> Self {
        Self {
            reading,
            time: None,
            identity: Identity::Unknown,
        }
    }
}

impl Unreadable {
    pub(crate) fn new(reason: impl ToString, bytes: &[u8]) -> Self {
        Self {
            reason: reason.to_string(),
            bytes: bytes.to_vec(),
        }
    }
}

/// A message to publish.
#[derive(Debug)]
pub struct Message {
    /// Where to.
    topic: String,
    /// Under which it is claimed. Holds a slash, which no device id does.
    key: String,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Reading(Box<RawValue>, Position, f64),
    Unreadable {
        text: String,
        reason: String,
        elements: usize,
    },
}

#[derive(Clone, Copy, Debug)]
struct Position {
    number: Option<(u32, u32)>,
    time: Option<f64>,
}

#[derive(Serialize)]
struct Reading<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<f64>,
    received: f64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    repeat: bool,
    reading: &'a RawValue,
}

#[derive(Serialize)]
struct Report<'a> {
    reason: &'a str,
    index: usize,
    length: usize,
    received: f64,
    data: String,
}

/// The batch that a message is of.
pub(crate) struct Of<'a> {
    pub(crate) device: &'a DeviceId,
    pub(crate) received: f64,
    pub(crate) event: &'a str,
}

impl Of<'_> {
    /// For what nothing but its place tells from others.
    fn key(&self, index: usize) -> String {
        format!("{}/{}/{index}", self.device.as_str(), self.event)
    }
}

impl Message {
    /// What an element says.
    ///
    /// # Errors
    /// One that is too long to be published.
    pub(crate) fn reading(
        batch: &Of<'_>,
        index: usize,
        element: Element,
    ) -> Result<Self, Unreadable> {
        let device = batch.device.as_str();
        let number = match element.identity {
            Identity::Numbered { epoch, number } => Some((epoch, number)),
            _ => None,
        };
        let position = Position {
            number,
            time: element.time,
        };
        let message = Self {
            topic: format!("{device}/readings"),
            key: match &element.identity {
                Identity::Numbered { epoch, number } => format!("{device}/{epoch}/{number}"),
                Identity::Named(name) => format!("{device}/{name}"),
                Identity::Unknown => batch.key(index),
            },
            content: Content::Reading(element.reading, position, batch.received),
        };
        if message.payload(true).len() > MAX_PAYLOAD
            && let Content::Reading(reading, ..) = &message.content
        {
            let reason = "with its number and time it is longer than AWS's 128 KB";
            return Err(Unreadable::new(reason, reading.get().as_bytes()));
        }
        Ok(message)
    }

    /// The reason why an element cannot be read, and its first bytes.
    pub(crate) fn report(batch: &Of<'_>, index: usize, fault: Unreadable) -> Self {
        let shown = fault.bytes.get(..SHOWN).unwrap_or(&fault.bytes);
        let report = Report {
            reason: &fault.reason,
            index,
            length: fault.bytes.len(),
            received: batch.received,
            data: Base64::encode_string(shown),
        };
        Self::unreadable_of(batch, &report, 1)
    }

    /// How many more there are, the first of them at `index`, and how many bytes they have together.
    pub(crate) fn count(
        batch: &Of<'_>,
        index: usize,
        reason: &str,
        elements: usize,
        length: usize,
    ) -> Self {
        let report = Report {
            reason,
            index,
            length,
            received: batch.received,
            data: String::new(),
        };
        Self::unreadable_of(batch, &report, elements)
    }

    fn unreadable_of(batch: &Of<'_>, report: &Report<'_>, elements: usize) -> Self {
        Self {
            topic: format!("{}/unreadable", batch.device.as_str()),
            key: batch.key(report.index),
            content: Content::Unreadable {
                text: json(report),
                reason: report.reason.to_owned(),
                elements,
            },
        }
    }

    /// Where it is published to.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// What its claim is kept under.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Why the element is no reading; `None` if it is one.
    #[must_use]
    pub fn unreadable(&self) -> Option<&str> {
        match &self.content {
            Content::Reading(..) => None,
            Content::Unreadable { reason, .. } => Some(reason),
        }
    }

    /// How many elements that are no readings it stands for.
    #[must_use]
    pub const fn unreadable_elements(&self) -> usize {
        match &self.content {
            Content::Reading(..) => 0,
            Content::Unreadable { elements, .. } => *elements,
        }
    }

    /// What is published. `repeat` marks what may have been delivered before.
    #[must_use]
    pub fn payload(&self, repeat: bool) -> String {
        match &self.content {
            Content::Reading(reading, position, received) => json(&Reading {
                epoch: position.number.map(|(epoch, _)| epoch),
                number: position.number.map(|(_, number)| number),
                time: position.time,
                received: *received,
                repeat,
                reading,
            }),
            Content::Unreadable { text, .. } => text.clone(),
        }
    }
}

fn json(value: &impl Serialize) -> String {
    // It fails only where a key is not text, and every key here is.
    serde_json::to_string(value).unwrap_or_default()
}
