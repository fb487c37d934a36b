//! Status numbers. They are not a C enum: `arm-none-eabi-gcc` makes enums as short as their values, and an
//! unknown enum value from C would be undefined behaviour here.

use core::ffi::c_char;

use crate::error::{EncodeError, ExchangeError, Field, Reason};
use crate::error_texts::refusal_text;

/// Done.
pub const MOTEPOST_OK: i32 = 0;
/// Not done yet: there are bytes to move, or the transport moved none. Call again.
pub const MOTEPOST_AGAIN: i32 = 1;

/// The outbox has no more readings.
pub const MOTEPOST_NO_MORE: i32 = 2;

/// The buffer is too small. Its contents are not usable, except that a full batch stays complete.
pub const MOTEPOST_E_BUFFER: i32 = -1;
/// A pointer is NULL but must not be.
pub const MOTEPOST_E_NULL: i32 = -2;
/// The object is not ready: no exchange, outbox or batch of this kind was begun; the response is not
/// complete, or has no date; the batch's room was overwritten; its records carry another SenML base; or the
/// cursor is from another outbox.
pub const MOTEPOST_E_STATE: i32 = -3;

/// The peer's first line is not an HTTP/1.0 or HTTP/1.1 status line. Close the connection.
pub const MOTEPOST_E_STATUS_LINE: i32 = -20;
/// The peer sent a malformed line. Close the connection.
pub const MOTEPOST_E_FIELD_LINE: i32 = -21;
/// The length of the response is not certain, or is 2^28 bytes or more. Close the connection.
pub const MOTEPOST_E_FRAMING: i32 = -22;
/// The peer sent a malformed chunk. Close the connection.
pub const MOTEPOST_E_CHUNK: i32 = -23;
/// The head of the response, with its chunk lines and trailer, is longer than 65,535 bytes. Close the connection.
pub const MOTEPOST_E_HEAD_TOO_LONG: i32 = -24;
/// The peer closed before its response was complete. Whether AWS has the message is not known.
pub const MOTEPOST_E_CLOSED: i32 = -25;
/// The body is more than 65,535 bytes longer than the buffer. Close the connection.
pub const MOTEPOST_E_BODY_TOO_LONG: i32 = -26;

/// The transport failed; `motepost_exchange_io_error` has its number. Close the connection.
pub const MOTEPOST_E_IO: i32 = -30;
/// The transport reported more bytes than it was offered. Close the connection.
pub const MOTEPOST_E_OVERRUN: i32 = -31;

/// A flash function failed. Nothing stored is lost. Try again later, not at once: each call may erase a sector.
pub const MOTEPOST_E_FLASH: i32 = -40;
/// The sizes in `motepost_flash_t` are not usable.
pub const MOTEPOST_E_FLASH_SHAPE: i32 = -41;
/// The region holds an outbox of another version or of other sizes. Nothing was changed.
pub const MOTEPOST_E_FLASH_FORMAT: i32 = -42;
/// The reading is empty, or longer than a sector can hold.
pub const MOTEPOST_E_READING: i32 = -43;
/// The outbox is full: send and drop readings first.
pub const MOTEPOST_E_OUTBOX_FULL: i32 = -44;
/// The readings are dropped, but a reset may bring them back: there is no room to write it down. Send more
/// readings and drop them before you sleep.
pub const MOTEPOST_E_NOT_KEPT: i32 = -45;

/// This status and every lower one refuse a field of the request: `-(100 * field + reason)`. -205 is
/// field 2 (the topic), reason 5 (a wildcard). Nothing was sent. `MOTEPOST_FIELD_OF(status)` and
/// `MOTEPOST_REASON_OF(status)` give the two numbers.
pub const MOTEPOST_E_REFUSED: i32 = -100;

