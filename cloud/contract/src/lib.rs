//! The rules that the Lambdas, the `motepost` command and the local emulator share, written once for all of them. Nothing in
//! this crate opens a connection, reads a clock or runs a task.
//!
//! In the order in which a publish meets them:
//!
//! | room | what it decides |
//! |---|---|
//! | [`endpoint`] | host and port; which hosts of AWS take a publish |
//! | [`partition`] | which part of AWS a region belongs to, and what that does to ARNs and host names |
//! | [`http`] | where a request's head ends, what is in it, how its body is delimited (feature `http`) |
//! | [`percent`], [`query`] | percent-encoding and query strings |
//! | [`topic`] | which topics can be published to |
//! | [`message`] | QoS, retain flag and the other options of a publish |
//! | [`names`] | credential fields, and which names AWS gives to authorizers, token keys and principals |
//! | [`token`] | tokens as they travel, and the form `<id>.<expiry>` |
//! | [`signature`] | whether a token's signature verifies, and what is wrong with it (feature `signature`) |
//! | [`sigv4`] | requests that the account's owner signs |
//! | [`device_id`] | what can be a device's id, and its principal |
//! | [`policy`] | policy documents: how one is written, and what it allows |
//! | [`keys`] | fleet and device keys as text |
//! | [`generation`] | which of a device's keys, one after another, is the one that counts |
//! | [`device_store`] | the file with what is known of each device (feature `files`) |
//! | [`files`] | reading tokens, signatures and keys, and writing a complete file or none (feature `files`) |
//!
//! The device's own encoder, the crate `motepost`, is `no_std` and does not use this crate. It has its own copy of the rules for
//! topics, endpoints and device ids. The tests of this crate hold both copies to the same tables.

pub mod device_id;
#[cfg(feature = "files")]
pub mod device_store;
pub mod endpoint;
#[cfg(feature = "files")]
pub mod files;
pub mod generation;
#[cfg(feature = "http")]
pub mod http;
pub mod keys;
pub mod message;
pub mod names;
pub mod partition;
pub mod percent;
pub mod policy;
pub mod query;
#[cfg(feature = "signature")]
pub mod signature;
pub mod sigv4;
pub mod token;
pub mod topic;
