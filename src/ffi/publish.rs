//! Building requests from C.

use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr::NonNull;

use super::status::{MOTEPOST_E_BUFFER, MOTEPOST_E_NULL, MOTEPOST_OK, of_encode};
use super::{buffer_of, motepost_bytes_t, motepost_str_t};
use crate::authorizer::{self, EncodeSignature};
use crate::error::{EncodeError, Field, Reason};
use crate::fields::Fields;
use crate::properties::{self, Pairs, PayloadFormat, Properties};
use crate::publish::{Model, Texts};
use crate::request;
use crate::texts::HEADERS;

/// The largest payload that AWS takes, in bytes.
pub const MOTEPOST_MAX_PAYLOAD: u32 = 131_072;

/// The payload's form is not stated.
pub const MOTEPOST_PAYLOAD_NOT_STATED: u8 = 0;
/// The payload is bytes of no stated form.
pub const MOTEPOST_PAYLOAD_BYTES: u8 = 1;
/// The payload is text in UTF-8.
pub const MOTEPOST_PAYLOAD_UTF8: u8 = 2;

/// A name and a value: a header of your own, or an MQTT 5 user property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_pair_t {
    /// The name.
    pub name: motepost_str_t,
    /// The value.
    pub value: motepost_str_t,
}

/// What MQTT 5 subscribers learn beside the payload. Start from zeros; zero is absent. A NULL with a
/// length in it refuses `MOTEPOST_FIELD_PROPERTIES`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_properties_t {
    /// Such as `application/json`.
    pub content_type: motepost_str_t,
    /// The topic that an answer is awaited on.
    pub response_topic: motepost_str_t,
    /// What an answer shall carry back, at most 6,144 bytes; encoded as base64 on the way.
    pub correlation_data: motepost_bytes_t,
    /// `user_count` names and values of your own; a name may come more than once.
    pub user: *const motepost_pair_t,
    /// How many of them.
    pub user_count: usize,
    /// After how many seconds the message is no longer delivered; 0 is never.
    pub message_expiry: u32,
    /// One of `MOTEPOST_PAYLOAD_…`.
    pub payload_format: u8,
    /// Must be zeros.
    pub reserved: [u8; 3],
}

/// Writes the signature. Only ever `motepost_encode_signature` or `motepost_copy_signature`.
pub type motepost_encode_signature_t =
    Option<unsafe extern "C" fn(fields: *mut c_void, signature: *const u8, len: usize)>;

/// Writes the properties. Only ever `motepost_encode_properties`.
pub type motepost_encode_properties_t =
    Option<unsafe extern "C" fn(fields: *mut c_void, properties: *const motepost_properties_t)>;

/// Writes the credentials into the query. Only ever `motepost_credentials_in_query`.
pub type motepost_credentials_in_query_t =
    Option<unsafe extern "C" fn(fields: *mut c_void, publish: *const c_void)>;

