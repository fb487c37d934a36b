//! A complete response, for Rust.

use core::fmt;

use crate::response::reader::ResponseReader;
use crate::response::verdict::Verdict;

/// A complete response. Its body is in the caller's buffer.
pub struct Response<'b> {
    reader: ResponseReader,
    body: &'b [u8],
}

impl ResponseReader {
    /// The response with its body in `buffer`, once it is complete.
    pub fn into_response(self, buffer: &[u8]) -> Option<Response<'_>> {
        self.is_done().then(|| Response {
            body: buffer.get(..self.body_len()).unwrap_or_default(),
            reader: self,
        })
    }
}

impl<'b> Response<'b> {
    /// The HTTP status, 200 to 999.
    pub const fn status(&self) -> u16 {
        self.reader.status()
    }

    /// What it means.
    pub const fn verdict(&self) -> Verdict {
        self.reader.verdict()
    }

    /// The body; cut if it did not fit (see [`truncated`](Self::truncated)).
    pub const fn body(&self) -> &'b [u8] {
        self.body
    }

    /// Whether the body was longer than the buffer. Also true for a body of the same length as the buffer
    /// that is chunked or ends with the connection, because its end needs room too. The verdict is
    /// unaffected.
    pub const fn truncated(&self) -> bool {
        self.reader.truncated()
    }

    /// Whether another request may be sent on this connection.
    pub const fn reusable(&self) -> bool {
        self.reader.reusable()
    }

    /// AWS's name for the error, such as `ForbiddenException`: its first 32 bytes, empty if there is none.
    /// Do not trust it: it came over the wire.
    pub fn error_type(&self) -> &[u8] {
        self.reader.error_type()
    }

    /// The peer's clock in seconds since 1970, until the end of 2105. `None` without a `date` in the
    /// response, and for one in the obsolete forms, which a sender must not use (RFC 9110 section 5.6.7). Believe
    /// it only from an authenticated peer: over plain text anybody may have written it.
    pub fn date(&self) -> Option<u32> {
        self.reader.date()
    }
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status())
            .field("verdict", &self.verdict())
            .field("body_len", &self.body.len())
            .field("truncated", &self.truncated())
            .field("reusable", &self.reusable())
            .finish_non_exhaustive()
    }
}
