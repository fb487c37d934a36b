//! Which file a device's credentials become, and what that file's format needs to know.

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::at_script::Modem;
use super::{Credentials, at_script, binary, c_header, intel_hex, json, nvs_csv, uf2};

/// Which file a device's credentials become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    /// For C99 and C++
    CHeader,
    /// For a page of flash, read by `motepost_credentials.h` and `motepost::credentials`
    Bin,
    /// The same as Intel HEX, for a programmer; with --address
    Hex,
    /// The same for a board with a USB bootloader; with --address and --uf2-family
    Uf2,
    /// The same as a blob for Espressif's NVS partition generator
    NvsCsv,
    /// The same as a script for `chat`, which writes it into a modem's file; with --modem
    AtScript,
    /// For everything else, and for `motepost publish --credentials`
    Json,
}

impl Format {
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::CHeader => "h",
            Self::Bin => "bin",
            Self::Hex => "hex",
            Self::Uf2 => "uf2",
            Self::NvsCsv => "csv",
            Self::AtScript => "chat",
            Self::Json => "json",
        }
    }
}

/// The format, and where its file leads to.
#[derive(Args, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FormatArgs {
    /// Which file it becomes
    #[arg(long, value_enum, default_value = "json")]
    pub(crate) format: Format,
    /// Formats hex and uf2: where the page begins in the device's memory, such as 0x0803f000
    #[arg(long, value_parser = number)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<u32>,
    /// Format uf2: the chip's family, such as 0xe48bff56 for RP2040
    #[arg(long, value_name = "FAMILY", value_parser = number)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uf2_family: Option<u32>,
    /// Format at-script: whose commands it sends
    #[arg(long, value_enum)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    modem: Option<Modem>,
}

impl FormatArgs {
    /// Before anything is made.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let format = self.format;
        for (flag, is_given, formats) in [
            (
                "--address",
                self.address.is_some(),
                &[Format::Hex, Format::Uf2][..],
            ),
            ("--uf2-family", self.uf2_family.is_some(), &[Format::Uf2]),
            ("--modem", self.modem.is_some(), &[Format::AtScript]),
        ] {
            let name = format
                .to_possible_value()
                .map(|value| value.get_name().to_owned());
            let name = name.unwrap_or_default();
            match (formats.contains(&format), is_given) {
                (true, false) => bail!("--format {name} needs {flag}"),
                (false, true) => bail!("--format {name} has no use for {flag}"),
                _ => {}
            }
        }
        if format == Format::Uf2 && !self.address()?.is_multiple_of(uf2::PAYLOAD as u32) {
            bail!(
                "--address of a uf2 file is a multiple of {}: bootloaders write pages",
                uf2::PAYLOAD
            );
        }
        Ok(())
    }

    fn address(&self) -> anyhow::Result<u32> {
        self.address.context("no --address")
    }

    pub(crate) fn render(&self, device: &Credentials) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        match self.format {
            Format::CHeader => return c_header::render(device),
            Format::Json => return json::render(device),
            _ => {}
        }
        let image = binary::render(device)?;
        Ok(match self.format {
            Format::Hex => intel_hex::render(&image, self.room_for(&image)?),
            Format::Uf2 => {
                let family = self.uf2_family.context("no --uf2-family")?;
                uf2::render(&image, self.room_for(&image)?, family)
            }
            Format::NvsCsv => nvs_csv::render(&image),
            Format::AtScript => at_script::render(&image, self.modem.context("no --modem")?),
            Format::Bin | Format::CHeader | Format::Json => image,
        })
    }

    /// The address, with room behind it.
    fn room_for(&self, image: &[u8]) -> anyhow::Result<u32> {
        let address = self.address()?;
        let length = image.len().next_multiple_of(uf2::PAYLOAD);
        if u64::from(address) + length as u64 > 1 << 32 {
            bail!("--address: {length} bytes from {address:#x} end beyond 32 bits");
        }
        Ok(address)
    }
}

impl Format {
    /// The token in a rendered file, for the hash that the cloud keeps of a static one.
    pub(crate) fn token_of(self, contents: &[u8]) -> anyhow::Result<Zeroizing<String>> {
        let image =
            |image: Option<Zeroizing<Vec<u8>>>| image.and_then(|image| binary::token(&image));
        let token = match self {
            Self::CHeader => c_header::token(contents),
            Self::Bin => binary::token(contents),
            Self::Hex => image(intel_hex::image(contents)),
            Self::Uf2 => image(uf2::image(contents)),
            Self::NvsCsv => image(nvs_csv::image(contents)),
            Self::AtScript => image(at_script::image(contents)),
            Self::Json => json::parse(contents)
                .ok()
                .map(|device| device.token.clone()),
        };
        token
            .filter(|token| !token.is_empty())
            .map(Zeroizing::new)
            .context("is not a file of credentials with a token")
    }
}

/// Decimal, or hexadecimal behind `0x`.
fn number(text: &str) -> Result<u32, String> {
    let lower = text.to_ascii_lowercase();
    let number = match lower.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(&digits.replace('_', ""), 16),
        None => lower.parse(),
    };
    number.map_err(|_| "not a number of 32 bits, such as 0x0803f000".to_owned())
}
