//! Base64 (RFC 4648 sections 4 and 5), streamed into a cursor so that raw bytes need no second buffer,
//! in a time that does not depend on the bytes.
//!
//! The tests compare it with `base64ct`. Its encoder is not used here, because its length checks leave a
//! panic in some archives.

use core::hint::black_box;

use crate::cursor::Cursor;
use crate::percent;

pub(crate) struct Base64Stream<'c, 'b> {
    cursor: &'c mut Cursor<'b>,
    percent_encoded: bool,
    /// How many bytes of the group are here.
    len: u8,
    /// Those bytes, with the remains of earlier ones above them.
    bits: u32,
}

impl<'c, 'b> Base64Stream<'c, 'b> {
    pub(crate) fn new(cursor: &'c mut Cursor<'b>, percent_encoded: bool) -> Self {
        Self {
            cursor,
            percent_encoded,
            len: 0,
            bits: 0,
        }
    }

    #[inline(always)]
    pub(crate) fn byte(&mut self, byte: u8) {
        self.bits = (self.bits << 8) | u32::from(byte);
        self.len = self.len.wrapping_add(1);
        if self.len == 3 {
            self.finish();
        }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }

    /// Writes the last group. RFC 4648 section 4 encodes zeros for missing bytes, and then writes `=` for
    /// the characters that hold none of the data.
    #[inline(never)]
    pub(crate) fn finish(&mut self) {
        if self.len == 0 {
            return;
        }
        let missing = 3_u8.wrapping_sub(self.len);
        let mut bits = self.bits.wrapping_shl(u32::from(missing).wrapping_mul(8));
        for place in (0..4).rev() {
            let byte = if place < missing {
                b'='
            } else {
                character(bits >> 18, Alphabet::Standard)
            };
            bits <<= 6;
            if self.percent_encoded {
                percent::byte(byte, false, self.cursor);
            } else {
                self.cursor.byte(byte);
            }
        }
        self.len = 0;
    }
}

/// The alphabets, which differ in their last two characters.
#[derive(Clone, Copy)]
pub(crate) enum Alphabet {
    /// `+` and `/`.
    Standard,
    /// `-` and `_`.
    #[cfg(feature = "token")]
    UrlSafe,
}

/// Three bytes as four characters.
#[cfg(any(test, feature = "token"))]
pub(crate) fn group([a, b, c]: [u8; 3], alphabet: Alphabet) -> [u8; 4] {
    let bits = u32::from_be_bytes([0, a, b, c]);
    [18, 12, 6, 0].map(|shift| character(bits >> shift, alphabet))
}

/// The character of the lowest six bits. The sign of a difference stands for a branch or a table, which
/// would show a secret to branch predictors and caches. The black box keeps the compiler from turning it
/// back into branches.
fn character(bits: u32, alphabet: Alphabet) -> u8 {
    let (before_plus, before_slash) = match alphabet {
        Alphabet::Standard => (-15, 3),
        #[cfg(feature = "token")]
        Alphabet::UrlSafe => (-13, 49),
    };
    let bits = (bits & 63) as i8;
    let above = |last: i8, distance: i8| (black_box(last.wrapping_sub(bits)) >> 7) & distance;
    bits.wrapping_add(65) // A
        .wrapping_add(above(25, 6)) // a
        .wrapping_add(above(51, -75)) // 0
        .wrapping_add(above(61, before_plus))
        .wrapping_add(above(62, before_slash)) as u8
}

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]
mod tests {
    use base64ct::{Base64, Base64Url, Encoding};

    use super::{Alphabet, Base64Stream, group};
    use crate::cursor::Cursor;

    /// One in so many: Miri is some thousand times slower.
    const STEP: usize = if cfg!(miri) { 131 } else { 1 };

    fn assert_agrees<E: Encoding>(bytes: [u8; 3], alphabet: Alphabet) {
        let mut expected = [0; 4];
        assert!(E::encode(&bytes, &mut expected).is_ok());
        assert_eq!(group(bytes, alphabet), expected, "{bytes:?}");
    }

    #[test]
    fn every_group_is_encoded_as_base64ct_does() {
        // All pairs of neighbouring sextets, in each of the three places.
        for pair in (0..=0xfff_u32).step_by(STEP) {
            for shift in [0, 6, 12] {
                let [_, bytes @ ..] = (pair << shift).to_be_bytes();
                assert_agrees::<Base64>(bytes, Alphabet::Standard);
                #[cfg(feature = "token")]
                assert_agrees::<Base64Url>(bytes, Alphabet::UrlSafe);
            }
        }
    }

    /// The stream, after a group of these bytes, whose remains it still holds.
    fn assert_stream_agrees(before: u8, last: &[u8]) {
        let (mut expected, mut written) = ([0; 8], [0; 24]);
        let mut bytes = [before; 6];
        let mut len = 3;
        for byte in last {
            bytes[len] = *byte;
            len += 1;
        }
        let Ok(expected) = Base64::encode(&bytes[..len], &mut expected) else {
            panic!("room enough");
        };
        for percent_encoded in [false, true] {
            let mut cursor = Cursor::new(&mut written);
            let mut stream = Base64Stream::new(&mut cursor, percent_encoded);
            stream.bytes(&bytes[..len]);
            stream.finish();
            let mut rest = cursor.finish().map(|len| &written[..len]).unwrap_or(&[]);
            for character in expected.bytes() {
                let form: &[u8] = match character {
                    b'+' if percent_encoded => b"%2B",
                    b'/' if percent_encoded => b"%2F",
                    b'=' if percent_encoded => b"%3D",
                    _ => &[character],
                };
                assert!(rest.starts_with(form), "{before} and {last:?}");
                rest = &rest[form.len()..];
            }
            assert!(rest.is_empty(), "{before} and {last:?}");
        }
    }

    #[test]
    fn every_last_group_of_a_stream_is_encoded_as_base64ct_does() {
        for before in [0, 0xff] {
            assert_stream_agrees(before, &[]);
            for first in 0..=255 {
                assert_stream_agrees(before, &[first]);
                for second in (0..=255).step_by(STEP) {
                    assert_stream_agrees(before, &[first, second]);
                    assert_stream_agrees(before, &[first, second, !first]);
                }
            }
        }
    }
}
