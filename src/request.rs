//! From a publish to the bytes of its request (RFC 9112 section 3): the request line, the field lines,
//! the payload.

use core::ops::Range;

use crate::authorizer;
use crate::cursor::Cursor;
use crate::error::{EncodeError, Field, Reason};
use crate::head_writer::HeadWriter;
use crate::publish::Publish;
use crate::texts::{ENDPOINT, HEADER, PAYLOAD, TOKEN_KEY, TOPIC, Texts};
use crate::topic;
use crate::view::{CredentialsView, PublishView};
use crate::words::is_same_name;

/// AWS IoT Core message broker limits: 128 KB. Where `usize` has 16 bits, 48 KB are the most.
pub const MAX_PAYLOAD: u32 = 131_072;

/// The longest payload on this target.
const MOST: u32 = longest(usize::BITS);

/// Where sizes have 16 bits, the request has one as well: 16 KB are left for its head.
const fn longest(bits: u32) -> u32 {
    if bits < 32 { 0xC000 } else { MAX_PAYLOAD }
}

impl<'a> Publish<'a> {
    /// The exact size of the head. Needs no buffer.
    pub fn head_len(&self) -> Result<usize, EncodeError> {
        head_len(self, self.payload_slice().len())
    }

    /// Writes the head alone, for a payload that you send from where it is.
    pub fn encode_head<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], EncodeError> {
        let len = encode_head(self, self.payload_slice().len(), buffer)?;
        Ok(buffer.get(..len).unwrap_or_default())
    }

    /// Writes the complete request.
    pub fn encode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], EncodeError> {
        let len = encode(self, buffer)?;
        Ok(buffer.get(..len).unwrap_or_default())
    }

    /// Writes the complete request with a payload that `fill` writes straight into the buffer, so
    /// that the reading never exists twice. `fill` returns the payload's length. The payload given to
    /// [`Publish::new`] is not used.
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

    /// Writes the request target alone, such as `/topics/uniqueID/status?qos=1`, for a modem whose AT
    /// commands do the HTTP.
    pub fn encode_target<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], EncodeError> {
        let len = encode_target(self, buffer)?;
        Ok(buffer.get(..len).unwrap_or_default())
    }

    /// Writes the field lines that such a modem does not write itself: credentials, properties and your
    /// own headers, each `name:value` with CRLF, without `host` and `content-length`.
    pub fn encode_field_lines<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], EncodeError> {
        let len = encode_field_lines(self, buffer)?;
        Ok(buffer.get(..len).unwrap_or_default())
    }

    /// The complete request in a vector.
    #[cfg(feature = "heapless")]
    pub fn encode_vec<const N: usize>(&self) -> Result<heapless::Vec<u8, N>, EncodeError> {
        let mut vec = heapless::Vec::new();
        // The capacity is N, so this cannot fail. If it did, the encoder would ask for a larger one.
        let _ = vec.resize_default(N);
        let len = encode(self, &mut vec)?;
        vec.truncate(len);
        Ok(vec)
    }
}

pub(crate) fn head_len(
    publish: &impl PublishView,
    payload_len: usize,
) -> Result<usize, EncodeError> {
    let mut writer = HeadWriter::query(&mut []);
    write_head(&mut writer, publish, payload_len);
    writer.cursor.needed()
}

pub(crate) fn encode_head(
    publish: &impl PublishView,
    payload_len: usize,
    buffer: &mut [u8],
) -> Result<usize, EncodeError> {
    let mut writer = HeadWriter::query(buffer);
    write_head(&mut writer, publish, payload_len);
    writer.cursor.finish()
}

pub(crate) fn encode(publish: &impl PublishView, buffer: &mut [u8]) -> Result<usize, EncodeError> {
    let mut writer = HeadWriter::query(buffer);
    let texts = publish.texts();
    let payload = texts.text(PAYLOAD).unwrap_or_default();
    write_head(&mut writer, publish, payload.len());
    writer.cursor.bytes(payload);
    writer.cursor.finish()
}

pub(crate) fn encode_target(
    publish: &impl PublishView,
    buffer: &mut [u8],
) -> Result<usize, EncodeError> {
    let mut writer = HeadWriter::query(buffer);
    writer.cursor.bytes(b"/topics/");
    write_topic(&mut writer, publish);
    writer.cursor.finish()
}

pub(crate) fn encode_field_lines(
    publish: &impl PublishView,
    buffer: &mut [u8],
) -> Result<usize, EncodeError> {
    let mut writer = HeadWriter::lines(buffer);
    write_field_lines(&mut writer, publish);
    writer.cursor.finish()
}

