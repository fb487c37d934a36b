//! The MQTT broker, its retained messages, and the file that keeps state from one run to the next.

pub(crate) mod client_id;
pub(crate) mod clients;
pub(crate) mod mqtt_broker;
pub(crate) mod packet;
mod pipe;
pub(crate) mod retained;
pub(crate) mod retained_packet;
pub(crate) mod state_file;
mod slowness;
mod subscribers;
pub(crate) mod watch;
