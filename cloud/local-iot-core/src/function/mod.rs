//! The functions of authorizers and rules: Lambdas in AWS; here functions in this process, or processes of their own, with the same
//! event and the same response.

pub(crate) mod arn;
pub(crate) mod asynchronous;
pub(crate) mod definition;
pub(crate) mod example;
pub(crate) mod invoke;
mod failure;
mod launch;
mod output;
mod pool;
mod process;
mod runtime_api;
