//! Where a request's body ends (RFC 9112, section 6.3).

use std::fmt;

/// How a body is delimited.
#[derive(Debug, PartialEq, Eq)]
pub enum Framing {
    /// By its length, which is 0 if nothing is said.
    Length(usize),
    /// By chunks.
    Chunked,
}

/// What two readers could take for bodies of two lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FramingFault {
    /// `Content-Length` is there twice, or more often.
    SeveralLengths,
    /// `Content-Length` is not made of digits.
    NotANumber,
    /// `Content-Length` has no digits, or more than a computer's word takes.
    Untrue,
    /// There are `Content-Length` and `Transfer-Encoding`.
    LengthAndCoding,
    /// `Transfer-Encoding` is there in HTTP/1.0, which has none.
    CodingInHttp10,
    /// `Transfer-Encoding` is there twice, or is not `chunked`.
    OtherCoding,
}

impl fmt::Display for FramingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SeveralLengths => "more than one Content-Length",
            Self::NotANumber => "Content-Length is not a number",
            Self::Untrue => "Content-Length is empty or too large to be true",
            Self::LengthAndCoding => "both Content-Length and Transfer-Encoding",
            Self::CodingInHttp10 => "Transfer-Encoding in HTTP/1.0",
            Self::OtherCoding => "a Transfer-Encoding other than chunked",
        })
    }
}

impl std::error::Error for FramingFault {}

/// From the values of all fields `Content-Length` and `Transfer-Encoding`. Everything about which two readers could
/// disagree is refused (RFC 9112, sections 6.1, 6.3 and 11.2).
pub fn framing(
    http_1_1: bool,
    lengths: &[&[u8]],
    codings: &[&[u8]],
) -> Result<Framing, FramingFault> {
    match (lengths, codings) {
        ([_, _, ..], _) => Err(FramingFault::SeveralLengths),
        ([_], [_, ..]) => Err(FramingFault::LengthAndCoding),
        ([], []) => Ok(Framing::Length(0)),
        ([], [_]) if !http_1_1 => Err(FramingFault::CodingInHttp10),
        ([], [coding]) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        ([], _) => Err(FramingFault::OtherCoding),
        ([digits], []) => {
            // `parse` alone would let a sign through.
            if !digits.iter().all(u8::is_ascii_digit) {
                return Err(FramingFault::NotANumber);
            }
            let number = std::str::from_utf8(digits).ok();
            let length = number.and_then(|digits| digits.parse().ok());
            length.map(Framing::Length).ok_or(FramingFault::Untrue)
        }
    }
}
