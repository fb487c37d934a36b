//! One publish as a state machine without I/O: it says what to send and where to receive, and is
//! told what the transport moved. It has no clock: the caller owns every time-out.

use core::ops::Range;

use crate::error::{EncodeError, ExchangeError};
use crate::publish::{Model, Publish};
use crate::request;
use crate::response::{Part, Response, ResponseReader};

/// What the transport has to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'s> {
    /// Send some or all of these bytes, and call [`Exchange::sent`].
    Send(&'s [u8]),
    /// Receive into this window, and call [`Exchange::received`] or [`Exchange::closed`].
    Receive(&'s mut [u8]),
    /// The answer is whole: take it with [`Exchange::into_response`].
    Done,
}

/// One publish, from the request's first byte to the answer's last.
///
/// The buffer holds the request first and the answer's body afterwards. When head and payload fit
/// in it together they are offered in one piece, which a TLS layer turns into one record; otherwise
/// the head, then the payload from where it lies.
///
/// ```
/// use motepost::{Exchange, Publish, Step, Verdict};
///
/// let reading = Publish::new("host.example", "uniqueID/status", b"21.5");
/// let mut buffer = [0; 256];
/// let mut exchange = Exchange::new(&reading, &mut buffer)?;
/// let mut writes = 0;
/// let response = loop {
///     match exchange.step()? {
///         Step::Send(bytes) => {
///             let count = bytes.len(); // or as many as the modem took
///             writes += 1;
///             exchange.sent(count)?;
///         }
///         Step::Receive(window) => {
///             let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
///             window[..answer.len()].copy_from_slice(answer);
///             exchange.received(answer.len())?;
///         }
///         Step::Done => break exchange.into_response().unwrap(),
///     }
/// };
/// assert_eq!((writes, response.verdict()), (1, Verdict::Accepted));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
// In C's layout, for the C face builds it where it lies.
#[repr(C)]
pub struct Exchange<'a> {
    pub(crate) buffer: &'a mut [u8],
    /// What of the buffer is still to be sent.
    pub(crate) head: Range<usize>,
    /// What is to be sent from where it lies, behind the head.
    pub(crate) payload: &'a [u8],
    pub(crate) reader: ResponseReader,
}

impl<'a> Exchange<'a> {
    /// Builds the request. The buffer must hold the head at least
    /// ([`Publish::head_len`](crate::Publish::head_len)); room for the payload as well makes it one
    /// write.
    pub fn new(publish: &Publish<'a>, buffer: &'a mut [u8]) -> Result<Self, EncodeError> {
        let (head, payload) = begin(publish, publish.payload_slice(), buffer)?;
        Ok(Self::of_parts(buffer, head, payload))
    }

    /// Builds the request with a payload that `fill` writes straight into the buffer, as
    /// [`Publish::compose`](crate::Publish::compose) does.
    pub fn compose(
        publish: &Publish<'_>,
        buffer: &'a mut [u8],
        fill: impl FnOnce(&mut [u8]) -> usize,
    ) -> Result<Self, EncodeError> {
        let request = request::compose(publish, buffer, fill)?;
        Ok(Self::of_parts(buffer, request, &[]))
    }

    fn of_parts(buffer: &'a mut [u8], head: Range<usize>, payload: &'a [u8]) -> Self {
        Self {
            buffer,
            head,
            payload,
            reader: ResponseReader::new(),
        }
    }

    /// What comes next. After an error it is that error for ever.
    pub fn step(&mut self) -> Result<Step<'_>, ExchangeError> {
        match self.reader.part {
            Part::Failed(failure) => Err(failure),
            Part::Done => Ok(Step::Done),
            _ => Ok(self.next()),
        }
    }

    /// What comes next, if neither the end nor an error does.
    pub(crate) fn next(&mut self) -> Step<'_> {
        if self.is_receiving() {
            return Step::Receive(self.reader.window(self.buffer));
        }
        let head = self.buffer.get(self.head.clone()).unwrap_or_default();
        Step::Send(if head.is_empty() { self.payload } else { head })
    }

    /// The transport took the first `count` of the bytes that it was offered; 0 is none yet.
    pub fn sent(&mut self, count: usize) -> Result<(), ExchangeError> {
        self.note_sent(count);
        self.reader.result()
    }

    /// The transport put `count` bytes at the front of the window; 0 is none yet.
    pub fn received(&mut self, count: usize) -> Result<(), ExchangeError> {
        if self.is_receiving() {
            self.reader.read(self.buffer, count);
        } else if count != 0 {
            self.reader.fail(ExchangeError::Overrun);
        }
        self.reader.result()
    }

    /// The peer closed the connection, or the transport can read no more.
    pub fn closed(&mut self) -> Result<(), ExchangeError> {
        if self.is_receiving() {
            self.reader.closed()
        } else {
            self.reader.fail(ExchangeError::Closed);
            self.reader.result()
        }
    }

    /// The answer, once it is whole.
    pub fn into_response(self) -> Option<Response<'a>> {
        self.reader.into_response(self.buffer)
    }

    /// `sent` or `received`, whichever the last step asked for.
    #[cfg(feature = "ffi")]
    #[inline(never)]
    pub(crate) fn moved(&mut self, count: usize) {
        if self.is_receiving() {
            self.reader.read(self.buffer, count);
        } else {
            self.note_sent(count);
        }
    }

    #[cfg(feature = "ffi")]
    pub(crate) const fn reader(&self) -> &ResponseReader {
        &self.reader
    }

    #[cfg(feature = "ffi")]
    pub(crate) fn body(&self) -> &[u8] {
        let len = self.reader.body_len();
        self.buffer.get(..len).unwrap_or_default()
    }

    fn is_receiving(&self) -> bool {
        self.head.is_empty() && self.payload.is_empty()
    }

    fn note_sent(&mut self, count: usize) {
        let left = if self.head.is_empty() {
            let left = self.payload.get(count..);
            self.payload = left.unwrap_or_default();
            left.is_some()
        } else {
            self.head.start = self.head.start.saturating_add(count);
            self.head.start <= self.head.end
        };
        if !left {
            self.reader.fail(ExchangeError::Overrun);
        }
    }
}

/// Writes the request: where it lies in the buffer, and what is to be sent behind it.
pub(crate) fn begin<'a>(
    model: &impl Model,
    payload: &'a [u8],
    buffer: &mut [u8],
) -> Result<(Range<usize>, &'a [u8]), EncodeError> {
    let head_len = request::encode_head(model, payload.len(), buffer)?;
    let end = head_len.saturating_add(payload.len());
    let Some(behind) = buffer.get_mut(head_len..end) else {
        return Ok((0..head_len, payload));
    };
    for (slot, byte) in behind.iter_mut().zip(payload) {
        *slot = *byte;
    }
    Ok((0..end, &[]))
}
