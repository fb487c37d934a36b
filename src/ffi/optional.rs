//! What only some firmware needs: members of `motepost_publish_t` point to these functions.

use core::ffi::c_void;

use crate::authorizer::{self, EncodeSignature};
use crate::error::{Field, Reason};
use crate::ffi::message::{
    MOTEPOST_PAYLOAD_BYTES, MOTEPOST_PAYLOAD_NOT_STATED, MOTEPOST_PAYLOAD_UTF8,
    motepost_properties_t, motepost_publish_t,
};
use crate::ffi::pointers::motepost_bytes_t;
use crate::ffi::view::{CheckedPublish, pairs};
use crate::head_writer::HeadWriter;
use crate::properties::{self, PayloadFormat, Properties};

/// For `motepost_publish_t.encode_signature`. Do not call it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_encode_signature(
    writer: *mut c_void,
    signature: *const u8,
    len: usize,
) {
    // SAFETY: only `CredentialsView::encode_signature` calls this.
    unsafe { write_signature(writer, signature, len, authorizer::encode_signature) }
}

/// For `motepost_publish_t.encode_signature`. Do not call it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_copy_signature(
    writer: *mut c_void,
    signature: *const u8,
    len: usize,
) {
    // SAFETY: only `CredentialsView::encode_signature` calls this.
    unsafe { write_signature(writer, signature, len, authorizer::copy_signature) }
}

/// # Safety
/// `writer` is a `HeadWriter`, and the pointer rules hold for the signature.
#[inline(always)]
unsafe fn write_signature(
    writer: *mut c_void,
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
        if let Some(writer) = writer.cast::<HeadWriter<'_>>().as_mut() {
            write(writer, signature.as_slice());
        }
    }
}

/// For `motepost_publish_t.credentials_in_query`. Do not call it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_credentials_in_query(
    writer: *mut c_void,
    publish: *const c_void,
) {
    let publish = publish.cast::<motepost_publish_t>();
    // SAFETY: only `CredentialsView::encode_in_query` calls this, with a `HeadWriter` and a checked struct.
    unsafe {
        if let (Some(writer), Some(publish)) =
            (writer.cast::<HeadWriter<'_>>().as_mut(), publish.as_ref())
        {
            authorizer::write_query(&CheckedPublish(publish), writer);
        }
    }
}

/// For `motepost_publish_t.encode_properties`. Do not call it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn motepost_encode_properties(
    writer: *mut c_void,
    properties: *const motepost_properties_t,
) {
    // SAFETY: only `PublishView::encode_properties` calls this, with a `HeadWriter` and the caller's struct.
    let (writer, properties) = unsafe {
        (
            writer.cast::<HeadWriter<'_>>().as_mut(),
            properties.as_ref(),
        )
    };
    let Some(writer) = writer else { return };
    let Some(properties) = properties else {
        writer.cursor.refuse(Field::Properties, Reason::Missing);
        return;
    };
    // The numbers first: in a struct that was not zeroed they are the most likely to be wrong, and its pointers are not read.
    if properties.reserved.iter().any(|byte| *byte != 0) {
        writer.cursor.refuse(Field::Flag, Reason::OutOfRange);
        return;
    }
    let payload_format = match properties.payload_format {
        MOTEPOST_PAYLOAD_NOT_STATED => None,
        MOTEPOST_PAYLOAD_BYTES => Some(PayloadFormat::Unspecified),
        MOTEPOST_PAYLOAD_UTF8 => Some(PayloadFormat::Utf8),
        _ => {
            writer
                .cursor
                .refuse(Field::PayloadFormat, Reason::OutOfRange);
            return;
        }
    };
    let user = pairs(properties.user, properties.user_count);
    if user.is_none()
        || properties.content_type.bytes().is_wrong()
        || properties.response_topic.bytes().is_wrong()
        || properties.correlation_data.is_wrong()
    {
        writer.cursor.refuse(Field::Properties, Reason::Missing);
        return;
    }
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
    properties::write(writer, &checked, user.unwrap_or_default());
}
