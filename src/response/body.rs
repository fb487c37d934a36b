//! Where the body ends (RFC 9112 sections 6 and 7): by its length, by chunks, or with the
//! connection.

use crate::error::ExchangeError;

/// What comes next in the answer.
// Neighbours are asked for together: texts, data, what a head leads to, and the end in front of
// failures.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// A field's name, or the empty line that ends the head or the trailer.
    Name,
    Value,
    /// The CRLF behind a chunk.
    ChunkEnd,
    StatusLine,
    ChunkSize,
    /// The rest of a body that ends with the connection.
    UntilClose,
    /// The rest of the body.
    Body,
    Done,
    /// The rest of a chunk.
    Chunk,
    /// Nothing, for ever.
    Failed(ExchangeError),
}

impl Part {
    pub(crate) const fn is_text(self) -> bool {
        matches!(
            self,
            Self::Name | Self::Value | Self::ChunkEnd | Self::StatusLine | Self::ChunkSize
        )
    }
}

/// What a head or a trailer leads to.
// In the order of the parts, so that one becomes the other by an addition. The first is the zero that a
// reader of zeros holds.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Framing {
    /// An interim answer, and then the next head.
    Interim,
    Chunks,
    UntilClose,
    Length,
    /// A trailer, and then nothing.
    Trailer,
}

impl Framing {
    pub(crate) const fn part(self) -> Part {
        match self {
            Self::UntilClose => Part::UntilClose,
            Self::Length => Part::Body,
            Self::Chunks => Part::ChunkSize,
            Self::Interim => Part::StatusLine,
            Self::Trailer => Part::Done,
        }
    }

    /// Neither an interim answer nor a trailer says anything of the answer (RFC 9110 sections 15.2
    /// and 6.5.1).
    pub(crate) const fn is_silent(self) -> bool {
        matches!(self, Self::Interim | Self::Trailer)
    }
}
