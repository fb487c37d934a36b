//! The head of the answer, line by line: status, what frames the body, AWS's error type, the date.
//! Strict where a lenient reader could be made to see another message (RFC 9112 sections 4 to 6).

use crate::ascii::{TCHAR, is_blank, is_in, is_word, number};
use crate::error::ExchangeError;
use crate::names::{FieldName, recognise};
use crate::response::line::Line;

const DATE_LEN: usize = 29;
/// AWS's longest error type for a publish has 30 characters.
const ERROR_TYPE_KEPT: usize = 32;

pub(crate) struct Head {
    pub(crate) status: u16,
    /// Chunks are an error in HTTP/1.0 (RFC 9112 section 6.1).
    pub(crate) http_1_1: bool,
    /// Whether the connection stays open: HTTP/1.1, unless told otherwise.
    pub(crate) persistent: bool,
    pub(crate) chunked: bool,
    pub(crate) length: Option<u32>,
    error_type: [u8; ERROR_TYPE_KEPT],
    error_type_len: u8,
    date: [u8; DATE_LEN],
}

impl Head {
    pub(crate) const fn new() -> Self {
        Self {
            status: 0,
            http_1_1: false,
            persistent: false,
            chunked: false,
            length: None,
            error_type: [0; ERROR_TYPE_KEPT],
            error_type_len: 0,
            date: [0; DATE_LEN],
        }
    }

    pub(crate) fn error_type(&self) -> &[u8] {
        self.error_type
            .get(..usize::from(self.error_type_len))
            .unwrap_or_default()
    }

    pub(crate) const fn date(&self) -> &[u8; DATE_LEN] {
        &self.date
    }

    pub(crate) fn status_line(&mut self, line: &Line<'_>) -> Result<(), ExchangeError> {
        *self = Self::new();
        let [
            b'H',
            b'T',
            b'T',
            b'P',
            b'/',
            b'1',
            b'.',
            minor,
            b' ',
            a,
            b,
            c,
            reason @ ..,
        ] = line.text
        else {
            return Err(ExchangeError::StatusLine);
        };
        self.http_1_1 = match minor {
            b'0' => false,
            b'1' => true,
            _ => return Err(ExchangeError::StatusLine),
        };
        self.persistent = self.http_1_1;
        // Servers drop the space before an empty reason; nothing hangs on it.
        if !matches!(reason, [] | [b' ', ..]) {
            return Err(ExchangeError::StatusLine);
        }
        match number(&[*a, *b, *c], 10) {
            Some(status @ 100..=599) => self.status = status as u16,
            _ => return Err(ExchangeError::StatusLine),
        }
        Ok(())
    }

    pub(crate) fn field_line(&mut self, line: &Line<'_>) -> Result<(), ExchangeError> {
        let (name, value) = split(line.text)?;
        match recognise(name) {
            FieldName::ContentLength => {
                // Also the same length twice: somebody on the way has glued two answers.
                if self.length.is_some() || !line.whole {
                    return Err(ExchangeError::Framing);
                }
                self.length = Some(number(value, 10).ok_or(ExchangeError::Framing)?);
            }
            FieldName::TransferEncoding => {
                if self.chunked || !line.whole || !is_word(value, b"chunked") {
                    return Err(ExchangeError::Framing);
                }
                self.chunked = true;
            }
            FieldName::Connection => {
                // A list too long to be read whole may say `close` at its end.
                self.persistent &= line.whole
                    && !value
                        .split(|byte| *byte == b',')
                        .any(|option| is_word(trim(option), b"close"));
            }
            FieldName::Date => {
                if let Ok(date) = value.try_into() {
                    self.date = date;
                }
            }
            FieldName::ErrorType => self.keep_error_type(value),
            FieldName::Host | FieldName::Other => {}
        }
        Ok(())
    }

    /// `ForbiddenException:` as AWS really sends it, or with a namespace before `#` and an address
    /// after the colon, as the Smithy protocol has it.
    fn keep_error_type(&mut self, value: &[u8]) {
        let name = value.split(|byte| *byte == b':').next().unwrap_or_default();
        let name = name.rsplit(|byte| *byte == b'#').next().unwrap_or_default();
        self.error_type_len = 0;
        for (slot, byte) in self.error_type.iter_mut().zip(name) {
            *slot = *byte;
            self.error_type_len = self.error_type_len.wrapping_add(1);
        }
    }
}

/// A field line's name and value (RFC 9112 section 5). A line that begins with a blank (folding), or has one
/// before the colon, has no valid name.
pub(crate) fn split(line: &[u8]) -> Result<(&[u8], &[u8]), ExchangeError> {
    let colon = line.iter().position(|byte| !is_in(*byte, TCHAR));
    match colon.and_then(|colon| line.split_at_checked(colon)) {
        Some((name @ [_, ..], [b':', value @ ..])) => Ok((name, trim(value))),
        _ => Err(ExchangeError::FieldLine),
    }
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_blank(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_blank(*last)
    {
        text = rest;
    }
    text
}
