//! What the fuzz targets do: each file in `fuzz_targets` gives its bytes to one `run` of these.

pub mod c_abi;
pub mod encode;
pub mod exchange;
mod fields;
pub mod http_request;
mod peers;
pub mod policy;
pub mod response;
mod rng;
pub mod token;

// The stand-in's own files, without its three hundred dependencies, which would be built under the sanitizer too.
#[allow(dead_code)]
#[path = "../../cloud/local-iot-core/src/chunked.rs"]
mod chunked;
#[allow(dead_code)]
#[path = "../../cloud/local-iot-core/src/http.rs"]
mod http;
#[allow(dead_code)]
#[path = "../../cloud/local-iot-core/src/pattern.rs"]
mod pattern;
#[allow(dead_code)]
#[path = "../../cloud/local-iot-core/src/policy.rs"]
mod stand_in_policy;
