//! Credentials for a page of flash, in one fixed order, so that firmware reads them with a pointer and no parser.
//!
//! ```text
//! offset  bytes
//! 0       4      'M' 'P' 'C' '1'
//! 4       1      scheme: 1 static, 2 minted, 3 signed
//! 5       1      0
//! 6       2      length of everything, little-endian: an erased or half-written page has another one
//! 8       seven fields, each a length of 2 bytes, little-endian, and as many bytes; 0 for one that is not there:
//!                id, endpoint, authorizer, token key, token, signature (raw), device key
//! ```

use anyhow::Context;
use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use super::{Credentials, Scheme};

const MAGIC: &[u8; 4] = b"MPC1";
/// In the order of the fields.
const TOKEN: usize = 4;

pub(super) fn render(device: &Credentials) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let signature = Zeroizing::new(Base64::decode_vec(&device.signature).context("the signature")?);
    let key = Zeroizing::new(base16ct::mixed::decode_vec(&device.key).context("the key")?);
    let scheme = match device.scheme {
        Scheme::Static => 1,
        Scheme::Minted => 2,
        Scheme::Signed => 3,
    };
    let fields: [&[u8]; 7] = [
        device.id.as_bytes(),
        device.endpoint.as_bytes(),
        device.authorizer.as_bytes(),
        device.token_key.as_bytes(),
        device.token.as_bytes(),
        &signature,
        &key,
    ];
    let length = 8 + fields.iter().map(|field| 2 + field.len()).sum::<usize>();
    let short = |length: usize| u16::try_from(length).map(u16::to_le_bytes);
    let mut blob = Zeroizing::new(Vec::with_capacity(length));
    blob.extend_from_slice(MAGIC);
    blob.extend_from_slice(&[scheme, 0]);
    blob.extend_from_slice(&short(length)?);
    for field in fields {
        blob.extend_from_slice(&short(field.len())?);
        blob.extend_from_slice(field);
    }
    Ok(blob)
}

pub(super) fn token(blob: &[u8]) -> Option<String> {
    let (head, mut rest) = blob.split_at_checked(8)?;
    let length = usize::from(u16::from_le_bytes([head[6], head[7]]));
    if !head.starts_with(MAGIC) || length != blob.len() {
        return None;
    }
    let mut field = &[][..];
    for _ in 0..=TOKEN {
        let (length, after) = rest.split_first_chunk::<2>()?;
        (field, rest) = after.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    }
    String::from_utf8(field.to_vec()).ok()
}
