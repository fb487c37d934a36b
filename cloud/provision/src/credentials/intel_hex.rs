//! Intel HEX (Intel, "Hexadecimal Object File Format Specification", Revision A, 1988), which every programmer takes.

use std::fmt::Write;

use zeroize::Zeroizing;

const DATA: u8 = 0;
const END: u8 = 1;
const UPPER_ADDRESS: u8 = 4;
const DATA_AT: usize = 9;

pub(super) fn render(image: &[u8], address: u32) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(String::with_capacity(64 + 4 * image.len()));
    let mut rest = image;
    let mut at = address;
    let mut upper = None;
    while !rest.is_empty() {
        let here = (at >> 16) as u16;
        if upper != Some(here) {
            record(&mut out, UPPER_ADDRESS, 0, &here.to_be_bytes());
            upper = Some(here);
        }
        // A record counts within 64 KiB.
        let room = 0x1_0000 - (at & 0xffff) as usize;
        let (bytes, after) = rest.split_at(rest.len().min(16).min(room));
        record(&mut out, DATA, at as u16, bytes);
        at = at.wrapping_add(bytes.len() as u32);
        rest = after;
    }
    record(&mut out, END, 0, &[]);
    Zeroizing::new(out.as_bytes().to_vec())
}

fn record(out: &mut String, kind: u8, offset: u16, bytes: &[u8]) {
    let [high, low] = offset.to_be_bytes();
    let head = [bytes.len() as u8, high, low, kind];
    let mut sum = 0_u8;
    out.push(':');
    for byte in head.iter().chain(bytes) {
        sum = sum.wrapping_add(*byte);
        let _ = write!(out, "{byte:02X}");
    }
    let _ = writeln!(out, "{:02X}", sum.wrapping_neg());
}

/// The bytes in a file that [`render`] has written.
pub(super) fn image(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(text).ok()?;
    let mut image = Zeroizing::new(Vec::with_capacity(text.len()));
    for line in text.lines() {
        match line.get(7..DATA_AT)? {
            "00" => {
                let bytes = line.get(DATA_AT..line.len().checked_sub(2)?)?;
                image.extend_from_slice(&Zeroizing::new(base16ct::mixed::decode_vec(bytes).ok()?));
            }
            "01" => return Some(image),
            _ => {}
        }
    }
    None
}
