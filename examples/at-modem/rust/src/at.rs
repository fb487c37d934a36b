//! Speaks AT over a UART: writes commands, reads answers line by line, and tells them from what the modem says by itself.

use embedded_io::{Error as _, ErrorKind, Read, ReadExactError, Write};
use motepost::EncodeError;

/// Why a modem did not do what it was told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AtError<E> {
    /// The UART's own error; its timeout is one of these.
    Uart(E),
    /// The UART ended.
    Ended,
    /// The modem answered `ERROR`.
    Error,
    /// The modem answered `+CME ERROR`, with this number.
    Cme(u32),
    /// The modem started anew in the middle.
    Reset,
    /// The modem could not reach the endpoint, or does not trust its certificate; with its number.
    CouldNot(u32),
    /// The modem's answer is not what its manual says.
    Answer,
    /// The modem may still wait for bytes of a request, and would take the next command for them: reset it, or switch its power,
    /// and make a new [`At`].
    Stuck,
    /// The modem has no room for these bytes yet.
    Full,
    /// The request is larger than the modem takes. Nothing was sent.
    TooLarge {
        /// What of it.
        what: &'static str,
        /// How many bytes it has.
        needed: usize,
        /// How many the modem takes.
        limit: usize,
    },
    /// The request could not be built. Nothing was sent.
    Encode(EncodeError),
    /// A value holds a quotation mark, which an AT command cannot carry. Nothing was sent.
    Quote,
}

impl<E> From<EncodeError> for AtError<E> {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl<E> From<ReadExactError<E>> for AtError<E> {
    fn from(error: ReadExactError<E>) -> Self {
        match error {
            ReadExactError::UnexpectedEof => Self::Ended,
            ReadExactError::Other(error) => Self::Uart(error),
        }
    }
}

/// A line of the modem; a longer one loses its end.
#[derive(Clone, Copy)]
pub struct Line {
    bytes: [u8; Self::MOST],
    len: usize,
}

impl Line {
    const MOST: usize = 80;
    const EMPTY: Self = Self {
        bytes: [0; Self::MOST],
        len: 0,
    };

    fn push(&mut self, byte: u8) {
        if self.len < Self::MOST {
            self.bytes[self.len] = byte;
            self.len += 1;
        }
    }

    /// Without its end.
    pub fn text(&self) -> &[u8] {
        self.bytes[..self.len].trim_ascii()
    }

    /// The number at `index`, `+X: 0,"POST",200` having 200 at 2.
    pub fn field(&self, index: usize) -> Option<u32> {
        let colon = self.text().iter().position(|&byte| byte == b':')?;
        let values = &self.text()[colon + 1..];
        let value = values.split(|&byte| byte == b',').nth(index)?;
        str::from_utf8(value).ok()?.trim().parse().ok()
    }
}

/// A modem on a UART, whose reads end in an error when nothing comes in time, and when the publish's deadline is over: a modem
/// that always has one byte more to say must not keep us.
pub struct At<U> {
    /// The UART, whose timeout and deadline are yours to set.
    pub uart: U,
    /// Given each line that nobody asked for.
    pub unasked: fn(&[u8], &mut Noticed),
    /// What such lines have said.
    pub noticed: Noticed,
    stage: Stage,
}

/// What the modem may be at, whatever became of the last command.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Stage {
    /// It has started, or all that was begun has come to its end.
    Idle,
    /// A reply may come late.
    Asked,
    /// It takes whatever comes for the raw bytes of a request, until it has as many as it was told.
    Counts,
}

/// What the modem has said of a socket by itself.
#[derive(Clone, Copy, Default)]
pub struct Noticed {
    /// There are bytes to read.
    pub data: bool,
    /// The peer has closed.
    pub closed: bool,
}

