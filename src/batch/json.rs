//! Whether a text is exactly one JSON value (RFC 8259), in constant memory: a bit for each open level.

use core::slice;

use crate::batch::depth::MAX_DEPTH;
use crate::error::Reason;
use crate::utf8::Utf8;

// Bytes are held in words, as in `utf8`.
const QUOTE: usize = b'"' as usize;
const BACKSLASH: usize = b'\\' as usize;
/// Follows the last byte of a text.
const END: usize = 0x100;

/// Why the text is not one JSON value.
#[inline(never)]
pub(crate) fn fault(text: &[u8]) -> Option<Reason> {
    check(text).err()
}

#[inline(always)]
fn check(text: &[u8]) -> Result<(), Reason> {
    let mut scanner = Scanner {
        rest: text.iter(),
        byte: END,
    };
    scanner.advance();
    // The innermost level is the lowest bit: one for an object, zero for an array. The highest one is no
    // level.
    let mut levels: u32 = 1;
    loop {
        scanner.skip_blanks();
        let opens_object = scanner.byte == usize::from(b'{');
        if opens_object || scanner.byte == usize::from(b'[') {
            if levels >> MAX_DEPTH != 0 {
                return Err(Reason::TooDeep);
            }
            levels = levels << 1 | u32::from(opens_object);
            scanner.advance();
            scanner.skip_blanks();
            if scanner.byte != end_of(levels) {
                scanner.key_of(levels)?;
                continue;
            }
        } else {
            scanner.scalar()?;
        }
        // After a value: the ends of its levels, then a comma or the end of the text.
        loop {
            scanner.skip_blanks();
            if levels == 1 {
                return scanner.must_be(END);
            }
            if scanner.byte != end_of(levels) {
                break;
            }
            levels >>= 1;
            scanner.advance();
        }
        scanner.take(b',')?;
        scanner.skip_blanks();
        scanner.key_of(levels)?;
    }
}

/// The bracket that ends the innermost level.
const fn end_of(levels: u32) -> usize {
    if levels & 1 != 0 {
        b'}' as usize
    } else {
        b']' as usize
    }
}

struct Scanner<'t> {
    rest: slice::Iter<'t, u8>,
    byte: usize,
}

impl Scanner<'_> {
    #[inline(never)]
    fn advance(&mut self) {
        self.byte = self.rest.next().map_or(END, |byte| usize::from(*byte));
    }

    #[inline(never)]
    fn skip_blanks(&mut self) {
        while matches!(self.byte, 0x20 | 0x09 | 0x0a | 0x0d) {
            self.advance();
        }
    }

    fn must_be(&self, byte: usize) -> Result<(), Reason> {
        if self.byte == byte {
            Ok(())
        } else {
            Err(Reason::NotOneValue)
        }
    }

    #[inline(never)]
    fn take(&mut self, byte: u8) -> Result<(), Reason> {
        self.must_be(usize::from(byte))?;
        self.advance();
        Ok(())
    }

    fn take_if(&mut self, is_taken: bool) -> bool {
        if is_taken {
            self.advance();
        }
        is_taken
    }

    /// The name of a member and its colon, in an object.
    #[inline(never)]
    fn key_of(&mut self, levels: u32) -> Result<(), Reason> {
        if levels & 1 != 0 {
            self.string()?;
            self.skip_blanks();
            self.take(b':')?;
        }
        Ok(())
    }

    fn scalar(&mut self) -> Result<(), Reason> {
        let word: &[u8] = match self.byte as u8 {
            b'"' => return self.string(),
            b't' => b"true",
            b'f' => b"false",
            b'n' => b"null",
            _ => return self.number(),
        };
        for letter in word {
            self.take(*letter)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn string(&mut self) -> Result<(), Reason> {
        self.take(b'"')?;
        let mut character = Utf8::new();
        let mut before = 0;
        loop {
            let byte = self.byte;
            if byte < 0x20 || byte == END || !character.may_go_on(before, byte) {
                return Err(Reason::NotOneValue);
            }
            self.advance();
            match byte {
                QUOTE => return Ok(()),
                BACKSLASH => self.escape()?,
                _ => {}
            }
            before = byte;
        }
    }

    fn escape(&mut self) -> Result<(), Reason> {
        let digits = match self.byte as u8 {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 0,
            b'u' => 4,
            _ => return Err(Reason::NotOneValue),
        };
        self.advance();
        for _ in 0..digits {
            if !(self.byte as u8).is_ascii_hexdigit() {
                return Err(Reason::NotOneValue);
            }
            self.advance();
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Reason> {
        self.take_if(self.byte == usize::from(b'-'));
        // A zero is followed by no other digit.
        if !self.take_if(self.byte == usize::from(b'0')) {
            self.digits()?;
        }
        if self.take_if(self.byte == usize::from(b'.')) {
            self.digits()?;
        }
        if self.take_if(self.byte | 0x20 == usize::from(b'e')) {
            self.take_if(matches!(self.byte as u8, b'+' | b'-'));
            self.digits()?;
        }
        Ok(())
    }

    #[inline(never)]
    fn digits(&mut self) -> Result<(), Reason> {
        let mut is_number = false;
        while (self.byte as u8).is_ascii_digit() {
            self.advance();
            is_number = true;
        }
        if is_number {
            Ok(())
        } else {
            Err(Reason::NotOneValue)
        }
    }
}
