//! Writes the names and values of a request's head: first query parameters, then field lines. Checks each text.

use crate::ascii::{is_control, span, trim};
use crate::base64::Base64Stream;
use crate::cursor::Cursor;
use crate::error::{EncodeError, Reason};
use crate::percent;
use crate::texts::{Texts, rule_of};
use crate::words::is_reserved;

pub(crate) struct HeadWriter<'b> {
    pub(crate) cursor: Cursor<'b>,
    /// What the next parameter of the query begins with, or [`LINES`].
    before: u8,
}

/// The query is over, or there is none.
const LINES: u8 = 0;

impl<'b> HeadWriter<'b> {
    pub(crate) fn query(buffer: &'b mut [u8]) -> Self {
        Self {
            cursor: Cursor::new(buffer),
            before: b'?',
        }
    }

    pub(crate) fn lines(buffer: &'b mut [u8]) -> Self {
        Self {
            cursor: Cursor::new(buffer),
            before: LINES,
        }
    }

    /// The query is written: field lines follow.
    pub(crate) fn begin_lines(&mut self) -> &mut Self {
        self.before = LINES;
        self
    }

    pub(crate) fn is_query(&self) -> bool {
        self.before != LINES
    }

    /// A query parameter, or the name of one.
    #[inline(never)]
    pub(crate) fn parameter(&mut self, text: &[u8]) -> &mut Self {
        self.cursor.byte(self.before);
        self.before = b'&';
        self.cursor.bytes(text);
        self
    }

    /// A query parameter whose value may hold any byte.
    pub(crate) fn encoded(&mut self, name: &[u8], value: &[u8]) {
        self.parameter(name);
        self.encoded_value(value);
    }

    /// The value after the name of a query parameter.
    pub(crate) fn encoded_value(&mut self, value: &[u8]) {
        self.cursor.byte(b'=');
        percent::encode(&mut self.cursor, value);
    }

    /// A field line: the text of this number is its name, the next one its value.
    #[inline(never)]
    pub(crate) fn pair(&mut self, texts: impl Texts, index: usize) -> &mut Self {
        self.checked(index, texts.text(index));
        self.cursor.byte(b':');
        self.value(texts, index.wrapping_add(1))
    }

    /// A text that ends a field line.
    #[inline(never)]
    pub(crate) fn value(&mut self, texts: impl Texts, index: usize) -> &mut Self {
        self.checked(index, texts.text(index)).end_line()
    }

    pub(crate) fn end_line(&mut self) -> &mut Self {
        self.cursor.bytes(b"\r\n");
        self
    }

    /// Writes a text, and refuses it if it breaks the rule of its number.
    #[inline(never)]
    pub(crate) fn checked(&mut self, index: usize, text: Option<&[u8]>) -> &mut Self {
        let rule = rule_of(index);
        let text = text.unwrap_or_default();
        let mut fault = None;
        if rule.is_name() && is_reserved(text) {
            fault = Some(Reason::Reserved);
        }
        // The receiver strips blanks around a value (RFC 9110 section 5.5), so it would read another one.
        if trim(text).len() != text.len() {
            fault = Some(Reason::Character);
        }
        if let Some(byte) = text.get(span(text, rule.class)) {
            fault = Some(if is_control(*byte) {
                Reason::Control
            } else {
                Reason::Character
            });
        }
        if text.len() > usize::from(rule.max) {
            fault = Some(Reason::TooLong);
        }
        if text.is_empty() {
            fault = Some(Reason::Missing);
        }
        if let Some(reason) = fault {
            self.cursor.refuse(rule.field, reason);
        }
        self.cursor.bytes(text);
        self
    }

    /// Refuses a text that breaks the rule of its number.
    pub(crate) fn check(&mut self, index: usize, text: &[u8]) {
        let mut counted = Self::lines(&mut []);
        counted.checked(index, Some(text));
        if let Err(EncodeError::Refused { field, reason }) = counted.cursor.needed() {
            self.cursor.refuse(field, reason);
        }
    }

    pub(crate) fn base64(&mut self) -> Base64Stream<'_, 'b> {
        let percent_encoded = self.is_query();
        Base64Stream::new(&mut self.cursor, percent_encoded)
    }
}
