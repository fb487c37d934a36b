//! Where the body ends (RFC 9112 sections 6 and 7): by its length, by chunks, or with the
//! connection.

use crate::ascii::number;
use crate::error::ExchangeError;
use crate::response::head::Head;
use crate::response::line::Line;

/// What comes next in the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    StatusLine,
    /// Also behind the last chunk.
    FieldLine,
    ChunkSize,
    /// The CRLF behind a chunk.
    ChunkEnd,
    Data,
    Done,
    /// Nothing, for ever.
    Failed(ExchangeError),
}

/// What the head says of the body.
pub(crate) fn after_head(head: &Head) -> Result<Part, ExchangeError> {
    match head.status {
        // We asked for no other protocol, and what follows would not be HTTP.
        101 => Err(ExchangeError::StatusLine),
        // RFC 9110 section 15.2: an interim answer, the real one follows.
        100..=199 => Ok(Part::StatusLine),
        _ if head.chunked && (head.has_length() || !head.http_1_1) => Err(ExchangeError::Framing),
        204 | 304 => Ok(Part::Done),
        _ if head.chunked => Ok(Part::ChunkSize),
        _ if head.length == 0 => Ok(Part::Done),
        _ => Ok(Part::Data),
    }
}

/// The size at the head of a chunk, in front of extensions that nobody uses.
pub(crate) fn chunk_size(line: Line<'_>) -> Option<u32> {
    match line.text.iter().position(|byte| *byte == b';') {
        Some(end) => number(line.text.get(..end)?, 16),
        // The rest of a size too long to be kept would count as well.
        None if line.whole => number(line.text, 16),
        None => None,
    }
}
