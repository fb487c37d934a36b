//! Many readings in one payload, which costs what one reading costs: a JSON array, a CBOR array, or with
//! the feature `senml` SenML.
//!
//! A POST costs a handshake, two metered messages and an invocation, whether it carries one reading or a
//! hundred. A [`Batch`] grows in place, in the buffer that the request is sent from.

mod depth;
mod json;
mod cbor;
mod array;
#[cfg(feature = "senml")]
mod record;
#[cfg(feature = "senml")]
mod senml_json;
#[cfg(feature = "senml")]
mod senml_cbor;
#[cfg(feature = "senml")]
mod senml;

pub use array::Batch;
#[cfg(all(feature = "ffi", feature = "senml"))]
pub(crate) use array::is_json;
#[cfg(feature = "ffi")]
pub(crate) use array::{CBOR, JSON, append, begin, write_value};
pub use depth::MAX_DEPTH;
#[cfg(feature = "senml")]
pub use record::{Base, Decimal, Record};
#[cfg(feature = "senml")]
pub use senml::Pack;
#[cfg(all(feature = "ffi", feature = "senml"))]
pub(crate) use senml::{Write, append_record};
#[cfg(feature = "ffi")]
pub(crate) use {cbor::fault as cbor_fault, json::fault as json_fault};
#[cfg(all(feature = "ffi", feature = "senml"))]
pub(crate) use {senml_cbor::write_cbor, senml_json::write_json};
