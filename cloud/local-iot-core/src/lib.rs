//! A local stand-in for AWS IoT Core: the HTTPS publish endpoint behind custom authorizers, and an MQTT broker on
//! which to see what was published. No AWS account, nothing leaves the machine.
//!
//! To a device it is as terse as AWS: a bad signature, an unknown authorizer and a policy that does not match are all
//! `{"message":"Forbidden",...}`. To you it says why, one [`TraceEntry`] a request.
//!
//! ```
//! use std::io::{Read, Write};
//!
//! let stand_in = local_iot_core::LocalIotCore::start(local_iot_core::Config::default())?;
//! let mut device = std::net::TcpStream::connect(stand_in.http_addr())?;
//! device.write_all(
//!     b"POST /topics/uniqueID/status?qos=1 HTTP/1.1\r\nhost:localhost\r\n\
//!       x-amz-customauthorizer-name:unsignedAuthorizer\r\ntoken:deny\r\nid:uniqueID\r\n\
//!       connection:close\r\ncontent-length:2\r\n\r\n{}",
//! )?;
//! let mut answer = String::new();
//! device.read_to_string(&mut answer)?;
//! assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"));
//! assert!(stand_in.trace()[0].reason.contains("denies iot:Publish"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Where AWS's documentation is silent, [`Behaviour`] has a switch with the likelier reading as its default. Three
//! differences are deliberate. An MQTT client needs no credentials, and may therefore also publish, on loopback only.
//! Device shadows, jobs and rules do not exist. A `Condition` in a policy is not evaluated: an `Allow` with one counts
//! as not met, a `Deny` as met.

mod authorizer;
mod broker;
mod cache;
mod chunked;
mod config;
mod connection;
mod console;
mod context;
mod control;
mod credentials;
mod event;
mod fault;
mod function;
mod grant;
mod http;
mod message;
mod pattern;
mod percent;
mod policy;
mod publish;
mod registry;
mod server;
mod signature;
mod sigv4;
mod state;
mod tls;
mod topic;
mod trace;

pub use authorizer::{Authorizer, Decider};
pub use config::{
    AuthorizerOverride, Behaviour, CachedAnswer, Config, FunctionFailure, HeaderNames, Limits,
    Oversize, Unauthenticated,
};
pub use function::{AuthorizerFunction, Function};
pub use server::{LocalIotCore, StartError};
pub use signature::PublicKey;
pub use trace::{Invocation, TraceCallback, TraceEntry};
