//! What HTTP and MQTT share: who asks, what the policy allows, where a message goes.

pub(crate) mod allow;
pub(crate) mod ask;
pub(crate) mod credentials;
pub(crate) mod deliver;
pub(crate) mod event;
mod field;
pub(crate) mod peer;
pub(crate) mod refusal;
