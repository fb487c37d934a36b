//! What tools are given that want the archives of all their processors in one folder: Arduino's and PlatformIO's library, and
//! ESP-IDF's component.

use std::fs;
use std::path::Path;

use clap::ValueEnum;

use crate::contents::{self, Archives, Files};
use crate::{Result, pages, targets, toolchain, workspace_root, xtensa};

/// One of these folders. What the tool reads besides archives and headers lies in the repository's folder of the same name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Bundle {
    /// A library for Arduino and PlatformIO
    Arduino,
    /// A component for ESP-IDF
    EspIdf,
}

/// Arduino looks in `src/{build.mcu}/{build.fpu}-{build.float-abi}`, then in `src/{build.mcu}`.
/// <https://arduino.github.io/arduino-cli/latest/library-specification/#precompiled-binaries>
const ARDUINO: &[(&str, &[&str])] = &[
    ("avr-none", &["src/atmega328p", "src/atmega32u4"]),
    (
        "thumbv6m-none-eabi",
        &["src/cortex-m0", "src/cortex-m0plus"],
    ),
    ("thumbv7m-none-eabi", &["src/cortex-m3"]),
    ("thumbv7em-none-eabi", &["src/cortex-m4", "src/cortex-m7"]),
    (
        "thumbv7em-none-eabihf",
        &[
            "src/cortex-m4/fpv4-sp-d16-hard",
            "src/cortex-m7/fpv4-sp-d16-hard",
            "src/cortex-m7/fpv5-sp-d16-hard",
            "src/cortex-m7/fpv5-d16-hard",
        ],
    ),
    ("thumbv8m.base-none-eabi", &["src/cortex-m23"]),
    ("thumbv8m.main-none-eabi", &["src/cortex-m33"]),
    (
        "thumbv8m.main-none-eabihf",
        // STM32duino compiles for a Cortex-M33's fpv5 as for fpv4, which is a part of it.
        &[
            "src/cortex-m33/fpv4-sp-d16-hard",
            "src/cortex-m33/fpv5-sp-d16-hard",
        ],
    ),
    (
        "riscv32imc-unknown-none-elf",
        &["src/esp32c2", "src/esp32c3"],
    ),
    (
        "riscv32imac-unknown-none-elf",
        &["src/esp32c5", "src/esp32c6", "src/esp32c61", "src/esp32h2"],
    ),
    (xtensa::ESP8266.triple, &["src/esp8266"]),
    (
        xtensa::ESP32.triple,
        &["src/esp32", "src/esp32s2", "src/esp32s3"],
    ),
];

/// ESP-IDF calls a component by the name of its folder.
const ESP_IDF: &[(&str, &[&str])] = &[
    (
        "riscv32imc-unknown-none-elf",
        &["motepost/lib/riscv32imc-unknown-none-elf"],
    ),
    (
        "riscv32imac-unknown-none-elf",
        &["motepost/lib/riscv32imac-unknown-none-elf"],
    ),
    (
        xtensa::ESP32.triple,
        &["motepost/lib/xtensa-esp32-none-elf"],
    ),
];

impl Bundle {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Arduino, Self::EspIdf];

    /// The repository's folder with what the tool reads, and the end of the released folder's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Arduino => "arduino",
            Self::EspIdf => "esp-idf",
        }
    }

    /// Which target's archive goes to which folders. This machine's own is for `platform = native` and for IDF's linux target.
    ///
    /// # Errors
    /// When there is no rustc to ask for this machine's target.
    pub fn archives(self) -> Result<Vec<(String, Vec<String>)>> {
        let (small, folder) = match self {
            Self::Arduino => (ARDUINO, "src"),
            Self::EspIdf => (ESP_IDF, "motepost/lib"),
        };
        let own = |&name: &&str| name.to_owned();
        let mut archives: Vec<(String, Vec<String>)> = small
            .iter()
            .map(|(triple, folders)| ((*triple).to_owned(), folders.iter().map(own).collect()))
            .collect();
        let host = toolchain::host_triple()?;
        archives.push((host.clone(), vec![format!("{folder}/{host}")]));
        Ok(archives)
    }

    /// Where the headers go, and the adapter that goes with the generated one.
    fn headers(self) -> (&'static str, &'static str) {
        match self {
            Self::Arduino => ("src", "motepost_arduino.h"),
            Self::EspIdf => ("motepost/include", "motepost_esp_tls.h"),
        }
    }
}

/// What is in the folder, but for the licences at its top.
pub(crate) fn files(bundle: Bundle, archives: &Archives) -> Result<Files> {
    let mut files = Files::new();
    let mut versions = format!(
        "motepost {}\ncommit {}\n",
        env!("CARGO_PKG_VERSION"),
        contents::commit()
    );
    for (triple, folders) in bundle.archives()? {
        let bytes = &archives[&triple];
        for folder in folders {
            files.push((format!("{folder}/libmotepost.a"), bytes.clone()));
        }
        files.push(contents::sbom(&triple)?);
        versions += &targets::named(&triple);
        versions += &format!("{}\n", toolchain::find(&triple)?.version()?);
    }
    files.push(("VERSION".to_owned(), versions.into_bytes()));
    let (folder, adapter) = bundle.headers();
    let ours = |name: &str| {
        let shipped = ["motepost.h", "motepost_credentials.h", adapter];
        shipped
            .iter()
            .any(|header| name.ends_with(&format!("/{header}")))
    };
    let headers = contents::headers(folder)?.into_iter();
    files.extend(headers.filter(|(name, _)| ours(name)));
    collect(&workspace_root().join(bundle.name()), "", &mut files)?;
    files.push(pages::changelog()?);
    if bundle == Bundle::EspIdf {
        // The component leaves this folder, for a project's `components`.
        let licences = contents::licences()?.into_iter();
        files.extend(licences.map(|(name, bytes)| (format!("motepost/{name}"), bytes)));
    }
    Ok(files)
}

fn collect(dir: &Path, prefix: &str, files: &mut Files) -> Result<()> {
    let entries = fs::read_dir(dir).map_err(|e| format!("cannot read {}: {e}", dir.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else {
            files.push((name, crate::read(&path)?));
        }
    }
    Ok(())
}
