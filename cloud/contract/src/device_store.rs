//! The file with what is known of each device. The authorizer reads it and keeps counters in it; `motepost fleet` adds
//! devices to it.
//!
//! ```json
//! {"devices": {"uniqueID": {"token_sha256": "4104...", "revoked": false, "generation": 1, "counter": 17, "time": 1790000000}}}
//! ```
//!
//! Every field of a device may be left out. One that has another name, an id that appears twice or that no device has, and
//! a file that is not understood are refused: a revocation must not get lost.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fs4::{FileExt, TryLockError};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::device_id::DeviceId;
use crate::generation::{self, Generation};
use crate::{files, token};

/// AWS IoT waits 5 seconds for its authorizer. A refusal that says why comes sooner.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
const LOCK_PAUSE: Duration = Duration::from_millis(2);

/// The devices by their ids.
pub type Devices = BTreeMap<String, DeviceRow>;

/// What is known of one device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceRow {
    /// The SHA-256 of its static token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_sha256: Option<Sha256Hex>,
    /// Whether it is on the deny list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
    /// Which of its keys counts.
    #[serde(
        default,
        skip_serializing_if = "is_first",
        deserialize_with = "generation_of"
    )]
    pub generation: Generation,
    /// The last counter that was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<u32>,
    /// The last time of a token that was accepted, in Unix seconds; kept where a token counts once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<u32>,
}

/// 64 hexadecimal digits in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Hex(pub [u8; 32]);

/// Why the file could not be used: its name and the reason. Nothing of what is in it.
#[derive(Debug)]
pub struct StoreFault(String);

impl fmt::Display for StoreFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreFault {}

/// The file, and the lock next to it.
///
/// A symbolic link is followed once, when the store is opened: a new file takes the old one's place, and must not take the
/// link's. Writers hold a lock on `<file>.lock`; hold it too if you edit the file by hand while devices publish
/// (`flock devices.json.lock vi devices.json`). Readers need none, because the file is always a complete one.
#[derive(Debug)]
pub struct DeviceStore {
    path: PathBuf,
    lock: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    #[serde(deserialize_with = "each_once")]
    devices: Devices,
}

impl DeviceStore {
    /// The file must be there: an empty one is `{"devices": {}}`.
    pub fn open(path: &Path) -> Result<Self, StoreFault> {
        let path = fs::canonicalize(path)
            .map_err(|error| StoreFault(format!("{}: {error}", path.display())))?;
        let mut lock = path.clone().into_os_string();
        lock.push(".lock");
        let store = Self {
            path,
            lock: lock.into(),
        };
        store.read()?;
        Ok(store)
    }

    /// All devices, as the file has them now.
    pub fn read(&self) -> Result<Devices, StoreFault> {
        let text = fs::read(&self.path).map_err(|error| self.fault(error))?;
        // The parser's own words may quote what stands there, such as a token in place of its hash.
        let contents: Contents = serde_json::from_slice(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let text = error.to_string();
            let ours = OURS.into_iter().find(|ours| text.starts_with(ours));
            let what = ours.unwrap_or("not a store of devices");
            self.fault(format!(
                "line {line}, column {column}: {what}, left as it is"
            ))
        })?;
        Ok(contents.devices)
    }

    /// Reads the devices, and writes them if `change` says that it has changed them. One process at a time.
    pub fn update<T>(
        &self,
        change: impl FnOnce(&mut Devices) -> (T, bool),
    ) -> Result<T, StoreFault> {
        // Released with the file, however this ends.
        let _lock = self.lock()?;
        let mut devices = self.read()?;
        let (result, is_changed) = change(&mut devices);
        if is_changed {
            self.write(devices).map_err(|error| self.fault(error))?;
        }
        Ok(result)
    }

    fn write(&self, devices: Devices) -> std::io::Result<()> {
        let mut text = serde_json::to_vec_pretty(&Contents { devices })?;
        text.push(b'\n');
        files::update_locked(&self.path, &text)
    }

    fn lock(&self) -> Result<File, StoreFault> {
        let fault =
            |what: &dyn fmt::Display| StoreFault(format!("{}: {what}", self.lock.display()));
        let file = open_lock(&self.lock).map_err(|error| fault(&error))?;
        let deadline = Instant::now() + LOCK_TIMEOUT;
        loop {
            match FileExt::try_lock(&file) {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(fault(&error)),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    return Err(fault(&format_args!(
                        "another process has held this lock for {} s: find it with fuser or lslocks, and end it",
                        LOCK_TIMEOUT.as_secs()
                    )));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            }
        }
    }

    fn fault(&self, what: impl fmt::Display) -> StoreFault {
        StoreFault(format!("{}: {what}", self.path.display()))
    }
}

