//! What is released is never changed: numbers, layouts and prototypes are those of the committed file.

use ffi_tests::abi;

#[test]
fn the_abi_is_the_committed_one() {
    let committed = std::fs::read_to_string(abi::path()).expect("ffi-tests/motepost.abi is there");
    for (title, lines) in abi::parts() {
        let committed = committed
            .split("\n\n")
            .find_map(|section| section.strip_prefix(&format!("[{title}]\n")))
            .unwrap_or_else(|| panic!("motepost.abi has no [{title}]"));
        let (committed, now): (Vec<_>, Vec<_>) =
            (committed.lines().collect(), lines.lines().collect());
        let gone: Vec<_> = committed
            .iter()
            .filter(|line| !now.contains(line))
            .collect();
        let new: Vec<_> = now
            .iter()
            .filter(|line| !committed.contains(line))
            .collect();
        assert!(
            committed == now,
            "[{title}] changed. A line that is gone breaks programs in the field once it was released; a new one may be meant: \
             `cargo xtask abi` writes it.\ngone: {gone:#?}\nnew: {new:#?}"
        );
    }
}
