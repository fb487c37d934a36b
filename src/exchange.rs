//! One publish as a state machine without I/O: it says what to send and where to receive, and is
//! told what the transport moved. It has no clock: the caller owns every time-out.

use core::fmt;
use core::ops::Range;

use crate::error::{EncodeError, ExchangeError};
use crate::fields::Fields;
use crate::publish::{Model, Publish};
use crate::request;
use crate::response::{Part, Response, ResponseReader};

/// What the transport has to do next. Its `Debug` shows how many bytes, not which: they are secrets.
#[derive(PartialEq, Eq)]
pub enum Step<'s> {
    /// Send some or all of these bytes, and call [`Exchange::sent`].
    Send(&'s [u8]),
    /// Receive into this window, and call [`Exchange::received`] or [`Exchange::closed`].
    Receive(&'s mut [u8]),
    /// The answer is whole: take it with [`Exchange::into_response`].
    Done,
}

impl fmt::Debug for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, len) = match self {
            Self::Send(bytes) => ("Send", bytes.len()),
            Self::Receive(window) => ("Receive", window.len()),
            Self::Done => return f.write_str("Done"),
        };
        f.debug_tuple(name).field(&len).finish()
    }
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
pub struct Exchange<'a> {
    buffer: &'a mut [u8],
    /// Where the next byte to be sent lies in the buffer; counts on through a payload behind it.
    at: usize,
    /// Where the request's part in the buffer ends.
    end: usize,
    /// What is to be sent from where it lies, behind that.
    payload: &'a [u8],
    reader: ResponseReader,
}

impl<'a> Exchange<'a> {
    /// Builds the request. The buffer must hold the head at least
    /// ([`Publish::head_len`](crate::Publish::head_len)); room for the payload as well makes it one
    /// write.
    pub fn new(publish: &Publish<'a>, buffer: &'a mut [u8]) -> Result<Self, EncodeError> {
        let (request, payload) = begin(publish, publish.payload_slice(), buffer)?;
        Ok(Self::of_parts(buffer, request, payload))
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

    fn of_parts(buffer: &'a mut [u8], request: Range<usize>, payload: &'a [u8]) -> Self {
        Self {
            buffer,
            at: request.start,
            end: request.end,
            payload,
            reader: ResponseReader::new(),
        }
    }

    /// What comes next. After an error it is that error for ever.
    pub fn step(&mut self) -> Result<Step<'_>, ExchangeError> {
        match self.reader.part {
            Part::Failed(failure) => Err(failure),
            Part::Done => Ok(Step::Done),
            _ if self.is_receiving() => Ok(Step::Receive(self.reader.window(self.buffer))),
            _ => Ok(Step::Send(self.unsent())),
        }
    }

    /// What is to be sent in one piece; nothing once the answer is awaited.
    fn unsent(&self) -> &[u8] {
        let unsent = match self.at.checked_sub(self.end) {
            None => self.buffer.get(self.at..self.end),
            Some(sent) => self.payload.get(sent..),
        };
        unsent.unwrap_or_default()
    }

    /// The transport took the first `count` of the bytes that it was offered; 0 is none yet.
    pub fn sent(&mut self, count: usize) -> Result<(), ExchangeError> {
        self.told(!self.is_receiving(), count)
    }

    /// The transport put `count` bytes at the front of the window; 0 is none yet.
    pub fn received(&mut self, count: usize) -> Result<(), ExchangeError> {
        self.told(self.is_receiving(), count)
    }

    fn told(&mut self, as_asked: bool, count: usize) -> Result<(), ExchangeError> {
        self.reader.result()?;
        if as_asked {
            self.moved(count);
        } else if count != 0 {
            self.reader.fail(ExchangeError::Overrun);
        }
        self.reader.result()
    }

    /// The peer closed the connection, or the transport can read no more.
    pub fn closed(&mut self) -> Result<(), ExchangeError> {
        self.reader.closed()
    }

    /// The answer, once it is whole.
    pub fn into_response(self) -> Option<Response<'a>> {
        self.reader.into_response(self.buffer)
    }

    /// `sent` or `received`, whichever the last step asked for.
    fn moved(&mut self, count: usize) {
        let unsent = self.unsent().len();
        if unsent == 0 {
            self.reader.read(self.buffer, count);
        } else if count > unsent {
            self.reader.fail(ExchangeError::Overrun);
        } else {
            self.at = self.at.wrapping_add(count);
        }
    }

    fn is_receiving(&self) -> bool {
        self.unsent().is_empty()
    }
}

/// Writes the request: where it lies in the buffer, and what is to be sent behind it.
fn begin<'a>(
    model: &impl Model,
    payload: &'a [u8],
    buffer: &mut [u8],
) -> Result<(Range<usize>, &'a [u8]), EncodeError> {
    let capacity = buffer.len();
    let mut fields = Fields::query(buffer);
    request::write_head(&mut fields, model, payload.len());
    let head_len = fields.cursor.finish()?;
    fields.cursor.bytes(payload);
    let len = fields.cursor.len();
    Ok(if len > capacity {
        (0..head_len, payload)
    } else {
        (0..len, &[])
    })
}
