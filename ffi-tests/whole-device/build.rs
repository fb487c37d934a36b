//! The firmwares, by CMake, from sources that cargo brings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::device::Device;
use crate::network::Network;
use crate::server::{Server, Servers};

/// Where the firmwares are.
pub struct Images {
    dir: PathBuf,
}

impl Images {
    /// The firmware of a device.
    pub fn of(&self, device: &Device) -> PathBuf {
        self.dir.join(device.name)
    }

    /// Where a device of that name stores what outlasts a reset.
    pub fn stored(&self, name: &str) -> PathBuf {
        self.dir.join("stored").join(name)
    }
}

/// Builds the firmwares of these devices; `choices` are what is to differ from configuration.h, `NAME=VALUE` each.
pub fn all(
    network: Network,
    devices: &[(&Device, Server)],
    servers: &Servers<'_>,
    choices: &[&str],
) -> Result<Images> {
    let root = xtask::workspace_root();
    let dir = ffi_tests::out_dir(&format!(
        "whole-device/{}/{}",
        network.name(),
        choices.join("-")
    ));
    let folders = devices
        .iter()
        .map(|(device, server)| {
            let text = device.c_text(network, servers, server)?;
            let folder = dir.join("devices").join(device.name);
            fs::create_dir_all(&folder)
                .and_then(|()| fs::write(folder.join("device.c"), text))
                .map_err(|e| format!("cannot write into {}: {e}", folder.display()))?;
            Ok(folder.display().to_string())
        })
        .collect::<Result<Vec<_>>>()?;
    let build_dir = dir.join("build");
    let manifest = root.join("examples/whole-device/Cargo.toml");
    let packages = "cmake gcc-arm-none-eabi libnewlib-arm-none-eabi";
    let toolchain = root.join("examples/whole-device/arm-none-eabi.cmake");
    let lwip = ffi_tests::sources::folder(&manifest, "lwip")?;
    let bearssl = ffi_tests::sources::folder(&manifest, "bearssl-sys")?.join("lib/BearSSL");
    let mut configure = Command::new("cmake");
    configure
        .arg("-S")
        .arg(root.join("examples/whole-device"))
        .arg("-B")
        .arg(&build_dir)
        .arg(define("CMAKE_TOOLCHAIN_FILE", &toolchain))
        .arg(define("LWIP_DIR", &lwip))
        .arg(define("BEARSSL_DIR", &bearssl))
        .arg(format!("-DNETWORK={}", network.name()))
        .arg(format!("-DCHOICES={}", choices.join(";")))
        .arg(format!("-DDEVICES={}", folders.join(";")));
    xtask::run_tool(&mut configure, packages)?;
    let mut build = Command::new("cmake");
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    build
        .arg("--build")
        .arg(&build_dir)
        .args(["--parallel", &jobs.to_string()]);
    xtask::run_tool(&mut build, packages)?;
    Ok(Images { dir: build_dir })
}

fn define(name: &str, path: &Path) -> String {
    format!("-D{name}={}", path.display())
}
