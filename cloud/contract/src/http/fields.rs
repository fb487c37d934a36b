//! The fields of a head (RFC 9110, section 5).

/// The longest value that AWS takes (API reference, "TestInvokeAuthorizer"). It documents no limit for the data path.
pub const MAX_VALUE_BYTES: usize = 8192;

/// A token of RFC 9110, section 5.6.2: what a field's name is.
pub fn is_name(text: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(allowed)
}

/// No control character but a tab (section 5.5).
pub fn is_value(text: &[u8]) -> bool {
    text.iter()
        .all(|byte| *byte == b'\t' || !byte.is_ascii_control())
}

/// A name, a colon and a value: neither a folded line nor the next request.
pub(super) fn is_field_line(line: &[u8]) -> bool {
    match line.iter().position(|byte| *byte == b':') {
        Some(colon) => is_name(&line[..colon]) && is_value(&line[colon + 1..]),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_line_is_a_name_a_colon_and_a_value() {
        for line in ["a: b", "a:", "x-!#$%&'*+.^_`|~9:\tb", "a: é", "a:b:c"] {
            assert!(is_field_line(line.as_bytes()), "{line:?}");
        }
        for line in [
            "", ":", ": b", "a", " a: b", "a : b", "a(: b", "é: b", "a: b\r", "a: \0", "a: \x7f",
        ] {
            assert!(!is_field_line(line.as_bytes()), "{line:?}");
        }
    }
}
