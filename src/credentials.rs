//! A device's credentials in flash, as `motepost credentials --format bin` writes them.
//!
//! Two pages hold them. A rotation writes the page that is not in use, so a power cut at any write
//! leaves the old credentials or the new ones. You drive the flash; this module says which page to
//! write, and which of two pages holds. The bytes are described in `docs/credentials-format.md`; in C
//! the same is `motepost_credentials.h`.
//!
//! ```
//! use motepost::credentials::{self, Credentials, Proof};
//! use motepost::{CustomAuthorizer, Publish};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! # let mut written = [0xff; 256];
//! # Credentials {
//! #     generation: 1,
//! #     id: "sensor-1",
//! #     endpoint: "localhost",
//! #     authorizer: "unsignedAuthorizer",
//! #     token_key: "token",
//! #     proof: Proof::Static { token: "allow" },
//! # }
//! # .write(&mut written)?;
//! # let pages: [&[u8]; 2] = [&written, &[0xff; 256]];
//! let (_page, device) = credentials::newest(pages)?;
//! let authorizer = CustomAuthorizer::named(device.authorizer);
//! let authorizer = match device.proof {
//!     Proof::Static { token } => authorizer.token(device.token_key, token),
//!     Proof::Signed { token, signature } => {
//!         authorizer.token(device.token_key, token).signature_bytes(signature)
//!     }
//!     // `motepost::token::DeviceKey` mints a token for each message.
//!     Proof::Minted { key: _ } => authorizer,
//! };
//! let publish = Publish::new(device.endpoint, "sensor-1/status", b"21.5").authorizer(authorizer);
//! # assert!(publish.head_len().is_ok());
//! # Ok(())
//! # }
//! ```

use core::fmt;

use crate::crc::Crc;

/// What a device needs to publish. Its `Debug` shows no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// Counts the rotations; the newer of two pages has the greater one. 0 in version 1.
    pub generation: u32,
    /// The device.
    pub id: &'a str,
    /// The data endpoint. Empty: the firmware gets it in another way.
    pub endpoint: &'a str,
    /// The authorizer's name. Empty: the endpoint's default one.
    pub authorizer: &'a str,
    /// The authorizer's token key name.
    pub token_key: &'a str,
    /// The secret part.
    pub proof: Proof<'a>,
}

/// What a device proves itself with. Its `Debug` shows no secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Proof<'a> {
    /// The same token with each message.
    Static {
        /// The token.
        token: &'a str,
    },
    /// A token made for each message.
    Minted {
        /// The device key, for `motepost::token::DeviceKey`.
        key: &'a [u8; 32],
    },
    /// A token with a signature, which AWS checks before it calls the authorizer.
    Signed {
        /// The token.
        token: &'a str,
        /// Its signature as raw bytes, for `CustomAuthorizer::signature_bytes`.
        signature: &'a [u8],
    },
}

impl fmt::Debug for Proof<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Static { .. } => "Static",
            Self::Minted { .. } => "Minted",
            Self::Signed { .. } => "Signed",
        })
    }
}

/// Why there are no credentials to use.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialsError {
    /// No credentials begin here: the page is erased, or its last write never happened.
    Missing,
    /// They begin and are not what was written: a write was cut, or bits have changed.
    Damaged,
    /// They are of a version that this one does not read, or cannot rotate.
    Version,
    /// They are longer than the page or the buffer, or a field is longer than its length can say.
    TooLong,
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "no credentials: write what `motepost credentials` made to the page",
            Self::Damaged => "the credentials are damaged: write them again",
            Self::Version => {
                "credentials of another version: make them with this version's `motepost`"
            }
            Self::TooLong => "the credentials do not fit: give them a larger page or buffer",
        })
    }
}

impl core::error::Error for CredentialsError {}

const MAGIC: [u8; 3] = *b"MPC";
const FIELDS: usize = 7;
const LENGTH_AT: usize = 6;
const GENERATION_AT: usize = 8;

impl<'a> Credentials<'a> {
    /// Reads a page, or anything that begins with credentials of version 1 or 2. Bytes behind them do
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
        writer.bytes(&self.generation.to_le_bytes())?;
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
        read(image)?;
        Ok(len)
    }
}

/// The credentials to use, and the page that holds them: of two sound pages, the one with the newer
/// generation.
///
/// # Errors
/// When neither page is sound. Of the two reasons, the first page's, unless that page is erased.
pub fn newest<'a>(pages: [&'a [u8]; 2]) -> Result<(usize, Credentials<'a>), CredentialsError> {
    match pages.map(Credentials::read) {
        [Ok(first), Ok(second)] if is_newer(second.generation, first.generation) => Ok((1, second)),
        [Ok(first), _] => Ok((0, first)),
        [_, Ok(second)] => Ok((1, second)),
        [Err(CredentialsError::Missing), Err(error)] | [Err(error), _] => Err(error),
    }
}

/// Prepares a rotation: checks new credentials, gives them the generation after the newest one, and
/// returns the page to write, which is the one not in use.
///
/// Then, in this order: erase that page; program the bytes behind the first program unit; program the
/// first unit. Until that last write the page holds no credentials, and a cut leaves the old ones. Read
/// both pages again before you forget `image`.
///
/// `image` is what `motepost credentials --format bin` wrote, in RAM.
///
/// # Errors
/// When the new credentials are damaged, are not of version 2, or do not fit the page. `image` is
/// unchanged then.
pub fn prepare(pages: [&[u8]; 2], image: &mut [u8]) -> Result<usize, CredentialsError> {
    let (len, _) = read(image)?;
    let image = image.get_mut(..len).ok_or(CredentialsError::TooLong)?;
    if image.get(MAGIC.len()) != Some(&b'2') {
        return Err(CredentialsError::Version);
    }
    let (page, generation) = match newest(pages) {
        Ok((page, current)) => (page ^ 1, current.generation),
        Err(_) => (0, 0),
    };
    if pages.get(page).is_none_or(|page| page.len() < len) {
        return Err(CredentialsError::TooLong);
    }
    put(
        image,
        GENERATION_AT,
        &generation.wrapping_add(1).to_le_bytes(),
    );
    seal(image);
    Ok(page)
}

/// RFC 1982: a count that has wrapped is still the newer one.
fn is_newer(generation: u32, than: u32) -> bool {
    (1..1 << 31).contains(&generation.wrapping_sub(than))
}

/// The length of the credentials, and what they say.
fn read(page: &[u8]) -> Result<(usize, Credentials<'_>), CredentialsError> {
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
    let (_, mut rest) = image.split_at_checked(GENERATION_AT)?;
    let mut generation = 0;
    if is_checked {
        let (bytes, check) = image.split_last_chunk()?;
        let mut crc = Crc::new();
        crc.add(bytes);
        if crc.check() != *check {
            return None;
        }
        let (count, fields) = rest.split_first_chunk()?;
        generation = u32::from_le_bytes(*count);
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
        generation,
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
fn seal(image: &mut [u8]) {
    if let Some((bytes, check)) = image.split_last_chunk_mut() {
        let mut crc = Crc::new();
        crc.add(bytes);
        *check = crc.check();
    }
}

fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
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
