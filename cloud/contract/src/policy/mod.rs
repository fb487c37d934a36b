//! Policies of AWS IoT Core: their documents, and what they allow.

pub mod document;
mod evaluate;
mod pattern;

pub use evaluate::{Policy, PolicyDecision, Quote};
