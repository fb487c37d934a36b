//! A JSON file as a store: for a laptop, a gateway or a shared file system with locks. Safe with several processes.

use std::path::PathBuf;

use motepost::token::Freshness;
use motepost_contract::device_store::{DeviceRow, DeviceStore, StoreFault};
use motepost_contract::generation::Generation;

use super::{Device, Store, StoreError, StoreFuture, Taken};

/// The file of [`device_store`](motepost_contract::device_store).
///
/// It is read anew for each decision, so that a device revoked in an editor is revoked at once. A counter is written to a
/// new file, which then takes the complete place of the old one. A file that cannot be understood is left as it is, and
/// every device is refused until it is put right.
#[derive(Debug)]
pub struct FileStore(DeviceStore);

impl FileStore {
    /// The file must be there: an empty one is `{"devices": {}}`.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        Ok(Self(DeviceStore::open(&path.into())?))
    }

    fn device_now(&self, id: &str) -> Result<Device, StoreError> {
        let devices = self.0.read()?;
        let row = devices.get(id);
        Ok(row.map_or_else(Device::default, |row| Device {
            token_sha256: row.token_sha256.map(|hash| hash.0),
            revoked: row.revoked,
            generation: row.generation,
        }))
    }

    fn take_now(
        &self,
        id: &str,
        freshness: Freshness,
        generation: Generation,
    ) -> Result<Taken, StoreError> {
        let taken = self.0.update(|devices| {
            let row = devices.entry(id.to_owned()).or_default();
            let taken = take_from(row, freshness, generation);
            (taken, taken == Taken::Accepted)
        })?;
        Ok(taken)
    }
}

fn take_from(row: &mut DeviceRow, freshness: Freshness, generation: Generation) -> Taken {
    if row.revoked {
        return Taken::Revoked;
    }
    if row.generation != generation {
        return Taken::OtherKey;
    }
    let (last, value) = match freshness {
        Freshness::Counter(value) => (&mut row.counter, value),
        Freshness::Time(value) => (&mut row.time, value),
    };
    if last.is_some_and(|used| value <= used) {
        return Taken::Replayed;
    }
    *last = Some(value);
    Taken::Accepted
}

impl From<StoreFault> for StoreError {
    fn from(fault: StoreFault) -> Self {
        Self::new(fault.to_string())
    }
}

/// The future does its work at once: a function handles one event at a time, so there is nobody to hold up.
impl Store for FileStore {
    fn device<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Device> {
        Box::pin(async move { self.device_now(id) })
    }

    fn take<'a>(
        &'a self,
        id: &'a str,
        freshness: Freshness,
        generation: Generation,
    ) -> StoreFuture<'a, Taken> {
        Box::pin(async move { self.take_now(id, freshness, generation) })
    }
}
