//! Topic rules (Developer Guide, "Rules for AWS IoT"): a statement says which messages and what of them, and actions get it.

mod actions;
pub(crate) mod engine;
mod filter;
pub(crate) mod message;
pub(crate) mod rule;
mod select;
pub(crate) mod sql;
mod tokens;
