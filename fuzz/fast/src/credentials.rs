//! Credentials in flash: what is read is what was written, a changed bit is found, and a rotation keeps one page that holds.
//!
//! Input: a kind (1 a page as it is, 2 a page with its checksum made right, others two pages that are written), a place and a change;
//! then the page, or revision, scheme and the texts with 0xFF between them.

use motepost::credentials::{Credentials, CredentialsError, Proof, newest, prepare};

use crate::fields::text;

/// As large as the longest page that is written here.
const PAGE: usize = 640;

type Page = [u8; PAGE];

/// `run` is what the target calls.
pub fn run(data: &[u8]) {
    let [kind, at, change, rest @ ..] = data else {
        return;
    };
    match kind % 4 {
        1 => any_page(rest),
        2 => {
            let mut page = [0xff; PAGE];
            let Some(page) = page.get_mut(..rest.len()) else {
                return;
            };
            page.copy_from_slice(rest);
            seal(page);
            any_page(page);
        }
        _ => rotated(rest, usize::from(*at), *change),
    }
}

/// Whatever is read is written again as it was.
fn any_page(page: &[u8]) {
    let Ok(read) = Credentials::read(page) else {
        return;
    };
    assert!(!read.id.is_empty() && !read.token_key.is_empty());
    if page[3] == b'2' {
        let mut again = [0; PAGE];
        let len = read.write(&mut again).expect("it was there");
        assert_eq!(again[..len], page[..len]);
    }
}

/// Makes the checksum right, and the scheme and version such that it matters.
fn seal(page: &mut [u8]) {
    let Some([m, p, c, version, _, zero, low, high]) = page.first_chunk_mut() else {
        return;
    };
    [*m, *p, *c, *version, *zero] = *b"MPC2\0";
    let len = usize::from(u16::from_le_bytes([*low, *high]));
    let Some((bytes, check)) = page
        .get_mut(..len)
        .and_then(|page| page.split_last_chunk_mut())
    else {
        return;
    };
    *check = crc(bytes).to_le_bytes();
}

/// CRC-32 as in Ethernet, four bits at a time.
fn crc(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = {
        let mut table = [0; 16];
        let mut at = 0;
        while at < 16 {
            let mut value = at as u32;
            let mut bit = 0;
            while bit < 4 {
                value = if value & 1 == 1 {
                    value >> 1 ^ 0xedb8_8320
                } else {
                    value >> 1
                };
                bit += 1;
            }
            table[at] = value;
            at += 1;
        }
        table
    };
    let step = |crc: u32, nibble: u8| TABLE[(crc as usize ^ usize::from(nibble)) & 15] ^ crc >> 4;
    !bytes
        .iter()
        .fold(u32::MAX, |crc, byte| step(step(crc, byte & 15), byte >> 4))
}

/// Writes a page, rotates to the other, and damages one of them.
fn rotated(data: &[u8], at: usize, change: u8) {
    let Some(given) = given(data) else {
        return;
    };
    let mut page: Page = [0xff; PAGE];
    let len = match given.write(&mut page) {
        Ok(len) => len,
        Err(error) => {
            assert!(matches!(
                error,
                CredentialsError::Text | CredentialsError::TooLong
            ));
            return;
        }
    };
    assert_eq!(Credentials::read(&page), Ok(given));
    assert_eq!(newest([&[0xff; 16], &page]), Ok((1, given)));

    let mut image = page;
    let revision = given.revision.wrapping_add(1);
    let next = Credentials { revision, ..given };
    assert_eq!(prepare([&page, &[0xff; PAGE]], &mut image[..len]), Ok(1));
    assert_eq!(newest([&page, &image]), Ok((1, next)), "the new one holds");
    assert_eq!(newest([&image, &page]), Ok((0, next)), "wherever it lies");

    let mut damaged = image;
    damaged[at % len] ^= change;
    let expected = if change == 0 { (1, next) } else { (0, given) };
    // Version 1 has no checksum to find a changed bit with.
    if damaged[3] != b'1' {
        assert_eq!(newest([&page, &damaged]), Ok(expected));
    }
}

fn given(data: &[u8]) -> Option<Credentials<'_>> {
    let (revision, rest) = data.split_first_chunk()?;
    let ([scheme], rest) = rest.split_first_chunk()?;
    let mut parts = rest.split(|byte| *byte == 0xff);
    let mut next = || parts.next().unwrap_or_default();
    let [id, endpoint, authorizer, token_key, token] = [(); 5].map(|()| text(next()));
    let signature = next();
    let proof = match scheme % 3 {
        0 => Proof::Static { token },
        1 => Proof::Signed { token, signature },
        _ => Proof::Minted {
            key: signature.first_chunk()?,
        },
    };
    Some(Credentials {
        revision: u32::from_le_bytes(*revision),
        id,
        endpoint,
        authorizer,
        token_key,
        proof,
    })
}
