//! The `motepost` command as people run it: the real binary, the real stand-in, the real authorizer.

mod credentials;
mod device;
mod docs;
mod explain;
mod fleet;
mod formats;
mod keys;
mod publish;
mod stand_in;
mod support;
