//! What to do without a tool that not everybody has.
//!
//! Rust and a C compiler are enough for `cargo test`. A C++ compiler and the sanitizers are used where they are; without
//! them a test proves less, and must say so.

use std::io::Write;

/// Says on the terminal what is not proven here; a failure where `CI=true`, whose machine has to have everything.
///
/// # Panics
/// When `CI=true`.
pub fn left_out(what: &str, missing: &str) {
    let message = format!("LEFT OUT: {what}, because this machine has no {missing}");
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!in_ci, "{message}");
    // The test harness swallows `eprintln!` of a test that passes. If nobody reads standard error, nobody is misled.
    let _ = writeln!(std::io::stderr(), "{message}");
}
