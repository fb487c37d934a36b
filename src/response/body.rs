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
    FieldLine,
    /// A body of known length.
    Data,
    /// A body that ends with the connection.
    DataUntilClose,
    ChunkSize,
    ChunkData,
    /// The CRLF behind a chunk.
    ChunkEnd,
    /// The field lines behind the last chunk.
    Trailer,
    Done,
}

/// What the head says of the body, and how many bytes of data come next.
pub(crate) fn after_head(head: &Head) -> Result<(Part, u32), ExchangeError> {
    match head.status {
        // We asked for no other protocol, and what follows would not be HTTP.
        101 => Err(ExchangeError::StatusLine),
        // RFC 9110 section 15.2: an interim answer, the real one follows.
        100..=199 => Ok((Part::StatusLine, 0)),
        _ if head.chunked && (head.length.is_some() || !head.http_1_1) => {
            Err(ExchangeError::Framing)
        }
        204 | 304 => Ok((Part::Done, 0)),
        _ if head.chunked => Ok((Part::ChunkSize, 0)),
        _ => Ok(match head.length {
            Some(0) => (Part::Done, 0),
            Some(length) => (Part::Data, length),
            None => (Part::DataUntilClose, u32::MAX),
        }),
    }
}

/// The size at the head of a chunk, in front of extensions that nobody uses.
pub(crate) fn chunk_size(line: &Line<'_>) -> Result<u32, ExchangeError> {
    let size = line.text.split(|byte| *byte == b';').next();
    let size = size.unwrap_or_default();
    // The rest of a size too long to be kept would count as well.
    if size.len() == line.text.len() && !line.whole {
        return Err(ExchangeError::Chunk);
    }
    number(size, 16).ok_or(ExchangeError::Chunk)
}
