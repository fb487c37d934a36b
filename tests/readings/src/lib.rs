//! Readers of what a batch holds: JSON by `serde_json`, CBOR by `ciborium` and by the pseudocode of RFC 8949,
//! SenML by the rules of RFC 8428.

pub mod cbor;
pub mod json;
pub mod senml;