/// One reading on its way to one topic. Start from zeros and set what you need; it may be `const`
/// and lie in flash. The library only reads it, and only during a call, but for the payload: see
/// `motepost_exchange_init`.
///
/// Three members are pointers to functions of this library, so that firmware which needs none of them
/// does not carry them: your linker drops what nothing points to.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_publish_t {
    /// The host name of your account's data endpoint, as `aws iot describe-endpoint --endpoint-type
    /// iot:Data-ATS` prints it; at most 253 characters; `:port` behind it for a stand-in.
    pub endpoint: motepost_str_t,
    /// At most 256 bytes of UTF-8 and seven slashes; `$aws/rules/<rule>/` counts towards neither.
    pub topic: motepost_str_t,
    /// At most 131,072 bytes; may be empty.
    pub payload: motepost_bytes_t,
    /// The authorizer's name; empty for the endpoint's default one.
    pub authorizer: motepost_str_t,
    /// The authorizer's token key name: 1 to 128 letters, digits, `_` and `-`.
    pub token_key: motepost_str_t,
    /// The token.
    pub token: motepost_str_t,
    /// The token's signature, as `encode_signature` says; empty for an authorizer without signing.
    pub signature: motepost_str_t,
    /// `motepost_encode_signature` when `signature` is raw bytes, 256 for RSA-2048 (cast the
    /// pointer); `motepost_copy_signature` when it is one line of standard base64. NULL without a
    /// signature; with one, NULL is refused as a signature that is missing.
    pub encode_signature: motepost_encode_signature_t,
    /// `motepost_encode_properties` when `properties` is set, otherwise NULL.
    pub encode_properties: motepost_encode_properties_t,
    /// `motepost_credentials_in_query` to carry the credentials there instead of in headers: a few
    /// bytes shorter, but queries are logged more often. Otherwise NULL.
    pub credentials_in_query: motepost_credentials_in_query_t,
    /// What MQTT 5 subscribers learn; NULL for nothing.
    pub properties: *const motepost_properties_t,
    /// `header_count` headers of your own; the authorizer's function sees them. `host`,
    /// `content-length`, `transfer-encoding` and `connection` are refused.
    pub headers: *const motepost_pair_t,
    /// How many of them.
    pub header_count: usize,
    /// 0 or 1. With 1, AWS answers when its broker has the message. AWS has no QoS 2.
    pub qos: u8,
    /// 1 to keep the message for later subscribers; needs `iot:RetainPublish` in the policy.
    pub retain: u8,
    /// Must be zeros.
    pub reserved: [u8; 2],
}

/// The struct, as the encoders read it.
pub(super) struct Checked<'p>(&'p motepost_publish_t);

// The first members are the texts, in their order.
const _: () = assert!(offset_of!(motepost_publish_t, topic) == size_of::<motepost_bytes_t>());
const _: () =
    assert!(offset_of!(motepost_publish_t, signature) == size_of::<[motepost_bytes_t; 6]>());

impl<'p> Checked<'p> {
    /// The struct, unless it, its payload or its headers cannot be read. A text that cannot be read
    /// is refused as missing.
    ///
    /// # Safety
    /// The pointer rules hold.
    #[inline(always)]
    pub(super) unsafe fn of(publish: *const motepost_publish_t) -> Option<Self> {
        // SAFETY: the caller's promise.
        let publish = unsafe { publish.as_ref() }?;
        let is_wrong =
            publish.payload.is_wrong() || publish.headers.is_null() && publish.header_count != 0;
        (!is_wrong).then_some(Self(publish))
    }

    pub(super) fn payload(&self) -> &'p [u8] {
        let motepost_bytes_t { mut ptr, len } = self.0.payload;
        if ptr.is_null() {
            ptr = NonNull::dangling().as_ptr();
        }
        // SAFETY: the pointer rules, which were promised to `of`, and NULL has no bytes.
        unsafe { core::slice::from_raw_parts(ptr, len) }
    }
}

/// Where the text of number 0 is, or would be: those of a header are only two.
#[derive(Clone, Copy)]
pub(super) struct TextsAt(*const motepost_bytes_t);

impl Texts for TextsAt {
    fn text(&self, index: usize) -> Option<&[u8]> {
        // SAFETY: only texts that are there are asked for.
        let text = unsafe { *self.0.wrapping_add(index) };
        if text.ptr.is_null() {
            return None;
        }
        // SAFETY: the pointer rules, which were promised to `Checked::of`.
        Some(unsafe { core::slice::from_raw_parts(text.ptr, text.len) })
    }
}

/// Whether one of `count` texts, one behind the other, cannot be read.
fn any_is_wrong(texts: *const motepost_bytes_t, count: usize) -> bool {
    if texts.is_null() {
        return count != 0;
    }
    // SAFETY: the pointer rules, which hold for the struct that the two came from.
    let texts = unsafe { core::slice::from_raw_parts(texts, count) };
    texts.iter().any(|text| text.is_wrong())
}

