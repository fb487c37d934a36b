//! Names and values on the wire: query parameters while the target is written, field lines after
//! it. What writes a pair need not know which of the two it is.

use crate::ascii::{self, is_control, span, trim};
use crate::base64::Base64Stream;
use crate::cursor::Cursor;
use crate::error::Reason;
use crate::percent;
use crate::texts::{SIGNATURE, rule_of};
use crate::words::frames_the_message;

pub(crate) struct Fields<'b> {
    pub(crate) cursor: Cursor<'b>,
    before: Before,
}

/// What comes before the next name.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Before {
    /// In the query, before its first parameter.
    QuestionMark = b'?',
    /// And before the others.
    Ampersand = b'&',
    /// Among the field lines, where there is nothing before.
    Nothing = 0,
    /// And where there is another line.
    LineEnd = 1,
}

impl<'b> Fields<'b> {
    pub(crate) fn query(buffer: &'b mut [u8]) -> Self {
        Self {
            cursor: Cursor::new(buffer),
            before: Before::QuestionMark,
        }
    }

    pub(crate) fn lines(buffer: &'b mut [u8]) -> Self {
        Self {
            cursor: Cursor::new(buffer),
            before: Before::Nothing,
        }
    }

    /// The request line is written: field lines follow.
    pub(crate) fn begin_lines(&mut self) {
        self.before = Before::LineEnd;
    }

    /// Ends the last field line, if there is one.
    pub(crate) fn end_lines(&mut self) {
        if self.before == Before::LineEnd {
            self.cursor.bytes(b"\r\n");
        }
    }

    pub(crate) fn is_query(&self) -> bool {
        matches!(self.before, Before::QuestionMark | Before::Ampersand)
    }

    /// The name and what stands before and after it. Lower case and no space after the colon: HTTP
    /// cares for neither, and each would be a byte of radio time.
    #[inline(never)]
    pub(crate) fn name(&mut self, name: &[u8]) {
        if self.is_query() {
            self.parameter(name);
            self.cursor.byte(b'=');
        } else {
            self.end_lines();
            self.before = Before::LineEnd;
            self.cursor.bytes(name);
            self.cursor.byte(b':');
        }
    }

    /// A query parameter, or the name of one.
    #[inline(never)]
    pub(crate) fn parameter(&mut self, text: &[u8]) {
        self.cursor.byte(self.before as u8);
        self.before = Before::Ampersand;
        self.cursor.bytes(text);
    }

    /// Refuses a text that breaks the rule of its number.
    #[inline(never)]
    pub(crate) fn check(&mut self, index: usize, text: &[u8]) {
        let rule = rule_of(index);
        let reason = if rule.is_name() && frames_the_message(text) {
            Reason::Reserved
        } else if text.is_empty() {
            Reason::Missing
        } else if text.len() > usize::from(rule.max) {
            Reason::TooLong
        } else if index == SIGNATURE {
            let padding = text.get(span(text, rule.class)..);
            if text.len() & 3 == 0 && matches!(padding, Some(b"" | b"=" | b"==")) {
                return;
            }
            Reason::NotOneLineOfBase64
        } else {
            match text.get(span(text, rule.class)) {
                Some(byte) if is_control(*byte) => Reason::Control,
                // The receiver strips blanks around a value (RFC 9110 section 5.5): it would read another one.
                None if trim(text).len() == text.len() => return,
                _ => Reason::Character,
            }
        };
        self.cursor.refuse(rule.field, reason);
    }

    /// A value that has been checked already.
    #[inline(never)]
    pub(crate) fn plain(&mut self, value: &[u8]) {
        if self.is_query() {
            percent::encode(&mut self.cursor, value);
        } else {
            self.cursor.bytes(value);
        }
    }

    pub(crate) fn decimal(&mut self, value: u32) {
        ascii::decimal(value, &mut |digit| self.cursor.byte(digit));
    }

    pub(crate) fn base64(&mut self) -> Base64Stream<'_, 'b> {
        let percent_encoded = self.is_query();
        Base64Stream::new(&mut self.cursor, percent_encoded)
    }
}
