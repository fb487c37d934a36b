//! The `motepost` command as people run it: the real binary, the real local emulator, the real authorizer.

mod cost;
mod credentials;
mod device;
mod docs;
mod explain;
mod fleet;
mod help;
mod formats;
mod keys;
mod publish;
mod emulator;
mod support;
