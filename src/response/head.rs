//! The head of the answer, line by line: status, what frames the body, AWS's error type, the date.
//! Strict where a lenient reader could be made to see another message (RFC 9112 sections 4 to 6).

use crate::ascii::{TCHAR, number, span, trim};
use crate::response::body::Part;
use crate::response::text::CUT;
use crate::words::{self, recognise};

const DATE_LEN: usize = 29;
/// AWS's longest error type for a publish has 30 characters.
const ERROR_TYPE_KEPT: usize = 32;

#[repr(C)]
pub(crate) struct Head {
    /// Of a [`Part::Body`].
    pub(crate) length: u32,
    /// How the body comes, if there is one.
    pub(crate) framing: Part,
    pub(crate) status: u16,
    http_1_1: bool,
    /// Whether the connection stays open: HTTP/1.1, unless told otherwise.
    pub(crate) persistent: bool,
    error_type_len: u8,
    error_type: [u8; ERROR_TYPE_KEPT],
    date: [u8; DATE_LEN],
    /// What looks into the fields that frame nothing, [`Head::keep`] or nothing, so that firmware
    /// which wants none of it does not carry the code.
    pub(crate) keep_detail: Option<fn(&mut Self, u8, &[u8])>,
}

impl Head {
    pub(crate) const fn new() -> Self {
        Self {
            length: 0,
            framing: Part::UntilClose,
            status: 0,
            http_1_1: false,
            persistent: false,
            error_type_len: 0,
            error_type: [0; ERROR_TYPE_KEPT],
            date: [0; DATE_LEN],
            keep_detail: Some(Self::keep),
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

    /// Begins a head; an interim answer may have left another.
    #[inline(never)]
    pub(crate) fn status_line(&mut self, line: &[u8]) -> Option<()> {
        let (Some((&[v0, v1, v2, v3, v4, v5, v6, v7, b' '], _)), Some(digits), None | Some(b' ')) =
            // Servers drop the space before an empty reason; nothing hangs on it.
            (line.split_first_chunk(), line.get(9..12), line.get(12))
        else {
            return None;
        };
        // As numbers: slices would be compared by the firmware's memcmp.
        let http = u32::from_le_bytes([v0, v1, v2, v3]);
        let version = u32::from_le_bytes([v4, v5, v6, v7]);
        self.http_1_1 = version == u32::from_le_bytes(*b"/1.1");
        let http_1_0 = version == u32::from_le_bytes(*b"/1.0");
        if http != u32::from_le_bytes(*b"HTTP") || !(self.http_1_1 || http_1_0) {
            return None;
        }
        match number(digits, 10) {
            // We asked for no other protocol, and what follows would not be HTTP.
            Some(101) => return None,
            Some(status @ 100..=599) => self.status = status as u16,
            _ => return None,
        }
        // Nobody may rely on a connection whose `close` is not looked for.
        self.persistent = self.http_1_1 && self.keep_detail.is_some();
        self.framing = Part::UntilClose;
        self.error_type_len = 0;
        // In the place of the comma: what is left of an earlier date is none.
        self.date[3] = 0;
        Some(())
    }

    /// What comes after the head.
    pub(crate) fn body(&self) -> Part {
        match self.status {
            204 | 304 => Part::Done,
            _ => self.framing,
        }
    }

    /// A field (RFC 9112 section 5), whose name is known by its number.
    #[inline(never)]
    pub(crate) fn field(&mut self, name: u8, value: &[u8]) -> Option<()> {
        let value = trim(value);
        match name {
            // One of the two, once: where there are more, somebody on the way has glued two answers.
            words::CONTENT_LENGTH | words::TRANSFER_ENCODING
                if self.framing != Part::UntilClose =>
            {
                return None;
            }
            words::CONTENT_LENGTH => {
                self.length = number(value, 10)?;
                self.framing = if self.length == 0 {
                    Part::Done
                } else {
                    Part::Body
                };
            }
            // Chunks are an error in HTTP/1.0 (RFC 9112 section 6.1).
            words::TRANSFER_ENCODING => {
                let is_chunked = recognise(value) == words::CHUNKED;
                self.framing = (is_chunked && self.http_1_1).then_some(Part::ChunkSize)?;
            }
            _ => {
                if let Some(keep) = self.keep_detail {
                    keep(self, name, value);
                }
            }
        }
        Some(())
    }

    /// The `keep_detail` of who wants to know.
    pub(crate) fn keep(&mut self, name: u8, value: &[u8]) {
        match name {
            words::CONNECTION if has_close(value) => self.persistent = false,
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
