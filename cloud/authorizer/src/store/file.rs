//! A JSON file as a store: for a laptop, a gateway or a shared file system with locks. Safe with several processes.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::path::PathBuf;

use fs4::FileExt;
use motepost_contract::{files, token};
use serde::{Deserialize, Serialize};

use super::{Answer, Device, Store, StoreError, Taken, sha256_of};

/// A file like this, in which every field of a device may be left out:
///
/// ```json
/// {"devices": {"uniqueID": {"token_sha256": "4104...", "revoked": false, "counter": 17}}}
/// ```
///
/// It is read anew for each decision, so that a device revoked in an editor is revoked at once. A counter is written to a
/// new file, which then takes the place of the old one whole; a lock on `<file>.lock` next to it keeps writers apart, and
/// hold it too if you edit the file by hand while devices publish with counters (`flock devices.json.lock vi
/// devices.json`). A file that cannot be understood is left as it is, and every device is refused until it is put right.
#[derive(Debug)]
pub struct FileStore {
    path: PathBuf,
    lock: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    devices: BTreeMap<String, Row>,
}

/// A misspelt `revoked` must not read as `false`: no other fields are known.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_sha256: Option<Sha256Hex>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    revoked: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counter: Option<u32>,
}

impl FileStore {
    /// The file must be there: an empty one is `{"devices": {}}`.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        let mut lock = path.clone().into_os_string();
        lock.push(".lock");
        let store = Self {
            path,
            lock: lock.into(),
        };
        store.read()?;
        Ok(store)
    }

    fn read(&self) -> Result<Contents, StoreError> {
        let text = fs::read(&self.path).map_err(|error| self.problem(error))?;
        // The parser's own words may quote what stands there, such as a token in place of its hash.
        serde_json::from_slice(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            self.problem(format!(
                "line {line}, column {column}: not a store of devices, left as it is"
            ))
        })
    }

    fn device_now(&self, id: &str) -> Result<Device, StoreError> {
        // Without the lock: the file is always a whole one.
        let contents = self.read()?;
        let row = contents.devices.get(id);
        Ok(row.map_or_else(Device::default, |row| Device {
            token_sha256: row.token_sha256.map(|hash| hash.0),
            revoked: row.revoked,
        }))
    }

    fn take_counter_now(&self, id: &str, value: u32) -> Result<Taken, StoreError> {
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.lock);
        let lock = lock.map_err(|error| self.problem(error))?;
        // Released with the file, however this ends.
        FileExt::lock(&lock).map_err(|error| self.problem(error))?;
        let mut contents = self.read()?;
        let row = contents.devices.entry(id.to_owned()).or_default();
        if row.revoked {
            return Ok(Taken::Revoked);
        }
        if row.counter.is_some_and(|used| value <= used) {
            return Ok(Taken::Replayed);
        }
        row.counter = Some(value);
        self.write(&contents).map_err(|error| self.problem(error))?;
        Ok(Taken::Accepted)
    }

    fn write(&self, contents: &Contents) -> std::io::Result<()> {
        let mut text = serde_json::to_vec_pretty(contents)?;
        text.push(b'\n');
        files::update_locked(&self.path, &text)
    }

    fn problem(&self, what: impl std::fmt::Display) -> StoreError {
        StoreError::new(format!("{}: {what}", self.path.display()))
    }
}

/// 64 hexadecimal digits in the file.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Sha256Hex([u8; 32]);

impl TryFrom<String> for Sha256Hex {
    type Error = &'static str;

    fn try_from(hex: String) -> Result<Self, Self::Error> {
        sha256_of(&hex).map(Self)
    }
}

impl From<Sha256Hex> for String {
    fn from(hash: Sha256Hex) -> Self {
        token::sha256_to_text(&hash.0)
    }
}

/// The future does its work at once: a function handles one event at a time, so there is nobody to hold up.
impl Store for FileStore {
    fn device<'a>(&'a self, id: &'a str) -> Answer<'a, Device> {
        Box::pin(async move { self.device_now(id) })
    }

    fn take_counter<'a>(&'a self, id: &'a str, value: u32) -> Answer<'a, Taken> {
        Box::pin(async move { self.take_counter_now(id, value) })
    }
}
