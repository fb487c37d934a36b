//! Where the body ends (RFC 9112 sections 6 and 7): by its length, by chunks, or with the
//! connection.

use crate::ascii::number;
use crate::error::ExchangeError;

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

/// The size at the head of a chunk, in front of extensions that nobody uses.
pub(crate) fn chunk_size(line: &[u8]) -> Option<u32> {
    let size = line.split(|byte| *byte == b';').next()?;
    number(size, 16)
}
