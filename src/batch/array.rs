//! An array in the caller's room, complete after each call.

use crate::batch::cbor;
use crate::batch::json;
use crate::cursor::Cursor;
use crate::error::{EncodeError, Field, Reason};

/// RFC 8259 section 5.
pub(crate) const JSON: [u8; 2] = *b"[]";
/// RFC 8949 section 3.2.2: an array of indefinite length, and the break that ends it.
pub(crate) const CBOR: [u8; 2] = [0x9f, 0xff];

/// What a value is checked with.
type Fault = fn(&[u8]) -> Option<Reason>;

/// Readings in one payload: an array that grows in place in your buffer, without a copy.
///
/// The room for the array's end is always kept, so the array is complete after each
/// [`push`](Self::push), accepted or refused.
///
/// ```
/// use motepost::batch::Batch;
/// use motepost::{EncodeError, Publish};
///
/// let mut room = [0; 32];
/// let mut batch = Batch::json(&mut room)?;
/// batch.push(br#"{"t":1,"c":21.5}"#)?;
/// batch.push(b"null")?;
/// let full = batch.push(br#"{"t":3,"c":21.4}"#);
/// assert_eq!(full, Err(EncodeError::BufferTooSmall { needed: 40 }));
///
/// let publish = Publish::new("host.example", "uniqueID/batch", batch.as_bytes());
/// let mut buffer = [0; 128];
/// assert!(publish.encode(&mut buffer)?.ends_with(br#"[{"t":1,"c":21.5},null]"#));
/// # Ok::<(), EncodeError>(())
/// ```
///
/// In the buffer of the request itself, where the head is written in front of it:
///
/// ```
/// use motepost::Publish;
/// use motepost::batch::Batch;
///
/// let publish = Publish::new("host.example", "uniqueID/batch", b"");
/// let mut buffer = [0; 256];
/// let request = publish.compose(&mut buffer, |room| {
///     let Ok(mut batch) = Batch::json(room) else { return 0 };
///     for celsius in ["21.5", "21.4"] {
///         if batch.push(celsius.as_bytes()).is_err() {
///             break; // full: the others go with the next request
///         }
///     }
///     batch.finish()
/// })?;
/// assert!(request.ends_with(b"content-length:11\r\n\r\n[21.5,21.4]"));
/// # Ok::<(), motepost::EncodeError>(())
/// ```
pub struct Batch<'b> {
    room: &'b mut [u8],
    len: usize,
    /// A function that a constructor names, so that the linker drops the others.
    fault: Option<Fault>,
}

impl<'b> Batch<'b> {
    /// A JSON array. Each value is checked to be one JSON value (RFC 8259) of at most
    /// [`MAX_DEPTH`](crate::batch::MAX_DEPTH) levels, in constant memory.
    ///
    /// # Errors
    /// When the room does not hold the two bytes of an empty array.
    pub fn json(room: &'b mut [u8]) -> Result<Self, EncodeError> {
        Self::begin(room, JSON, Some(json::fault))
    }

    /// A JSON array of values that are taken as they are: that each is one JSON value is your promise.
    ///
    /// # Errors
    /// When the room does not hold the two bytes of an empty array.
    pub fn json_as_is(room: &'b mut [u8]) -> Result<Self, EncodeError> {
        Self::begin(room, JSON, None)
    }

    /// A CBOR array of indefinite length. Each value is checked to be one well-formed data item
    /// (RFC 8949) of at most [`MAX_DEPTH`](crate::batch::MAX_DEPTH) levels, in constant memory.
    ///
    /// # Errors
    /// When the room does not hold the two bytes of an empty array.
    pub fn cbor(room: &'b mut [u8]) -> Result<Self, EncodeError> {
        Self::begin(room, CBOR, Some(cbor::fault))
    }

    /// A CBOR array of items that are taken as they are: that each is one data item is your promise.
    ///
    /// # Errors
    /// When the room does not hold the two bytes of an empty array.
    pub fn cbor_as_is(room: &'b mut [u8]) -> Result<Self, EncodeError> {
        Self::begin(room, CBOR, None)
    }

    fn begin(room: &'b mut [u8], ends: [u8; 2], fault: Option<Fault>) -> Result<Self, EncodeError> {
        let len = begin(room, ends)?;
        Ok(Self { room, len, fault })
    }

    /// Appends a value.
    ///
    /// # Errors
    /// [`EncodeError::BufferTooSmall`] when it does not fit: publish what is here, and push it to the next
    /// batch. [`EncodeError::Refused`] when it is not one value. The batch is as it was.
    pub fn push(&mut self, value: &[u8]) -> Result<(), EncodeError> {
        let fault = self.fault.and_then(|fault| fault(value));
        self.append(|room, len| append(room, len, |cursor| write_value(cursor, value, fault)))
    }

    /// Calls `write` with the room and the length so far, and keeps the length that it returns.
    pub(crate) fn append(
        &mut self,
        write: impl FnOnce(&mut [u8], usize) -> Result<usize, EncodeError>,
    ) -> Result<(), EncodeError> {
        self.len = write(self.room, self.len)?;
        Ok(())
    }

    /// The complete array so far: a payload.
    pub fn as_bytes(&self) -> &[u8] {
        self.room.get(..self.len).unwrap_or_default()
    }

    /// Whether no value was accepted yet.
    pub const fn is_empty(&self) -> bool {
        self.len == EMPTY
    }

    /// The length of the complete array, which begins where the room does.
    pub const fn finish(self) -> usize {
        self.len
    }
}

/// The length of an array without values.
pub(crate) const EMPTY: usize = 2;

/// Writes an empty array to the room's beginning, and returns its length.
pub(crate) fn begin(room: &mut [u8], ends: [u8; 2]) -> Result<usize, EncodeError> {
    let Some(first) = room.first_chunk_mut() else {
        return Err(EncodeError::BufferTooSmall { needed: EMPTY });
    };
    *first = ends;
    Ok(EMPTY)
}

/// Appends what `write` writes to an array of `len` bytes, and returns its new length. What is refused or
/// does not fit leaves the array as it was.
pub(crate) fn append(
    room: &mut [u8],
    len: usize,
    write: impl FnOnce(&mut Cursor<'_>),
) -> Result<usize, EncodeError> {
    let is_json = is_json(room);
    let [_, end] = if is_json { JSON } else { CBOR };
    let last = len.wrapping_sub(1);
    let mut cursor = Cursor::after(room, last);
    if is_json && len != EMPTY {
        cursor.byte(b',');
    }
    write(&mut cursor);
    cursor.byte(end);
    let written = cursor.finish();
    if written.is_err()
        && let Some(slot) = room.get_mut(last)
    {
        *slot = end;
    }
    written
}

/// The array says itself what it is.
pub(crate) fn is_json(room: &[u8]) -> bool {
    room.first() == JSON.first()
}

#[inline(always)]
pub(crate) fn write_value(cursor: &mut Cursor<'_>, value: &[u8], fault: Option<Reason>) {
    let fault = if value.is_empty() {
        Some(Reason::Missing)
    } else {
        fault
    };
    match fault {
        Some(reason) => cursor.refuse(Field::Reading, reason),
        None => cursor.bytes(value),
    };
}
