//! The message as C describes it.

use core::ffi::c_void;

use crate::ffi::pointers::{motepost_bytes_t, motepost_str_t};

/// The largest payload that AWS takes, in bytes. Where `size_t` has 16 bits, 49,152 bytes are the most.
pub const MOTEPOST_MAX_PAYLOAD: u32 = 131_072;

/// The payload's format is not stated.
pub const MOTEPOST_PAYLOAD_NOT_STATED: u8 = 0;
/// The payload is bytes of an unspecified format.
pub const MOTEPOST_PAYLOAD_BYTES: u8 = 1;
/// The payload is text in UTF-8.
pub const MOTEPOST_PAYLOAD_UTF8: u8 = 2;

/// A name and a value: one of your own headers, or an MQTT 5 user property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_pair_t {
    /// The name.
    pub name: motepost_str_t,
    /// The value.
    pub value: motepost_str_t,
}

/// What MQTT 5 subscribers receive besides the payload. Start from zeros; zero means absent. NULL with a
/// length in here is refused as `MOTEPOST_FIELD_PROPERTIES`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_properties_t {
    /// Such as `application/json`.
    pub content_type: motepost_str_t,
    /// The topic for a reply.
    pub response_topic: motepost_str_t,
    /// Correlation data to be echoed in the reply, at most 6,144 bytes. Sent as base64.
    pub correlation_data: motepost_bytes_t,
    /// `user_count` names and values of your own. A name may come more than once.
    pub user: *const motepost_pair_t,
    /// The number of pairs.
    pub user_count: usize,
    /// The message is not delivered after this many seconds. 0 means that it never expires.
    pub message_expiry: u32,
    /// One of `MOTEPOST_PAYLOAD_...`.
    pub payload_format: u8,
    /// Must be zeros.
    pub reserved: [u8; 3],
}

/// Writes the signature. Use only `motepost_encode_signature`, `motepost_copy_signature` or NULL.
pub type motepost_encode_signature_t =
    Option<unsafe extern "C" fn(writer: *mut c_void, signature: *const u8, len: usize)>;

/// Writes the properties. Use only `motepost_encode_properties` or NULL.
pub type motepost_encode_properties_t =
    Option<unsafe extern "C" fn(writer: *mut c_void, properties: *const motepost_properties_t)>;

/// Writes the credentials into the query. Use only `motepost_credentials_in_query` or NULL.
pub type motepost_credentials_in_query_t =
    Option<unsafe extern "C" fn(writer: *mut c_void, publish: *const c_void)>;

/// One message to one topic. Three members are function pointers that the library calls: start from zeros
/// (`{0}` in C, `{}` in C++), or it may jump to garbage.
///
/// It may be `const` and stored in flash. The library only reads it, and only during a call. The payload
/// is the exception: see `motepost_exchange_init`.
///
/// The three point to functions of this library. Your linker drops each function
/// that nothing points to, so firmware does not carry what it does not use.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct motepost_publish_t {
    /// The host name of your account's data endpoint, at most 253 characters, as `aws iot
    /// describe-endpoint --endpoint-type iot:Data-ATS` prints it. A local emulator's may end in `:port`.
    pub endpoint: motepost_str_t,
    /// At most 256 bytes of UTF-8 and seven slashes; `$aws/rules/<rule>/` counts towards neither.
    pub topic: motepost_str_t,
    /// At most 131,072 bytes. May be empty.
    pub payload: motepost_bytes_t,
    /// The authorizer's name. Empty for the endpoint's default authorizer.
    pub authorizer: motepost_str_t,
    /// The authorizer's token key name: 1 to 128 letters, digits, `_` and `-`.
    pub token_key: motepost_str_t,
    /// The token, at most 6,144 printable characters.
    pub token: motepost_str_t,
    /// The token's signature, in the form that `encode_signature` names. Empty without signing.
    pub signature: motepost_str_t,
    /// `motepost_encode_signature` if `signature` is raw bytes, 256 for RSA-2048 (cast the pointer).
    /// `motepost_copy_signature` if it is one line of standard base64. NULL without a signature; with
    /// one, NULL is refused as a missing signature.
    pub encode_signature: motepost_encode_signature_t,
    /// `motepost_encode_properties` if `properties` is set, otherwise NULL.
    pub encode_properties: motepost_encode_properties_t,
    /// `motepost_credentials_in_query` to send the credentials in the query instead of in headers: a few
    /// bytes shorter, but queries are logged more often. Otherwise NULL.
    pub credentials_in_query: motepost_credentials_in_query_t,
    /// What MQTT 5 subscribers receive besides the payload, or NULL.
    pub properties: *const motepost_properties_t,
    /// `header_count` headers of your own. The authorizer's function receives them. Those that the library
    /// writes or that change the framing are refused: `host`, `content-length`, `transfer-encoding`,
    /// `connection`, the authorizer's, and the token key.
    pub headers: *const motepost_pair_t,
    /// The number of headers.
    pub header_count: usize,
    /// 0 or 1. With 1, AWS responds when its broker has the message. AWS has no QoS 2.
    pub qos: u8,
    /// 1 keeps the message for later subscribers. The policy must allow `iot:RetainPublish` too.
    pub retain: u8,
    /// Must be zeros.
    pub reserved: [u8; 2],
}
