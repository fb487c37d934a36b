//! Compiles the C that is compared with, at the same optimisation level as everything else.

fn main() {
    println!("cargo::rerun-if-changed=floor/floor.c");
    cc::Build::new()
        .file("floor/floor.c")
        .warnings_into_errors(true)
        .extra_warnings(true)
        .compile("floor");
}
