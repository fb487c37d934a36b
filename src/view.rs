//! What the encoder sees of a publish. Rust's builder and C's struct both implement these traits, so
//! that one encoder serves two languages.
//!
//! What only some firmware needs is written by a function that a setter (in C: a member of the struct)
//! points to. Firmware that never names it does not carry it: the linker drops what nothing points to.

use crate::head_writer::HeadWriter;
use crate::texts::Texts;

/// A publish.
pub(crate) trait PublishView {
    type Texts<'t>: Texts
    where
        Self: 't;
    type Credentials: CredentialsView;

    /// The endpoint, the topic and the payload.
    fn texts(&self) -> Self::Texts<'_>;
    fn credentials(&self) -> &Self::Credentials;
    /// One of the caller's own headers, as the texts [`HEADER`](crate::texts::HEADER) and the next one.
    fn header(&self, index: usize) -> Option<Self::Texts<'_>>;
    /// QoS 1, where 0 is the only other one.
    fn at_least_once(&self) -> bool;
    fn retain(&self) -> bool;
    /// Calls the function for MQTT 5 properties, if there is one.
    fn encode_properties(&self, writer: &mut HeadWriter<'_>);
}

/// The credentials of a publish.
pub(crate) trait CredentialsView {
    type Texts<'t>: Texts
    where
        Self: 't;

    /// The authorizer's name, the token key, the token and the signature.
    fn texts(&self) -> Self::Texts<'_>;
    /// Whether one of these texts is not empty.
    fn is_given(&self, index: usize) -> bool;
    /// Whether they go into the query, and not into headers.
    fn in_query(&self) -> bool;
    /// Calls the function that writes them into the query, if there is one.
    fn encode_in_query(&self, writer: &mut HeadWriter<'_>);
    /// Calls the function for this form of signature: raw bytes or base64.
    fn encode_signature(&self, writer: &mut HeadWriter<'_>);
}

/// Pairs of a name and a value, such as MQTT 5 user properties.
pub(crate) trait Pairs {
    fn pair(&self, index: usize) -> Option<[&[u8]; 2]>;
}

impl Pairs for [(&str, &str)] {
    fn pair(&self, index: usize) -> Option<[&[u8]; 2]> {
        self.get(index)
            .map(|(name, value)| [name.as_bytes(), value.as_bytes()])
    }
}
