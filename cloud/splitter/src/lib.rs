//! The splitter of a Motepost fleet: a device sends many readings in one request, which costs what one costs, and the
//! splitter publishes each of them to the device's own topic. The binary `splitter` is the AWS Lambda.
//!
//! Data flows one way: the [`Batch`] that a rule sends, its [`messages`](Batch::messages), and then for each of them a
//! claim, a publish, and the claim's end ([`Splitter`]).
//!
//! # What a device sends
//!
//! By Basic Ingest, which meters no message, to `$aws/rules/<rule>/` and one of
//!
//! | topic | payload | a reading is known by |
//! |---|---|---|
//! | `<id>/batch/<epoch>` | an array of `[number, reading]` or `[number, time, reading]` | the device, the epoch and the number, as the outbox counts them |
//! | `<id>/batch` | an array of readings | nothing: a device that sends it twice sends two |
//! | `<id>/senml` | SenML (RFC 8428) | the device and the record: name, time and all else in it, if the time is absolute |
//!
//! in JSON or CBOR, as the library's `batch` writes them. A time is in Unix seconds; below 2^28 it is relative to when the
//! batch was received, as in SenML, for a device without a clock.
//!
//! # What a subscriber gets
//!
//! To `<id>/readings`, JSON whatever the device wrote:
//!
//! ```
//! use motepost_splitter::Batch;
//!
//! let event = serde_json::json!({
//!     "topic": "uniqueID/batch/7",
//!     "received": 1_790_000_000_500_u64,
//!     // [[32,-60,{"c":21.5}],[40,{"c":21.7}]]
//!     "data": "W1szMiwtNjAseyJjIjoyMS41fV0sWzQwLHsiYyI6MjEuN31dXQ==",
//! });
//! let messages = Batch::read(&event)?.messages();
//! let payloads: Vec<_> = messages.iter().map(|message| message.payload(false)).collect();
//! assert_eq!(payloads, [
//!     r#"{"epoch":7,"number":32,"time":1789999940.5,"received":1790000000.5,"reading":{"c":21.5}}"#,
//!     r#"{"epoch":7,"number":40,"received":1790000000.5,"reading":{"c":21.7}}"#,
//! ]);
//! # Ok::<(), motepost_splitter::NotABatch>(())
//! ```
//!
//! `repeat` is added where a reading may have been delivered before. What is no reading goes to `<id>/unreadable`, with the
//! reason and its first bytes, and does not stop the others. The first sixteen of a batch are reported one by one; a last
//! report says how many more there are. It also counts what comes after the first 16,384 readings, which is not published.

mod batch;
mod cbor;
#[cfg(feature = "aws")]
mod claims;
#[cfg(feature = "aws")]
mod config;
mod event;
mod json;
mod message;
mod not_a_batch;
mod numbered;
mod senml;
#[cfg(feature = "aws")]
mod splitter;
mod time;

pub use batch::Batch;
#[cfg(feature = "aws")]
pub use config::Config;
pub use message::Message;
#[cfg(feature = "aws")]
pub use motepost_lambda::ConfigError;
pub use not_a_batch::NotABatch;
#[cfg(feature = "aws")]
pub use splitter::{Outcome, Splitter};
