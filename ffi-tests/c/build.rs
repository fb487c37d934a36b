//! Compiles the C programs so that they can be called, and lists them.

use std::path::Path;
use std::{env, fs};

fn main() {
    let root = Path::new("../..");
    // By a path that names the folder: one program looks from there for the token's vectors.
    let sources = root.join("ffi-tests/c");
    let mut list = String::new();
    for entry in sources.read_dir().expect("the sources are there") {
        let source = entry.expect("it can be read").path();
        if source.extension().is_none_or(|is| is != "c") {
            continue;
        }
        let program = source.file_stem().expect("it has a name").display();
        cc::Build::new()
            .file(&source)
            .include(root.join("include"))
            .define("CHECK_QUIET", None)
            .warnings(false)
            .define("main", &*format!("{program}_main"))
            .compile(&format!("c_{program}"));
        list += &format!("{program} {program}_main \"c_{program}\"\n");
    }
    let out = env::var_os("OUT_DIR").expect("cargo names it");
    fs::write(
        Path::new(&out).join("programs.rs"),
        format!("programs! {{\n{list}}}\n"),
    )
    .expect("it can be written");
    println!("cargo::rerun-if-changed=.");
    println!("cargo::rerun-if-changed=../../include");
}