/// The endpoint.
pub const MOTEPOST_FIELD_ENDPOINT: i32 = 1;
/// The topic.
pub const MOTEPOST_FIELD_TOPIC: i32 = 2;
/// The payload.
pub const MOTEPOST_FIELD_PAYLOAD: i32 = 3;
/// The authorizer's name.
pub const MOTEPOST_FIELD_AUTHORIZER: i32 = 4;
/// The token key.
pub const MOTEPOST_FIELD_TOKEN_KEY: i32 = 5;
/// The token.
pub const MOTEPOST_FIELD_TOKEN: i32 = 6;
/// The signature.
pub const MOTEPOST_FIELD_SIGNATURE: i32 = 7;
/// The name of one of your headers.
pub const MOTEPOST_FIELD_HEADER_NAME: i32 = 8;
/// The value of one of your headers.
pub const MOTEPOST_FIELD_HEADER_VALUE: i32 = 9;
/// The QoS.
pub const MOTEPOST_FIELD_QOS: i32 = 10;
/// The MQTT 5 content type.
pub const MOTEPOST_FIELD_CONTENT_TYPE: i32 = 11;
/// The MQTT 5 response topic.
pub const MOTEPOST_FIELD_RESPONSE_TOPIC: i32 = 12;
/// The name or value of an MQTT 5 user property.
pub const MOTEPOST_FIELD_USER_PROPERTY: i32 = 13;
/// The MQTT 5 correlation data.
pub const MOTEPOST_FIELD_CORRELATION_DATA: i32 = 14;
/// The MQTT 5 payload format.
pub const MOTEPOST_FIELD_PAYLOAD_FORMAT: i32 = 15;
/// A flag, or a reserved byte.
pub const MOTEPOST_FIELD_FLAG: i32 = 16;
/// The MQTT 5 properties as a whole.
pub const MOTEPOST_FIELD_PROPERTIES: i32 = 17;
/// The device id that a token is minted for.
pub const MOTEPOST_FIELD_DEVICE_ID: i32 = 18;
/// A reading for a batch.
pub const MOTEPOST_FIELD_READING: i32 = 19;
/// The name of a SenML record, together with the base name.
pub const MOTEPOST_FIELD_READING_NAME: i32 = 20;
/// The unit of a SenML record.
pub const MOTEPOST_FIELD_READING_UNIT: i32 = 21;
/// The value of a SenML record.
pub const MOTEPOST_FIELD_READING_VALUE: i32 = 22;
/// The time of a SenML record.
pub const MOTEPOST_FIELD_READING_TIME: i32 = 23;

/// It is empty, but it is required, or another field needs it.
pub const MOTEPOST_REASON_MISSING: i32 = 1;
/// It is longer than AWS allows.
pub const MOTEPOST_REASON_TOO_LONG: i32 = 2;
/// It contains CR, LF, NUL or another control character.
pub const MOTEPOST_REASON_CONTROL: i32 = 3;
/// It contains a character that this field must not contain.
pub const MOTEPOST_REASON_CHARACTER: i32 = 4;
/// It contains `+` or `#`, which only a topic filter may contain.
pub const MOTEPOST_REASON_WILDCARD: i32 = 5;
/// It has more than seven slashes.
pub const MOTEPOST_REASON_TOO_MANY_LEVELS: i32 = 6;
/// It is not UTF-8.
pub const MOTEPOST_REASON_NOT_UTF8: i32 = 7;
/// It is not one line of standard base64. `base64` wraps at 76 columns on Linux: use `base64 -w0`.
pub const MOTEPOST_REASON_NOT_ONE_LINE_OF_BASE64: i32 = 8;
/// It is a header that the library writes itself, the token key among them, or a topic that AWS reserves:
/// one that starts with `$` and not with `$aws/`, or with `$aws/rules/` and no rule.
pub const MOTEPOST_REASON_RESERVED: i32 = 9;
/// It is a number out of its range.
pub const MOTEPOST_REASON_OUT_OF_RANGE: i32 = 10;
/// It is `.` or `..`, which clients and proxies remove from a path.
pub const MOTEPOST_REASON_DOT_SEGMENT: i32 = 11;
/// It is stored in the buffer that it is to be written to.
pub const MOTEPOST_REASON_OVERLAP: i32 = 12;
/// It is not exactly one JSON value, or not exactly one well-formed CBOR data item.
pub const MOTEPOST_REASON_NOT_ONE_VALUE: i32 = 13;
/// Its arrays and objects are nested more than 16 levels deep.
pub const MOTEPOST_REASON_TOO_DEEP: i32 = 14;

const FIELDS: [Field; 23] = [
    Field::Endpoint,
    Field::Topic,
    Field::Payload,
    Field::Authorizer,
    Field::TokenKey,
    Field::Token,
    Field::Signature,
    Field::HeaderName,
    Field::HeaderValue,
    Field::QoS,
    Field::ContentType,
    Field::ResponseTopic,
    Field::UserProperty,
    Field::CorrelationData,
    Field::PayloadFormat,
    Field::Flag,
    Field::Properties,
    Field::DeviceId,
    Field::Reading,
    Field::ReadingName,
    Field::ReadingUnit,
    Field::ReadingValue,
    Field::ReadingTime,
];

