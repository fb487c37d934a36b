//! The stand-in as its clients see it: over real sockets, on loopback, on ports that the system picks.

mod answers;
mod authorizers;
mod limits;
mod mqtt;
mod support;
mod tls;
mod wire;
