//! Readings that survive sleep, resets and power loss at any write, in NOR flash.
//!
//! [`Outbox`] keeps readings in a region of flash that is nobody else's, over a driver of `embedded-storage`:
//! [`push`](Outbox::push) stores one, [`next`](Outbox::next) reads them in order, and [`drop`](Outbox::drop) forgets
//! what AWS has accepted, with one write a batch. It needs three sectors or more and erases them in turn.
//! [`RetainedRam`] is the same in RAM that survives sleep.
//!
//! ```
//! use motepost::batch::Batch;
//! use motepost::outbox::{Outbox, OutboxCursor, RetainedRam};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! let mut ram = [0xff; 4 * 256];
//! let flash = RetainedRam::<256>::new(&mut ram);
//! let random = 0x5eed_0001; // from your random number generator
//! let mut outbox = Outbox::open(flash, 0..4 * 256, random)?;
//! outbox.push(b"{\"t\":21.5}")?;
//! outbox.push(b"{\"t\":21.7}")?;
//!
//! // A batch: what fits the payload's room, which holds the longest reading. What does not stays for the next one.
//! let mut room = [0; 64];
//! let mut batch = Batch::json(&mut room)?;
//! let mut cursor = OutboxCursor::default();
//! let mut buffer = [0; 32];
//! loop {
//!     let mut next = cursor;
//!     match outbox.next(&mut next, &mut buffer)? {
//!         Some(reading) if batch.push(reading).is_ok() => cursor = next,
//!         _ => break,
//!     }
//! }
//! let len = batch.finish();
//! assert_eq!(&room[..len], b"[{\"t\":21.5},{\"t\":21.7}]");
//! // While it is under way, another reading comes. Then AWS has accepted it.
//! outbox.push(b"{\"t\":21.9}")?;
//! outbox.drop(&cursor)?;
//! assert_eq!(outbox.count()?, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//!
//! With one caller, three sectors or more, flash whose erased bytes read 0xFF and that keeps what it reported as
//! programmed, and a driver that reads units which it cannot read as zeros, and reports every other failure:
//!
//! - After `push` returned `Ok`, the reading survives every later power cut until it is dropped: entire, in order,
//!   with the same number.
//! - After `drop` returned `Ok`, none of the dropped readings comes back.
//! - A power cut touches only the call that was under way: its reading may appear or not, its drop may hold,
//!   or not, or for the oldest of its readings.
//! - A full outbox refuses and never overwrites.
//! - No power cut makes the region unusable. A read that fails is an error and never formats.
//!
//! # What is not
//!
//! - Exactly once. If the response is lost, or power fails between AWS's 200 and `drop`, the batch is sent again:
//!   filter in the cloud by device, epoch and number.
//! - Whether a reading appears whose `push` was interrupted.
//! - Weak cells, bits that rot, secrecy.
//!
//! # Flash that erases to 0x00
//!
//! STM32 L0 and L1 have it. Wrap its driver in one that inverts every byte that is read and written: otherwise a sector
//! holds one reading.
//!
//! # Flash with ECC
//!
//! A word that power failed in cannot be read on STM32 L4, G0, G4, WB, U5, H5 and H7: the read raises an NMI, or a bus
//! fault. Your handler must survive it and your driver must give zeros for that word. `docs/outbox.md` has a handler.

// Words of the code below, which docs/outbox-format.md explains with the layout:
// - step: the larger of the unit and 4 bytes. Everything begins and ends at multiples of it.
// - number: a place in the log, in steps.
// - head: readings before this number are dropped.
// - mark: a record without data. A drop writes it.
// - trace: two steps of zeros, written after a start so that the next start finds the end.
// - torn: power failed while it was written.
mod error;
mod flash;
mod state;
mod record;
mod sector;
mod search;
mod append;
mod ring;
mod ram;
mod nor;

pub use error::OutboxError;
#[cfg(feature = "ffi")]
pub(crate) use flash::{Flash, Piece, Shape};
pub use nor::Outbox;
pub use ram::RetainedRam;
pub use ring::OutboxCursor;
#[cfg(feature = "ffi")]
pub(crate) use state::{Ring, RingState};