/// The pairs, unless a pointer is wrong.
fn pairs<'a>(ptr: *const motepost_pair_t, count: usize) -> Option<&'a [motepost_pair_t]> {
    if any_is_wrong(ptr.cast(), count.wrapping_mul(2)) {
        return None;
    }
    if count == 0 {
        return Some(&[]);
    }
    // SAFETY: the pointer rules, which hold for the struct that the two came from.
    Some(unsafe { core::slice::from_raw_parts(ptr, count) })
}

impl Pairs for [motepost_pair_t] {
    fn pair(&self, index: usize) -> Option<[&[u8]; 2]> {
        // SAFETY: the pointer rules; `pairs` made this slice.
        self.get(index).map(|pair| unsafe { pair.slices() })
    }
}

impl motepost_pair_t {
    /// # Safety
    /// The pointer rules hold.
    unsafe fn slices(&self) -> [&[u8]; 2] {
        // SAFETY: the pointer rules.
        unsafe { [self.name.bytes().as_slice(), self.value.bytes().as_slice()] }
    }
}

/// Every accessor relies on the pointer rules, and on `of`, which made the struct.
impl Model for Checked<'_> {
    type Texts<'t>
        = TextsAt
    where
        Self: 't;

    /// The first members, in their order, as asserted above.
    fn texts(&self) -> TextsAt {
        let publish: *const motepost_publish_t = self.0;
        TextsAt(publish.cast())
    }

    fn header(&self, index: usize) -> Option<TextsAt> {
        let header = self.0.headers.wrapping_add(index).cast::<motepost_bytes_t>();
        (index < self.0.header_count).then_some(TextsAt(header.wrapping_sub(HEADERS)))
    }

    fn is_given(&self, index: usize) -> bool {
        // SAFETY: the credentials are among the first members.
        unsafe { (*self.texts().0.wrapping_add(index)).len != 0 }
    }

    fn in_query(&self) -> bool {
        self.0.credentials_in_query.is_some()
    }

    fn write_credentials_in_query(&self, fields: &mut Fields<'_>) {
        if let Some(write) = self.0.credentials_in_query {
            let fields: *mut Fields<'_> = fields;
            let publish: *const motepost_publish_t = self.0;
            // SAFETY: it is `motepost_credentials_in_query`, to which both are known.
            unsafe { write(fields.cast(), publish.cast()) };
        }
    }

    fn options(&self) -> u32 {
        let [first, second] = self.0.reserved;
        u32::from_le_bytes([self.0.qos, self.0.retain, first, second])
    }

    // Called in one place by firmware that carries its credentials in headers.
    #[inline(always)]
    fn encode_signature(&self, fields: &mut Fields<'_>) {
        let Some(encode) = self.0.encode_signature else {
            fields.cursor.refuse(Field::Signature, Reason::Missing);
            return;
        };
        let signature = self.0.signature;
        let fields: *mut Fields<'_> = fields;
        // SAFETY: it is `motepost_encode_signature`, to which both are known.
        unsafe { encode(fields.cast(), signature.ptr.cast(), signature.len) };
    }

    #[inline(never)]
    fn encode_properties(&self, fields: &mut Fields<'_>) {
        if let Some(encode) = self.0.encode_properties {
            let fields: *mut Fields<'_> = fields;
            // SAFETY: it is `motepost_encode_properties`, to which both are known.
            unsafe { encode(fields.cast(), self.0.properties) };
        } else if !self.0.properties.is_null() {
            fields.cursor.refuse(Field::Properties, Reason::Missing);
        }
    }
}

/// For `motepost_publish_t.encode_signature`. Not to be called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_encode_signature(
    fields: *mut c_void,
    signature: *const u8,
    len: usize,
) {
    // SAFETY: only `Model::encode_signature` calls this.
    unsafe { write_signature(fields, signature, len, authorizer::encode_signature) }
}

/// For `motepost_publish_t.encode_signature`. Not to be called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_copy_signature(
    fields: *mut c_void,
    signature: *const u8,
    len: usize,
) {
    // SAFETY: only `Model::encode_signature` calls this.
    unsafe { write_signature(fields, signature, len, authorizer::copy_signature) }
}

