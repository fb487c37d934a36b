//! One request's fields out of the fuzzer's bytes: parts that end with 0xFF, each a letter and a text. Readable, so that
//! seeds can be written by hand and dictionaries meet whole words; no text of Rust's holds 0xFF.

use heapless::Vec;

/// More names and values than this are left out.
pub const MOST_PAIRS: usize = 32;

/// Names and values.
pub type Pairs<'a> = Vec<[&'a [u8]; 2], MOST_PAIRS>;

#[derive(Debug, Default)]
pub struct Fields<'a> {
    pub endpoint: &'a [u8],
    pub topic: &'a [u8],
    pub payload: &'a [u8],
    pub authorizer: &'a [u8],
    pub token_key: &'a [u8],
    pub token: &'a [u8],
    pub signature: &'a [u8],
    pub signature_is_raw: bool,
    pub content_type: &'a [u8],
    pub response_topic: &'a [u8],
    pub correlation_data: &'a [u8],
    pub message_expiry: u32,
    pub headers: Pairs<'a>,
    pub user: Pairs<'a>,
    pub flags: &'a [u8],
    /// Whatever stands behind `Z`: a target's own.
    pub script: &'a [u8],
}

impl<'a> Fields<'a> {
    /// What the input says.
    pub fn of(data: &'a [u8]) -> Self {
        let mut fields = Self::default();
        for part in data.split(|byte| *byte == 0xff) {
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
                b'H' => _ = fields.headers.push([text, &[]]),
                b'h' => {
                    if let Some(last) = fields.headers.last_mut() {
                        last[1] = text;
                    }
                }
                b'U' => _ = fields.user.push([text, &[]]),
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
        fields
    }

    /// Whether this letter is among the flags.
    pub fn flag(&self, letter: u8) -> bool {
        self.flags.contains(&letter)
    }
}

/// The text as Rust can hold it: up to the first byte that is not UTF-8.
pub fn text(bytes: &[u8]) -> &str {
    bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid())
}
