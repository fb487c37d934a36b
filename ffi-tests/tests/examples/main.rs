//! The examples in C, and the documented gateways, against the local emulator.

mod at_modem;
mod c_mbedtls;
mod c_posix;
mod firmware;
mod gateway;
mod makefiles;
mod whole_device;
