//! What is kept from one run to the next: authorizers, the default one, topic rules, retained messages; one JSON file.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use motepost_contract::files::{self, Readers};
use motepost_contract::signature::PublicKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::authorizers::domain::DomainRecord;
use crate::authorizers::record::AuthorizerRecord;
use crate::registry::{Snapshot, Tags};
use crate::rules::rule::RuleRecord;

const VERSION: u32 = 1;

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    authorizers: Vec<StoredAuthorizer>,
    default_authorizer: Option<String>,
    #[serde(default)]
    domain_configurations: Vec<DomainRecord>,
    #[serde(default)]
    topic_rules: Vec<StoredRule>,
    #[serde(default)]
    tags: BTreeMap<String, Tags>,
    retained: Vec<RetainedMessage>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRule {
    name: String,
    /// As `create-topic-rule` takes it.
    payload: Value,
    created_ms: u64,
}

/// A retained message.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetainedMessage {
    /// For people who look into the file.
    pub(crate) topic: String,
    /// The complete message, as an MQTT 5 packet in base64.
    pub(crate) packet: String,
    #[serde(default)]
    pub(crate) modified_ms: u64,
    /// When it expires, however often the emulator is started until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires_ms: Option<u64>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredAuthorizer {
    name: String,
    function_arn: String,
    token_key_name: Option<String>,
    signing_disabled: bool,
    public_keys: Vec<StoredKey>,
    active: bool,
    caching_for_http: bool,
    created_ms: u64,
    modified_ms: u64,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    name: String,
    pem: String,
}

/// The file, and what was last written to it.
pub(crate) struct StateFile {
    path: PathBuf,
    written: Mutex<Document>,
    /// The system unlocks it when this process ends, however it ends.
    _lock: File,
}

/// What a file held.
pub(crate) struct SavedState {
    pub(crate) snapshot: Snapshot,
    pub(crate) retained: Vec<RetainedMessage>,
}

impl StateFile {
    /// With `None` if there is no file yet. One that cannot be understood is an error, and is left as it is; so
    /// is one that another emulator has open.
    pub(crate) fn open(path: &Path) -> Result<(Self, Option<SavedState>), String> {
        let place = path.display();
        // A new file takes the old one's place with each change, and must not take a link's.
        let path = &followed(path);
        let lock = lock(path).map_err(|wrong| format!("state file {place}: {wrong}"))?;
        let empty = Document {
            version: VERSION,
            ..Document::default()
        };
        let document = match std::fs::read(path) {
            Ok(bytes) => Some(parse(&bytes).map_err(|wrong| {
                format!(
                    "state file {place}: {wrong}; it was left as it is: repair it or move it away"
                )
            })?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("state file {place}: {error}")),
        };
        let loaded = document
            .as_ref()
            .map(|document| {
                Ok::<_, String>(SavedState {
                    snapshot: snapshot(document)
                        .map_err(|wrong| format!("state file {place}: {wrong}"))?,
                    retained: document.retained.clone(),
                })
            })
            .transpose()?;
        let file = Self {
            path: path.to_owned(),
            written: Mutex::new(document.unwrap_or(empty)),
            _lock: lock,
        };
        Ok((file, loaded))
    }

    /// Where it is, symbolic links followed.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn save_account(&self, snapshot: &Snapshot) -> Result<(), String> {
        self.save(|document| {
            document.authorizers = snapshot.authorizers.values().map(|a| stored(a)).collect();
            document.default_authorizer = snapshot.default.clone();
            let domains = snapshot.domains.values();
            document.domain_configurations = domains.map(|d| DomainRecord::clone(d)).collect();
            document.tags.clone_from(&snapshot.tags);
            document.topic_rules = snapshot.rules.values().map(|r| stored_rule(r)).collect();
        })
    }

    pub(crate) fn save_retained(&self, retained: Vec<RetainedMessage>) -> Result<(), String> {
        self.save(|document| document.retained = retained)
    }

    fn save(&self, change: impl FnOnce(&mut Document)) -> Result<(), String> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let mut document = written.clone();
        change(&mut document);
        let failed = |error: io::Error| format!("state file {}: {error}", self.path.display());
        let mut text =
            serde_json::to_vec_pretty(&document).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        files::replace_locked(&self.path, &text, Readers::Owner).map_err(failed)?;
        *written = document;
        Ok(())
    }
}

