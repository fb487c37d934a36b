//! A transport in memory that does one thing wrong, behind a chosen byte.

use core::fmt;
use core::future::poll_fn;
use core::task::Poll;

use super::subjects::Subject;

/// What the transport does instead of moving the next byte.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// Nothing is wrong.
    None,
    /// It fails, with an error of its own.
    Error,
    /// The peer closes.
    Close,
    /// It moves nothing, and goes on afterwards.
    Again,
    /// It moves one byte alone, and goes on afterwards.
    Short,
    /// It claims to have moved so many bytes more than it was offered.
    TooMany(usize),
    /// It receives when it must send, or sends when it must receive.
    Unasked,
    /// The flush between the two ways fails.
    Flush,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")
    }
}

impl core::error::Error for Broken {}

impl embedded_io::Error for Broken {
    fn kind(&self) -> embedded_io::ErrorKind {
        embedded_io::ErrorKind::Other
    }
}

/// What to do with a call.
pub enum Now {
    Move(usize),
    Strike,
}

pub struct Wire<'s> {
    subject: &'s Subject,
    pub fault: Fault,
    /// The fault comes behind so many bytes, sent or received.
    at: usize,
    /// Bytes in one call at most.
    most: usize,
    moved: usize,
    pub sent: Vec<u8>,
    pub struck: bool,
    /// Calls after a fault that is the connection's end.
    pub calls_behind: usize,
    /// Reads after a fault in sending.
    reads_behind: usize,
}

impl<'s> Wire<'s> {
    pub fn new(subject: &'s Subject, fault: Fault, at: usize, most: usize) -> Self {
        let never = matches!(fault, Fault::None | Fault::Flush);
        Self {
            subject,
            fault,
            at: if never { usize::MAX } else { at },
            most,
            moved: 0,
            sent: Vec::new(),
            struck: false,
            calls_behind: 0,
            reads_behind: 0,
        }
    }

    /// Never beyond the fault in one call, so that it comes between two bytes.
    pub fn now(&mut self, offered: usize) -> Now {
        let passes = matches!(
            self.fault,
            Fault::None | Fault::Again | Fault::Short | Fault::Flush
        );
        if self.struck {
            self.calls_behind += usize::from(!passes);
        } else if self.moved == self.at {
            self.struck = true;
            return Now::Strike;
        }
        let limit = if self.struck {
            usize::MAX
        } else {
            self.at - self.moved
        };
        Now::Move(offered.min(self.most).min(limit))
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.sent.extend_from_slice(bytes);
        self.moved += bytes.len();
    }

    /// Gives as many as there are; none when the peer has closed behind its answer.
    pub fn receive(&mut self, window: &mut [u8]) -> usize {
        let left = &self.subject.answer.bytes()[self.moved - self.subject.request.len()..];
        let count = window.len().min(left.len());
        window[..count].copy_from_slice(&left[..count]);
        self.moved += count;
        count
    }
}

impl embedded_io::ErrorType for Wire<'_> {
    type Error = Broken;
}

impl embedded_io::Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        let count = match self.now(bytes.len()) {
            Now::Move(count) => count,
            Now::Strike => match self.fault {
                Fault::Error => return Err(Broken),
                Fault::Close => 0,
                Fault::TooMany(more) => return Ok(bytes.len().saturating_add(more)),
                _ => 1,
            },
        };
        self.send(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> Result<(), Broken> {
        if self.fault == Fault::Flush {
            self.struck = true;
            return Err(Broken);
        }
        Ok(())
    }
}

impl embedded_io::Read for Wire<'_> {
    fn read(&mut self, window: &mut [u8]) -> Result<usize, Broken> {
        // After a fault in sending, one read looks for what the peer has said already: nothing.
        if self.struck && self.moved < self.subject.request.len() || self.fault == Fault::Flush {
            self.reads_behind += 1;
            assert_eq!(self.reads_behind, 1, "{:?}", self.fault);
            return match self.fault {
                Fault::Close => Ok(0),
                _ => Err(Broken),
            };
        }
        let count = match self.now(window.len()) {
            Now::Move(count) => count,
            Now::Strike => match self.fault {
                Fault::Error => return Err(Broken),
                Fault::Close => 0,
                Fault::TooMany(more) => {
                    window.fill(b'\r');
                    return Ok(window.len().saturating_add(more));
                }
                _ => 1,
            },
        };
        Ok(self.receive(&mut window[..count]))
    }
}

/// The same, awaited: to move nothing is to be pending.
pub struct Later<'s>(pub Wire<'s>);

impl Later<'_> {
    async fn turn(&mut self) {
        let wire = &mut self.0;
        if wire.fault != Fault::Again || wire.struck || wire.moved != wire.at {
            return;
        }
        poll_fn(|context| {
            if core::mem::replace(&mut wire.struck, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

impl embedded_io_async::ErrorType for Later<'_> {
    type Error = Broken;
}

impl embedded_io_async::Write for Later<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        self.turn().await;
        embedded_io::Write::write(&mut self.0, bytes)
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        embedded_io::Write::flush(&mut self.0)
    }
}

impl embedded_io_async::Read for Later<'_> {
    async fn read(&mut self, window: &mut [u8]) -> Result<usize, Broken> {
        self.turn().await;
        embedded_io::Read::read(&mut self.0, window)
    }
}
