//! What the fuzz targets do: each file in `fuzz_targets` gives its bytes to one `run` of these.

pub mod batch;
pub mod c_abi;
pub mod encode;
pub mod exchange;
pub mod http_request;
pub mod outbox;
mod peers;
pub mod policy;
pub mod response;
pub mod token;