/// # Safety
/// `fields` is a `Fields`, and the signature was checked, as `Model::encode_signature` has both.
#[inline(always)]
unsafe fn write_signature(
    fields: *mut c_void,
    signature: *const u8,
    len: usize,
    write: EncodeSignature,
) {
    let signature = motepost_bytes_t {
        ptr: signature,
        len,
    };
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(fields) = fields.cast::<Fields<'_>>().as_mut() {
            write(fields, signature.as_slice());
        }
    }
}

/// For `motepost_publish_t.credentials_in_query`. Not to be called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_credentials_in_query(
    fields: *mut c_void,
    publish: *const c_void,
) {
    let publish = publish.cast::<motepost_publish_t>();
    // SAFETY: only `Model::write_credentials_in_query` calls this, with a `Fields` and a checked
    // struct.
    unsafe {
        if let (Some(fields), Some(publish)) = (fields.cast::<Fields<'_>>().as_mut(), publish.as_ref()) {
            authorizer::write_query(&Checked(publish), fields);
        }
    }
}

/// For `motepost_publish_t.encode_properties`. Not to be called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_encode_properties(
    fields: *mut c_void,
    properties: *const motepost_properties_t,
) {
    // SAFETY: only `Model::encode_properties` calls this, with a `Fields` and the caller's struct.
    let (fields, properties) = unsafe { (fields.cast::<Fields<'_>>().as_mut(), properties.as_ref()) };
    let Some(fields) = fields else { return };
    let Some(properties) = properties else {
        fields.cursor.refuse(Field::Properties, Reason::Missing);
        return;
    };
    let user = pairs(properties.user, properties.user_count);
    if user.is_none()
        || properties.content_type.bytes().is_wrong()
        || properties.response_topic.bytes().is_wrong()
        || properties.correlation_data.is_wrong()
    {
        fields.cursor.refuse(Field::Properties, Reason::Missing);
        return;
    }
    if properties.reserved.iter().any(|byte| *byte != 0) {
        fields.cursor.refuse(Field::Flag, Reason::OutOfRange);
    }
    let payload_format = match properties.payload_format {
        MOTEPOST_PAYLOAD_NOT_STATED => None,
        MOTEPOST_PAYLOAD_BYTES => Some(PayloadFormat::Unspecified),
        MOTEPOST_PAYLOAD_UTF8 => Some(PayloadFormat::Utf8),
        _ => {
            fields.cursor.refuse(Field::PayloadFormat, Reason::OutOfRange);
            None
        }
    };
    // SAFETY: the pointer rules, and no pointer is NULL with a length.
    let checked = unsafe {
        Properties {
            content_type: properties.content_type.bytes().as_slice(),
            response_topic: properties.response_topic.bytes().as_slice(),
            correlation_data: properties.correlation_data.as_slice(),
            message_expiry: properties.message_expiry,
            payload_format,
            user: &[],
        }
    };
    properties::write(fields, &checked, user.unwrap_or_default());
}

/// The shape that every encoding function has: check, encode, say how many bytes or how many more.
///
/// # Safety
/// The pointer rules hold.
unsafe fn encoded(
    publish: *const motepost_publish_t,
    len: *mut usize,
    encode: impl FnOnce(&Checked<'_>) -> Result<usize, EncodeError>,
) -> i32 {
    // SAFETY: the pointer rules.
    let (publish, len) = unsafe { (Checked::of(publish), len.as_mut()) };
    let Some(len) = len else {
        return MOTEPOST_E_NULL;
    };
    *len = 0;
    let Some(publish) = publish else {
        return MOTEPOST_E_NULL;
    };
    match encode(&publish) {
        Ok(bytes) => {
            *len = bytes;
            MOTEPOST_OK
        }
        Err(EncodeError::BufferTooSmall { needed }) => {
            *len = needed;
            MOTEPOST_E_BUFFER
        }
        Err(error) => of_encode(&error),
    }
}

/// Writes the whole request, head and payload, into `buffer`, in which nothing may lie that
/// `*publish` points to.
///
/// Returns `MOTEPOST_OK` with the request's size in `*len`; `MOTEPOST_E_BUFFER` with the exact size
/// that it needs; `MOTEPOST_E_NULL`; or a refused field with 0. A `capacity` of 0 asks for the size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_publish_encode(
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let Some(buffer) = buffer_of(buffer, capacity) else {
            return MOTEPOST_E_NULL;
        };
        encoded(publish, len, |publish| request::encode(publish, buffer))
    }
}

/// The exact size of the head, in `*len`, without a buffer. An exchange needs a buffer of this
/// size at least.
///
/// Returns `MOTEPOST_OK`, `MOTEPOST_E_NULL`, or a refused field with 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_publish_head_len(
    publish: *const motepost_publish_t,
    len: *mut usize,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        encoded(publish, len, |publish| {
            request::head_len(publish, publish.payload().len())
        })
    }
}

