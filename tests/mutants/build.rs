//! Compiles the C programs of `ffi-tests` so that they can be called.

use std::path::Path;

const PROGRAMS: [&str; 9] = [
    "compose",
    "encode",
    "exchange",
    "faults",
    "misuse",
    "refusals",
    "response",
    "token",
    "transport",
];

fn main() {
    let root = Path::new("../..");
    let sources = root.join("ffi-tests/c");
    for program in PROGRAMS {
        cc::Build::new()
            .file(sources.join(program).with_extension("c"))
            .include(root.join("include"))
            .define("main", &*format!("{program}_main"))
            .compile(&format!("c_{program}"));
    }
    println!("cargo::rerun-if-changed={}", sources.display());
    println!("cargo::rerun-if-changed=../../include");
}
