//! The head of the answer, line by line: status, what frames the body, AWS's error type, the date.
//! Strict where a lenient reader could be made to see another message (RFC 9112 sections 4 to 6).

use crate::ascii::{TCHAR, is_blank, is_word, number, span};
use crate::error::ExchangeError;
use crate::names::{self, recognise};
use crate::response::line::Line;

const DATE_LEN: usize = 29;
/// AWS's longest error type for a publish has 30 characters.
const ERROR_TYPE_KEPT: usize = 32;

/// No number that is read gets as large.
const NO_LENGTH: u32 = u32::MAX;

#[repr(C)]
pub(crate) struct Head {
    /// [`NO_LENGTH`] where there is none.
    pub(crate) length: u32,
    pub(crate) status: u16,
    /// Chunks are an error in HTTP/1.0 (RFC 9112 section 6.1).
    pub(crate) http_1_1: bool,
    /// Whether the connection stays open: HTTP/1.1, unless told otherwise.
    pub(crate) persistent: bool,
    pub(crate) chunked: bool,
    error_type_len: u8,
    error_type: [u8; ERROR_TYPE_KEPT],
    date: [u8; DATE_LEN],
}

impl Head {
    pub(crate) const fn new() -> Self {
        Self {
            length: NO_LENGTH,
            status: 0,
            http_1_1: false,
            persistent: false,
            chunked: false,
            error_type_len: 0,
            error_type: [0; ERROR_TYPE_KEPT],
            date: [0; DATE_LEN],
        }
    }

    pub(crate) const fn has_length(&self) -> bool {
        self.length != NO_LENGTH
    }

    pub(crate) fn error_type(&self) -> &[u8] {
        self.error_type
            .get(..usize::from(self.error_type_len))
            .unwrap_or_default()
    }

    pub(crate) const fn date(&self) -> &[u8; DATE_LEN] {
        &self.date
    }

    /// Begins a head; an interim answer may have left another.
    #[inline(never)]
    pub(crate) fn status_line(&mut self, line: Line<'_>) -> Result<(), ExchangeError> {
        let Some((version, rest)) = line.text.split_first_chunk() else {
            return Err(ExchangeError::StatusLine);
        };
        let status = match rest.split_at_checked(4) {
            // Servers drop the space before an empty reason; nothing hangs on it.
            Some(([b' ', digits @ ..], [] | [b' ', ..])) => number(digits, 10),
            _ => None,
        };
        // As one number each: slices would be compared by the firmware's memcmp.
        let version = u64::from_ne_bytes(*version);
        self.http_1_1 = version == u64::from_ne_bytes(*b"HTTP/1.1");
        let http_1_0 = version == u64::from_ne_bytes(*b"HTTP/1.0");
        match status {
            Some(status @ 100..=599) if self.http_1_1 || http_1_0 => {
                self.status = status as u16;
            }
            _ => return Err(ExchangeError::StatusLine),
        }
        self.persistent = self.http_1_1;
        self.length = NO_LENGTH;
        self.chunked = false;
        self.error_type_len = 0;
        // In the place of the comma: what is left of an earlier date is none.
        self.date[3] = 0;
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn field_line(&mut self, line: Line<'_>) -> Result<(), ExchangeError> {
        let (name, value) = split(line.text)?;
        match recognise(name) {
            names::CONTENT_LENGTH => {
                // Also the same length twice: somebody on the way has glued two answers.
                match number(value, 10) {
                    Some(length) if line.whole && !self.has_length() => self.length = length,
                    _ => return Err(ExchangeError::Framing),
                }
            }
            names::TRANSFER_ENCODING => {
                if self.chunked || !line.whole || !is_word(value, b"chunked") {
                    return Err(ExchangeError::Framing);
                }
                self.chunked = true;
            }
            names::CONNECTION => {
                // A list too long to be read whole may say `close` at its end.
                let mut options = value.split(|byte| *byte == b',');
                if !line.whole || options.any(|option| is_word(trim(option), b"close")) {
                    self.persistent = false;
                }
            }
            names::DATE if value.len() == DATE_LEN => copy(&mut self.date, value),
            names::ERROR_TYPE => self.keep_error_type(value),
            _ => {}
        }
        Ok(())
    }

    /// `ForbiddenException:` as AWS really sends it, or with a namespace before `#` and an address
    /// after the colon, as the Smithy protocol has it.
    #[inline(never)]
    fn keep_error_type(&mut self, value: &[u8]) {
        self.error_type_len = 0;
        for byte in value {
            match byte {
                b':' => break,
                b'#' => self.error_type_len = 0,
                _ => {
                    let len = usize::from(self.error_type_len);
                    if let Some(slot) = self.error_type.get_mut(len) {
                        *slot = *byte;
                        self.error_type_len = self.error_type_len.wrapping_add(1);
                    }
                }
            }
        }
    }
}

fn copy(to: &mut [u8], from: &[u8]) {
    for (slot, byte) in to.iter_mut().zip(from) {
        *slot = *byte;
    }
}

/// A field line's name and value (RFC 9112 section 5). A line that begins with a blank (folding), or has one
/// before the colon, has no valid name.
pub(crate) fn split(line: &[u8]) -> Result<(&[u8], &[u8]), ExchangeError> {
    match line.split_at_checked(span(line, TCHAR)) {
        Some((name @ [_, ..], [b':', value @ ..])) => Ok((name, trim(value))),
        _ => Err(ExchangeError::FieldLine),
    }
}

#[inline(never)]
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