/// Where symbolic links lead, also to a file that is yet to be made.
fn followed(path: &Path) -> PathBuf {
    match fs::canonicalize(path) {
        Ok(path) => path,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path.with_file_name("");
            match (fs::read_link(path), path.file_name()) {
                (Ok(to), _) => followed(&folder.join(to)),
                (Err(_), Some(name)) if folder.is_dir() => followed(&folder).join(name),
                _ => path.to_owned(),
            }
        }
        // What reads it next says what is wrong with it.
        Err(_) => path.to_owned(),
    }
}

fn next_to(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Not the state file itself, which each change replaces by another. It stays when the emulator ends: removing it
/// could remove a successor's.
fn lock(path: &Path) -> Result<File, String> {
    let path = next_to(path, ".lock");
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    // It is written to, so that a link could have another file overwritten.
    if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
        let place = path.display();
        return Err(format!("{place}: the lock is not a regular file"));
    }
    let mut open = OpenOptions::new();
    open.read(true).write(true).create(true).truncate(false);
    // For its owner alone.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    let mut file = open.open(&path).map_err(failed)?;
    // By its full name, for later compilers have a method of that name.
    match fs4::FileExt::try_lock(&file) {
        Ok(()) => {}
        Err(fs4::TryLockError::WouldBlock) => {
            let holder = std::fs::read_to_string(&path).unwrap_or_default();
            return Err(format!(
                "another local emulator uses it (process {}): end that one, or give this one a file of its own",
                holder.trim()
            ));
        }
        Err(fs4::TryLockError::Error(error)) => return Err(failed(error)),
    }
    file.set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(failed)?;
    Ok(file)
}

fn parse(bytes: &[u8]) -> Result<Document, String> {
    let document: Document =
        serde_json::from_slice(bytes).map_err(|error| format!("not a state file: {error}"))?;
    match document.version {
        VERSION => Ok(document),
        other => Err(format!(
            "its version is {other}, and this program knows {VERSION}"
        )),
    }
}

fn snapshot(document: &Document) -> Result<Snapshot, String> {
    let mut snapshot = Snapshot {
        default: document.default_authorizer.clone(),
        tags: document.tags.clone(),
        ..Snapshot::default()
    };
    for stored in &document.authorizers {
        let keys = stored.public_keys.iter();
        snapshot.add(AuthorizerRecord {
            name: stored.name.clone(),
            function_arn: stored.function_arn.clone(),
            token_key_name: stored.token_key_name.clone(),
            signing_disabled: stored.signing_disabled,
            public_keys: keys
                .map(|key| PublicKey::from_pem(&key.name, &key.pem))
                .collect::<Result<_, _>>()?,
            active: stored.active,
            caching_for_http: stored.caching_for_http,
            created: time(stored.created_ms),
            modified: time(stored.modified_ms),
        });
    }
    for domain in &document.domain_configurations {
        snapshot.add_domain(domain.clone());
    }
    for StoredRule {
        name,
        payload,
        created_ms,
    } in &document.topic_rules
    {
        let rule = RuleRecord::read(name, payload, time(*created_ms));
        snapshot.add_rule(rule.map_err(|fault| format!("topic rule {name}: {fault}"))?);
    }
    Ok(snapshot)
}

pub(super) fn time(ms: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(ms)
}

