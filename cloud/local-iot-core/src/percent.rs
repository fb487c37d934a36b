//! Percent-decoding (RFC 3986, section 2.1).

/// `None` if a `%` is not followed by two hexadecimal digits.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            let high = char::from(digits[0]).to_digit(16)?;
            let low = char::from(digits[1]).to_digit(16)?;
            decoded.push((high * 16 + low) as u8);
            rest = after;
        } else {
            decoded.push(first);
            rest = after;
        }
    }
    Some(decoded)
}

/// The value of a query parameter; names are compared exactly, and the first of several counts.
/// A `+` is a space, as in HTML forms; a base64 `+` must therefore travel as `%2B`.
pub(crate) fn query_value(query: &str, name: &str) -> Option<Result<Vec<u8>, ()>> {
    raw_query_value(query, name).map(|value| form_decode(value).ok_or(()))
}

/// The same as it stands in the query.
pub(crate) fn raw_query_value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (form_decode(key)? == name.as_bytes()).then_some(value)
    })
}

fn form_decode(text: &str) -> Option<Vec<u8>> {
    decode(text.replace('+', " ").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding() {
        let rows: [(&str, Option<&[u8]>); 8] = [
            ("", Some(b"")),
            ("a/b", Some(b"a/b")),
            ("a%2Fb", Some(b"a/b")),
            ("%c3%A9", Some("é".as_bytes())),
            ("%25%20+", Some(b"% +")),
            ("%", None),
            ("%4", None),
            ("%+1", None),
        ];
        for (text, expected) in rows {
            assert_eq!(decode(text.as_bytes()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn query_parameters() {
        let query = "qos=1&token=a%2Bb+c&empty&%71=x&qos=0&bad=%zz";
        type Row = (&'static str, Option<Result<Vec<u8>, ()>>);
        let rows: [Row; 6] = [
            ("qos", Some(Ok(b"1".to_vec()))),
            ("token", Some(Ok(b"a+b c".to_vec()))),
            ("empty", Some(Ok(Vec::new()))),
            ("q", Some(Ok(b"x".to_vec()))),
            ("QOS", None),
            ("bad", Some(Err(()))),
        ];
        for (name, expected) in rows {
            assert_eq!(query_value(query, name), expected, "{name}");
        }
    }
}
