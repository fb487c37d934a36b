//! The `motepost` command.
fn main() {}
