//! A chunked body put together again (RFC 9112, section 7.1). Off by default: whether AWS takes one is UNCONFIRMED.

/// The body and the length of its encoded form, or `None` while more is to come.
pub(crate) fn decode(buffer: &[u8], max_bytes: usize) -> Result<Option<(Vec<u8>, usize)>, Fault> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let Some(line) = line(&buffer[at..])? else {
            return Ok(None);
        };
        at += line.len() + 2;
        let digits = line.split(|b| *b == b';').next().unwrap_or_default();
        let size = size(digits)?;
        if size == 0 {
            return Ok(trailers(&buffer[at..])?.map(|length| (body, at + length)));
        }
        if body.len() + size > max_bytes {
            return Err(Fault::TooLarge);
        }
        let Some(data) = buffer.get(at..at + size + 2) else {
            return Ok(None);
        };
        let (data, end) = data.split_at(size);
        if end != b"\r\n" {
            return Err(Fault::Malformed(
                "a chunk is longer than its size says".to_owned(),
            ));
        }
        body.extend_from_slice(data);
        at += size + 2;
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Malformed(String),
    TooLarge,
}

/// Sizes, extensions and trailers are all short here; the bound keeps one line from growing without end.
const MAX_LINE: usize = 256;

fn line(buffer: &[u8]) -> Result<Option<&[u8]>, Fault> {
    match buffer.iter().take(MAX_LINE).position(|b| *b == b'\n') {
        Some(end) if end > 0 && buffer[end - 1] == b'\r' => Ok(Some(&buffer[..end - 1])),
        Some(_) => Err(Fault::Malformed(
            "a chunk line ends in a bare LF".to_owned(),
        )),
        None if buffer.len() >= MAX_LINE => {
            Err(Fault::Malformed("a chunk line is too long".to_owned()))
        }
        None => Ok(None),
    }
}

/// By hand, for `from_str_radix` takes a sign.
fn size(digits: &[u8]) -> Result<usize, Fault> {
    let malformed = || Fault::Malformed("a chunk size is not hexadecimal".to_owned());
    if digits.is_empty() || digits.len() > 8 {
        return Err(malformed());
    }
    digits.iter().try_fold(0, |size, digit| {
        let value = char::from(*digit).to_digit(16).ok_or_else(malformed)?;
        Ok(size * 16 + value as usize)
    })
}

/// The length of the trailer section, whose fields mean nothing here.
fn trailers(buffer: &[u8]) -> Result<Option<usize>, Fault> {
    let mut at = 0;
    for _ in 0..16 {
        match line(&buffer[at..])? {
            None => return Ok(None),
            Some([]) => return Ok(Some(at + 2)),
            Some(line) => at += line.len() + 2,
        }
    }
    Err(Fault::Malformed("too many trailers".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_bodies() {
        let rows: [(&str, &str, usize); 4] = [
            ("0\r\n\r\n", "", 5),
            ("3\r\nabc\r\n0\r\n\r\nNEXT", "abc", 13),
            (
                "3;x=y\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n",
                "abc0123456789",
                34,
            ),
            ("1\r\na\r\n0\r\nt: v\r\n\r\n", "a", 17),
        ];
        for (encoded, body, length) in rows {
            let expected = Ok(Some((body.as_bytes().to_vec(), length)));
            assert_eq!(decode(encoded.as_bytes(), 100), expected, "{encoded:?}");
        }
    }

    #[test]
    fn every_beginning_of_a_body_asks_for_more() {
        let whole = b"3;x=y\r\nabc\r\n0\r\nt: v\r\n\r\n";
        for end in 0..whole.len() {
            assert_eq!(decode(&whole[..end], 100), Ok(None), "{end}");
        }
    }

    #[test]
    fn malformed_bodies() {
        for encoded in [
            "\n",
            "1\na\r\n",
            "g\r\n",
            "\r\n",
            "+1\r\n",
            "-1\r\n",
            " 1\r\n",
            "0x1\r\n",
            "123456789\r\n",
            "1\r\nab\r\n",
            "0\r\na\n",
        ] {
            assert!(
                matches!(decode(encoded.as_bytes(), 100), Err(Fault::Malformed(_))),
                "{encoded:?}"
            );
        }
        for encoded in ["1".repeat(300), "0\r\n".to_owned() + &"a: b\r\n".repeat(17)] {
            assert!(matches!(
                decode(encoded.as_bytes(), 100),
                Err(Fault::Malformed(_))
            ));
        }
    }

    #[test]
    fn bodies_over_the_limit_are_refused_before_they_arrive() {
        assert_eq!(decode(b"65\r\n", 100), Err(Fault::TooLarge));
        assert_eq!(decode(b"ffffffff\r\n", 100), Err(Fault::TooLarge));
        assert_eq!(decode(b"3\r\nabc\r\n1\r\n", 3), Err(Fault::TooLarge));
    }
}
