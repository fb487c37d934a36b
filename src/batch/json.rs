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
/// Stands where the text went wrong. It is never left, and nothing expects it.
const WRONG: usize = 0x101;

/// Why the text is not one JSON value.
#[inline(never)]
pub(crate) fn fault(text: &[u8]) -> Option<Reason> {
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
        let opens_object = scanner.takes(b'{');
        if opens_object || scanner.takes(b'[') {
            if levels >> MAX_DEPTH != 0 {
                return Some(Reason::TooDeep);
            }
            levels = levels << 1 | u32::from(opens_object);
            scanner.skip_blanks();
            if scanner.byte != usize::from(end_of(levels)) {
                scanner.key_of(levels);
                continue;
            }
        } else {
            scanner.scalar();
        }
        // After a value: the ends of its levels, then a comma or the end of the text.
        loop {
            scanner.skip_blanks();
            if scanner.byte == WRONG || levels == 1 {
                return (scanner.byte != END).then_some(Reason::NotOneValue);
            }
            if !scanner.takes(end_of(levels)) {
                break;
            }
            levels >>= 1;
        }
        scanner.take(b',');
        scanner.skip_blanks();
        scanner.key_of(levels);
    }
}

/// The bracket that ends the innermost level.
const fn end_of(levels: u32) -> u8 {
    if levels & 1 != 0 { b'}' } else { b']' }
}

/// The first fault latches, as in the cursor: the code above reads on and asks once, after a value.
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

    /// Whether this byte is next, and is taken.
    #[inline(never)]
    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.byte == usize::from(byte);
        if is_next {
            self.advance();
        }
        is_next
    }

    /// Takes a byte that must be next.
    #[inline(never)]
    fn take(&mut self, byte: u8) {
        if !self.takes(byte) {
            self.byte = WRONG;
        }
    }

    /// The name of a member and its colon, in an object.
    #[inline(never)]
    fn key_of(&mut self, levels: u32) {
        if levels & 1 != 0 {
            self.string();
            self.skip_blanks();
            self.take(b':');
        }
    }

    fn scalar(&mut self) {
        let word: &[u8] = match self.byte as u8 {
            b'"' => return self.string(),
            b't' => b"true",
            b'f' => b"false",
            b'n' => b"null",
            _ => return self.number(),
        };
        for letter in word {
            self.take(*letter);
        }
    }

    #[inline(never)]
    fn string(&mut self) {
        self.take(b'"');
        let mut character = Utf8::new();
        let mut before = 0;
        loop {
            let byte = self.byte;
            if !(0x20..END).contains(&byte) || !character.may_go_on(before, byte) {
                self.byte = WRONG;
                return;
            }
            self.advance();
            match byte {
                QUOTE => return,
                BACKSLASH => self.escape(),
                _ => {}
            }
            before = byte;
        }
    }

    fn escape(&mut self) {
        let digits = match self.byte as u8 {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 0,
            b'u' => 4,
            _ => {
                self.byte = WRONG;
                return;
            }
        };
        self.advance();
        for _ in 0..digits {
            if !(self.byte as u8).is_ascii_hexdigit() {
                self.byte = WRONG;
                return;
            }
            self.advance();
        }
    }

    fn number(&mut self) {
        self.takes(b'-');
        // A zero is followed by no other digit.
        if !self.takes(b'0') {
            self.digits();
        }
        if self.takes(b'.') {
            self.digits();
        }
        if self.takes(b'e') || self.takes(b'E') {
            let _ = self.takes(b'+') || self.takes(b'-');
            self.digits();
        }
    }

    /// One digit at least.
    #[inline(never)]
    fn digits(&mut self) {
        let mut is_number = false;
        while (self.byte as u8).is_ascii_digit() {
            self.advance();
            is_number = true;
        }
        if !is_number {
            self.byte = WRONG;
        }
    }
}
