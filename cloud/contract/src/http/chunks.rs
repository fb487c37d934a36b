//! A chunked body put together again as it comes (RFC 9112, section 7.1). Whether AWS takes one is UNCONFIRMED.

use super::fields::is_field_line;

/// Reads one body. What it has read it takes out of the buffer, so that a client who sends little at a time costs
/// neither memory nor reading twice.
pub struct ChunkDecoder {
    body: Vec<u8>,
    max_bytes: usize,
    /// How much the client may still spend on sizes, extensions, line ends and trailers.
    overhead: usize,
    next: Part,
}

/// What comes next.
enum Part {
    Size,
    Data(usize),
    DataEnd,
    Trailer { lines: usize },
}

/// Why a chunked body is refused.
#[derive(Debug, PartialEq, Eq)]
pub enum ChunkFault {
    /// It breaks this rule.
    Malformed(String),
    /// It is larger than allowed.
    TooLarge,
}

fn malformed(reason: &str) -> ChunkFault {
    ChunkFault::Malformed(reason.to_owned())
}

/// Sizes, extensions and trailers are all short here; the bound keeps one line from growing without end.
const MAX_LINE: usize = 256;
const MAX_TRAILERS: usize = 16;

impl ChunkDecoder {
    /// For a body of so many bytes at most.
    pub fn new(max_bytes: usize) -> Self {
        Self {
            body: Vec::new(),
            max_bytes,
            // A chunk of one byte takes five more.
            overhead: MAX_LINE + 7 * max_bytes,
            next: Part::Size,
        }
    }

    /// The body once it is whole, with what follows it left in the buffer; `None` while more is to come.
    pub fn read(&mut self, buffer: &mut Vec<u8>) -> Result<Option<Vec<u8>>, ChunkFault> {
        let mut rest = buffer.as_slice();
        let done = self.advance(&mut rest)?;
        let used = buffer.len() - rest.len();
        buffer.drain(..used);
        Ok(done.then(|| std::mem::take(&mut self.body)))
    }

    fn advance(&mut self, rest: &mut &[u8]) -> Result<bool, ChunkFault> {
        loop {
            match self.next {
                Part::Size => {
                    let Some(line) = self.line(rest)? else {
                        return Ok(false);
                    };
                    let digits = line.split(|b| *b == b';').next().unwrap_or_default();
                    let size = size(digits)?;
                    if self.body.len() + size > self.max_bytes {
                        return Err(ChunkFault::TooLarge);
                    }
                    self.next = match size {
                        0 => Part::Trailer { lines: 0 },
                        size => Part::Data(size),
                    };
                }
                Part::Data(0) => self.next = Part::DataEnd,
                Part::Data(_) if rest.is_empty() => return Ok(false),
                Part::Data(left) => {
                    let (data, after) = rest.split_at(left.min(rest.len()));
                    self.body.extend_from_slice(data);
                    self.next = Part::Data(left - data.len());
                    *rest = after;
                }
                Part::DataEnd => match **rest {
                    [] | [b'\r'] => return Ok(false),
                    [b'\r', b'\n', ..] => {
                        *rest = &rest[2..];
                        self.spend(2)?;
                        self.next = Part::Size;
                    }
                    _ => return Err(malformed("a chunk is longer than its size says")),
                },
                // Its fields mean nothing here.
                Part::Trailer { lines } => match self.line(rest)? {
                    None => return Ok(false),
                    Some([]) => return Ok(true),
                    Some(_) if lines == MAX_TRAILERS => {
                        return Err(malformed("too many trailers"));
                    }
                    Some(line) if !is_field_line(line) => {
                        return Err(malformed("a trailer is no field"));
                    }
                    Some(_) => self.next = Part::Trailer { lines: lines + 1 },
                },
            }
        }
    }

    fn spend(&mut self, bytes: usize) -> Result<(), ChunkFault> {
        self.overhead = self
            .overhead
            .checked_sub(bytes)
            .ok_or(ChunkFault::TooLarge)?;
        Ok(())
    }

    /// The next line without its end. One that breaks a rule is refused as soon as that can be seen.
    fn line<'a>(&mut self, rest: &mut &'a [u8]) -> Result<Option<&'a [u8]>, ChunkFault> {
        let seen = &rest[..rest.len().min(MAX_LINE)];
        let Some(at) = seen.iter().position(|b| matches!(b, b'\r' | b'\n')) else {
            return match seen.len() {
                MAX_LINE => Err(malformed("a chunk line is too long")),
                _ => Ok(None),
            };
        };
        match (seen[at], rest.get(at + 1)) {
            (b'\r', None) => Ok(None),
            (b'\r', Some(b'\n')) => {
                let line = &rest[..at];
                *rest = &rest[at + 2..];
                self.spend(at + 2)?;
                Ok(Some(line))
            }
            (b'\r', Some(_)) => Err(malformed("a chunk line holds a bare CR")),
            _ => Err(malformed("a chunk line ends in a bare LF")),
        }
    }
}

