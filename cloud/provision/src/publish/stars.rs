//! A request without its secrets.

use motepost_contract::names;

/// Replaces the values of the secret fields, byte for byte so that the size stays what it is.
pub(super) fn star_out(head: &mut [u8], token_key: &str) {
    let secret = |name: &[u8]| {
        [token_key, names::SIGNATURE, "authorization", "cookie"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
    };
    for (index, line) in head.split_mut(|byte| *byte == b'\n').enumerate() {
        if index > 0 {
            star_value(line, b':', &secret);
            continue;
        }
        let end = line
            .iter()
            .rposition(|byte| *byte == b' ')
            .unwrap_or(line.len());
        let start = line
            .iter()
            .position(|byte| *byte == b'?')
            .map_or(end, |at| at + 1);
        for pair in line[start..end].split_mut(|byte| *byte == b'&') {
            star_value(pair, b'=', &secret);
        }
    }
}

fn star_value(pair: &mut [u8], separator: u8, secret: &impl Fn(&[u8]) -> bool) {
    let Some(at) = pair.iter().position(|byte| *byte == separator) else {
        return;
    };
    let (name, value) = pair.split_at_mut(at);
    if secret(name) {
        let value = &mut value[1..];
        let end = value.strip_suffix(b"\r").map_or(value.len(), <[u8]>::len);
        value[..end].fill(b'*');
    }
}