impl<U: Read + Write> At<U> {
    /// A modem that has just started. A device that starts anew resets its modem first, or switches the modem's power: it cannot
    /// know whether the modem still counts the bytes of a request, and its first command would be taken for the rest of them.
    pub fn new(uart: U) -> Self {
        Self {
            uart,
            unasked: |_, _| {},
            noticed: Noticed::default(),
            stage: Stage::Idle,
        }
    }

    /// The publish that was begun has its response, and the modem nothing more to say of it.
    pub fn settle(&mut self) {
        self.stage = Stage::Idle;
    }

    /// Reads and drops what the modem still says, until a read ends without a byte: a late reply to one publish would be taken for
    /// the next one's. So the UART's timeout has to be longer here than the time that the modem gives a request, 60 s as a rule.
    ///
    /// [`begin`](Self::begin) calls it after a failure. After [`AtError::Stuck`] it does nothing and returns that again.
    pub fn resync(&mut self) -> Result<(), AtError<U::Error>> {
        if self.stage == Stage::Counts {
            return Err(AtError::Stuck);
        }
        for _ in 0..Self::DROPPED_MOST {
            match self.uart.read(&mut [0]) {
                Ok(0) => return Err(AtError::Ended),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::TimedOut => {
                    self.stage = Stage::Idle;
                    return Ok(());
                }
                Err(error) => return Err(AtError::Uart(error)),
            }
        }
        // It does not fall silent: it has to be reset.
        Err(AtError::Answer)
    }

    const DROPPED_MOST: usize = 100_000;

    /// Turns echo off and numbers on. Begin each publish with it.
    pub fn begin(&mut self) -> Result<(), AtError<U::Error>> {
        if self.stage != Stage::Idle {
            self.resync()?;
        }
        self.noticed = Noticed::default();
        // It may be answered by what an earlier failure left behind.
        match self.command(&[b"ATE0"]) {
            Err(AtError::Uart(error)) => return Err(AtError::Uart(error)),
            Err(_) => self.command(&[b"ATE0"])?,
            Ok(()) => {}
        }
        self.command(&[b"AT+CMEE=1"])?;
        // An OK that came late is told from ours by what must come before it.
        self.mark(&[b"AT+CMEE?"], b"+CMEE:")?;
        self.wait(Some(b"OK"), None)?;
        self.stage = Stage::Asked;
        Ok(())
    }

    /// A command that is answered by OK.
    pub fn command(&mut self, parts: &[&[u8]]) -> Result<(), AtError<U::Error>> {
        self.send(parts)?;
        self.wait(Some(b"OK"), None).map(drop)
    }

    /// A command that is answered by OK and a line that begins with `info`, whichever is first.
    pub fn info(&mut self, parts: &[&[u8]], info: &[u8]) -> Result<Line, AtError<U::Error>> {
        self.send(parts)?;
        self.wait(Some(b"OK"), Some(info))
    }

    /// A command that wants bytes after the prompt, and says `done` when it has them.
    pub fn give(
        &mut self,
        parts: &[&[u8]],
        prompt: &[u8],
        bytes: &[u8],
        done: &[u8],
    ) -> Result<(), AtError<U::Error>> {
        self.send(parts)?;
        self.wait(None, Some(prompt))?;
        self.write(bytes)?;
        self.wait(Some(done), None).map(drop)
    }

    /// [`give`](Self::give) for a modem that waits for exactly these bytes, with no timeout and no way to give up. If the UART lost
    /// one of them, the next command would complete a request that AWS accepts with a wrong payload. So a failure in here is
    /// [`AtError::Stuck`] unless the modem says itself how the command ended, and nothing is sent any more.
    pub fn give_all(
        &mut self,
        parts: &[&[u8]],
        prompt: &[u8],
        bytes: &[u8],
        done: &[u8],
    ) -> Result<(), AtError<U::Error>> {
        let before = self.stage;
        // From the end of the command on, since the prompt may be what is lost.
        self.stage = Stage::Counts;
        let given = self.give(parts, prompt, bytes, done);
        if matches!(given, Err(AtError::Uart(_) | AtError::Ended)) {
            return Err(AtError::Stuck);
        }
        if self.stage == Stage::Counts {
            self.stage = before;
        }
        given
    }

