//! What the reader expects next, and what follows a head: a body ends after its length, after its last chunk, or with the
//! connection (RFC 9112 sections 6 and 7).

use crate::error::ExchangeError;

/// What comes next in the response.
// Parts that are tested for together are neighbours: texts; data; what follows a head.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// A field's name, or the empty line that ends the head or the trailer.
    Name,
    Value,
    /// The CRLF after a chunk.
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
    /// Nothing: the response cannot be trusted.
    Failed(ExchangeError),
}

impl Part {
    pub(crate) const fn is_text(self) -> bool {
        matches!(
            self,
            Self::Name | Self::Value | Self::ChunkEnd | Self::StatusLine | Self::ChunkSize
        )
    }

    /// The error for text of this part that breaks its grammar.
    pub(crate) const fn malformed(self) -> ExchangeError {
        match self {
            Self::StatusLine => ExchangeError::StatusLine,
            Self::Name | Self::Value => ExchangeError::FieldLine,
            _ => ExchangeError::Chunk,
        }
    }
}

/// What follows a head or a trailer.
// In the order of the parts, so that an addition turns one into the other. A reader of zeros holds the
// first.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Framing {
    /// An interim response; then the next head.
    Interim,
    Chunks,
    UntilClose,
    Length,
    /// A trailer; then nothing.
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

    /// Whether its fields are ignored: those of an interim response and of a trailer say nothing about the
    /// response (RFC 9110 sections 15.2 and 6.5.1).
    pub(crate) const fn is_silent(self) -> bool {
        matches!(self, Self::Interim | Self::Trailer)
    }
}
