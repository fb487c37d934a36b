//! The emulator as its clients see it: over real sockets, on loopback, on ports that the system picks.

mod abuse;
mod authorizers;
mod caching;
mod control;
mod domains;
mod doors;
mod functions;
mod handlers;
mod killed;
mod limits;
mod mqtt;
mod mqtt_tls;
mod owner;
mod process;
mod responses;
mod rules;
mod slow;
mod smuggling;
mod state;
mod support;
mod switches;
mod tags;
mod tls;
mod wire;
