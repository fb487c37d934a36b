//! Where the body ends (RFC 9112 sections 6 and 7): by its length, by chunks, or with the
//! connection.

use crate::ascii::number;
use crate::error::ExchangeError;
use crate::response::head::Head;
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
    match head.status {
        // We asked for no other protocol, and what follows would not be HTTP.
        101 => Part::Failed(ExchangeError::StatusLine),
        // RFC 9110 section 15.2: an interim answer, the real one follows.
        100..=199 => Part::StatusLine,
        _ if head.chunked && (head.has_length() || !head.http_1_1) => {
            Part::Failed(ExchangeError::Framing)
        }
        204 | 304 => Part::Done,
        _ if head.chunked => Part::ChunkSize,
        _ if head.length == 0 => Part::Done,
        _ if head.has_length() => Part::Body,
        _ => Part::UntilClose,
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
