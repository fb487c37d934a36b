//! The answer, read as it arrives: any split of its bytes gives the same result. The reader keeps
//! no head, only the few facts in it, and leaves the body at the front of the caller's buffer.

mod body;
mod date;
mod head;
mod text;
mod verdict;

use core::cell::Cell;
use core::fmt;

use crate::ascii::{TCHAR, VISIBLE, number};
use crate::error::ExchangeError;
use crate::words::{UNKNOWN, recognise};
use body::Framing;
pub(crate) use body::Part;
use head::{Details, Head};
use text::Text;
pub use verdict::Verdict;

/// When the buffer is full of body, this much of its end becomes the window for the rest, which is
/// read and thrown away.
const WINDOW: usize = 32;

/// Reads one answer. `motepost::Exchange` uses it; use it alone where something else sends the
/// request.
///
/// ```
/// use motepost::{ResponseReader, Verdict};
///
/// let mut reader = ResponseReader::new();
/// let mut buffer = [0; 128];
/// for piece in [&b"HTTP/1.1 200 OK\r\ncontent-le"[..], b"ngth: 2\r\n\r\nOK"] {
///     reader.window(&mut buffer)[..piece.len()].copy_from_slice(piece);
///     reader.received(&mut buffer, piece.len())?;
/// }
/// let response = reader.into_response(&buffer).unwrap();
/// assert_eq!((response.verdict(), response.body()), (Verdict::Accepted, &b"OK"[..]));
/// # Ok::<(), motepost::ExchangeError>(())
/// ```
// In C's layout, small fields first: there the code that reaches them is shortest. But for its part, a
// new one that looks for no details is all zeros.
#[repr(C)]
pub struct ResponseReader {
    pub(crate) part: Part,
    /// The text has ended but for the second half of its CRLF.
    at_cr: bool,
    /// The field whose value comes next.
    name: u8,
    head: Head,
    body_len: usize,
    /// How many bytes of text have come since the answer or the last data began.
    head_len: u16,
    details: Details,
    text: Text,
}

impl ResponseReader {
    /// A reader at the start of an answer.
    pub const fn new() -> Self {
        Self {
            part: Part::StatusLine,
            at_cr: false,
            name: UNKNOWN as u8,
            head: Head::new(),
            body_len: 0,
            head_len: 0,
            text: Text::new(),
            details: Details::new(),
        }
    }

