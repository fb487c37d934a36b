//! Publishes through a cellular modem's AT commands, over `embedded-io`: through a Quectel's TLS socket, or a `SIMCom`'s own
//! HTTP. The C driver in `examples/at-modem/c` has both ways for both families.

pub mod at;
pub mod quectel_socket;
pub mod serial;
pub mod simcom_http;
