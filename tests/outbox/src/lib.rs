//! A chip that loses power, the promises of an outbox as a ledger, and workloads that put the two together.

pub mod chip;
pub mod image;
pub mod ledger;
pub mod life;
