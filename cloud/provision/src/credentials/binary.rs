//! Credentials as they lie in flash: docs/credentials-format.md.

use anyhow::Context;
use base64ct::{Base64, Encoding};
use motepost::credentials::{Credentials as Image, CredentialsError, Proof};
use zeroize::Zeroizing;

use super::{Credentials, Scheme};

/// A device's first: the device itself counts on from here.
const REVISION: u32 = 1;

pub(super) fn render(device: &Credentials) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let signature = Zeroizing::new(Base64::decode_vec(&device.signature).context("the signature")?);
    let key = Zeroizing::new(base16ct::mixed::decode_vec(&device.key).context("the key")?);
    let proof = match device.scheme {
        Scheme::Static => Proof::Static {
            token: &device.token,
        },
        Scheme::Minted => Proof::Minted {
            key: key.as_slice().try_into().context("the key's length")?,
        },
        Scheme::Signed => Proof::Signed {
            token: &device.token,
            signature: &signature,
        },
    };
    let image = Image {
        revision: REVISION,
        id: &device.id,
        endpoint: &device.endpoint,
        authorizer: &device.authorizer,
        token_key: &device.token_key,
        proof,
    };
    let mut bytes = Zeroizing::new(vec![0; usize::from(u16::MAX)]);
    let length = image.write(&mut bytes).map_err(|error| match error {
        CredentialsError::TooLong => anyhow::anyhow!("the credentials have more than 65,535 bytes"),
        error => anyhow::anyhow!("a device could not read the credentials: {error}"),
    })?;
    bytes.truncate(length);
    Ok(bytes)
}

pub(super) fn token(image: &[u8]) -> Option<String> {
    match Image::read(image).ok()?.proof {
        Proof::Static { token } | Proof::Signed { token, .. } => Some(token.to_owned()),
        Proof::Minted { .. } => None,
    }
}
