//! Percent-encoding (RFC 3986, section 2.1).

/// Undoes percent-encoding. `None` if a `%` is not followed by two hexadecimal digits; two readers could take such a
/// text for two different ones.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut escapes = text.split(|byte| *byte == b'%').skip(1);
    escapes
        .all(|after| {
            after
                .first_chunk::<2>()
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        })
        .then(|| percent_encoding::percent_decode(text).collect())
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn decoding() {
        let rows: [(&str, Option<&[u8]>); 11] = [
            ("", Some(b"")),
            ("a/b", Some(b"a/b")),
            ("a%2Fb", Some(b"a/b")),
            ("%c3%A9", Some("é".as_bytes())),
            ("%ff", Some(b"\xff")),
            ("%25%20+", Some(b"% +")),
            ("%", None),
            ("%4", None),
            ("%+1", None),
            ("%4%31", None),
            ("%%41", None),
        ];
        for (text, expected) in rows {
            assert_eq!(decode(text.as_bytes()).as_deref(), expected, "{text}");
        }
    }
}
