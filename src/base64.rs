//! Standard base64 with padding, streamed into a cursor three bytes at a time, so that raw bytes
//! need no second buffer. `base64ct` does the encoding, in a time that does not depend on the bytes.

use base64ct::{Base64Unpadded, Encoding};

use crate::cursor::Cursor;
use crate::percent;

pub(crate) struct Base64Stream<'c, 'b> {
    cursor: &'c mut Cursor<'b>,
    percent_encoded: bool,
    group: [u8; 3],
    len: usize,
}

impl<'c, 'b> Base64Stream<'c, 'b> {
    pub(crate) fn new(cursor: &'c mut Cursor<'b>, percent_encoded: bool) -> Self {
        Self {
            cursor,
            percent_encoded,
            group: [0; 3],
            len: 0,
        }
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        if let Some(slot) = self.group.get_mut(self.len) {
            *slot = byte;
        }
        self.len = self.len.wrapping_add(1);
        if self.len == self.group.len() {
            self.finish();
        }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }

    /// Writes what is left over, padded.
    pub(crate) fn finish(&mut self) {
        if self.len == 0 {
            return;
        }
        // A whole group at a time, with zeros where bytes are missing: RFC 4648 section 4 encodes
        // them so too, and then puts `=` for the characters that no byte reached.
        let mut text = [0; 4];
        // Three bytes always fit four characters. The unpadded form leaves
        // no check of a length that could panic on any target; the padded one does on RISC-V and AVR.
        let _ = Base64Unpadded::encode(&self.group, &mut text);
        for (index, byte) in text.into_iter().enumerate() {
            let byte = if index > self.len { b'=' } else { byte };
            if self.percent_encoded {
                percent::encode(self.cursor, byte);
            } else {
                self.cursor.byte(byte);
            }
        }
        self.group = [0; 3];
        self.len = 0;
    }
}
