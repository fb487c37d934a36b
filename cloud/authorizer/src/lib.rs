//! The custom authorizer of a Motepost fleet. AWS IoT Core calls it for each publish. It returns a policy for that device's
//! topics, or a denial. The binary `authorizer` is the AWS Lambda; everything it does is in this library, so that tests and
//! the local emulator run the same code.
//!
//! Data flows one way: [`Config`] is read once, then for each event: what the device claims, what can be proven without
//! the store, the policy, and last the one look into the [`store`](store::Store). A response allows or denies and says
//! nothing else; why it denies, a [`Denied`], goes into one line of the log ([`Decision::log_line`]).
//!
//! ```
//! use motepost_authorizer::{Authorizer, Config};
//! use serde_json::json;
//!
//! let environment = |name: &str| match name {
//!     "SCHEMES" => Some("static".to_owned()),
//!     "IOT_ARN_PREFIX" => Some("arn:aws:iot:eu-central-1:123456789012".to_owned()),
//!     // printf %s 'correct horse' | sha256sum
//!     "STATIC_TOKENS" => Some(
//!         "uniqueID=4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631".to_owned(),
//!     ),
//!     _ => None,
//! };
//! let event = json!({
//!     "signatureVerified": false,
//!     "protocolData": {"http": {"headers": {"ID": "uniqueID", "token": "a guess"}}},
//! });
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let authorizer = Authorizer::open(Config::from_environment(environment)?).await?;
//! let decision = authorizer.decide(&event, 1_790_000_000).await;
//! assert_eq!(decision.response()["isAuthenticated"], false);
//! assert_eq!(decision.denied().unwrap().to_string(), "the token is not this device's");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod response;
mod authorizer;
#[cfg(feature = "aws")]
mod aws;
mod config;
mod credential;
mod decision;
mod denied;
mod event;
mod fleet_keys;
mod policy;
pub mod store;

pub use authorizer::Authorizer;
pub use config::Config;
pub use decision::Decision;
pub use denied::Denied;
pub use motepost_lambda::ConfigError;