/// Where in `buffer` a payload that is composed in place goes: after the longest head that a payload
/// of the remaining room could need.
pub(crate) fn room(
    publish: &impl PublishView,
    buffer: &mut [u8],
) -> Result<Range<usize>, EncodeError> {
    let shortest = head_len(publish, 0)?;
    let Some(space) = buffer.len().checked_sub(shortest) else {
        return Err(EncodeError::BufferTooSmall { needed: shortest });
    };
    // A buffer does not reach the limit where `usize` has 16 bits.
    let space = usize::try_from(MAX_PAYLOAD).map_or(space, |most| space.min(most));
    // Each digit of the length takes a byte of the space. The shortest head has one already.
    let mut more = 0;
    while digits(space.saturating_sub(more)) > more.saturating_add(1) {
        more = more.saturating_add(1);
    }
    let start = shortest.saturating_add(more);
    let end = start.saturating_add(space).min(buffer.len());
    Ok(start..end)
}

/// How many digits a length of at most [`MAX_PAYLOAD`] has.
fn digits(len: usize) -> usize {
    let mut counted = Cursor::new(&mut []);
    counted.decimal(len as u32);
    counted.len()
}

/// Writes the head so that it ends where the composed payload starts. No byte is moved.
pub(crate) fn close_composed(
    publish: &impl PublishView,
    payload_len: usize,
    buffer: &mut [u8],
) -> Result<Range<usize>, EncodeError> {
    let head_len = head_len(publish, payload_len)?;
    let room = room(publish, buffer)?;
    if payload_len > room.len() {
        let needed = head_len.saturating_add(payload_len);
        return Err(EncodeError::BufferTooSmall { needed });
    }
    let start = room.start.saturating_sub(head_len);
    let head = buffer.get_mut(start..room.start).unwrap_or_default();
    encode_head(publish, payload_len, head)?;
    Ok(start..room.start.saturating_add(payload_len))
}

pub(crate) fn compose(
    publish: &impl PublishView,
    buffer: &mut [u8],
    fill: impl FnOnce(&mut [u8]) -> usize,
) -> Result<Range<usize>, EncodeError> {
    let room = room(publish, buffer)?;
    let payload_len = fill(buffer.get_mut(room).unwrap_or_default());
    close_composed(publish, payload_len, buffer)
}

#[inline(never)]
pub(crate) fn write_head(
    writer: &mut HeadWriter<'_>,
    publish: &impl PublishView,
    payload_len: usize,
) {
    writer.cursor.bytes(b"POST /topics/");
    write_topic(writer, publish)
        .begin_lines()
        .cursor
        .bytes(b" HTTP/1.1\r\nhost:");
    writer.value(publish.texts(), ENDPOINT);
    write_field_lines(writer, publish)
        .cursor
        .bytes(b"content-length:");
    match u32::try_from(payload_len) {
        Ok(len) if len <= MOST => writer.cursor.decimal(len),
        _ => writer.cursor.refuse(Field::Payload, Reason::TooLong),
    };
    writer.end_line().end_line();
}

/// The rest of the target, after `/topics/`: the topic and the query.
fn write_topic<'f, 'b>(
    writer: &'f mut HeadWriter<'b>,
    publish: &impl PublishView,
) -> &'f mut HeadWriter<'b> {
    let texts = publish.texts();
    let topic = texts.text(TOPIC).unwrap_or_default();
    topic::write_path(topic, &mut writer.cursor);
    if publish.at_least_once() {
        writer.parameter(b"qos=1");
    }
    if publish.retain() {
        writer.parameter(b"retain=true");
    }
    publish.encode_properties(writer);
    publish.credentials().encode_in_query(writer);
    writer
}

/// Lower case and no space after a colon: HTTP needs neither, and a space is a byte of radio time.
fn write_field_lines<'f, 'b>(
    writer: &'f mut HeadWriter<'b>,
    publish: &impl PublishView,
) -> &'f mut HeadWriter<'b> {
    let credentials = publish.credentials();
    if !credentials.in_query() {
        authorizer::write_lines(credentials, writer);
    }
    publish.encode_properties(writer);
    let mut index: usize = 0;
    while let Some(header) = publish.header(index) {
        // It would be a second token.
        if is_same_name(header.text(HEADER), credentials.texts().text(TOKEN_KEY)) {
            writer.cursor.refuse(Field::HeaderName, Reason::Reserved);
        }
        writer.pair(header, HEADER);
        index = index.wrapping_add(1);
    }
    writer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_and_its_head_have_a_size_on_every_target() {
        assert_eq!(longest(64), MAX_PAYLOAD);
        assert_eq!(longest(32), MAX_PAYLOAD);
        assert_eq!(u32::from(u16::MAX) - longest(16), 16 * 1024 - 1);
    }
}
