//! Tells the linker of the board's memory (cortex-m-rt's `link.x` includes `memory.x`) and of defmt's strings,
//! and the program of the device's credentials.

use std::{env, fs, path::PathBuf};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::copy("memory.x", out.join("memory.x")).expect("it can be copied");
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rerun-if-changed=memory.x");
    for argument in ["--nmagic", "-Tlink.x", "-Tdefmt.x"] {
        println!("cargo:rustc-link-arg={argument}");
    }

    println!("cargo:rerun-if-env-changed=MOTEPOST_DEVICE");
    let device = env::var("MOTEPOST_DEVICE")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/example_device.rs").to_owned());
    println!("cargo:rerun-if-changed={device}");
    println!("cargo:rustc-env=MOTEPOST_DEVICE={device}");
}
