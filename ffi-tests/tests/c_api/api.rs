//! What Rust programs rely on stays: features and public items are those of the committed file.

use ffi_tests::api::{self, Comparison};
use ffi_tests::tools;

#[test]
fn the_rust_api_is_the_committed_one() {
    let now = match api::text() {
        Ok(now) => now,
        Err(reason) => {
            return tools::left_out(
                &format!("that the Rust API is the committed one ({reason})"),
                "rustdoc whose JSON the crate `public-api` reads; the Rust of rust-lang.org that .ci/run names, or a newer `public-api`",
            );
        }
    };
    let committed = std::fs::read_to_string(api::path()).expect("ffi-tests/motepost.api is there");
    let Comparison { new, gone } = Comparison::of(&committed, &now);
    assert!(
        gone.is_empty(),
        "programs that were released with these lines would no longer compile: a new major version, or with a 0 in front a new minor \
         one, and `cargo xtask api --breaking`.\ngone: {gone:#?}\nnew: {new:#?}"
    );
    assert!(
        new.is_empty(),
        "an addition: if it is meant, `cargo xtask api` writes it.\nnew: {new:#?}"
    );
}

#[test]
fn a_changed_line_is_one_that_is_gone() {
    let Comparison { new, gone } = Comparison::of(
        "pub fn motepost::f(u8)\npub fn motepost::g()\n",
        "pub fn motepost::f(u16)\npub fn motepost::g()\npub fn motepost::h()\n",
    );
    assert_eq!(gone, ["pub fn motepost::f(u8)"]);
    assert_eq!(new, ["pub fn motepost::f(u16)", "pub fn motepost::h()"]);
}
