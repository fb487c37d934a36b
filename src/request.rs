//! From the model to bytes (RFC 9112 section 3): one request line, the fields the server needs,
//! and the payload.

use core::ops::Range;

use crate::authorizer;
use crate::cursor::Cursor;
use crate::error::{EncodeError, Field, Reason};
use crate::fields::Fields;
use crate::publish::{Model, Publish, Texts};
use crate::texts::{ENDPOINT, HEADERS, PAYLOAD, TOPIC};
use crate::topic;

/// AWS IoT Core message broker limits: 128 KB.
pub const MAX_PAYLOAD: u32 = 131_072;

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
        let len = encode_target(self, buffer)?;
        Ok(buffer.get(..len).unwrap_or_default())
    }

    /// The field lines that such a modem does not write itself: the credentials, the properties and
    /// the caller's own, each `name:value` with CRLF, without `host` and `content-length`.
    pub fn encode_field_lines<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], EncodeError> {
        let len = encode_field_lines(self, buffer)?;
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
    let mut fields = Fields::query(&mut []);
    write_head(&mut fields, model, payload_len);
    fields.cursor.needed()
}

pub(crate) fn encode_head(
    model: &impl Model,
    payload_len: usize,
    buffer: &mut [u8],
) -> Result<usize, EncodeError> {
    let mut fields = Fields::query(buffer);
    write_head(&mut fields, model, payload_len);
    fields.cursor.finish()
}

pub(crate) fn encode(model: &impl Model, buffer: &mut [u8]) -> Result<usize, EncodeError> {
    let mut fields = Fields::query(buffer);
    let texts = model.texts();
    let payload = texts.text(PAYLOAD).unwrap_or_default();
    write_head(&mut fields, model, payload.len());
    fields.cursor.bytes(payload);
    fields.cursor.finish()
}

pub(crate) fn encode_target(model: &impl Model, buffer: &mut [u8]) -> Result<usize, EncodeError> {
    let mut fields = Fields::query(buffer);
    fields.cursor.bytes(b"/topics/");
    write_topic(&mut fields, model);
    fields.cursor.finish()
}

pub(crate) fn encode_field_lines(
    model: &impl Model,
    buffer: &mut [u8],
) -> Result<usize, EncodeError> {
    let mut fields = Fields::lines(buffer);
    write_field_lines(&mut fields, model);
    fields.cursor.finish()
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
    let mut digits = Cursor::new(&mut []);
    digits.decimal(space as u32);
    start = start.saturating_add(digits.len());
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

#[inline(never)]
pub(crate) fn write_head(fields: &mut Fields<'_>, model: &impl Model, payload_len: usize) {
    fields.cursor.bytes(b"POST /topics/");
    write_topic(fields, model)
        .begin_lines()
        .cursor
        .bytes(b" HTTP/1.1\r\nhost:");
    fields.value(model.texts(), ENDPOINT);
    write_field_lines(fields, model)
        .cursor
        .bytes(b"content-length:");
    match u32::try_from(payload_len) {
        Ok(len) if len <= MAX_PAYLOAD => fields.cursor.decimal(len),
        _ => fields.cursor.refuse(Field::Payload, Reason::TooLong),
    };
    fields.end_line().end_line();
}

/// The topic and what is asked for it: the target, behind `/topics/`.
fn write_topic<'f, 'b>(fields: &'f mut Fields<'b>, model: &impl Model) -> &'f mut Fields<'b> {
    let texts = model.texts();
    let topic = texts.text(TOPIC).unwrap_or_default();
    topic::write_path(topic, &mut fields.cursor);
    let options = model.options();
    let [qos, retain, ..] = options.to_le_bytes();
    if qos != 0 {
        fields.parameter(b"qos=1");
    }
    if retain != 0 {
        fields.parameter(b"retain=true");
    }
    if qos > 1 || options > 0x101 {
        let field = if qos > 1 { Field::QoS } else { Field::Flag };
        fields.cursor.refuse(field, Reason::OutOfRange);
    }
    model.encode_properties(fields);
    model.write_credentials_in_query(fields);
    fields
}

/// Lower case and no space after the colons: HTTP cares for neither, and each would be a byte of
/// radio time.
fn write_field_lines<'f, 'b>(fields: &'f mut Fields<'b>, model: &impl Model) -> &'f mut Fields<'b> {
    if !model.in_query() {
        authorizer::write_lines(model, fields);
    }
    model.encode_properties(fields);
    let mut index: usize = 0;
    while let Some(header) = model.header(index) {
        fields.pair(header, HEADERS);
        index = index.wrapping_add(1);
    }
    fields
}
