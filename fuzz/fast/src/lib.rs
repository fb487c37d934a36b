//! What the fast targets do, a file each, and what they share with the differential ones. Nothing here allocates.

mod array;
pub mod batch;
pub mod c_abi;
pub mod credentials;
pub mod encode;
pub mod exchange;
pub mod expected;
pub mod fields;
pub mod outbox;
mod program;
pub mod request;
pub mod response;
pub mod rng;
pub mod rules;
mod senml;
pub mod token;
