//! One publish as a state machine without I/O: it says what to send and where to receive, and you
//! report what the transport moved. It has no clock: every timeout is yours.

use crate::error::{EncodeError, ExchangeError};
use crate::progress::{self, Progress, Step};
use crate::publish::Publish;
use crate::request;
use crate::response::Response;

/// One publish, from the first byte of the request to the last byte of the response.
///
/// The buffer holds the request first and the response's body afterwards. If head and payload fit in it
/// together, they are offered in one piece, which a TLS layer turns into one record. Otherwise the head
/// is offered first, then the payload from where it is.
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
///             let received = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
///             window[..received.len()].copy_from_slice(received);
///             exchange.received(received.len())?;
///         }
///         Step::Done => break exchange.into_response().unwrap(),
///     }
/// };
/// assert_eq!((writes, response.verdict()), (1, Verdict::Accepted));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Exchange<'a> {
    buffer: &'a mut [u8],
    /// What is sent after the part in the buffer.
    payload: &'a [u8],
    progress: Progress,
}

impl<'a> Exchange<'a> {
    /// Builds the request. The buffer must hold the head at least
    /// ([`Publish::head_len`](crate::Publish::head_len)). With room for the payload as well, the request
    /// is one write.
    pub fn new(publish: &Publish<'a>, buffer: &'a mut [u8]) -> Result<Self, EncodeError> {
        let (in_buffer, payload) = progress::begin(publish, publish.payload_slice(), buffer)?;
        Ok(Self {
            buffer,
            payload,
            progress: Progress::new(0..in_buffer, payload),
        })
    }

    /// Builds the request with a payload that `fill` writes straight into the buffer, as
    /// [`Publish::compose`](crate::Publish::compose) does.
    pub fn compose(
        publish: &Publish<'_>,
        buffer: &'a mut [u8],
        fill: impl FnOnce(&mut [u8]) -> usize,
    ) -> Result<Self, EncodeError> {
        let request = request::compose(publish, buffer, fill)?;
        Ok(Self {
            buffer,
            payload: &[],
            progress: Progress::new(request, &[]),
        })
    }

    /// What comes next. After an error it stays that error.
    pub fn step(&mut self) -> Result<Step<'_>, ExchangeError> {
        let progress = &self.progress;
        progress.reader.result()?;
        if progress.reader.is_done() {
            return Ok(Step::Done);
        }
        if progress.unsent() == 0 {
            return Ok(Step::Receive(progress.reader.window(self.buffer)));
        }
        let unsent = if progress.is_in_buffer() {
            self.buffer.get(progress.sent..progress.in_buffer)
        } else {
            let at = progress.sent.wrapping_sub(progress.in_buffer);
            self.payload.get(at..)
        };
        Ok(Step::Send(unsent.unwrap_or_default()))
    }

    /// The transport took the first `count` of the bytes that it was offered; 0 means none yet.
    pub fn sent(&mut self, count: usize) -> Result<(), ExchangeError> {
        self.moved(true, count)
    }

    /// The transport put `count` bytes at the start of the window; 0 means none yet.
    pub fn received(&mut self, count: usize) -> Result<(), ExchangeError> {
        self.moved(false, count)
    }

    fn moved(&mut self, sent: bool, count: usize) -> Result<(), ExchangeError> {
        self.progress.reader.result()?;
        if sent == (self.progress.unsent() != 0) {
            self.progress.moved(self.buffer, count);
        } else if count != 0 {
            self.progress.reader.fail(ExchangeError::Overrun);
        }
        self.progress.reader.result()
    }

    /// The peer closed the connection, or the transport can read no more.
    pub fn closed(&mut self) -> Result<(), ExchangeError> {
        self.progress.reader.closed()
    }

    /// The response, once it is complete.
    pub fn into_response(self) -> Option<Response<'a>> {
        self.progress.reader.into_response(self.buffer)
    }
}
