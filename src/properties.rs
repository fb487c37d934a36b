//! The MQTT 5 properties that travel with a message.
//!
//! AWS IoT API reference, iot-data Publish: three are query parameters, three are headers.

use core::fmt;

use crate::base64::Base64Stream;
use crate::error::{Field, Reason};
use crate::head_writer::HeadWriter;
use crate::topic;
use crate::view::Pairs;

/// What MQTT 5 subscribers receive besides the payload.
///
/// ```
/// use motepost::{PayloadFormat, Properties, Publish};
///
/// let properties = Properties::new()
///     .content_type("application/json")
///     .message_expiry(3600)
///     .payload_format(PayloadFormat::Utf8)
///     .user_properties(&[("sensor", "roof")]);
/// let reading = Publish::new("host.example", "uniqueID/status", b"{}").properties(&properties);
/// # assert!(reading.head_len().is_ok());
/// ```
#[derive(Clone, Copy, Default)]
pub struct Properties<'a> {
    pub(crate) content_type: &'a [u8],
    pub(crate) response_topic: &'a [u8],
    pub(crate) correlation_data: &'a [u8],
    pub(crate) message_expiry: u32,
    pub(crate) payload_format: Option<PayloadFormat>,
    pub(crate) user: &'a [(&'a str, &'a str)],
}

/// What the payload is made of (MQTT 5 section 3.3.2.3.2).
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PayloadFormat {
    /// Bytes of an unspecified format.
    Unspecified = 1,
    /// Text in UTF-8.
    Utf8 = 2,
}

impl<'a> Properties<'a> {
    /// No properties.
    pub const fn new() -> Self {
        Self {
            content_type: &[],
            response_topic: &[],
            correlation_data: &[],
            message_expiry: 0,
            payload_format: None,
            user: &[],
        }
    }

    /// The MQTT 5 content type, such as `application/json`. Not the HTTP one, which AWS ignores.
    pub const fn content_type(mut self, content_type: &'a str) -> Self {
        self.content_type = content_type.as_bytes();
        self
    }

    /// The topic for a reply.
    pub const fn response_topic(mut self, topic: &'a str) -> Self {
        self.response_topic = topic.as_bytes();
        self
    }

    /// Correlation data to be echoed in the reply, at most 6,144 bytes. Sent as base64.
    pub const fn correlation_data(mut self, data: &'a [u8]) -> Self {
        self.correlation_data = data;
        self
    }

    /// The message is not delivered after this many seconds. 0 means that it never expires.
    pub const fn message_expiry(mut self, seconds: u32) -> Self {
        self.message_expiry = seconds;
        self
    }

    /// What the payload is made of.
    pub const fn payload_format(mut self, format: PayloadFormat) -> Self {
        self.payload_format = Some(format);
        self
    }

    /// Your own names and values. A name may come more than once.
    pub const fn user_properties(mut self, pairs: &'a [(&'a str, &'a str)]) -> Self {
        self.user = pairs;
        self
    }
}

/// Shows sizes and formats, and none of the device's data.
impl fmt::Debug for Properties<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Properties")
            .field("message_expiry", &self.message_expiry)
            .field("payload_format", &self.payload_format)
            .field("correlation_data_len", &self.correlation_data.len())
            .field("user_properties", &self.user.len())
            .finish_non_exhaustive()
    }
}

/// What fits a header value of 8,192 characters, TestInvokeAuthorizer's limit, as base64. AWS
/// documents none for the data path.
const MAX_CORRELATION_DATA: usize = 8192 / 4 * 3;

/// Writes the properties of Rust's builder.
pub(crate) fn write_own(writer: &mut HeadWriter<'_>, properties: &Properties<'_>) {
    write(writer, properties, properties.user);
}

/// Writes the properties that belong where `writer` is: in the query or in the field lines.
pub(crate) fn write(
    writer: &mut HeadWriter<'_>,
    properties: &Properties<'_>,
    user: &(impl Pairs + ?Sized),
) {
    if writer.is_query() {
        write_query(writer, properties);
    } else {
        write_lines(writer, properties, user);
    }
}

fn write_query(writer: &mut HeadWriter<'_>, properties: &Properties<'_>) {
    if !properties.content_type.is_empty() {
        if let Some(reason) = topic::text_fault(properties.content_type) {
            writer.cursor.refuse(Field::ContentType, reason);
        }
        writer.encoded(b"contentType", properties.content_type);
    }
    if !properties.response_topic.is_empty() {
        if let Some(reason) = topic::fault(properties.response_topic) {
            writer.cursor.refuse(Field::ResponseTopic, reason);
        }
        writer.encoded(b"responseTopic", properties.response_topic);
    }
    if properties.message_expiry != 0 {
        writer.parameter(b"messageExpiry=");
        writer.cursor.long_decimal(properties.message_expiry);
    }
}

fn write_lines(
    writer: &mut HeadWriter<'_>,
    properties: &Properties<'_>,
    user: &(impl Pairs + ?Sized),
) {
    if let Some(format) = properties.payload_format {
        writer
            .cursor
            .bytes(b"x-amz-mqtt5-payload-format-indicator:");
        writer.cursor.bytes(match format {
            PayloadFormat::Unspecified => b"UNSPECIFIED_BYTES",
            PayloadFormat::Utf8 => b"UTF8_DATA",
        });
        writer.end_line();
    }
    if !properties.correlation_data.is_empty() {
        if properties.correlation_data.len() > MAX_CORRELATION_DATA {
            writer
                .cursor
                .refuse(Field::CorrelationData, Reason::TooLong);
        }
        writer.cursor.bytes(b"x-amz-mqtt5-correlation-data:");
        let mut base64 = writer.base64();
        base64.bytes(properties.correlation_data);
        base64.finish();
        writer.end_line();
    }
    if user.pair(0).is_some() {
        check_user(writer, user);
        writer.cursor.bytes(b"x-amz-mqtt5-user-properties:");
        write_user(writer, user);
        writer.end_line();
    }
}

fn check_user(writer: &mut HeadWriter<'_>, user: &(impl Pairs + ?Sized)) {
    let mut index: usize = 0;
    while let Some([name, value]) = user.pair(index) {
        if name.is_empty() {
            writer.cursor.refuse(Field::UserProperty, Reason::Missing);
        }
        for text in [name, value] {
            if let Some(reason) = topic::text_fault(text) {
                writer.cursor.refuse(Field::UserProperty, reason);
            }
        }
        index = index.wrapping_add(1);
    }
}

/// Base64 of a JSON array with one object for each pair: in MQTT 5 a name may come more than once.
fn write_user(writer: &mut HeadWriter<'_>, user: &(impl Pairs + ?Sized)) {
    let mut base64 = writer.base64();
    let mut index: usize = 0;
    while let Some([name, value]) = user.pair(index) {
        base64.bytes(if index == 0 { b"[{\"" } else { b",{\"" });
        write_json_text(&mut base64, name);
        base64.bytes(b"\":\"");
        write_json_text(&mut base64, value);
        base64.bytes(b"\"}");
        index = index.wrapping_add(1);
    }
    base64.byte(b']');
    base64.finish();
}

/// RFC 8259 section 7. Control characters were refused before.
fn write_json_text(base64: &mut Base64Stream<'_, '_>, text: &[u8]) {
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            base64.byte(b'\\');
        }
        base64.byte(*byte);
    }
}
