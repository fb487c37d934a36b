//! How far one publish has come: what to send, where to receive, what moved. Rust's exchange and C's
//! object each hold one. It owns no buffer: its methods take the caller's, always the same ones.

use core::fmt;
use core::ops::Range;

use crate::error::{EncodeError, ExchangeError};
use crate::head_writer::HeadWriter;
use crate::request;
use crate::response::ResponseReader;
use crate::view::PublishView;

/// What the transport must do next. Its `Debug` shows the number of bytes only: a request holds secrets.
#[derive(PartialEq, Eq)]
pub enum Step<'s> {
    /// Send some or all of these bytes, then call [`Exchange::sent`](crate::Exchange::sent).
    Send(&'s [u8]),
    /// Send the payload yourself: this many bytes of it are left. Then call
    /// [`Exchange::sent`](crate::Exchange::sent). Only after
    /// [`Exchange::new_head`](crate::Exchange::new_head).
    Payload(usize),
    /// Receive into this window, then call [`Exchange::received`](crate::Exchange::received) or
    /// [`Exchange::closed`](crate::Exchange::closed).
    Receive(&'s mut [u8]),
    /// The response is complete: take it with
    /// [`Exchange::into_response`](crate::Exchange::into_response).
    Done,
}

impl fmt::Debug for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, len) = match self {
            Self::Send(bytes) => ("Send", bytes.len()),
            Self::Payload(len) => ("Payload", *len),
            Self::Receive(window) => ("Receive", window.len()),
            Self::Done => return f.write_str("Done"),
        };
        f.debug_tuple(name).field(&len).finish()
    }
}

// In C's layout, the small fields first: there the code that reaches them is shortest.
#[repr(C)]
pub(crate) struct Progress {
    /// Where in the request the next byte to send is, counted from the start of the buffer.
    pub(crate) sent: usize,
    /// Where the request's part in the buffer ends. The rest is payload, sent from where it is.
    pub(crate) in_buffer: usize,
    /// Where the request ends.
    pub(crate) end: usize,
    pub(crate) reader: ResponseReader,
}

impl Progress {
    pub(crate) const fn new(request: Range<usize>, payload_len: usize) -> Self {
        Self {
            sent: request.start,
            in_buffer: request.end,
            end: request.end.saturating_add(payload_len),
            reader: ResponseReader::new(),
        }
    }

    /// How many bytes to send in one piece. 0 once the request is sent: then the response is received.
    #[inline(always)]
    pub(crate) const fn unsent(&self) -> usize {
        let end = if self.is_in_buffer() {
            self.in_buffer
        } else {
            self.end
        };
        end.wrapping_sub(self.sent)
    }

    /// Whether these bytes are in the buffer, and not in the payload.
    pub(crate) const fn is_in_buffer(&self) -> bool {
        self.sent < self.in_buffer
    }

    /// The transport can send no more. Go on receiving, because the peer may have responded already. Do not
    /// reuse the connection: the peer may take the next request for the rest of this one.
    pub(crate) const fn stop_sending(&mut self) {
        self.sent = self.end;
        self.reader.close_after();
    }

    /// The transport moved the first `count` bytes of what it was offered.
    pub(crate) fn moved(&mut self, buffer: &mut [u8], count: usize) {
        let unsent = self.unsent();
        if unsent == 0 {
            self.reader.read(buffer, count);
        } else if count > unsent {
            self.reader.fail(ExchangeError::Overrun);
        } else {
            self.sent = self.sent.wrapping_add(count);
        }
    }
}

/// Writes the request: the head, and the payload if it fits after it, so that both go out in one write.
/// Returns how much of the request is in the buffer, and the payload that follows from where it is.
pub(crate) fn begin<'a>(
    publish: &impl PublishView,
    payload: &'a [u8],
    buffer: &mut [u8],
) -> Result<(usize, &'a [u8]), EncodeError> {
    let capacity = buffer.len();
    let mut writer = HeadWriter::query(buffer);
    request::write_head(&mut writer, publish, payload.len());
    let head_len = writer.cursor.finish()?;
    let len = head_len.saturating_add(payload.len());
    if len > capacity {
        return Ok((head_len, payload));
    }
    writer.cursor.bytes(payload);
    Ok((len, &[]))
}