/// For its owner alone: anyone else who could open it could hold it.
fn open_lock(path: &Path) -> std::io::Result<File> {
    let other = |text: &str| Err(std::io::Error::other(text.to_owned()));
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => return other("is no regular file: remove it"),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(file)
}

const TWICE: &str = "the same device appears twice";
const NO_ID: &str = "an id that no device has (1 to 128 letters, digits, and -_.:)";
/// What may be shown of the parser's words, because it is our own.
const OURS: [&str; 2] = [TWICE, NO_ID];

/// A map of JSON takes the last of two values, and with it away what the first one said.
fn each_once<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Devices, D::Error> {
    struct Once;
    impl<'de> Visitor<'de> for Once {
        type Value = Devices;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("devices by their ids")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Devices, A::Error> {
            let mut devices = Devices::new();
            while let Some(id) = map.next_key::<String>()? {
                DeviceId::parse(&id).map_err(|_| A::Error::custom(NO_ID))?;
                let row = map.next_value()?;
                if devices.insert(id, row).is_some() {
                    return Err(A::Error::custom(TWICE));
                }
            }
            Ok(devices)
        }
    }
    deserializer.deserialize_map(Once)
}

fn generation_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Generation, D::Error> {
    let number = Generation::deserialize(deserializer)?;
    if number > generation::MAX {
        return Err(D::Error::custom("a generation that no key has"));
    }
    Ok(number)
}

fn is_first(generation: &Generation) -> bool {
    *generation == 0
}

impl TryFrom<String> for Sha256Hex {
    type Error = &'static str;

    fn try_from(hex: String) -> Result<Self, Self::Error> {
        token::sha256_from_text(&hex)
            .map(Self)
            .ok_or("is not 64 hexadecimal digits")
    }
}

impl From<Sha256Hex> for String {
    fn from(hash: Sha256Hex) -> Self {
        token::sha256_to_text(&hash.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str, test: impl FnOnce(&Path)) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("devices.json");
        fs::write(&path, text).unwrap();
        test(&path);
    }

    fn revoke(store: &DeviceStore, id: &str) -> Result<(), StoreFault> {
        store.update(|devices| {
            devices.entry(id.to_owned()).or_default().revoked = true;
            ((), true)
        })
    }

    #[test]
    fn each_field_of_a_device_is_kept() {
        let hash = "0f".repeat(32);
        let row = format!(
            r#"{{"token_sha256": "{hash}", "revoked": true, "generation": 15, "counter": 0, "time": 4294967295}}"#
        );
        with_file(&format!(r#"{{"devices": {{"a": {row}}}}}"#), |path| {
            let store = DeviceStore::open(path).unwrap();
            let before = store.read().unwrap();
            assert_eq!(
                before["a"],
                DeviceRow {
                    token_sha256: Some(Sha256Hex([0x0f; 32])),
                    revoked: true,
                    generation: 15,
                    counter: Some(0),
                    time: Some(u32::MAX),
                }
            );
            revoke(&store, "b").unwrap();
            let mut after = store.read().unwrap();
            assert!(after.remove("b").unwrap().revoked);
            assert_eq!(after, before);
        });
    }

