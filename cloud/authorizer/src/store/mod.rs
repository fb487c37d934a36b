//! What is known of each device: its static token's hash, which of its keys counts, what it has used up, and whether it
//! is revoked.

#[cfg(feature = "aws")]
mod dynamodb;
mod environment;
mod file;

use std::pin::Pin;

#[cfg(feature = "aws")]
pub use dynamodb::DynamoDbStore;
pub use environment::EnvironmentStore;
pub use file::FileStore;
use motepost::token::Freshness;
use motepost_contract::generation::Generation;
use motepost_contract::token;

/// What a store's methods return, boxed so that there can be any store.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// One row for each device. Each decision asks it at most once.
pub trait Store: Send + Sync {
    /// What is known of the device; of an unknown one [`Device::default`].
    fn device<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Device>;

    /// Uses up the counter or the time of a token, if the device is not revoked, the token's key is the one that counts,
    /// and the value is greater than any of its kind used before. Of several callers in any number of processes one at
    /// most has `Accepted` for one value.
    fn take<'a>(
        &'a self,
        id: &'a str,
        freshness: Freshness,
        generation: Generation,
    ) -> StoreFuture<'a, Taken>;
}

/// What is known of a device, apart from what it has used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// The SHA-256 of its static token, if it has one.
    pub token_sha256: Option<[u8; 32]>,
    /// Whether it is on the deny list, for every scheme.
    pub revoked: bool,
    /// Which of its keys counts.
    pub generation: Generation,
}

/// What became of a counter or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It has grown, and is used up now.
    Accepted,
    /// It has not grown.
    Replayed,
    /// The device is revoked; nothing is used up.
    Revoked,
    /// The token is of another key than the one that counts; nothing is used up.
    OtherKey,
}

/// Why a store could not say. No text holds a token or a hash.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(String);

impl StoreError {
    /// With a text for the log.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// 64 hexadecimal digits, as `sha256sum` prints them.
fn sha256_of(hex: &str) -> Result<[u8; 32], &'static str> {
    token::sha256_from_text(hex).ok_or("a token's SHA-256 is not 64 hexadecimal digits")
}
