//! Lines out of a stream of bytes, whatever its pieces (RFC 9112 section 2.2): ended by CRLF, free
//! of other control characters.

use crate::ascii::is_control;

/// As much of a line as any rule of ours reads: the longest name with a value that matters, and
/// blanks to spare.
const KEPT: usize = 64;

#[repr(C)]
pub(crate) struct LineReader {
    /// How long the line is so far, kept or not.
    len: u16,
    /// How many bytes the head has so far.
    head_len: u16,
    carriage_return: bool,
    kept: [u8; KEPT],
}

/// Why a reader took no more.
pub(crate) enum Taken {
    All,
    Line,
    Malformed,
    TooLong,
}

/// One whole line without its CRLF.
#[derive(Clone, Copy)]
pub(crate) struct Line<'l> {
    /// The line, or its beginning.
    pub(crate) text: &'l [u8],
    /// Whether `text` is all of it.
    pub(crate) whole: bool,
}

impl LineReader {
    pub(crate) const fn new() -> Self {
        Self {
            len: 0,
            head_len: 0,
            carriage_return: false,
            kept: [0; KEPT],
        }
    }

    /// Begins the next line.
    pub(crate) fn next(&mut self) {
        self.len = 0;
    }

    /// Grants another 65,535 bytes: for the next chunk of a body, which may have any number.
    pub(crate) fn renew(&mut self) {
        self.head_len = 0;
    }

    /// Takes bytes up to the end of the line: how many, and why no more.
    #[inline(never)]
    pub(crate) fn take(&mut self, input: &[u8]) -> (usize, Taken) {
        let mut taken = 0_usize;
        for &byte in input {
            taken = taken.wrapping_add(1);
            self.head_len = self.head_len.wrapping_add(1);
            if self.head_len == 0 {
                return (taken, Taken::TooLong);
            }
            if self.carriage_return {
                self.carriage_return = false;
                return (
                    taken,
                    if byte == b'\n' {
                        Taken::Line
                    } else {
                        Taken::Malformed
                    },
                );
            }
            if byte == b'\r' {
                self.carriage_return = true;
            } else if is_control(byte) && byte != b'\t' {
                return (taken, Taken::Malformed);
            } else {
                if let Some(slot) = self.kept.get_mut(usize::from(self.len)) {
                    *slot = byte;
                }
                // The length of the head bounds that of a line, so this cannot wrap.
                self.len = self.len.wrapping_add(1);
            }
        }
        (taken, Taken::All)
    }

    /// The line that ended.
    pub(crate) fn line(&self) -> Line<'_> {
        let text = self.kept.get(..usize::from(self.len));
        Line {
            text: text.unwrap_or(&self.kept),
            whole: text.is_some(),
        }
    }
}
