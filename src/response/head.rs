//! The head of the answer, line by line: status, what frames the body, AWS's error type, the date.
//! Strict where a lenient reader could be made to see another message (RFC 9112 sections 4 to 6).

use crate::ascii::{TCHAR, number, span, trim};
use crate::response::ResponseReader;
use crate::response::body::Framing;
use crate::response::text::CUT;
use crate::words::{self, recognise};

const DATE_LEN: usize = 29;
/// AWS's longest error type for a publish has 30 characters.
const ERROR_TYPE_KEPT: usize = 32;

/// What the head says beside the status and the framing.
#[repr(C)]
pub(crate) struct Details {
    /// What looks for them, [`Details::look`] or nothing, so that firmware which wants none of them
    /// does not carry the code.
    pub(crate) keep: Option<fn(&mut Self, u8, &[u8])>,
    /// The peer is about to close the connection.
    pub(crate) closing: bool,
    error_type_len: u8,
    error_type: [u8; ERROR_TYPE_KEPT],
    date: [u8; DATE_LEN],
}

impl ResponseReader {
    /// Begins a head. Of an interim answer before it nothing was kept.
    pub(super) fn status_line(&mut self) -> Option<()> {
        // Servers drop the space before an empty reason; nothing hangs on it.
        let (line, None | Some(b' ')) = (self.text.kept(), self.text.kept().get(12)) else {
            return None;
        };
        let line: &[u8; 12] = line.first_chunk()?;
        let version = recognise(&line[..9]);
        if !matches!(version, words::HTTP_1_0 | words::HTTP_1_1) {
            return None;
        }
        self.http_1_1 = version == words::HTTP_1_1;
        match number(&line[9..], 10) {
            // We asked for no other protocol, and what follows would not be HTTP.
            Some(101) => return None,
            Some(status @ 100..=599) => self.status = status as u16,
            _ => return None,
        }
        self.framing = if self.status < 200 {
            Framing::Interim
        } else {
            Framing::UntilClose
        };
        Some(())
    }

    /// A field (RFC 9112 section 5), whose name is known by its number.
    pub(super) fn field(&mut self) -> Option<()> {
        let value = trim(self.text.kept());
        match self.name {
            // One of the two, once: where there are more, somebody on the way has glued two answers.
            words::CONTENT_LENGTH | words::TRANSFER_ENCODING
                if self.framing != Framing::UntilClose =>
            {
                return None;
            }
            words::CONTENT_LENGTH => {
                self.remaining = number(value, 10)?;
                self.framing = Framing::Length;
            }
            // Chunks are an error in HTTP/1.0 (RFC 9112 section 6.1).
            words::TRANSFER_ENCODING => {
                let is_chunked = recognise(value) == words::CHUNKED;
                self.framing = (is_chunked && self.http_1_1).then_some(Framing::Chunks)?;
            }
            name => {
                if let Some(keep) = self.details.keep {
                    keep(&mut self.details, name, value);
                }
            }
        }
        Some(())
    }
}

impl Details {
    pub(crate) const fn new() -> Self {
        Self {
            keep: Some(Self::look),
            closing: false,
            error_type_len: 0,
            error_type: [0; ERROR_TYPE_KEPT],
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

    /// The `keep` of who wants to know.
    pub(crate) fn look(&mut self, name: u8, value: &[u8]) {
        match name {
            words::CONNECTION if has_close(value) => self.closing = true,
            words::DATE if value.len() == DATE_LEN => copy(&mut self.date, value),
            words::ERROR_TYPE => self.keep_error_type(value),
            _ => {}
        }
    }

    /// `ForbiddenException:` as AWS really sends it, or with a namespace before `#` and an address
    /// after the colon, as the Smithy protocol has it.
    #[inline(never)]
    fn keep_error_type(&mut self, value: &[u8]) {
        self.error_type_len = 0;
        for byte in value {
            match byte {
                b':' | &CUT => break,
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

/// Whether one of the connection options (RFC 9110 section 7.6.1) is `close`.
fn has_close(mut options: &[u8]) -> bool {
    while let Some((option, rest)) = options.split_at_checked(span(options, TCHAR)) {
        if recognise(option) == words::CLOSE {
            return true;
        }
        options = match rest {
            [] => break,
            // A list too long to be read whole may say `close` at its end.
            [CUT, ..] => return true,
            [_, rest @ ..] => rest,
        };
    }
    false
}

fn copy(to: &mut [u8], from: &[u8]) {
    for (slot, byte) in to.iter_mut().zip(from) {
        *slot = *byte;
    }
}
