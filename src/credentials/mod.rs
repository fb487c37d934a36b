//! A device's credentials in flash, as `motepost credentials --format bin` writes them.
//!
//! Two pages hold them. A rotation writes the page that is not in use, so a power cut at any write
//! leaves the old credentials or the new ones. You drive the flash; this module says which page to
//! write, and which of two pages is in use. The bytes are described in `docs/credentials-format.md`; in C
//! the same is `motepost_credentials.h`.
//!
//! ```
//! use motepost::credentials::{self, Credentials, Proof};
//! use motepost::{CustomAuthorizer, Publish};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! # let mut written = [0xff; 256];
//! # Credentials {
//! #     revision: 1,
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

mod device;
mod image;

pub use device::{Credentials, CredentialsError, Proof};
use image::{MAGIC, REVISION_AT, put, read, seal};

/// The credentials to use, and the page that holds them: of two sound pages, the one with the newer
/// revision.
///
/// # Errors
/// When neither page is sound. Of the two reasons, the first page's, unless that page is erased.
pub fn newest<'a>(pages: [&'a [u8]; 2]) -> Result<(usize, Credentials<'a>), CredentialsError> {
    match pages.map(Credentials::read) {
        [Ok(first), Ok(second)] if is_newer(second.revision, first.revision) => Ok((1, second)),
        [Ok(first), _] => Ok((0, first)),
        [_, Ok(second)] => Ok((1, second)),
        [Err(CredentialsError::Missing), Err(error)] | [Err(error), _] => Err(error),
    }
}

/// Prepares a rotation: checks new credentials, gives them the revision after the newest one, and
/// returns the page to write, which is the one not in use.
///
/// Then, in this order: erase that page; program the bytes after the first program unit; program the
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
    let (page, revision) = match newest(pages) {
        Ok((page, current)) => (page ^ 1, current.revision),
        Err(_) => (0, 0),
    };
    if pages.get(page).is_none_or(|page| page.len() < len) {
        return Err(CredentialsError::TooLong);
    }
    put(image, REVISION_AT, &revision.wrapping_add(1).to_le_bytes());
    seal(image);
    Ok(page)
}

/// RFC 1982: a count that has wrapped is still the newer one.
fn is_newer(revision: u32, than: u32) -> bool {
    (1..1 << 31).contains(&revision.wrapping_sub(than))
}
