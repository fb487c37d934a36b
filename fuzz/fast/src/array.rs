//! What an array in a room must be: of a batch and of a pack.

use motepost::EncodeError;

/// More than the longest input makes: a byte that stands alone is a SenML record.
pub(crate) const ROOM: usize = 2048;

/// What was begun, unless the room is too small for its two bytes.
pub(crate) fn begun_in<T>(size: usize, begun: Result<T, EncodeError>) -> Option<T> {
    match begun {
        Ok(batch) => {
            assert!(size >= 2);
            Some(batch)
        }
        Err(error) => {
            assert!(size < 2);
            assert_eq!(error, EncodeError::BufferTooSmall { needed: 2 });
            None
        }
    }
}

/// What an array must be.
pub(crate) struct Copy {
    bytes: [u8; 2 * ROOM],
    len: usize,
    in_cbor: bool,
}

impl Copy {
    pub(crate) fn new(in_cbor: bool) -> Self {
        let mut bytes = [0; 2 * ROOM];
        bytes[..2].copy_from_slice(if in_cbor { b"\x9f\xff" } else { b"[]" });
        Self {
            bytes,
            len: 2,
            in_cbor,
        }
    }

    /// How long the array would be with this value.
    pub(crate) fn try_push(&mut self, value: &[u8]) -> usize {
        let mut at = self.len - 1;
        if !self.in_cbor && self.len > 2 {
            self.bytes[at] = b',';
            at += 1;
        }
        self.bytes[at..][..value.len()].copy_from_slice(value);
        at + value.len() + 1
    }

    /// The last value is taken, or not.
    pub(crate) fn end(&mut self, is_taken: bool, whole: usize) {
        if is_taken {
            self.len = whole;
        }
        self.bytes[self.len - 1] = if self.in_cbor { 0xff } else { b']' };
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}
