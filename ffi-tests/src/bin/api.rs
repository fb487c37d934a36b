//! `cargo xtask api [--breaking]`: writes `ffi-tests/motepost.api`.

use std::process::ExitCode;

use ffi_tests::api::{self, Comparison};

fn main() -> ExitCode {
    match write() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn write() -> Result<(), String> {
    let breaking = std::env::args().any(|argument| argument == "--breaking");
    let committed = std::fs::read_to_string(api::path()).unwrap_or_default();
    let now = api::text()?;
    let gone = Comparison::of(&committed, &now).gone;
    if !gone.is_empty() && !breaking {
        return Err(format!(
            "programs that were released with these lines would no longer compile; if that is meant, give --breaking:\n{}",
            gone.join("\n")
        ));
    }
    std::fs::write(api::path(), now).map_err(|e| e.to_string())
}
