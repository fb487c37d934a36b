//! A peer whose every word is known and a clock that each look moves on, linked into a program in place of this host's. A deadline
//! is counted in calls of the transport that way, whatever this machine's load.

use std::ffi::OsString;
use std::process::Command;

use crate::out_dir;
use crate::tools::succeed;

/// Has no length, and a body that comes byte by byte without an end.
pub const DRIPPING: &str = "HTTP/1.1 200 OK\r\n\r\nx";

/// What is said after the head of a request whose payload is too large.
pub const TOO_LARGE: &str = "HTTP/1.1 413 Payload Too Large\r\ncontent-length: 9\r\n\r\ntoo large";

/// Links that peer into the program of that name; C compilers take them as arguments.
///
/// # Panics
/// When there is no C compiler.
#[must_use]
pub fn arguments(name: &str) -> Vec<OsString> {
    let object = out_dir("scripted").join(format!("{name}.o"));
    succeed(
        Command::new("cc")
            .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE"])
            .arg("-c")
            .arg(xtask::workspace_root().join("ffi-tests/scripted/peer.c"))
            .arg("-o")
            .arg(&object),
    );
    let wraps = ["read", "recv", "write", "send", "clock_gettime"].map(|name| {
        let wrap = format!("-Wl,--wrap={name}");
        OsString::from(wrap)
    });
    std::iter::once(object.into()).chain(wraps).collect()
}

/// Has the peer say that, and take so many sends before it is gone.
pub fn peer<'a>(program: &'a mut Command, says: &str, takes: u32) -> &'a mut Command {
    program
        .env("PEER_SAYS", says)
        .env("PEER_TAKES", takes.to_string())
}

/// How many calls have moved something, as the program reports it.
///
/// # Panics
/// When it reports none.
#[must_use]
pub fn moves(said: &str) -> u32 {
    let count = said.lines().find_map(|line| line.strip_prefix("moves "));
    count
        .and_then(|count| count.parse().ok())
        .unwrap_or_else(|| panic!("no moves: {said}"))
}
