//! From the model to bytes (RFC 9112 section 3): one request line, the fields the server needs,
//! and the payload.

use core::ops::Range;

use crate::ascii::{self, TCHAR};
use crate::authorizer;
use crate::cursor::Cursor;
use crate::error::{EncodeError, Field, Reason};
use crate::fields::{Fields, HEADER_VALUE, Rule, check};
use crate::names::frames_the_message;
use crate::publish::{Model, Publish};
use crate::topic;

/// AWS IoT Core message broker limits: 128 KB.
pub const MAX_PAYLOAD: u32 = 131_072;

/// A host name, or an address with a port, as a stand-in has it (RFC 9110 section 7.2).
const ENDPOINT: Rule = Rule {
    field: Field::Endpoint,
    others: b"-._~:[]",
    max: 253,
};
const HEADER_NAME: Rule = Rule {
    field: Field::HeaderName,
    others: TCHAR,
    max: 8192,
};

impl<'a> Publish<'a> {
    /// The exact size of the head, found without a buffer.
    pub fn head_len(&self) -> Result<usize, EncodeError> {
        head_len(self, self.payload_slice().len())
    }

    /// The head alone, for a payload that is sent from where it lies.
    pub fn encode_head<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], EncodeError> {
        let len = encode_head(self, self.payload_slice().len(), buffer)?;
        Ok(buffer.get(..len).unwrap_or_default())
    }

    /// The whole request.
    pub fn encode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], EncodeError> {
        let len = encode(self, buffer)?;
        Ok(buffer.get(..len).unwrap_or_default())
    }

    /// The whole request, with a payload that `fill` writes straight into the buffer and whose
    /// length it returns, so that the reading never exists twice. The model's own payload is not
    /// used.
    ///
    /// ```
    /// # let reading = motepost::Publish::new("host.example", "uniqueID/status", b"");
    /// # let mut buffer = [0; 256];
    /// let request = reading.compose(&mut buffer, |room| {
    ///     let celsius = b"21.5";
    ///     room[..celsius.len()].copy_from_slice(celsius);
    ///     celsius.len()
    /// })?;
    /// assert!(request.ends_with(b"content-length:4\r\n\r\n21.5"));
    /// # Ok::<(), motepost::EncodeError>(())
    /// ```
    pub fn compose<'b>(
        &self,
        buffer: &'b mut [u8],
        fill: impl FnOnce(&mut [u8]) -> usize,
    ) -> Result<&'b [u8], EncodeError> {
        let range = compose(self, buffer, fill)?;
        Ok(buffer.get(range).unwrap_or_default())
    }

    /// The request target alone, such as `/topics/uniqueID/status?qos=1`, for a modem whose AT
    /// commands do the HTTP.
    pub fn encode_target<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], EncodeError> {
        let mut cursor = Cursor::new(buffer);
        write_target(self, &mut cursor);
        let len = cursor.finish()?;
        Ok(buffer.get(..len).unwrap_or_default())
    }

    /// The field lines that such a modem does not write itself: the credentials, the properties and
    /// the caller's own, each `name:value` with CRLF, without `host` and `content-length`.
    pub fn encode_field_lines<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], EncodeError> {
        let mut cursor = Cursor::new(buffer);
        write_field_lines(self, &mut cursor);
        let len = cursor.finish()?;
        Ok(buffer.get(..len).unwrap_or_default())
    }

    /// The whole request in a vector of its own.
    #[cfg(feature = "heapless")]
    pub fn encode_vec<const N: usize>(&self) -> Result<heapless::Vec<u8, N>, EncodeError> {
        let mut vec = heapless::Vec::new();
        // The capacity is N, so this cannot fail; were it to, the encoder would ask for a larger one.
        let _ = vec.resize_default(N);
        let len = encode(self, &mut vec)?;
        vec.truncate(len);
        Ok(vec)
    }
}

pub(crate) fn head_len(model: &impl Model, payload_len: usize) -> Result<usize, EncodeError> {
    let mut cursor = Cursor::new(&mut []);
    write_head(model, payload_len, &mut cursor);
    cursor.needed()
}

pub(crate) fn encode_head(
    model: &impl Model,
    payload_len: usize,
    buffer: &mut [u8],
) -> Result<usize, EncodeError> {
    let mut cursor = Cursor::new(buffer);
    write_head(model, payload_len, &mut cursor);
    cursor.finish()
}

