//! The batch that a rule sends.

use motepost_contract::device_id::DeviceId;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::event::Event;
use crate::message::{Element, Message, Of, Unreadable};
use crate::not_a_batch::NotABatch;
use crate::{cbor, json, numbered, senml};

/// The event of a rule with the statement of `template.yaml`:
///
/// ```sql
/// SELECT encode(*, 'base64') AS data, topic() AS topic, timestamp() AS received
/// ```
///
/// Without FROM only Basic Ingest reaches it ("Reducing messaging costs with Basic Ingest"), so that nothing that the
/// splitter publishes comes back.
/// `encode` takes JSON and what is not JSON alike (AWS IoT Developer Guide, "SQL versions", 2016-03-23), so that arrays,
/// which `SELECT *` cannot add a column to, and CBOR arrive byte for byte. A Lambda action takes no binary payload ("Working
/// with binary payloads").
#[derive(Debug)]
pub struct Batch {
    device: DeviceId,
    form: Form,
    /// In Unix seconds.
    received: f64,
    payload: Vec<u8>,
    event: String,
}

/// So many elements that cannot be read are reported one by one.
const REPORTS: usize = 16;
/// So many readings of a batch are published: each is a publish and two writes to the table, and 128 KB of CBOR hold 131,070.
/// Of readings with long numbers, such as `[4294967295,215],`, 128 KB hold 7,700.
const READINGS: usize = 16_384;

/// What the topic says of the payload.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Plain,
    Numbered { epoch: u32 },
    SenMl,
}

impl Batch {
    /// Reads an event: what the rule sends, and also what the queue for failed events holds. That is Lambda's record of the
    /// invocation or the message of the rule's error action, as it is or in a message as `aws sqs receive-message` shows it.
    /// The event in a record is the one that failed: what was published of it is not published again.
    ///
    /// # Errors
    /// What is not a batch.
    pub fn read(event: &Value) -> Result<Self, NotABatch> {
        let Event {
            topic,
            milliseconds,
            payload,
        } = Event::find(event)?;
        let mut levels = topic.split('/');
        let device = levels.next().and_then(|id| DeviceId::parse(id).ok());
        let form = match (levels.next(), levels.next(), levels.next()) {
            (Some("batch"), None, None) => Form::Plain,
            (Some("batch"), Some(epoch), None) => Form::Numbered {
                epoch: number(epoch).ok_or(NotABatch::Topic)?,
            },
            (Some("senml"), None, None) => Form::SenMl,
            _ => return Err(NotABatch::Topic),
        };
        let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(&payload));
        Ok(Self {
            device: device.ok_or(NotABatch::Topic)?,
            form,
            received: milliseconds / 1000.0,
            event: format!("{milliseconds}-{:08x}", u32::from_be_bytes([a, b, c, d])),
            payload,
        })
        .and_then(|batch: Self| {
            if json::is_array(&batch.payload) || cbor::is_array(&batch.payload) {
                Ok(batch)
            } else {
                Err(NotABatch::Payload)
            }
        })
    }

    /// One message for each element, in the order of the batch. Of elements that cannot be read the first sixteen have one
    /// each, and of readings the first 16,384. The last message counts the others: each message is a publish and two writes to
    /// the table, and a batch of commas has 131,071 elements.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        let elements = if json::is_array(&self.payload) {
            json::elements(&self.payload)
        } else {
            cbor::elements(&self.payload)
        };
        let elements = elements.into_iter();
        match self.form {
            Form::Plain => self.published(elements.map(|element| element.map(Element::plain))),
            Form::Numbered { epoch } => {
                self.published(numbered::elements(elements, epoch, self.received))
            }
            Form::SenMl => self.published(senml::elements(elements, self.received)),
        }
    }

    /// Takes one element after the other, so that those that are only counted are never in memory together.
    fn published(
        &self,
        elements: impl Iterator<Item = Result<Element, Unreadable>>,
    ) -> Vec<Message> {
        let of = Of {
            device: &self.device,
            received: self.received,
            event: &self.event,
        };
        let mut messages = Vec::new();
        let (mut readings, mut reported, mut first_more) = (0, 0, None);
        let (mut more, mut more_bytes) = (0, 0);
        for (index, element) in elements.enumerate() {
            // A message, or the bytes of what is only counted.
            let made = match element {
                Ok(element) if readings == READINGS => Err(element.reading.get().len()),
                element => {
                    match element.and_then(|element| Message::reading(&of, index, element)) {
                        Ok(message) => {
                            readings += 1;
                            Ok(message)
                        }
                        Err(fault) if reported < REPORTS => {
                            reported += 1;
                            Ok(Message::report(&of, index, fault))
                        }
                        Err(fault) => Err(fault.bytes.len()),
                    }
                }
            };
            match made {
                Ok(message) => messages.push(message),
                Err(bytes) => {
                    first_more = first_more.or(Some(index));
                    more += 1;
                    more_bytes += bytes;
                }
            }
        }
        if let Some(index) = first_more {
            let what = if readings == READINGS {
                "more elements that cannot be read, or that come after 16,384 readings"
            } else {
                "more elements that cannot be read"
            };
            messages.push(Message::count(
                &of,
                index,
                &format!("{what}: {more}"),
                more,
                more_bytes,
            ));
        }
        messages
    }

    /// What tells the event from others of the device: when it was received, and its payload. Lambda's further
    /// tries have the same, and so has an owner who takes the event from the queue; a device that sends its batch again has not.
    #[must_use]
    pub fn event(&self) -> &str {
        &self.event
    }

    /// Whose it is.
    #[must_use]
    pub fn device(&self) -> &str {
        self.device.as_str()
    }
}

/// Decimal digits, and nothing else: `parse` takes a sign.
fn number(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}
