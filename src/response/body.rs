//! Where the body ends (RFC 9112 sections 6 and 7): by its length, by chunks, or with the
//! connection.

use crate::ascii::number;
use crate::error::ExchangeError;
use crate::response::head::{Head, IN_CHUNKS, NO_LENGTH};
use crate::response::text::Text;

/// What comes next in the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    StatusLine,
    /// A field's name, or the empty line that ends the head or the trailer.
    Name,
    Value,
    ChunkSize,
    /// The CRLF behind a chunk.
    ChunkEnd,
    /// The rest of a chunk.
    Chunk,
    /// The rest of the body.
    Body,
    /// The rest of a body that ends with the connection.
    UntilClose,
    Done,
    /// Nothing, for ever.
    Failed(ExchangeError),
}

/// What the head says of the body.
pub(crate) fn after_head(head: &Head) -> Part {
    match (head.status, head.length) {
        // We asked for no other protocol, and what follows would not be HTTP.
        (101, _) => Part::Failed(ExchangeError::StatusLine),
        // RFC 9110 section 15.2: an interim answer, the real one follows.
        (..200, _) => Part::StatusLine,
        (204 | 304, _) | (_, 0) => Part::Done,
        (_, IN_CHUNKS) => Part::ChunkSize,
        (_, NO_LENGTH) => Part::UntilClose,
        _ => Part::Body,
    }
}

/// The size at the head of a chunk, in front of extensions that nobody uses.
pub(crate) fn chunk_size(line: &Text) -> Option<u32> {
    let text = line.kept();
    match text.iter().position(|byte| *byte == b';') {
        Some(end) => number(text.get(..end)?, 16),
        // The rest of a size too long to be kept would count as well.
        None if line.is_whole() => number(text, 16),
        None => None,
    }
}