pub(super) fn ms(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn stored_rule(rule: &RuleRecord) -> StoredRule {
    StoredRule {
        name: rule.name.clone(),
        payload: rule.payload(),
        created_ms: ms(rule.created),
    }
}

fn stored(authorizer: &AuthorizerRecord) -> StoredAuthorizer {
    let key = |key: &PublicKey| StoredKey {
        name: key.name().to_owned(),
        pem: key.pem().to_owned(),
    };
    StoredAuthorizer {
        name: authorizer.name.clone(),
        function_arn: authorizer.function_arn.clone(),
        token_key_name: authorizer.token_key_name.clone(),
        signing_disabled: authorizer.signing_disabled,
        public_keys: authorizer.public_keys.iter().map(key).collect(),
        active: authorizer.active,
        caching_for_http: authorizer.caching_for_http,
        created_ms: ms(authorizer.created),
        modified_ms: ms(authorizer.modified),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorizers::record::tests::authorizer;

    fn with_one() -> Snapshot {
        let mut snapshot = Snapshot {
            default: Some("A".to_owned()),
            ..Snapshot::default()
        };
        snapshot.add(authorizer("A"));
        snapshot
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let (file, nothing) = StateFile::open(&path).unwrap();
        assert!(nothing.is_none());
        file.save_account(&with_one()).unwrap();
        drop(file);
        let (_, loaded) = StateFile::open(&path).unwrap();
        let snapshot = loaded.unwrap().snapshot;
        assert_eq!(snapshot.default.as_deref(), Some("A"));
        assert_eq!(snapshot.authorizers["A"].created, UNIX_EPOCH);
    }

    #[cfg(unix)]
    #[test]
    fn it_is_for_its_owner_alone_and_only_the_lock_is_left_next_to_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let (file, _) = StateFile::open(&path).unwrap();
        file.save_account(&with_one()).unwrap();
        file.save_account(&with_one()).unwrap();
        drop(file);
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let mut names = Vec::new();
        for entry in entries.map(Result::unwrap) {
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            names.push(entry.file_name());
        }
        names.sort();
        assert_eq!(names, ["state.json", "state.json.lock"]);
    }

    #[test]
    fn it_has_one_user_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let first = StateFile::open(&path).unwrap();
        let error = StateFile::open(&path).err().unwrap();
        let holder = format!(
            "another local emulator uses it (process {})",
            std::process::id()
        );
        assert!(error.contains(&holder), "{error}");
        drop(first);
        StateFile::open(&path).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_stays_one_and_leads_to_the_file_and_its_lock() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let (links, real) = (folder.path().join("links"), folder.path().join("real"));
        fs::create_dir(&links).unwrap();
        fs::create_dir(&real).unwrap();
        let names = |folder: &Path| {
            let entries = fs::read_dir(folder).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        for (name, to) in [("a", "../real/a"), ("b", real.join("b").to_str().unwrap())] {
            let link = links.join(name);
            symlink(to, &link).unwrap();
            // At first there is no file.
            for _ in 0..2 {
                let (file, _) = StateFile::open(&link).unwrap();
                file.save_account(&with_one()).unwrap();
                assert_eq!(file.path(), real.canonicalize().unwrap().join(name));
                assert!(StateFile::open(&real.join(name)).is_err());
            }
            assert!(link.is_symlink());
        }
        assert_eq!(names(&links), ["a", "b"]);
        assert_eq!(names(&real), ["a", "a.lock", "b", "b.lock"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_is_a_link_or_a_folder_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("other");
        fs::write(&other, "mine").unwrap();
        std::os::unix::fs::symlink(&other, folder.path().join("a.lock")).unwrap();
        fs::create_dir(folder.path().join("b.lock")).unwrap();
        for name in ["a", "b"] {
            let error = StateFile::open(&folder.path().join(name)).err().unwrap();
            let expected = format!("{name}.lock: the lock is not a regular file");
            assert!(error.contains(&expected), "{error}");
        }
        assert_eq!(fs::read_to_string(&other).unwrap(), "mine");
    }

    #[test]
    fn what_a_killed_process_left_next_to_it_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        std::fs::write(folder.path().join(".~motepost-new-state.json"), "{\"vers").unwrap();
        std::fs::write(folder.path().join("state.json.lock"), "1\n").unwrap();
        let (file, nothing) = StateFile::open(&path).unwrap();
        assert!(nothing.is_none());
        file.save_account(&with_one()).unwrap();
        drop(file);
        assert!(StateFile::open(&path).unwrap().1.is_some());
        assert!(!folder.path().join(".~motepost-new-state.json").exists());
    }

    #[test]
    fn what_is_no_state_file_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let key = r#"{"version":1,"authorizers":[{"name":"A","function_arn":"f","token_key_name":"t","signing_disabled":false,"public_keys":[{"name":"K","pem":"nonsense"}],"active":true,"caching_for_http":false,"created_ms":0,"modified_ms":0}],"default_authorizer":null,"retained":[]}"#;
        let rows = [
            ("", "not a state file"),
            ("{\"version\":1", "not a state file"),
            (
                r#"{"version":1,"authorizers":[],"default_authorizer":null,"retained":[],"more":1}"#,
                "more",
            ),
            (
                r#"{"version":2,"authorizers":[],"default_authorizer":null,"retained":[]}"#,
                "its version is 2",
            ),
            (key, "not an RSA public key"),
        ];
        for (text, expected) in rows {
            std::fs::write(&path, text).unwrap();
            let error = StateFile::open(&path).err().unwrap();
            assert!(error.contains(expected), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
