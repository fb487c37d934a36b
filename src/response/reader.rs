//! Reads a response as it arrives: any split of its bytes gives the same result. The reader keeps a few
//! facts of the head, and leaves the body at the start of the caller's buffer.

use core::cell::Cell;
use core::slice::Iter;

use crate::ascii::{Radix, TCHAR, VISIBLE, number};
use crate::error::ExchangeError;
use crate::response::head::{Details, Head};
use crate::response::part::{Framing, Part};
use crate::response::text::Text;
use crate::words::recognise;

/// When the body has filled the buffer, this much of its end becomes the window for the rest, which is
/// read and thrown away.
const WINDOW: usize = 32;

/// Reads one response. [`Exchange`](crate::Exchange) uses it. Use it alone if something else sends the
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
// In C's layout, small fields first: there the code that reaches them is shortest. A new reader that
// records no details is all zeros except for its part.
#[cfg_attr(test, derive(Clone))]
#[repr(C)]
pub struct ResponseReader {
    pub(crate) part: Part,
    /// The text has ended except for the LF of its CRLF.
    at_cr: bool,
    /// The field whose value comes next.
    name: u8,
    pub(super) head: Head,
    pub(super) body_len: usize,
    /// How many bytes of text have come: of the head, the lines of chunks and the trailer.
    head_len: u16,
    /// How many bytes of body were thrown away.
    dropped: u16,
    pub(super) details: Details,
    text: Text,
}

impl ResponseReader {
    /// A reader at the start of a response.
    pub const fn new() -> Self {
        Self {
            part: Part::StatusLine,
            at_cr: false,
            name: 0,
            head: Head::new(),
            body_len: 0,
            head_len: 0,
            dropped: 0,
            text: Text::new(),
            details: Details::new(),
        }
    }

    /// Where the next bytes go: after the body so far. Always give the same buffer. The window is never
    /// empty before the response is complete, unless the buffer is.
    pub fn window<'b>(&self, buffer: &'b mut [u8]) -> &'b mut [u8] {
        buffer.get_mut(self.body_len..).unwrap_or_default()
    }

    /// Reads the `count` bytes that were put at the start of the window.
    ///
    /// After an error, close the connection and discard the reader.
    pub fn received(&mut self, buffer: &mut [u8], count: usize) -> Result<(), ExchangeError> {
        self.result()?;
        self.read(buffer, count);
        self.result()
    }

    /// The peer closed the connection, which ends some bodies and cuts all others short.
    pub fn closed(&mut self) -> Result<(), ExchangeError> {
        self.result()?;
        self.end(ExchangeError::Closed);
        self.result()
    }

    pub(crate) const fn result(&self) -> Result<(), ExchangeError> {
        match self.part {
            Part::Failed(failure) => Err(failure),
            _ => Ok(()),
        }
    }

    /// The connection serves no other request.
    pub(crate) const fn close_after(&mut self) {
        self.details.closing = true;
    }

    // The first failure stays: the methods below are not called after one.

    /// The connection has ended. `failure` says why, if the response has not.
    pub(crate) const fn end(&mut self, failure: ExchangeError) {
        self.close_after();
        self.part = if matches!(self.part, Part::UntilClose) || self.is_done() {
            Part::Done
        } else {
            Part::Failed(failure)
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
                // Bytes after the response: no later one on this connection could be trusted.
                self.close_after();
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

    /// Whether the response is complete.
    pub const fn is_done(&self) -> bool {
        matches!(self.part, Part::Done)
    }

    /// Moves data down to the end of the body, and returns where the data ended.
    #[inline(never)]
    fn read_data(&mut self, received: &mut [u8], at: usize) -> usize {
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
        if self.head.truncated {
            // No more than a window of them.
            match self.dropped.checked_add(data.len() as u16) {
                Some(dropped) => self.dropped = dropped,
                None => self.fail(ExchangeError::BodyTooLong),
            }
        } else {
            // The two overlap. Cells are 443 instructions faster than an index here, for 16 bytes more.
            let room = received.get(self.body_len..).unwrap_or_default();
            self.body_len = self.body_len.wrapping_add(data.len());
            for (to, from) in room.iter().zip(data) {
                to.set(from.get());
            }
        }
        at.wrapping_add(data.len())
    }

    /// Reads text up to where data begins, and returns how much that is (RFC 9112 sections 2.2 and 5): no
    /// control characters, and a name of at least one character directly before its colon.
    #[inline(never)]
    fn read_text(&mut self, received: &[u8]) -> usize {
        let mut ahead = received.iter();
        while self.part.is_text() {
            let Some(is_sound) = self.read_to_end(&mut ahead) else {
                break;
            };
            let next = if is_sound { self.text_ended() } else { None };
            let Some(next) = next else {
                self.part = Part::Failed(self.part.malformed());
                break;
            };
            self.part = next;
            self.at_cr = false;
        }
        received.len().wrapping_sub(ahead.len())
    }

    /// Reads to the end of the text and returns whether it ends as it must. `None` if the end has still
    /// to come.
    #[inline(always)]
    fn read_to_end(&mut self, ahead: &mut Iter<'_, u8>) -> Option<bool> {
        if !self.at_cr {
            let class = if self.part == Part::Name {
                TCHAR
            } else {
                VISIBLE
            };
            match self.text.fill(ahead, class)? {
                b'\r' => self.at_cr = true,
                // Only a name stops at a colon.
                stop => return Some(stop == b':'),
            }
        }
        Some(*ahead.next()? == b'\n')
    }

    /// What comes after a line, or after a name and its colon. `None` if it is malformed.
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
            head.remaining = number(text, Radix::Hexadecimal)?;
            if head.remaining != 0 {
                return Some(Part::Chunk);
            }
            head.framing = Framing::Trailer;
            return Some(Part::Name);
        }
        // After a chunk's CRLF: same next part as after the head.
        text.is_empty().then(|| head.end())
    }
}

impl Default for ResponseReader {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod every_state;
