//! Names and values on the wire: query parameters while the target is written, field lines after
//! it. What writes a pair need not know which of the two it is.

use crate::ascii::{self, TCHAR, VISIBLE, is_blank, is_control, span};
use crate::base64::Base64Stream;
use crate::cursor::Cursor;
use crate::error::{Field, Reason};
use crate::names::frames_the_message;
use crate::percent;

/// What one field is called, and what it may hold.
pub(crate) struct Rule {
    /// On the wire. Empty where the caller says it.
    pub(crate) name: &'static [u8],
    pub(crate) field: Field,
    /// The bytes it may hold.
    pub(crate) class: u8,
    pub(crate) max: u16,
}

pub(crate) struct Fields<'b> {
    pub(crate) cursor: Cursor<'b>,
    /// What comes before the next query parameter: `?`, then `&`. NUL among the field lines.
    separator: u8,
}

impl<'b> Fields<'b> {
    pub(crate) fn query(buffer: &'b mut [u8]) -> Self {
        Self {
            cursor: Cursor::new(buffer),
            separator: b'?',
        }
    }

    pub(crate) fn lines(buffer: &'b mut [u8]) -> Self {
        Self {
            cursor: Cursor::new(buffer),
            separator: 0,
        }
    }

    /// The target is written: field lines follow.
    pub(crate) fn begin_lines(&mut self) {
        self.separator = 0;
    }

    pub(crate) fn is_query(&self) -> bool {
        self.separator != 0
    }

    /// The name and what stands before and after it. Lower case and no space after the colon: HTTP
    /// cares for neither, and each would be a byte of radio time.
    #[inline(never)]
    pub(crate) fn name(&mut self, name: &[u8]) {
        let mut after = b':';
        if self.is_query() {
            self.cursor.byte(self.separator);
            self.separator = b'&';
            after = b'=';
        }
        self.cursor.bytes(name);
        self.cursor.byte(after);
    }

    pub(crate) fn end(&mut self) {
        if !self.is_query() {
            self.cursor.bytes(b"\r\n");
        }
    }

    // Values come by the address of their slice, here and below: one register instead of two.
    #[inline(never)]
    pub(crate) fn pair(&mut self, rule: &Rule, value: &&[u8]) {
        self.check(rule, value);
        self.name(rule.name);
        self.plain(value);
        self.end();
    }

    /// A pair whose name is the caller's.
    #[inline(never)]
    pub(crate) fn named_by_caller(&mut self, rules: &[Rule; 2], pair: &[&[u8]; 2]) {
        let ([name_rule, value_rule], [name, value]) = (rules, pair);
        if frames_the_message(name) {
            self.cursor.refuse(name_rule.field, Reason::Reserved);
        }
        self.check(name_rule, name);
        self.check(value_rule, value);
        self.name(name);
        self.plain(value);
        self.end();
    }

    /// Refuses a value that breaks its rule.
    #[inline(never)]
    fn check(&mut self, rule: &Rule, value: &&[u8]) {
        let blank_end = |end: Option<&u8>| end.is_some_and(|byte| is_blank(*byte));
        let reason = if value.is_empty() {
            Reason::Missing
        } else if value.len() > usize::from(rule.max) {
            Reason::TooLong
        } else if let Some(byte) = value.get(span(value, rule.class)) {
            if is_control(*byte) {
                Reason::Control
            } else {
                Reason::Character
            }
        } else if blank_end(value.first()) || blank_end(value.last()) {
            // The receiver strips blanks around a value (RFC 9110 section 5.5): it would read another one.
            Reason::Character
        } else {
            return;
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

    pub(crate) fn decimal(&mut self, value: u32, powers: &[u32]) {
        ascii::decimal(value, powers, |digit| self.cursor.byte(digit));
    }

    pub(crate) fn base64(&mut self) -> Base64Stream<'_, 'b> {
        let percent_encoded = self.is_query();
        Base64Stream::new(&mut self.cursor, percent_encoded)
    }
}

/// TestInvokeAuthorizer's limit for a header value; AWS documents none for the data path.
pub(crate) const HEADER: [Rule; 2] = [
    Rule {
        name: b"",
        field: Field::HeaderName,
        class: TCHAR,
        max: 8192,
    },
    Rule {
        name: b"",
        field: Field::HeaderValue,
        class: VISIBLE,
        max: 8192,
    },
];
