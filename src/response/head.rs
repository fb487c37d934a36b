//! The head of the response, field by field: status, framing of the body, AWS's error type, the date.
//! Strict where leniency could make a reader see a different message (RFC 9112 sections 4 to 6).

use crate::ascii::{Radix, TCHAR, number, span, trim};
use crate::response::part::{Framing, Part};
use crate::response::text::CUT;
use crate::response::verdict::Verdict;
use crate::words::{self, recognise};

const DATE_LEN: usize = 29;
/// AWS's longest error type for a publish has 30 characters.
const ERROR_TYPE_KEPT: usize = 32;

/// Facts that frame and judge the response.
#[cfg_attr(test, derive(Clone))]
#[repr(C)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) verdict: Verdict,
    /// Whether the body is cut. It is here because it is read together with these.
    pub(super) truncated: bool,
    pub(super) framing: Framing,
    /// The word of the version, HTTP/1.0 or HTTP/1.1.
    pub(super) minor: u8,
    /// How many bytes of data come before the next part.
    pub(super) remaining: u32,
}

/// Optional facts.
#[cfg_attr(test, derive(Clone))]
#[repr(C)]
pub(super) struct Details {
    /// [`Details::look`], or nothing: firmware that never names it does not carry it.
    pub(super) keep: Option<Keep>,
    /// The peer is about to close the connection.
    pub(super) closing: bool,
    error_type_len: u8,
    error_type: [u8; ERROR_TYPE_KEPT],
    date: [u8; DATE_LEN],
}

// The value first: it is in that register already, which saves 12 bytes.
pub(super) type Keep = fn(&[u8], &mut Details, usize);

impl Head {
    pub(super) const fn new() -> Self {
        Self {
            status: 0,
            verdict: Verdict::Accepted,
            truncated: false,
            framing: Framing::Interim,
            minor: 0,
            remaining: 0,
        }
    }

    /// Starts a head. Nothing is kept of an interim response before it.
    pub(super) fn status_line(&mut self, line: &[u8]) -> Option<()> {
        // Some servers omit the space before an empty reason. Nothing depends on it.
        let (Some((line, _)), None | Some(b' ')) = (line.split_first_chunk::<12>(), line.get(12))
        else {
            return None;
        };
        match recognise(&line[..9]) {
            minor @ (words::HTTP_1_0 | words::HTTP_1_1) => self.minor = minor as u8,
            _ => return None,
        }
        match number(&line[9..], Radix::Decimal) {
            // 101 switches to a protocol that we did not ask for. What follows would not be HTTP.
            Some(101) => return None,
            // Three digits: at most 999.
            Some(status @ 100..) => {
                self.status = status as u16;
                self.verdict = Verdict::of(status);
            }
            _ => return None,
        }
        self.framing = if self.status < 200 {
            Framing::Interim
        } else {
            Framing::UntilClose
        };
        Some(())
    }

    /// A field (RFC 9112 section 5) with the number of its name.
    pub(super) fn field(&mut self, value: &[u8], name: u8, details: &mut Details) -> Option<()> {
        let name = usize::from(name);
        if !matches!(name, words::CONTENT_LENGTH | words::TRANSFER_ENCODING) {
            if let Some(keep) = details.keep {
                keep(value, details, name);
            }
            return Some(());
        }
        // One of the two, once. More of them may be two responses glued together on the way.
        if self.framing != Framing::UntilClose {
            return None;
        }
        let value = trim(value);
        self.framing = if name == words::CONTENT_LENGTH {
            self.remaining = number(value, Radix::Decimal)?;
            Framing::Length
        } else {
            // Chunks are an error in HTTP/1.0 (RFC 9112 section 6.1).
            let is_chunked = recognise(value) == words::CHUNKED;
            (is_chunked && self.is_http_1_1()).then_some(Framing::Chunks)?
        };
        Some(())
    }

    /// What follows the head or the trailer.
    pub(super) fn end(&self) -> Part {
        let is_empty = self.framing == Framing::Length && self.remaining == 0;
        if is_empty || matches!(self.status, 204 | 304) {
            Part::Done
        } else {
            self.framing.part()
        }
    }

    pub(super) const fn is_http_1_1(&self) -> bool {
        self.minor == words::HTTP_1_1 as u8
    }
}

impl Details {
    pub(super) const fn new() -> Self {
        Self {
            keep: Some(Self::look),
            closing: false,
            error_type_len: 0,
            error_type: [0; ERROR_TYPE_KEPT],
            date: [0; DATE_LEN],
        }
    }

    pub(super) fn error_type(&self) -> &[u8] {
        self.error_type
            .get(..usize::from(self.error_type_len))
            .unwrap_or_default()
    }

    pub(super) const fn date(&self) -> &[u8; DATE_LEN] {
        &self.date
    }

    /// Default for `keep`: records error type, date and close.
    pub(super) fn look(value: &[u8], details: &mut Self, name: usize) {
        let value = trim(value);
        match name {
            words::CONNECTION if has_close(value) => details.closing = true,
            words::DATE if value.len() == DATE_LEN => copy(&mut details.date, value),
            words::ERROR_TYPE => details.keep_error_type(value),
            _ => {}
        }
    }

    /// `ForbiddenException:` as AWS sends it, or with a namespace before `#` and a URI after the colon, as
    /// the Smithy protocol allows.
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
            // The part of a long list that was cut may say `close`.
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