    #[test]
    fn what_would_lose_a_revocation_is_refused_and_left_as_it_is() {
        for (text, expected) in [
            (r#"{"devices": {"a": {"revoked": true}, "a": {}}}"#, "twice"),
            (r#"{"devices": {"a": {}, "\u0061": {}}}"#, "twice"),
            (
                "{\"devices\": {\"a\": {},\n \"b \": {\"revoked\": true}}}",
                "line 2, column 5: an id that no device has",
            ),
            (
                r#"{"devices": {"a/b": {"revoked": true}}}"#,
                "no device has",
            ),
            (r#"{"devices": {"": {"revoked": true}}}"#, "no device has"),
            (r#"{"devices": {}, "devices": {"a": {}}}"#, "not a store"),
            (
                r#"{"devices": {"a": {"revoked": true, "revoked": false}}}"#,
                "not a store",
            ),
            (r#"{"devices": {"a": {"Revoked": true}}}"#, "not a store"),
            (r#"{"devices": {"a": {"generation": 16}}}"#, "not a store"),
            (r#"{"devices": {"a": {"generation": -1}}}"#, "not a store"),
            (r#"{"devices": {"a": {"time": 4294967296}}}"#, "not a store"),
            (r#"{"devices": {}} {"devices": {}}"#, "not a store"),
        ] {
            with_file(r#"{"devices": {}}"#, |path| {
                let store = DeviceStore::open(path).unwrap();
                fs::write(path, text).unwrap();
                let fault = DeviceStore::open(path).unwrap_err().to_string();
                assert!(fault.contains(expected), "{text}: {fault}");
                assert!(revoke(&store, "b").is_err(), "{text}");
                assert_eq!(fs::read_to_string(path).unwrap(), text);
            });
        }
    }

    #[cfg(unix)]
    #[test]
    fn through_a_link_the_file_itself_is_written() {
        with_file(r#"{"devices": {}}"#, |path| {
            let link = path.with_file_name("link.json");
            std::os::unix::fs::symlink(path, &link).unwrap();
            let store = DeviceStore::open(&link).unwrap();
            revoke(&store, "a").unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            // Anyone who edits the file by its own name and anyone who reads the link see the same.
            assert!(DeviceStore::open(path).unwrap().read().unwrap()["a"].revoked);
            fs::write(path, r#"{"devices": {"b": {"revoked": true}}}"#).unwrap();
            assert!(store.read().unwrap()["b"].revoked);
            // One lock, whichever name was given.
            assert!(path.with_file_name("devices.json.lock").exists());
            assert!(!path.with_file_name("link.json.lock").exists());
        });
    }

    #[test]
    fn a_lock_that_somebody_keeps_is_an_error_that_names_it() {
        with_file(r#"{"devices": {}}"#, |path| {
            let store = DeviceStore::open(path).unwrap();
            revoke(&store, "a").unwrap();
            let lock = File::open(path.with_file_name("devices.json.lock")).unwrap();
            FileExt::lock(&lock).unwrap();
            let fault = revoke(&store, "b").unwrap_err().to_string();
            assert!(
                fault.contains("devices.json.lock: another process has held this lock"),
                "{fault}"
            );
            drop(lock);
            revoke(&store, "b").unwrap();
        });
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_open_the_lock() {
        use std::os::unix::fs::PermissionsExt;
        with_file(r#"{"devices": {}}"#, |path| {
            let lock = path.with_file_name("devices.json.lock");
            // One of an earlier version, that everybody could read and so hold.
            for before in [None, Some(0o644)] {
                if let Some(mode) = before {
                    fs::set_permissions(&lock, fs::Permissions::from_mode(mode)).unwrap();
                }
                revoke(&DeviceStore::open(path).unwrap(), "a").unwrap();
                let mode = fs::metadata(&lock).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600);
            }
            fs::remove_file(&lock).unwrap();
            let elsewhere = path.with_file_name("elsewhere");
            std::os::unix::fs::symlink(&elsewhere, &lock).unwrap();
            let fault = revoke(&DeviceStore::open(path).unwrap(), "b").unwrap_err();
            assert!(fault.to_string().contains("no regular file"), "{fault}");
            assert!(!elsewhere.exists());
        });
    }
}