pub(crate) fn encode(model: &impl Model, buffer: &mut [u8]) -> Result<usize, EncodeError> {
    let mut cursor = Cursor::new(buffer);
    write_head(model, model.payload().len(), &mut cursor);
    cursor.bytes(model.payload());
    cursor.finish()
}

/// Where in `buffer` a payload goes that is composed in place: behind the longest head that the
/// room left over could need.
pub(crate) fn room(model: &impl Model, buffer: &mut [u8]) -> Result<Range<usize>, EncodeError> {
    let shortest = head_len(model, 0)?;
    let Some(space) = buffer.len().checked_sub(shortest) else {
        return Err(EncodeError::BufferTooSmall { needed: shortest });
    };
    // Where a `usize` has 16 bits, no buffer reaches the limit.
    let space = usize::try_from(MAX_PAYLOAD).map_or(space, |most| space.min(most));
    // The shortest head has one digit of length already.
    let mut start = shortest.saturating_sub(1);
    ascii::decimal(space as u32, |_| start = start.saturating_add(1));
    let end = start.saturating_add(space).min(buffer.len());
    Ok(start..end)
}

/// Writes the head so that it ends where the composed payload starts. Nothing is moved.
pub(crate) fn close_composed(
    model: &impl Model,
    payload_len: usize,
    buffer: &mut [u8],
) -> Result<Range<usize>, EncodeError> {
    let room = room(model, buffer)?;
    if payload_len > room.len() {
        return Err(EncodeError::Refused {
            field: Field::Payload,
            reason: Reason::TooLong,
        });
    }
    let start = room.start.saturating_sub(head_len(model, payload_len)?);
    let head = buffer.get_mut(start..room.start).unwrap_or_default();
    encode_head(model, payload_len, head)?;
    Ok(start..room.start.saturating_add(payload_len))
}

pub(crate) fn compose(
    model: &impl Model,
    buffer: &mut [u8],
    fill: impl FnOnce(&mut [u8]) -> usize,
) -> Result<Range<usize>, EncodeError> {
    let room = room(model, buffer)?;
    let payload_len = fill(buffer.get_mut(room).unwrap_or_default());
    close_composed(model, payload_len, buffer)
}

pub(crate) fn write_head(model: &impl Model, payload_len: usize, cursor: &mut Cursor<'_>) {
    cursor.bytes(b"POST ");
    write_target(model, cursor);
    cursor.bytes(b" HTTP/1.1\r\n");
    let mut lines = Fields::lines(cursor);
    lines.pair(b"host", model.endpoint(), &ENDPOINT);
    write_field_lines(model, cursor);
    let mut lines = Fields::lines(cursor);
    lines.name(b"content-length");
    match u32::try_from(payload_len) {
        Ok(len) if len <= MAX_PAYLOAD => cursor.decimal(len),
        _ => cursor.refuse(Field::Payload, Reason::TooLong),
    }
    cursor.bytes(b"\r\n\r\n");
}

pub(crate) fn write_target(model: &impl Model, cursor: &mut Cursor<'_>) {
    if let Err(reason) = topic::check(model.topic()) {
        cursor.refuse(Field::Topic, reason);
    }
    cursor.bytes(b"/topics/");
    topic::write_path(cursor, model.topic());
    let mut query = Fields::query(cursor);
    if model.at_least_once() {
        query.name(b"qos");
        query.plain(b"1");
    }
    if model.retain() {
        query.name(b"retain");
        query.plain(b"true");
    }
    model.encode_properties(&mut query);
    write_credentials(model, &mut query);
}

pub(crate) fn write_field_lines(model: &impl Model, cursor: &mut Cursor<'_>) {
    let mut lines = Fields::lines(cursor);
    write_credentials(model, &mut lines);
    model.encode_properties(&mut lines);
    let mut index: usize = 0;
    while let Some((name, value)) = model.header(index) {
        check(lines.cursor(), name, &HEADER_NAME);
        if frames_the_message(name) {
            lines.cursor().refuse(Field::HeaderName, Reason::Reserved);
        }
        lines.pair(name, value, &HEADER_VALUE);
        index = index.wrapping_add(1);
    }
}

fn write_credentials(model: &impl Model, fields: &mut Fields<'_, '_>) {
    let credentials = model.credentials();
    if credentials.in_query == fields.is_query() {
        authorizer::write(fields, &credentials, |fields| {
            model.encode_signature(fields)
        });
    }
}
