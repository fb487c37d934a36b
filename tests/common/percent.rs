//! Percent-encoding, read back (RFC 3986 section 2.1).

pub fn decoded(path: &str) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = path.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'%' {
            decoded.push(*byte);
            continue;
        }
        let digits = str::from_utf8(&after[..2]).expect("digits");
        decoded.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
        rest = &after[2..];
    }
    decoded
}
