//! A script for `chat` (of Debian's package ppp) that writes the image into a file of a modem, for devices whose only
//! flash is the modem's. `chat` reads it from a file, so that no secret is on a command line; `\q` keeps what is sent out
//! of its log.
//!
//! Quectel: "FILE Application Note", `AT+QFUPL`. `SIMCom`: SIM70x0 "AT Command Manual", `AT+CFSWFILE`.

use std::fmt::Write;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Whose commands the script sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Modem {
    /// Quectel BG95, BG96, EC21, EC25
    Quectel,
    /// SIMCom SIM7070, SIM7080, SIM7090
    Simcom,
}

/// `chat` takes lines of 1,023 characters, and a byte has four.
const BYTES_A_LINE: usize = 128;
/// Around bytes that are sent without a line end.
const SENT: (&str, &str) = (r"'\q", r"\c'");

pub(super) fn render(image: &[u8], modem: Modem) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(String::with_capacity(1024 + 5 * image.len()));
    out.push_str("# The credentials of one device, made by `motepost`. Secret.\n");
    let length = image.len();
    let (prompt, end) = match modem {
        Modem::Quectel => {
            // A file that exists is not written again; one that does not is not removed. So the error to the first command
            // is let go by, and "OK" asked for again.
            let _ = write!(
                out,
                "TIMEOUT 3\n'' ATE0\nOK 'AT+QFDEL=\"motepost.bin\"'\nOK-AT-OK AT\nABORT ERROR\nTIMEOUT 15\n\
                 OK 'AT+QFUPL=\"motepost.bin\",{length}'\n"
            );
            ("CONNECT", "OK AT\nOK\n")
        }
        Modem::Simcom => {
            let _ = write!(
                out,
                "ABORT ERROR\nTIMEOUT 15\n'' ATE0\nOK AT+CFSINIT\n\
                 OK 'AT+CFSWFILE=3,\"motepost.bin\",0,{length},10000'\n"
            );
            ("DOWNLOAD", "OK AT+CFSTERM\nOK\n")
        }
    };
    for (number, bytes) in image.chunks(BYTES_A_LINE).enumerate() {
        let _ = write!(
            out,
            "{} {}",
            if number == 0 { prompt } else { "''" },
            SENT.0
        );
        for byte in bytes {
            let _ = match byte {
                // In octal it would end the line.
                0 => write!(out, "\\N"),
                _ => write!(out, "\\{byte:03o}"),
            };
        }
        out.push_str(SENT.1);
        out.push('\n');
    }
    out.push_str(end);
    Zeroizing::new(out.as_bytes().to_vec())
}

/// The bytes in a file that [`render`] has written.
pub(super) fn image(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(text).ok()?;
    let mut image = Zeroizing::new(Vec::with_capacity(text.len()));
    for line in text.lines() {
        let Some((_, bytes)) = line.split_once(SENT.0) else {
            continue;
        };
        for byte in bytes.strip_suffix(SENT.1)?.split('\\').skip(1) {
            image.push(match byte {
                "N" => 0,
                octal => u8::from_str_radix(octal, 8).ok()?,
            });
        }
    }
    Some(image)
}
