//! Lines out of a stream of bytes, whatever its pieces (RFC 9112 section 2.2): ended by CRLF, free
//! of other control characters.

use crate::ascii::is_control;
use crate::error::ExchangeError;

/// As much of a line as any rule of ours reads: the longest name with a value that matters, and
/// blanks to spare.
const KEPT: usize = 64;

pub(crate) struct LineReader {
    kept: [u8; KEPT],
    /// How long the line is so far, kept or not.
    len: u16,
    carriage_return: bool,
    /// Bytes left before the head is too long.
    allowance: u16,
}

/// One whole line without its CRLF.
pub(crate) struct Line<'l> {
    /// The line, or its beginning.
    pub(crate) text: &'l [u8],
    /// Whether `text` is all of it.
    pub(crate) whole: bool,
}

impl LineReader {
    pub(crate) const fn new() -> Self {
        Self {
            kept: [0; KEPT],
            len: 0,
            carriage_return: false,
            allowance: u16::MAX,
        }
    }

    /// Grants another 65,535 bytes: for the next chunk of a body, which may have any number.
    pub(crate) fn renew(&mut self) {
        self.allowance = u16::MAX;
    }

    /// Takes bytes up to the end of the line: how many, and the line if it ended; or `malformed`.
    pub(crate) fn take<'l>(
        &'l mut self,
        input: &'l [u8],
        malformed: ExchangeError,
    ) -> Result<(usize, Option<Line<'l>>), ExchangeError> {
        let allowed = input.get(..usize::from(self.allowance)).unwrap_or(input);
        let mut ended = false;
        let mut used = 0_usize;
        let mut text = 0_usize;
        for byte in allowed {
            used = used.wrapping_add(1);
            if self.carriage_return {
                if *byte != b'\n' {
                    return Err(malformed);
                }
                self.carriage_return = false;
                ended = true;
                break;
            }
            if *byte == b'\r' {
                self.carriage_return = true;
            } else if is_control(*byte) && *byte != b'\t' {
                return Err(malformed);
            } else {
                text = used;
            }
        }
        if !ended && allowed.len() < input.len() {
            return Err(ExchangeError::HeadTooLong);
        }
        self.allowance = self.allowance.wrapping_sub(used as u16);

        let piece = input.get(..text).unwrap_or_default();
        let before = usize::from(self.len);
        // The allowance bounds a line, so this cannot wrap.
        let len = self.len.wrapping_add(piece.len() as u16);
        let in_one_piece = ended && before == 0;
        if !in_one_piece {
            let room = self.kept.get_mut(before..).unwrap_or_default();
            for (slot, byte) in room.iter_mut().zip(piece) {
                *slot = *byte;
            }
        }
        self.len = len;
        if !ended {
            return Ok((used, None));
        }
        self.len = 0;
        let source = if in_one_piece { piece } else { &self.kept };
        let whole = usize::from(len) <= KEPT;
        let text = source.get(..usize::from(len).min(KEPT)).unwrap_or_default();
        Ok((used, Some(Line { text, whole })))
    }
}
