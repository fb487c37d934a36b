//! A SenML record in JSON.

use crate::batch::record::{Base, Decimal, Record};
use crate::cursor::Cursor;

/// `{"bn":…,"bt":…,"n":…,"u":…,"v":…,"t":…}` (RFC 8428 section 5).
pub(crate) fn write_json(cursor: &mut Cursor<'_>, base: &Base<'_>, record: &Record<'_>) {
    let mut object = Object {
        cursor,
        before: b'{',
    };
    object.text(b"bn", base.name);
    if base.time != 0 {
        object.label(b"bt");
        object.cursor.fixed(base.time, 0);
    }
    object.text(b"n", record.name);
    object.text(b"u", record.unit);
    object.decimal(b"v", record.value);
    if record.time.digits != 0 {
        object.decimal(b"t", record.time);
    }
    object.cursor.byte(b'}');
}

struct Object<'c, 'b> {
    cursor: &'c mut Cursor<'b>,
    /// Stands before the next label.
    before: u8,
}

impl Object<'_, '_> {
    fn label(&mut self, label: &[u8]) {
        self.cursor.byte(self.before).byte(b'"').bytes(label);
        self.cursor.bytes(b"\":");
        self.before = b',';
    }

    /// An empty text is absent.
    fn text(&mut self, label: &[u8], text: &[u8]) {
        if !text.is_empty() {
            self.label(label);
            self.cursor.byte(b'"').bytes(text).byte(b'"');
        }
    }

    fn decimal(&mut self, label: &[u8], number: Decimal) {
        self.label(label);
        if number.digits < 0 {
            self.cursor.byte(b'-');
        }
        self.cursor
            .fixed(number.digits.unsigned_abs(), number.places);
    }
}