/// By hand, for `from_str_radix` takes a sign.
fn size(digits: &[u8]) -> Result<usize, ChunkFault> {
    let wrong = || malformed("a chunk size is not hexadecimal");
    if digits.is_empty() || digits.len() > 8 {
        return Err(wrong());
    }
    digits.iter().try_fold(0, |size, digit| {
        let value = char::from(*digit).to_digit(16).ok_or_else(wrong)?;
        Ok(size * 16 + value as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body and the length of its encoded form.
    fn decode(encoded: &[u8], max_bytes: usize) -> Result<Option<(Vec<u8>, usize)>, ChunkFault> {
        let mut buffer = encoded.to_vec();
        let body = ChunkDecoder::new(max_bytes).read(&mut buffer)?;
        Ok(body.map(|body| (body, encoded.len() - buffer.len())))
    }

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
    fn a_body_may_come_in_any_pieces_and_leaves_nothing_behind_on_the_way() {
        let whole = b"3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nt: v\r\n\r\nNEXT";
        for piece in 1..whole.len() {
            let (mut decoder, mut buffer, mut body) = (ChunkDecoder::new(100), Vec::new(), None);
            for piece in whole.chunks(piece) {
                buffer.extend_from_slice(piece);
                if body.is_none() {
                    body = decoder.read(&mut buffer).unwrap();
                    assert!(body.is_some() || buffer.len() < "3;x=y\r\n".len());
                }
            }
            assert_eq!(body.as_deref(), Some(b"abc0123456789".as_slice()));
            assert_eq!(buffer, b"NEXT");
        }
    }

    #[test]
    fn what_is_malformed_is_so_for_the_same_reason_in_any_pieces() {
        for encoded in ["1\r\nab \n", "1\r\na\rb\n", "1;\r\r\n", "0\r\na\n\r\n"] {
            let (mut decoder, mut buffer) = (ChunkDecoder::new(100), Vec::new());
            let in_pieces = encoded.bytes().find_map(|byte| {
                buffer.push(byte);
                decoder.read(&mut buffer).err()
            });
            assert_eq!(
                decode(encoded.as_bytes(), 100).err(),
                in_pieces,
                "{encoded:?}"
            );
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
            "1 \r\n",
            "0x1\r\n",
            "123456789\r\n",
            "1;x\ry\r\n",
            "1;x\ny\r\n",
            "1\r\nab",
            "1\r\na\n",
            "1\r\na\rb",
            "0\r\na\n",
            "0\r\n\n",
            "0\r\nno field\r\n",
            "0\r\n folded: x\r\n",
            "0\r\nname : x\r\n",
            "0\r\n: x\r\n",
            "0\r\na: \0\r\n",
        ] {
            assert!(
                matches!(
                    decode(encoded.as_bytes(), 100),
                    Err(ChunkFault::Malformed(_))
                ),
                "{encoded:?}"
            );
        }
        for encoded in ["1".repeat(300), "0\r\n".to_owned() + &"a: b\r\n".repeat(17)] {
            assert!(matches!(
                decode(encoded.as_bytes(), 100),
                Err(ChunkFault::Malformed(_))
            ));
        }
    }

    #[test]
    fn bodies_over_the_limit_are_refused_before_they_arrive() {
        assert_eq!(decode(b"65\r\n", 100), Err(ChunkFault::TooLarge));
        assert_eq!(decode(b"ffffffff\r\n", 100), Err(ChunkFault::TooLarge));
        assert_eq!(decode(b"3\r\nabc\r\n1\r\n", 3), Err(ChunkFault::TooLarge));
    }

    #[test]
    fn what_surrounds_the_body_is_bounded_too() {
        let chunk = format!("1;{}\r\na\r\n", "x".repeat(250));
        let encoded = chunk.repeat(100) + "0\r\n\r\n";
        assert_eq!(decode(encoded.as_bytes(), 100), Err(ChunkFault::TooLarge));
        let encoded = "1\r\na\r\n".repeat(100) + "0\r\n\r\n";
        assert!(decode(encoded.as_bytes(), 100).unwrap().is_some());
    }
}