    /// A command that is answered by a line that begins with `mark`, after which raw bytes follow.
    pub fn mark(&mut self, parts: &[&[u8]], mark: &[u8]) -> Result<Line, AtError<U::Error>> {
        self.send(parts)?;
        self.wait(None, Some(mark))
    }

    /// Exactly so many raw bytes.
    pub fn raw(&mut self, buffer: &mut [u8]) -> Result<(), AtError<U::Error>> {
        Ok(self.uart.read_exact(buffer)?)
    }

    /// Waits for a line that is `done` and for one that begins with `info`, as far as there are such.
    pub fn wait(
        &mut self,
        mut done: Option<&[u8]>,
        mut info: Option<&[u8]>,
    ) -> Result<Line, AtError<U::Error>> {
        let mut found = Line::EMPTY;
        while done.is_some() || info.is_some() {
            let line = self.line(info)?;
            let text = line.text();
            if done == Some(text) {
                done = None;
            } else if info.is_some_and(|info| text.starts_with(info)) {
                found = line;
                info = None;
            } else if text == b"ERROR" {
                return Err(AtError::Error);
            } else if text == b"SEND FAIL" {
                return Err(AtError::Full);
            } else if text.starts_with(b"+CME ERROR:") {
                return Err(AtError::Cme(line.field(0).unwrap_or_default()));
            } else {
                self.sort_out(&line)?;
            }
        }
        Ok(found)
    }

    /// Waits for a line that nobody asked for.
    pub fn listen(&mut self) -> Result<(), AtError<U::Error>> {
        let line = self.line(None)?;
        self.sort_out(&line)
    }

    fn sort_out(&mut self, line: &Line) -> Result<(), AtError<U::Error>> {
        if line.text() == b"RDY" {
            self.stage = Stage::Idle;
            return Err(AtError::Reset);
        }
        (self.unasked)(line.text(), &mut self.noticed);
        Ok(())
    }

    /// The next line that is not empty, or the prompt that is waited for, which has no end.
    fn line(&mut self, prompt: Option<&[u8]>) -> Result<Line, AtError<U::Error>> {
        let mut line = Line::EMPTY;
        loop {
            let mut byte = [0];
            self.raw(&mut byte)?;
            line.push(byte[0]);
            let text = line.text();
            let is_prompt = text == b">" && prompt == Some(b">");
            if is_prompt || (byte == *b"\n" && !text.is_empty()) {
                return Ok(line);
            }
        }
    }

    fn send(&mut self, parts: &[&[u8]]) -> Result<(), AtError<U::Error>> {
        for part in parts {
            self.write(part)?;
        }
        self.write(b"\r")
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), AtError<U::Error>> {
        // Not `write_all`, which panics where a UART accepts nothing.
        while !bytes.is_empty() {
            match self.uart.write(bytes).map_err(AtError::Uart)? {
                0 => return Err(AtError::Ended),
                count => bytes = &bytes[count..],
            }
        }
        self.uart.flush().map_err(AtError::Uart)
    }
}

/// A number in decimal, for a command.
pub struct Decimal {
    digits: [u8; 20],
    from: usize,
}

impl Decimal {
    /// Without leading zeros.
    pub fn new(mut number: usize) -> Self {
        let mut digits = [b'0'; 20];
        let mut from = digits.len() - 1;
        digits[from] += (number % 10) as u8;
        while number >= 10 && from > 0 {
            number /= 10;
            from -= 1;
            digits[from] += (number % 10) as u8;
        }
        Self { digits, from }
    }

    /// As it goes into a command.
    pub fn text(&self) -> &[u8] {
        &self.digits[self.from..]
    }
}