/// Writes the head alone, for a payload that you send from where it lies.
///
/// Returns as `motepost_publish_encode` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_publish_encode_head(
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let Some(buffer) = buffer_of(buffer, capacity) else {
            return MOTEPOST_E_NULL;
        };
        encoded(publish, len, |publish| {
            request::encode_head(publish, publish.payload().len(), buffer)
        })
    }
}

/// Writes the request target alone, such as `/topics/uniqueID/status?qos=1`, for a modem whose AT
/// commands do the HTTP.
///
/// Returns as `motepost_publish_encode` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_publish_encode_target(
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let Some(buffer) = buffer_of(buffer, capacity) else {
            return MOTEPOST_E_NULL;
        };
        encoded(publish, len, |publish| {
            request::encode_target(publish, buffer)
        })
    }
}

/// Writes the field lines that such a modem does not write itself: the credentials, the properties
/// and your own, each `name:value` with CRLF, without `host` and `content-length`.
///
/// Returns as `motepost_publish_encode` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_publish_encode_field_lines(
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the pointer rules.
    unsafe {
        let Some(buffer) = buffer_of(buffer, capacity) else {
            return MOTEPOST_E_NULL;
        };
        encoded(publish, len, |publish| {
            request::encode_field_lines(publish, buffer)
        })
    }
}

/// Says where in `buffer` to write a payload, so that it never exists twice: the first of
/// `*room_len` bytes at `*room`. The struct's own payload is not used. Then call
/// `motepost_publish_compose` or `motepost_exchange_init_composed` with the same arguments.
///
/// Returns `MOTEPOST_OK`; `MOTEPOST_E_BUFFER` with the least size that the buffer needs in
/// `*room_len`; `MOTEPOST_E_NULL`; or a refused field.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_publish_room(
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
    room: *mut *mut u8,
    room_len: *mut usize,
) -> i32 {
    if room.is_null() {
        return MOTEPOST_E_NULL;
    }
    // SAFETY: the pointer rules.
    unsafe {
        let Some(bytes) = buffer_of(buffer, capacity) else {
            return MOTEPOST_E_NULL;
        };
        encoded(publish, room_len, |publish| {
            let range = request::room(publish, bytes)?;
            *room = buffer.wrapping_add(range.start);
            Ok(range.len())
        })
    }
}

/// Writes the head in front of the `payload_len` bytes that you wrote to the room: the request is
/// then `*len` bytes at `*request`, inside `buffer`.
///
/// Returns as `motepost_publish_encode` does; a `payload_len` beyond the room is a refused payload.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_publish_compose(
    publish: *const motepost_publish_t,
    buffer: *mut u8,
    capacity: usize,
    payload_len: usize,
    request: *mut *const u8,
    len: *mut usize,
) -> i32 {
    if request.is_null() {
        return MOTEPOST_E_NULL;
    }
    // SAFETY: the pointer rules.
    unsafe {
        let Some(bytes) = buffer_of(buffer, capacity) else {
            return MOTEPOST_E_NULL;
        };
        encoded(publish, len, |publish| {
            let range = request::close_composed(publish, payload_len, bytes)?;
            *request = buffer.wrapping_add(range.start);
            Ok(range.len())
        })
    }
}
