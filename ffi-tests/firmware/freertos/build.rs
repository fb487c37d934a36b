//! The firmwares, by CMake, from sources that cargo brings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ffi_tests::header;
use serde_json::Value;

use super::device::{DEVICES, Device};
use crate::Result;
use ffi_tests::cloud::Cloud;

/// Where everything is.
pub struct Images {
    build_dir: PathBuf,
}

impl Images {
    /// What CMake made it all in.
    pub fn build_dir(&self) -> &Path {
        &self.build_dir
    }

    /// The firmware of a device.
    pub fn device(&self, device: &Device) -> PathBuf {
        self.build_dir.join("example").join(device.name)
    }

    /// A firmware of `ffi-tests/freertos`.
    pub fn test(&self, name: &str) -> PathBuf {
        self.build_dir.join(name)
    }
}

/// Builds all of them. What does not depend on this run is not compiled again.
pub fn all(cloud: &Cloud) -> Result<Images> {
    let root = xtask::workspace_root();
    let dir = ffi_tests::out_dir("freertos");
    let build_dir = dir.join("build");
    let devices = write_credentials(&dir, cloud)?;
    let example = write_header_example(&dir)?;
    let sources = Sources::find()?;

    let packages = "cmake gcc-arm-none-eabi libnewlib-arm-none-eabi";
    let mut configure = Command::new("cmake");
    configure
        .arg("-S")
        .arg(root.join("ffi-tests/freertos"))
        .arg("-B")
        .arg(&build_dir);
    let settings = [
        (
            "CMAKE_TOOLCHAIN_FILE",
            root.join("examples/freertos/arm-none-eabi.cmake"),
        ),
        ("FREERTOS_DIR", sources.freertos),
        ("LWIP_DIR", sources.lwip),
        ("MBEDTLS_DIR", sources.mbedtls),
        ("HEADER_EXAMPLE", example),
    ];
    for (name, value) in settings {
        configure.arg(format!("-D{name}={}", value.display()));
    }
    configure.arg(format!("-DDEVICES={}", devices.join(";")));
    xtask::run_tool(&mut configure, packages)?;
    let mut build = Command::new("cmake");
    build.arg("--build").arg(&build_dir).arg("--parallel");
    build.arg(
        std::thread::available_parallelism()
            .map_or(1, usize::from)
            .to_string(),
    );
    xtask::run_tool(&mut build, packages)?;
    Ok(Images { build_dir })
}

/// The folders, one for each device.
fn write_credentials(dir: &Path, cloud: &Cloud) -> Result<Vec<String>> {
    let other_ca = other_ca()?;
    DEVICES
        .iter()
        .map(|device| {
            let folder = dir.join("devices").join(device.name);
            let header = folder.join("credentials.h");
            fs::create_dir_all(&folder)
                .and_then(|()| fs::write(&header, device.credentials(cloud, &other_ca)))
                .map_err(|e| format!("cannot write {}: {e}", header.display()))?;
            Ok(folder.display().to_string())
        })
        .collect()
}

/// The CA of somebody else, in PEM.
fn other_ca() -> Result<String> {
    let make = || {
        let mut ca = rcgen::CertificateParams::new(Vec::new())?;
        ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        Ok(ca.self_signed(&rcgen::KeyPair::generate()?)?.pem())
    };
    make().map_err(|e: rcgen::Error| e.to_string())
}

/// The code in the header's first comment, in a file for each language; the path is without what tells them apart.
fn write_header_example(dir: &Path) -> Result<PathBuf> {
    let path = xtask::workspace_root().join("include/motepost_freertos.h");
    let text =
        fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let comment: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//"))
        .collect();
    let blocks = header::blocks(&comment.join("\n"));
    let [block] = blocks.as_slice() else {
        return Err("motepost_freertos.h has no example, or more than one".into());
    };
    let example = dir.join("header-example");
    for suffix in ["c", "cpp"] {
        let text = format!("#include \"motepost_freertos.h\"\n{block}");
        fs::write(example.with_extension(suffix), text)
            .map_err(|e| format!("cannot write {}: {e}", example.display()))?;
    }
    Ok(example)
}

/// What the C sources of others lie in.
struct Sources {
    freertos: PathBuf,
    lwip: PathBuf,
    mbedtls: PathBuf,
}

impl Sources {
    fn find() -> Result<Self> {
        let mut cargo = Command::new("cargo");
        cargo
            .args(["metadata", "--locked", "--format-version", "1"])
            // Otherwise it would bring what these packages need on every other system.
            .args(["--filter-platform", "thumbv7m-none-eabi"])
            .arg("--manifest-path")
            .arg(xtask::workspace_root().join("examples/freertos/Cargo.toml"));
        let output = xtask::run_tool(&mut cargo, "cargo")?;
        let metadata: Value = serde_json::from_slice(&output).map_err(|e| e.to_string())?;
        let folder = |name: &str| -> Result<PathBuf> {
            metadata["packages"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|package| package["name"] == name)
                .and_then(|package| Path::new(package["manifest_path"].as_str()?).parent())
                .map(Path::to_owned)
                .ok_or_else(|| format!("cargo metadata has no package {name}"))
        };
        Ok(Self {
            freertos: folder("freertos-next")?.join("FreeRTOS-Kernel"),
            lwip: folder("lwip")?,
            mbedtls: folder("mbedtls-rs-sys")?.join("mbedtls"),
        })
    }
}
