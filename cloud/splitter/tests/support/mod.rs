//! What the tests share.

#![allow(dead_code, reason = "each test file uses its own part of it")]

pub mod python;
pub mod random;
#[cfg(feature = "aws")]
pub mod runtime;
#[cfg(feature = "aws")]
pub mod services;
