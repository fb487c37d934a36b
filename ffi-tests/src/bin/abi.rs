//! `cargo xtask abi`: writes `ffi-tests/motepost.abi`, for a change that is meant.

use ffi_tests::abi;

fn main() -> std::io::Result<()> {
    std::fs::write(abi::path(), abi::text(&abi::parts()))
}
