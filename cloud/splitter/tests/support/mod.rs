//! What the tests share.

#![allow(dead_code, reason = "each test file uses its own part of it")]

#[path = "../../../authorizer/tests/support/cfn_lint.rs"]
pub mod cfn_lint;
#[cfg(feature = "aws")]
#[path = "../../../authorizer/tests/support/moto.rs"]
pub mod moto;
#[path = "../../../authorizer/tests/support/python.rs"]
pub mod python;
pub mod random;
#[cfg(feature = "aws")]
pub mod runtime;
#[cfg(feature = "aws")]
pub mod services;
