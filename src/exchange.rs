//! One publish as a state machine without I/O: it says what to send and where to receive, and you
//! report what the transport moved. It has no clock: every timeout is yours.

use crate::error::{EncodeError, ExchangeError};
use crate::progress::{self, Progress, Step};
use crate::publish::Publish;
use crate::request;
use crate::response::{Response, Verdict};

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
///         Step::Payload(_) => unreachable!("the exchange has the payload"),
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
            progress: Progress::new(0..in_buffer, payload.len()),
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
            progress: Progress::new(request, 0),
        })
    }

    /// Builds the head alone, for a payload of `payload_len` bytes that you send yourself, such as one
    /// larger than RAM: [`Step::Payload`] says when. The payload given to [`Publish::new`] is not used.
    pub fn new_head(
        publish: &Publish<'_>,
        payload_len: usize,
        buffer: &'a mut [u8],
    ) -> Result<Self, EncodeError> {
        let head_len = request::encode_head(publish, payload_len, buffer)?;
        Ok(Self {
            buffer,
            payload: &[],
            progress: Progress::new(0..head_len, payload_len),
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
        } else if self.payload.is_empty() {
            return Ok(Step::Payload(progress.unsent()));
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

    /// The transport can send no more, because it failed or the peer closed. What the peer has said
    /// already is received next: a server that rejects a large message does so before its end. Without a
    /// complete response, the transport's error is yours to report.
    pub const fn send_failed(&mut self) {
        self.progress.stop_sending();
    }

    /// The status of the response, as soon as its status line was read, even if the exchange failed
    /// afterwards. `None` before that.
    pub const fn status(&self) -> Option<u16> {
        self.progress.reader.status_read()
    }

    /// What the response means, as soon as its status line was read, even if the exchange failed afterwards.
    /// `None` before that: whether AWS has the message is not known.
    pub fn verdict(&self) -> Option<Verdict> {
        self.progress.reader.verdict_read()
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
