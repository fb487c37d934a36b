//! A Quectel modem's TLS socket as a transport: `AT+QSSL…`, of which client 0 and TLS context 1 are used here.

use embedded_io::{ErrorKind, ErrorType, Read, Write};

use crate::at::{At, AtError, Decimal, Noticed};

/// An open connection. The library reads and writes through it.
pub struct QuectelSocket<'m, U> {
    at: &'m mut At<U>,
}

/// What one command moves at most.
const MOST: usize = 1460;

impl<'m, U: Read + Write> QuectelSocket<'m, U> {
    /// Connects, trusting the CA in that file of the modem alone.
    pub fn open(
        at: &'m mut At<U>,
        host: &str,
        port: u16,
        ca_file: &str,
    ) -> Result<Self, AtError<U::Error>> {
        at.unasked = notice;
        at.begin()?;
        at.command(&[b"AT+QSSLCFG=\"sslversion\",1,3"])?; // TLS 1.2
        at.command(&[b"AT+QSSLCFG=\"seclevel\",1,1"])?; // the server's certificate is checked,
        at.command(&[b"AT+QSSLCFG=\"checkhost\",1,1"])?; // and that it is for this host
        at.command(&[b"AT+QSSLCFG=\"cacert\",1,\"", ca_file.as_bytes(), b"\""])?;
        at.command(&[b"AT+QSSLCFG=\"sni\",1,1"])?;
        // Whatever an earlier publish left open; what the modem said of that is not of this one.
        end(at)?;
        at.noticed = Noticed::default();
        let port = Decimal::new(port.into());
        let open: [&[u8]; 5] = [
            b"AT+QSSLOPEN=1,1,0,\"",
            host.as_bytes(),
            b"\",",
            port.text(),
            b",0",
        ];
        match at.info(&open, b"+QSSLOPEN:")?.field(1) {
            Some(0) => Ok(Self { at }),
            Some(number) => Err(AtError::CouldNot(number)),
            None => Err(AtError::Answer),
        }
    }

    /// Ends the connection.
    pub fn close(self) -> Result<(), AtError<U::Error>> {
        end(self.at)?;
        self.at.settle();
        Ok(())
    }
}

/// There may be no connection, as a rule at the beginning, and then the modem answers with an error.
fn end<U: Read + Write>(at: &mut At<U>) -> Result<(), AtError<U::Error>> {
    match at.command(&[b"AT+QSSLCLOSE=0"]) {
        Err(AtError::Error | AtError::Cme(_)) => Ok(()),
        ended => ended,
    }
}

fn notice(line: &[u8], noticed: &mut Noticed) {
    match line {
        b"+QSSLURC: \"recv\",0" => noticed.data = true,
        b"+QSSLURC: \"closed\",0" => noticed.closed = true,
        _ => {}
    }
}

impl<U: Read + Write> ErrorType for QuectelSocket<'_, U> {
    type Error = AtError<U::Error>;
}

impl<U: Read + Write> Read for QuectelSocket<'_, U> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        loop {
            while !self.at.noticed.data && !self.at.noticed.closed {
                self.at.listen()?;
            }
            // Cleared first: what arrives meanwhile is announced anew.
            self.at.noticed.data = false;
            let most = Decimal::new(buffer.len().min(MOST));
            let line = self
                .at
                .mark(&[b"AT+QSSLRECV=0,", most.text()], b"+QSSLRECV:")?;
            let count = line.field(0).ok_or(AtError::Answer)? as usize;
            let room = buffer.get_mut(..count).ok_or(AtError::Answer)?;
            self.at.raw(room)?;
            self.at.wait(Some(b"OK"), None)?;
            if count > 0 {
                // There may be more than was asked for, and the modem does not say so.
                self.at.noticed.data = true;
                return Ok(count);
            }
            if self.at.noticed.closed {
                return Ok(0);
            }
        }
    }
}

impl<U: Read + Write> Write for QuectelSocket<'_, U> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        let bytes = &bytes[..bytes.len().min(MOST)];
        let len = Decimal::new(bytes.len());
        let command: [&[u8]; 2] = [b"AT+QSSLSEND=0,", len.text()];
        let mut given = Err(AtError::Full);
        // Without a clock it does not pause in between: on a UART the bytes themselves take their time.
        while matches!(given, Err(AtError::Full)) {
            given = self.at.give_all(&command, b">", bytes, b"SEND OK");
        }
        if matches!(given, Err(AtError::Error | AtError::Cme(_))) {
            // The peer takes no more, and may have said why. The modem still has that: it is asked for.
            self.at.noticed.data = true;
        }
        given.map(|()| bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl<E: embedded_io::Error> core::fmt::Display for AtError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::TooLarge {
                what,
                needed,
                limit,
            } => write!(
                f,
                "the {what} has {needed} bytes, the modem takes {limit}: use its sockets"
            ),
            Self::Stuck => f.write_str(
                "the modem may still wait for bytes of the request: reset it, or the next command becomes part of the payload",
            ),
            other => write!(f, "{other:?}"),
        }
    }
}

impl<E: embedded_io::Error> core::error::Error for AtError<E> {}

impl<E: embedded_io::Error> embedded_io::Error for AtError<E> {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Uart(error) => error.kind(),
            Self::Reset => ErrorKind::ConnectionReset,
            _ => ErrorKind::Other,
        }
    }
}