const REASONS: [Reason; 14] = [
    Reason::Missing,
    Reason::TooLong,
    Reason::Control,
    Reason::Character,
    Reason::Wildcard,
    Reason::TooManyLevels,
    Reason::NotUtf8,
    Reason::NotOneLineOfBase64,
    Reason::Reserved,
    Reason::OutOfRange,
    Reason::DotSegment,
    Reason::Overlap,
    Reason::NotOneValue,
    Reason::TooDeep,
];

pub(super) const fn refused(field: Field, reason: Reason) -> i32 {
    let number = (field as i32).wrapping_mul(100).wrapping_add(reason as i32);
    number.wrapping_neg()
}

#[inline(always)]
pub(super) const fn of_encode(error: &EncodeError) -> i32 {
    match *error {
        EncodeError::Refused { field, reason } => refused(field, reason),
        EncodeError::BufferTooSmall { .. } => MOTEPOST_E_BUFFER,
    }
}

pub(super) const fn of_exchange(error: ExchangeError) -> i32 {
    (error as i32).wrapping_neg()
}

/// Describes a status. For a refused field it is the reason, to print after `motepost_field_name(status)`.
/// Returns a constant string, never NULL. Costs some 2.5 KB of flash on a Cortex-M4, together with
/// `motepost_field_name`; if you call neither, the linker drops both.
#[unsafe(no_mangle)]
pub extern "C" fn motepost_strerror(status: i32) -> *const c_char {
    let text = match status {
        MOTEPOST_OK => c"done",
        MOTEPOST_AGAIN => c"not done yet: call again",
        MOTEPOST_E_BUFFER => c"the buffer is too small",
        MOTEPOST_E_NULL => c"a pointer is NULL but must not be",
        MOTEPOST_E_STATE => c"the exchange, batch or outbox is not in a state for this call",
        MOTEPOST_E_STATUS_LINE => ExchangeError::StatusLine.c_text(),
        MOTEPOST_E_FIELD_LINE => ExchangeError::FieldLine.c_text(),
        MOTEPOST_E_FRAMING => ExchangeError::Framing.c_text(),
        MOTEPOST_E_CHUNK => ExchangeError::Chunk.c_text(),
        MOTEPOST_E_HEAD_TOO_LONG => ExchangeError::HeadTooLong.c_text(),
        MOTEPOST_E_CLOSED => ExchangeError::Closed.c_text(),
        MOTEPOST_E_BODY_TOO_LONG => ExchangeError::BodyTooLong.c_text(),
        MOTEPOST_E_IO => ExchangeError::Transport.c_text(),
        MOTEPOST_E_OVERRUN => ExchangeError::Overrun.c_text(),
        MOTEPOST_NO_MORE => c"the outbox has no more readings",
        MOTEPOST_E_FLASH => c"a flash function failed: try again later",
        MOTEPOST_E_FLASH_SHAPE => c"the sizes of the flash are not usable for an outbox",
        MOTEPOST_E_FLASH_FORMAT => {
            c"the region holds an outbox of another version or of other sizes"
        }
        MOTEPOST_E_READING => c"the reading is empty or longer than a sector can hold",
        MOTEPOST_E_OUTBOX_FULL => c"the outbox is full: send and drop readings first",
        MOTEPOST_E_NOT_KEPT => c"the readings are dropped, but a reset may bring them back",
        _ => refusal(status).map_or(c"not a status of this library", |(field, reason)| {
            refusal_text(field, reason)
        }),
    };
    text.as_ptr()
}

/// Names the field that a status refuses, such as `topic`. Returns a constant string, never NULL: the
/// empty string for every other status.
#[unsafe(no_mangle)]
pub extern "C" fn motepost_field_name(status: i32) -> *const c_char {
    refusal(status)
        .map_or(c"", |(field, _)| field.c_name())
        .as_ptr()
}

fn refusal(status: i32) -> Option<(Field, Reason)> {
    FIELDS
        .iter()
        .flat_map(|field| REASONS.iter().map(move |reason| (*field, *reason)))
        .find(|(field, reason)| refused(*field, *reason) == status)
}

/// Returns the version of the archive, to compare with `MOTEPOST_VERSION` of the header:
/// `major << 16 | minor << 8 | patch`.
#[unsafe(no_mangle)]
pub extern "C" fn motepost_version() -> u32 {
    const {
        u32::from_be_bytes([
            0,
            part(env!("CARGO_PKG_VERSION_MAJOR")),
            part(env!("CARGO_PKG_VERSION_MINOR")),
            part(env!("CARGO_PKG_VERSION_PATCH")),
        ])
    }
}

const fn part(digits: &str) -> u8 {
    match u8::from_str_radix(digits, 10) {
        Ok(value) => value,
        Err(_) => 0,
    }
}
