//! Names and values on the wire: query parameters while the target is written, field lines after
//! it. What writes a pair need not know which of the two it is.

use crate::ascii::{VISIBLE, is_blank, is_control, is_in};
use crate::base64::Base64Stream;
use crate::cursor::Cursor;
use crate::error::{Field, Reason};
use crate::percent;

/// What one field may hold.
pub(crate) struct Rule {
    pub(crate) field: Field,
    /// The bytes allowed beside letters and digits.
    pub(crate) others: &'static [u8],
    pub(crate) max: u16,
}

pub(crate) struct Fields<'c, 'b> {
    cursor: &'c mut Cursor<'b>,
    /// What comes before the next query parameter: `?`, then `&`. NUL among the field lines.
    separator: u8,
}

impl<'c, 'b> Fields<'c, 'b> {
    pub(crate) fn query(cursor: &'c mut Cursor<'b>) -> Self {
        Self {
            cursor,
            separator: b'?',
        }
    }

    pub(crate) fn lines(cursor: &'c mut Cursor<'b>) -> Self {
        Self {
            cursor,
            separator: 0,
        }
    }

    pub(crate) fn is_query(&self) -> bool {
        self.separator != 0
    }

    /// The name and what stands before and after it. Lower case and no space after the colon: HTTP
    /// cares for neither, and each would be a byte of radio time.
    pub(crate) fn name(&mut self, name: &[u8]) {
        if self.is_query() {
            self.cursor.byte(self.separator);
            self.separator = b'&';
        }
        self.cursor.bytes(name);
        self.cursor.byte(if self.is_query() { b'=' } else { b':' });
    }

    pub(crate) fn end(&mut self) {
        if !self.is_query() {
            self.cursor.bytes(b"\r\n");
        }
    }

    pub(crate) fn pair(&mut self, name: &[u8], value: &[u8], rule: &Rule) {
        self.name(name);
        check(self.cursor, value, rule);
        self.plain(value);
        self.end();
    }

    /// A value that has been checked already.
    pub(crate) fn plain(&mut self, value: &[u8]) {
        for byte in value {
            if self.is_query() {
                percent::encode(self.cursor, *byte);
            } else {
                self.cursor.byte(*byte);
            }
        }
    }

    pub(crate) fn base64(&mut self) -> Base64Stream<'_, 'b> {
        let percent_encoded = self.is_query();
        Base64Stream::new(self.cursor, percent_encoded)
    }

    pub(crate) fn cursor(&mut self) -> &mut Cursor<'b> {
        self.cursor
    }
}

/// Refuses a value that breaks its rule.
pub(crate) fn check(cursor: &mut Cursor<'_>, value: &[u8], rule: &Rule) {
    let reason = if value.is_empty() {
        Reason::Missing
    } else if value.len() > usize::from(rule.max) {
        Reason::TooLong
    } else if let Some(byte) = value.iter().find(|byte| !is_in(**byte, rule.others)) {
        if is_control(*byte) {
            Reason::Control
        } else {
            Reason::Character
        }
    } else if [value.first(), value.last()]
        .iter()
        .any(|end| end.is_some_and(|byte| is_blank(*byte)))
    {
        // The receiver strips blanks around a value (RFC 9110 section 5.5): it would read another one.
        Reason::Character
    } else {
        return;
    };
    cursor.refuse(rule.field, reason);
}

/// TestInvokeAuthorizer's limit for a header value; AWS documents none for the data path.
pub(crate) const HEADER_VALUE: Rule = Rule {
    field: Field::HeaderValue,
    others: VISIBLE,
    max: 8192,
};
