//! Shared by HTTP and MQTT: identify the client, ask its authorizer, check the policy, deliver the message.

pub(crate) mod allow;
pub(crate) mod ask;
pub(crate) mod credentials;
pub(crate) mod deliver;
pub(crate) mod event;
mod field;
pub(crate) mod peer;
pub(crate) mod refusal;
