//! The bytes: `docs/credentials-format.md`.

use crate::crc::Crc;
use crate::credentials::device::{Credentials, CredentialsError, Proof};

pub(crate) const MAGIC: [u8; 3] = *b"MPC";
const FIELDS: usize = 7;
const LENGTH_AT: usize = 6;
pub(crate) const REVISION_AT: usize = 8;

impl<'a> Credentials<'a> {
    /// Reads a page, or anything that begins with credentials of version 1 or 2. Bytes after them do
    /// not matter.
    ///
    /// # Errors
    /// When there are none, or they are not exactly what was written.
    pub fn read(page: &'a [u8]) -> Result<Self, CredentialsError> {
        read(page).map(|(_, credentials)| credentials)
    }

    /// Writes version 2 to the buffer's beginning and returns its length.
    ///
    /// # Errors
    /// When it does not fit, or a field is one that [`Credentials::read`] would refuse.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, CredentialsError> {
        let (scheme, token, signature, key): (u8, &str, &[u8], &[u8]) = match self.proof {
            Proof::Static { token } => (1, token, &[], &[]),
            Proof::Minted { key } => (2, "", &[], key),
            Proof::Signed { token, signature } => (3, token, signature, &[]),
        };
        let mut writer = Writer { buffer, len: 0 };
        writer.bytes(&MAGIC)?;
        writer.bytes(&[b'2', scheme, 0, 0, 0])?;
        writer.bytes(&self.revision.to_le_bytes())?;
        let texts = [
            self.id,
            self.endpoint,
            self.authorizer,
            self.token_key,
            token,
        ];
        for field in texts.map(str::as_bytes).into_iter().chain([signature, key]) {
            let len = u16::try_from(field.len()).map_err(|_| CredentialsError::TooLong)?;
            writer.bytes(&len.to_le_bytes())?;
            writer.bytes(field)?;
        }
        writer.bytes(&[0; 4])?;
        let len = writer.len;
        let short = u16::try_from(len).map_err(|_| CredentialsError::TooLong)?;
        let image = buffer.get_mut(..len).ok_or(CredentialsError::TooLong)?;
        put(image, LENGTH_AT, &short.to_le_bytes());
        seal(image);
        read(image).map_err(|_| CredentialsError::Text)?;
        Ok(len)
    }
}

/// The length of the credentials, and what they say.
pub(crate) fn read(page: &[u8]) -> Result<(usize, Credentials<'_>), CredentialsError> {
    let Some(([m, p, c, version, scheme, zero, low, high], _)) = page.split_first_chunk() else {
        return Err(CredentialsError::Missing);
    };
    if [*m, *p, *c] != MAGIC {
        return Err(CredentialsError::Missing);
    }
    if !matches!(version, b'1' | b'2') {
        return Err(CredentialsError::Version);
    }
    let len = usize::from(u16::from_le_bytes([*low, *high]));
    let credentials = match page.get(..len) {
        Some(image) if *zero == 0 => parse(image, *version == b'2', *scheme),
        _ => None,
    };
    let credentials = credentials.ok_or(CredentialsError::Damaged)?;
    Ok((len, credentials))
}

fn parse(image: &[u8], is_checked: bool, scheme: u8) -> Option<Credentials<'_>> {
    let (_, mut rest) = image.split_at_checked(REVISION_AT)?;
    let mut revision = 0;
    if is_checked {
        let (bytes, check) = image.split_last_chunk()?;
        let mut crc = Crc::new();
        crc.add(bytes);
        if crc.check() != *check {
            return None;
        }
        let (count, fields) = rest.split_first_chunk()?;
        revision = u32::from_le_bytes(*count);
        (rest, _) = fields.split_last_chunk::<4>()?;
    }
    let mut fields = [&[][..]; FIELDS];
    for field in &mut fields {
        let (len, after) = rest.split_first_chunk()?;
        (*field, rest) = after.split_at_checked(usize::from(u16::from_le_bytes(*len)))?;
    }
    if !rest.is_empty() {
        return None;
    }
    let [id, endpoint, authorizer, token_key, token, signature, key] = fields;
    let (token, has_signature) = (text(token)?, !signature.is_empty());
    let proof = match scheme {
        1 if !has_signature && key.is_empty() && !token.is_empty() => Proof::Static { token },
        2 if !has_signature && token.is_empty() => Proof::Minted {
            key: key.try_into().ok()?,
        },
        3 if has_signature && key.is_empty() && !token.is_empty() => {
            Proof::Signed { token, signature }
        }
        _ => return None,
    };
    let credentials = Credentials {
        revision,
        id: text(id)?,
        endpoint: text(endpoint)?,
        authorizer: text(authorizer)?,
        token_key: text(token_key)?,
        proof,
    };
    (!credentials.id.is_empty() && !credentials.token_key.is_empty()).then_some(credentials)
}

/// Visible ASCII, as all texts are. An erased byte is none.
fn text(bytes: &[u8]) -> Option<&str> {
    let is_visible = bytes.iter().all(u8::is_ascii_graphic);
    core::str::from_utf8(bytes).ok().filter(|_| is_visible)
}

/// Puts the check at the end.
pub(crate) fn seal(image: &mut [u8]) {
    if let Some((bytes, check)) = image.split_last_chunk_mut() {
        let mut crc = Crc::new();
        crc.add(bytes);
        *check = crc.check();
    }
}

pub(crate) fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    for (slot, byte) in image.iter_mut().skip(at).zip(bytes) {
        *slot = *byte;
    }
}

struct Writer<'b> {
    buffer: &'b mut [u8],
    len: usize,
}

impl Writer<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), CredentialsError> {
        let end = self.len.saturating_add(bytes.len());
        let room = self.buffer.get_mut(self.len..end);
        put(room.ok_or(CredentialsError::TooLong)?, 0, bytes);
        self.len = end;
        Ok(())
    }
}