    /// Where the next bytes go: behind the body so far, so always give the same buffer. Never
    /// empty before the answer is whole, unless the buffer is.
    pub fn window<'b>(&self, buffer: &'b mut [u8]) -> &'b mut [u8] {
        buffer.get_mut(self.body_len..).unwrap_or_default()
    }

    /// Reads the `count` bytes that were put at the front of the window.
    ///
    /// After an error the connection must be closed, and the reader is of no further use.
    pub fn received(&mut self, buffer: &mut [u8], count: usize) -> Result<(), ExchangeError> {
        self.result()?;
        self.read(buffer, count);
        self.result()
    }

    /// The peer closed the connection, which ends some bodies and cuts all others.
    pub fn closed(&mut self) -> Result<(), ExchangeError> {
        self.result()?;
        self.end();
        self.result()
    }

    pub(crate) const fn result(&self) -> Result<(), ExchangeError> {
        match self.part {
            Part::Failed(failure) => Err(failure),
            _ => Ok(()),
        }
    }

    // The first failure stays the failure: those below are only told of what comes before one.

    pub(crate) const fn end(&mut self) {
        self.details.closing = true;
        self.part = if matches!(self.part, Part::UntilClose) || self.is_done() {
            Part::Done
        } else {
            Part::Failed(ExchangeError::Closed)
        };
    }

    pub(crate) const fn fail(&mut self, failure: ExchangeError) {
        self.part = Part::Failed(failure);
    }

    #[inline(never)]
    pub(crate) fn read(&mut self, buffer: &mut [u8], count: usize) {
        let mut at = self.body_len;
        let end = at.saturating_add(count);
        if end > buffer.len() {
            return self.fail(ExchangeError::Overrun);
        }
        while at < end {
            if self.part.is_text() {
                let ahead = buffer.get(at..end).unwrap_or_default();
                let room = usize::from(!self.head_len);
                let read = self.read_text(ahead.get(..room).unwrap_or(ahead));
                if read == 0 {
                    return self.fail(ExchangeError::HeadTooLong);
                }
                self.head_len = self.head_len.wrapping_add(read as u16);
                at = at.wrapping_add(read);
            } else if self.is_done() || self.result().is_err() {
                // Whoever sends more than one answer may mean anything by it.
                self.details.closing = true;
                return;
            } else {
                at = self.read_data(buffer.get_mut(..end).unwrap_or_default(), at);
            }
        }
        if self.body_len >= buffer.len() && self.part != Part::Done {
            self.head.truncated = true;
            self.body_len = buffer.len().saturating_sub(WINDOW);
        }
    }

    /// Whether the answer is whole.
    pub const fn is_done(&self) -> bool {
        matches!(self.part, Part::Done)
    }

    /// The answer with its body in `buffer`, once it is whole.
    pub fn into_response(self, buffer: &[u8]) -> Option<Response<'_>> {
        self.is_done().then(|| Response {
            body: buffer.get(..self.body_len).unwrap_or_default(),
            reader: self,
        })
    }

    /// Moves data down to the end of the body, and says where it ended.
    #[inline(never)]
    fn read_data(&mut self, received: &mut [u8], at: usize) -> usize {
        self.head_len = 0;
        let received = Cell::from_mut(received).as_slice_of_cells();
        let mut data = received.get(at..).unwrap_or_default();
        if self.part != Part::UntilClose {
            let remaining = self.head.remaining;
            let all = usize::try_from(remaining).unwrap_or(usize::MAX);
            data = data.get(..all).unwrap_or(data);
            self.head.remaining = remaining.wrapping_sub(data.len() as u32);
            if self.head.remaining == 0 {
                self.part = match self.part {
                    Part::Chunk => Part::ChunkEnd,
                    _ => Part::Done,
                };
            }
        }
        if !self.head.truncated {
            // The two overlap.
            let room = received.get(self.body_len..).unwrap_or_default();
            self.body_len = self.body_len.wrapping_add(data.len());
            for (to, from) in room.iter().zip(data) {
                to.set(from.get());
            }
        }
        at.wrapping_add(data.len())
    }

    /// Reads text to where it ends or something else begins, and says how much that is (RFC 9112
    /// sections 2.2 and 5): no control characters, and a name of at least one character right before
    /// its colon.
    #[inline(never)]
    fn read_text(&mut self, received: &[u8]) -> usize {
        let mut ahead = received.iter();
        while self.part.is_text() {
            let mut by = b'\r';
            if !self.at_cr {
                let class = if self.part == Part::Name {
                    TCHAR
                } else {
                    VISIBLE
                };
                let Some(stop) = self.text.fill(&mut ahead, class) else {
                    break;
                };
                by = stop;
            }
            let mut end = b':';
            if by == b'\r' {
                self.at_cr = true;
                let Some(stop) = ahead.next() else {
                    break;
                };
                by = *stop;
                end = b'\n';
            }
            let next = if by == end { self.text_ended() } else { None };
            let Some(next) = next else {
                self.part = Part::Failed(if self.part == Part::StatusLine {
                    ExchangeError::StatusLine
                } else if matches!(self.part, Part::Name | Part::Value) {
                    ExchangeError::FieldLine
                } else {
                    ExchangeError::Chunk
                });
                break;
            };
            self.part = next;
            self.at_cr = false;
        }
        received.len().wrapping_sub(ahead.len())
    }

    /// What comes after a line, or a name in front of its colon, if it was a sound one.
    #[inline(never)]
    fn text_ended(&mut self) -> Option<Part> {
        let text = self.text.take();
        let head = &mut self.head;
        if !self.at_cr {
            if text.is_empty() {
                return None;
            }
            self.name = recognise(text) as u8;
            return Some(Part::Value);
        }
        if self.part == Part::Value {
            let is_sound = head.framing.is_silent()
                || head.field(text, self.name, &mut self.details).is_some();
            return Some(if is_sound {
                Part::Name
            } else {
                Part::Failed(ExchangeError::Framing)
            });
        }
        if self.part == Part::StatusLine {
            head.status_line(text)?;
            return Some(Part::Name);
        }
        if self.part == Part::ChunkSize {
            head.remaining = number(text, 6)?;
            if head.remaining != 0 {
                return Some(Part::Chunk);
            }
            head.framing = Framing::Trailer;
            return Some(Part::Name);
        }
        // The empty line behind a chunk leads to where the one behind the head led.
        text.is_empty().then(|| head.end())
    }

    /// Looks for what the head says beside the framing. A new reader does, one of zeros does not.
    #[cfg(feature = "ffi")]
    pub(crate) fn keep_details(&mut self) {
        self.details.keep = Some(Details::look);
    }

    #[cfg(all(feature = "ffi", feature = "token"))]
    pub(crate) const fn keeps_details(&self) -> bool {
        self.details.keep.is_some()
    }

    pub(crate) const fn status(&self) -> u16 {
        self.head.status
    }

    #[inline(always)]
    pub(crate) const fn verdict(&self) -> Verdict {
        self.head.verdict
    }

    pub(crate) const fn reusable(&self) -> bool {
        // Nobody may rely on a connection whose `close` is not looked for.
        self.head.is_http_1_1() && self.details.keep.is_some() && !self.details.closing
    }

    pub(crate) const fn truncated(&self) -> bool {
        self.head.truncated
    }

    #[cfg(feature = "ffi")]
    pub(crate) const fn body_len(&self) -> usize {
        self.body_len
    }

    pub(crate) fn error_type(&self) -> &[u8] {
        self.details.error_type()
    }

    pub(crate) fn date(&self) -> Option<u32> {
        date::unix_seconds(self.details.date())
    }
}

impl Default for ResponseReader {
    fn default() -> Self {
        Self::new()
    }
}

/// A whole answer. The body lies in the caller's buffer.
pub struct Response<'b> {
    reader: ResponseReader,
    body: &'b [u8],
}

impl<'b> Response<'b> {
    /// The HTTP status, 200 to 599.
    pub const fn status(&self) -> u16 {
        self.reader.status()
    }

    /// What it means.
    pub const fn verdict(&self) -> Verdict {
        self.reader.verdict()
    }

    /// The body, as far as it fitted. AWS's has 65 bytes whether it says yes or no.
    pub const fn body(&self) -> &'b [u8] {
        self.body
    }

    /// Whether the body was longer than the buffer, or as long and in chunks or until the peer
    /// closed, so that its end needed room as well. The verdict is as good as ever.
    pub const fn truncated(&self) -> bool {
        self.reader.truncated()
    }

    /// Whether another request may be sent on this connection.
    pub const fn reusable(&self) -> bool {
        self.reader.reusable()
    }

    /// AWS's name for the error, such as `ForbiddenException`, without what follows the colon; its
    /// first 32 bytes, empty where there is none. Not trusted: it came over the wire.
    pub fn error_type(&self) -> &[u8] {
        self.reader.error_type()
    }

    /// The peer's clock, in seconds since 1970, until the end of 2105. Believe it only from an
    /// authenticated peer: over plain text anybody may have written it.
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
