//! One request's fields out of the fuzzer's bytes: parts that end with 0xFF, each a letter and a text. Readable, so that
//! seeds can be written by hand and dictionaries meet whole words; no text of Rust's holds 0xFF.

use arbitrary::{Arbitrary, Result, Unstructured};

#[derive(Debug, Default)]
pub(crate) struct Fields<'a> {
    pub(crate) endpoint: &'a [u8],
    pub(crate) topic: &'a [u8],
    pub(crate) payload: &'a [u8],
    pub(crate) authorizer: &'a [u8],
    pub(crate) token_key: &'a [u8],
    pub(crate) token: &'a [u8],
    pub(crate) signature: &'a [u8],
    pub(crate) signature_is_raw: bool,
    pub(crate) content_type: &'a [u8],
    pub(crate) response_topic: &'a [u8],
    pub(crate) correlation_data: &'a [u8],
    pub(crate) message_expiry: u32,
    pub(crate) headers: Vec<[&'a [u8]; 2]>,
    pub(crate) user: Vec<[&'a [u8]; 2]>,
    pub(crate) flags: &'a [u8],
    /// Whatever stands behind `Z`: a target's own.
    pub(crate) script: &'a [u8],
}

impl<'a> Arbitrary<'a> for Fields<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let all = u.bytes(u.len())?;
        let mut fields = Self::default();
        for part in all.split(|byte| *byte == 0xff) {
            let Some((tag, text)) = part.split_first() else {
                continue;
            };
            match tag {
                b'E' => fields.endpoint = text,
                b'T' => fields.topic = text,
                b'P' => fields.payload = text,
                b'A' => fields.authorizer = text,
                b'K' => fields.token_key = text,
                b'V' => fields.token = text,
                b'S' | b'B' => {
                    fields.signature = text;
                    fields.signature_is_raw = *tag == b'B';
                }
                b'C' => fields.content_type = text,
                b'R' => fields.response_topic = text,
                b'D' => fields.correlation_data = text,
                b'X' => {
                    fields.message_expiry = text
                        .iter()
                        .fold(0, |all: u32, byte| all.wrapping_mul(10) ^ u32::from(*byte));
                }
                b'H' => fields.headers.push([text, &[]]),
                b'h' => {
                    if let Some(last) = fields.headers.last_mut() {
                        last[1] = text;
                    }
                }
                b'U' => fields.user.push([text, &[]]),
                b'u' => {
                    if let Some(last) = fields.user.last_mut() {
                        last[1] = text;
                    }
                }
                b'F' => fields.flags = text,
                b'Z' => fields.script = text,
                _ => {}
            }
        }
        Ok(fields)
    }
}

impl Fields<'_> {
    pub(crate) fn flag(&self, letter: u8) -> bool {
        self.flags.contains(&letter)
    }
}

/// The text as Rust can hold it: up to the first byte that is not UTF-8.
pub(crate) fn text(bytes: &[u8]) -> &str {
    bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid())
}
