//! Credentials as a header for C99 and C++. The strings are for `motepost_str` of motepost.h.

use std::fmt::Write;

use anyhow::Context;
use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use super::{Credentials, Scheme};

const TOKEN: &str = "static const char motepost_device_token[] = \"";

pub(super) fn render(device: &Credentials) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    // Room for all of it, so that no half of it is left behind in memory by a reallocation.
    let mut out = Zeroizing::new(String::with_capacity(16 * 1024));
    let scheme = match device.scheme {
        Scheme::Static => "STATIC",
        Scheme::Minted => "MINTED",
        Scheme::Signed => "SIGNED",
    };
    write!(
        out,
        "// The credentials of one device, made by `motepost`. Secret: keep it out of version control.\n\
         #ifndef MOTEPOST_DEVICE_H\n#define MOTEPOST_DEVICE_H\n\n#include <stdint.h>\n\n\
         // What the device proves itself with.\n#define MOTEPOST_DEVICE_{scheme} 1\n\n"
    )?;
    text(&mut out, "id", "", &device.id)?;
    text(
        &mut out,
        "endpoint",
        "Empty: the firmware knows it in another way.",
        &device.endpoint,
    )?;
    text(
        &mut out,
        "authorizer",
        "Empty: the endpoint's default one.",
        &device.authorizer,
    )?;
    text(&mut out, "token_key", "", &device.token_key)?;
    if device.scheme != Scheme::Minted {
        text(&mut out, "token", "", &device.token)?;
    }
    if device.scheme == Scheme::Signed {
        let raw = Base64::decode_vec(&device.signature).context("the signature")?;
        let comment = "Raw: set motepost_publish_t.encode_signature to motepost_encode_signature.";
        bytes(&mut out, "signature", comment, &raw)?;
    }
    if device.scheme == Scheme::Minted {
        let raw = Zeroizing::new(base16ct::mixed::decode_vec(&device.key).context("the key")?);
        bytes(&mut out, "key", "For motepost_token_mint.", &raw)?;
    }
    out.push_str("#endif\n");
    Ok(Zeroizing::new(out.as_bytes().to_vec()))
}

/// Everything that gets here is printable ASCII; `"`, `\` and `?` (trigraphs) are escaped none the less.
fn text(out: &mut String, name: &str, comment: &str, value: &str) -> std::fmt::Result {
    if !comment.is_empty() && value.is_empty() {
        writeln!(out, "// {comment}")?;
    }
    write!(out, "static const char motepost_device_{name}[] = \"")?;
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '?') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push_str("\";\n\n");
    Ok(())
}

fn bytes(out: &mut String, name: &str, comment: &str, value: &[u8]) -> std::fmt::Result {
    writeln!(out, "// {comment}")?;
    writeln!(
        out,
        "static const uint8_t motepost_device_{name}[{}] = {{",
        value.len()
    )?;
    for line in value.chunks(12) {
        out.push_str("   ");
        for byte in line {
            write!(out, " 0x{byte:02x},")?;
        }
        out.push('\n');
    }
    out.push_str("};\n\n");
    Ok(())
}

/// The tokens that are made here hold nothing that is escaped: base64url, or an id with a number.
pub(super) fn token(header: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(header).ok()?;
    let (_, rest) = text.split_once(TOKEN)?;
    let (token, _) = rest.split_once('"')?;
    text.ends_with("#endif\n").then(|| token.to_owned())
}
