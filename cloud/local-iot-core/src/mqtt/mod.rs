//! MQTT with custom authentication, on the https port by ALPN `mqtt` (Developer Guide, "Device communication protocols"):
//! the same authorizers decide on CONNECT, and their policy on all that follows. What a client publishes goes to the
//! broker from here; the rest of the protocol is the broker's, to which each connection is passed on.

mod broker_side;
pub(crate) mod connection;
mod frames;
mod login;
mod session;
mod traffic;
pub(crate) mod websocket;

/// The first byte of a CONNECT (MQTT 3.1.1, section 3.1.1), with which no HTTP request begins.
pub(crate) const CONNECT: u8 = 0x10;
