//! Why the outbox refuses.

use core::fmt;

/// Why a call on an outbox failed. `E` is the flash driver's own error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum OutboxError<E> {
    /// The flash driver failed. Nothing that was stored is lost. Call again, but not at once, because each call may erase a
    /// sector.
    Flash(E),
    /// The sizes of the flash are not usable: see `docs/outbox.md`.
    Shape,
    /// The region holds an outbox of another version or of other sizes. Nothing was changed. Open it as it was,
    /// or erase the region.
    Format,
    /// The reading is empty, or longer than a sector can hold.
    Length,
    /// There is no room. Send and drop readings first.
    Full,
    /// The readings are dropped, but a reset may bring them back: there is no room to write it down. Send more
    /// readings and drop them before you sleep.
    NotKept,
    /// The buffer is shorter than the reading. The cursor has not moved.
    Buffer,
    /// The cursor is not from this outbox.
    Cursor,
}

impl<E: fmt::Debug> fmt::Display for OutboxError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flash(error) => write!(f, "the flash driver failed: {error:?}"),
            Self::Shape => f.write_str("the sizes of the flash are not usable for an outbox"),
            Self::Format => {
                f.write_str("the region holds an outbox of another version or of other sizes")
            }
            Self::Length => f.write_str("the reading is empty or longer than a sector can hold"),
            Self::Full => f.write_str("the outbox is full: send and drop readings first"),
            Self::NotKept => {
                f.write_str("the readings are dropped, but a reset may bring them back")
            }
            Self::Buffer => f.write_str("the buffer is shorter than the reading"),
            Self::Cursor => f.write_str("the cursor is not from this outbox"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for OutboxError<E> {}
