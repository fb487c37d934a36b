//! C's struct, as the encoder sees it.

use core::mem::offset_of;
use core::ptr::NonNull;

use crate::error::{Field, Reason};
use crate::ffi::message::{motepost_pair_t, motepost_publish_t};
use crate::ffi::pointers::motepost_bytes_t;
use crate::ffi::status::{MOTEPOST_E_NULL, refused};
use crate::head_writer::HeadWriter;
use crate::texts::{HEADER, Texts};
use crate::view::{CredentialsView, Pairs, PublishView};

/// A checked struct: its numbers are in range, and neither it nor its payload nor its headers
/// are NULL. A text that is NULL is refused as missing where it is written.
pub(super) struct CheckedPublish<'p>(pub(super) &'p motepost_publish_t);

// The first members are the texts, in the order of their numbers.
const _: () = assert!(offset_of!(motepost_publish_t, topic) == size_of::<motepost_bytes_t>());
const _: () =
    assert!(offset_of!(motepost_publish_t, signature) == size_of::<[motepost_bytes_t; 6]>());

impl<'p> CheckedPublish<'p> {
    /// Checks the numbers first. In a struct that was not zeroed they are the most likely to be wrong, and
    /// no function pointer has been called yet.
    ///
    /// # Safety
    /// The pointer rules hold.
    #[inline(always)]
    pub(super) unsafe fn of(publish: *const motepost_publish_t) -> Result<Self, i32> {
        // SAFETY: the caller's promise.
        let Some(publish) = (unsafe { publish.as_ref() }) else {
            return Err(MOTEPOST_E_NULL);
        };
        if publish.qos > 1 {
            return Err(refused(Field::QoS, Reason::OutOfRange));
        }
        if publish.retain > 1 || publish.reserved != [0, 0] {
            return Err(refused(Field::Flag, Reason::OutOfRange));
        }
        if publish.payload.is_wrong() || publish.headers.is_null() && publish.header_count != 0 {
            return Err(MOTEPOST_E_NULL);
        }
        Ok(Self(publish))
    }

    /// The same for a request that is written to a buffer: refuses a payload in there, which it would
    /// overwrite.
    ///
    /// # Safety
    /// The pointer rules hold.
    #[inline(always)]
    pub(super) unsafe fn outside_buffer(
        publish: *const motepost_publish_t,
        buffer: *const u8,
        capacity: usize,
    ) -> Result<Self, i32> {
        // SAFETY: the caller's promise.
        let publish = unsafe { Self::of(publish) }?;
        if publish.0.payload.overlaps(buffer, capacity) {
            return Err(refused(Field::Payload, Reason::Overlap));
        }
        Ok(publish)
    }

    pub(super) fn payload(&self) -> &'p [u8] {
        let motepost_bytes_t { mut ptr, len } = self.0.payload;
        if ptr.is_null() {
            ptr = NonNull::dangling().as_ptr();
        }
        // SAFETY: the pointer rules, promised to `of`. NULL has no bytes.
        unsafe { core::slice::from_raw_parts(ptr, len) }
    }
}

/// A base pointer: text n is base + n. A header's base is shifted back by [`HEADER`].
#[derive(Clone, Copy)]
pub(super) struct TextsAt(*const motepost_bytes_t);

impl Texts for TextsAt {
    fn text(&self, index: usize) -> Option<&[u8]> {
        // SAFETY: the encoder asks only for texts that exist.
        let text = unsafe { *self.0.wrapping_add(index) };
        if text.ptr.is_null() {
            return None;
        }
        // SAFETY: the pointer rules, promised to `CheckedPublish::of`.
        Some(unsafe { core::slice::from_raw_parts(text.ptr, text.len) })
    }
}

// Every accessor relies on the pointer rules, promised to `of`.
impl PublishView for CheckedPublish<'_> {
    type Texts<'t>
        = TextsAt
    where
        Self: 't;
    type Credentials = Self;

    fn texts(&self) -> TextsAt {
        let publish: *const motepost_publish_t = self.0;
        TextsAt(publish.cast())
    }

    fn credentials(&self) -> &Self {
        self
    }

    fn header(&self, index: usize) -> Option<TextsAt> {
        let header = self
            .0
            .headers
            .wrapping_add(index)
            .cast::<motepost_bytes_t>();
        (index < self.0.header_count).then_some(TextsAt(header.wrapping_sub(HEADER)))
    }

    fn at_least_once(&self) -> bool {
        self.0.qos != 0
    }

    fn retain(&self) -> bool {
        self.0.retain != 0
    }

    #[inline(never)]
    fn encode_properties(&self, writer: &mut HeadWriter<'_>) {
        if let Some(encode) = self.0.encode_properties {
            let writer: *mut HeadWriter<'_> = writer;
            // SAFETY: it is `motepost_encode_properties`, which takes these two.
            unsafe { encode(writer.cast(), self.0.properties) };
        } else if !self.0.properties.is_null() {
            writer.cursor.refuse(Field::Properties, Reason::Missing);
        }
    }
}

impl CredentialsView for CheckedPublish<'_> {
    type Texts<'t>
        = TextsAt
    where
        Self: 't;

    fn texts(&self) -> TextsAt {
        PublishView::texts(self)
    }

    fn is_given(&self, index: usize) -> bool {
        // SAFETY: the credentials are among the first members.
        unsafe { (*PublishView::texts(self).0.wrapping_add(index)).len != 0 }
    }

    fn in_query(&self) -> bool {
        self.0.credentials_in_query.is_some()
    }

    fn encode_in_query(&self, writer: &mut HeadWriter<'_>) {
        if let Some(encode) = self.0.credentials_in_query {
            let writer: *mut HeadWriter<'_> = writer;
            let publish: *const motepost_publish_t = self.0;
            // SAFETY: it is `motepost_credentials_in_query`, which takes these two.
            unsafe { encode(writer.cast(), publish.cast()) };
        }
    }

    // Called in one place by firmware that sends its credentials in headers.
    #[inline(always)]
    fn encode_signature(&self, writer: &mut HeadWriter<'_>) {
        let Some(encode) = self.0.encode_signature else {
            writer.cursor.refuse(Field::Signature, Reason::Missing);
            return;
        };
        let signature = self.0.signature;
        let writer: *mut HeadWriter<'_> = writer;
        // SAFETY: it is one of the two functions of this library, which take these three.
        unsafe { encode(writer.cast(), signature.ptr.cast(), signature.len) };
    }
}

impl Pairs for [motepost_pair_t] {
    fn pair(&self, index: usize) -> Option<[&[u8]; 2]> {
        // SAFETY: the pointer rules. `pairs` made this slice.
        self.get(index)
            .map(|pair| unsafe { [pair.name.bytes().as_slice(), pair.value.bytes().as_slice()] })
    }
}

/// The pairs, unless a pointer is wrong.
pub(super) fn pairs<'a>(
    ptr: *const motepost_pair_t,
    count: usize,
) -> Option<&'a [motepost_pair_t]> {
    if count == 0 {
        return Some(&[]);
    }
    if ptr.is_null() {
        return None;
    }
    // SAFETY: the pointer rules, which hold for the struct that the two came from.
    let pairs = unsafe { core::slice::from_raw_parts(ptr, count) };
    let any_is_wrong = pairs
        .iter()
        .any(|pair| pair.name.bytes().is_wrong() || pair.value.bytes().is_wrong());
    (!any_is_wrong).then_some(pairs)
}
