//! The file store: what it keeps, what it refuses to touch, and how processes share it.

mod support;

use std::path::Path;

use motepost::token::Freshness;
use motepost_authorizer::store::{Device, FileStore, Store, Taken};
use serde_json::{Value, json};
use support::{block_on, environment, race, write_store};

fn with_store(test: impl FnOnce(&Path)) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("devices.json");
    write_store(&path);
    test(&path);
}

fn device(store: &FileStore, id: &str) -> Device {
    block_on(store.device(id)).unwrap()
}

#[test]
fn racing_processes_never_both_accept_a_counter() {
    with_store(|path| race::hold(&environment("minted", path), race::Tokens::Counters, 100));
}

#[test]
fn racing_processes_never_both_accept_a_time_that_counts_once() {
    with_store(|path| {
        let mut variables = environment("minted", path);
        variables.push(("TOKEN_ONCE", "true".to_owned()));
        race::hold(&variables, race::Tokens::Times, 100);
    });
}

#[test]
#[ignore = "started by the racing test, several at once"]
fn racer() {
    race::run();
}

#[test]
fn a_counter_is_kept_and_nothing_else_is_changed() {
    with_store(|path| {
        let mut expected: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let take = |id: &str, value| {
            let freshness = Freshness::Counter(value);
            block_on(FileStore::open(path).unwrap().take(id, freshness, 0)).unwrap()
        };
        assert_eq!(take("counting", 0), Taken::Accepted);
        assert_eq!(take("counting", 0), Taken::Replayed);
        assert_eq!(take("counting", 3), Taken::Accepted);
        assert_eq!(take("counting", 2), Taken::Replayed);
        assert_eq!(take("uniqueID", 1), Taken::Accepted);
        assert_eq!(take("stolen", 1), Taken::Revoked);
        assert_eq!(take("never heard of", 1), Taken::Accepted);
        expected["devices"]["counting"]["counter"] = json!(3);
        expected["devices"]["uniqueID"]["counter"] = json!(1);
        expected["devices"]["never heard of"]["counter"] = json!(1);
        let kept: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(kept, expected);
        // Only the lock is left next to it.
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            2
        );
    });
}

#[cfg(unix)]
#[test]
fn a_new_file_has_the_old_ones_permissions() {
    use std::os::unix::fs::PermissionsExt;
    with_store(|path| {
        for mode in [0o600, 0o640] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
            block_on(
                FileStore::open(path)
                    .unwrap()
                    .take("counting", Freshness::Counter(mode), 0),
            )
            .unwrap();
            assert_eq!(
                std::fs::metadata(path).unwrap().permissions().mode() & 0o777,
                mode
            );
        }
    });
}

#[test]
fn an_edit_counts_from_the_next_decision() {
    with_store(|path| {
        let store = FileStore::open(path).unwrap();
        assert!(!device(&store, "uniqueID").revoked);
        std::fs::write(path, r#"{"devices": {"uniqueID": {"revoked": true}}}"#).unwrap();
        assert_eq!(
            device(&store, "uniqueID"),
            Device {
                token_sha256: None,
                revoked: true,
                generation: 0
            }
        );
        assert_eq!(device(&store, "sensor-1"), Device::default());
    });
}

#[test]
fn a_file_that_cannot_be_understood_refuses_everybody_and_is_left_as_it_is() {
    with_store(|path| {
        let store = FileStore::open(path).unwrap();
        for text in [
            "",
            "{",
            "[]",
            r#"{"devices": {"uniqueID": {"revokd": true}}}"#,
            r#"{"devices": {"uniqueID": {"revoked": "true"}}}"#,
            r#"{"devices": {"uniqueID": {"revoked": true}, "uniqueID": {}}}"#,
            r#"{"devices": {"uniqueID": {"counter": -1}}}"#,
            r#"{"devices": {"uniqueID": {"counter": 4294967296}}}"#,
            r#"{"devices": {"uniqueID": {"token_sha256": "correct horse"}}}"#,
        ] {
            std::fs::write(path, text).unwrap();
            let unread = block_on(store.device("uniqueID")).unwrap_err().to_string();
            assert!(
                unread.contains("devices.json") && !unread.contains("horse"),
                "{text}: {unread}"
            );
            assert!(
                block_on(store.take("uniqueID", Freshness::Counter(1), 0)).is_err(),
                "{text}"
            );
            assert!(FileStore::open(path).is_err(), "{text}");
            assert_eq!(std::fs::read_to_string(path).unwrap(), text);
        }
        std::fs::remove_file(path).unwrap();
        assert!(block_on(store.device("uniqueID")).is_err());
        assert!(block_on(store.take("uniqueID", Freshness::Counter(1), 0)).is_err());
        assert!(!path.exists());
    });
}

#[test]
fn a_time_and_a_counter_are_kept_apart_and_each_key_has_its_own_row() {
    with_store(|path| {
        let store = FileStore::open(path).unwrap();
        let take =
            |id, freshness, generation| block_on(store.take(id, freshness, generation)).unwrap();
        for (id, freshness, generation, expected) in [
            (
                "counting",
                Freshness::Time(1_790_000_000),
                0,
                Taken::Accepted,
            ),
            (
                "counting",
                Freshness::Time(1_790_000_000),
                0,
                Taken::Replayed,
            ),
            (
                "counting",
                Freshness::Time(1_789_999_999),
                0,
                Taken::Replayed,
            ),
            ("counting", Freshness::Counter(0), 0, Taken::Accepted),
            (
                "counting",
                Freshness::Time(1_790_000_001),
                1,
                Taken::OtherKey,
            ),
            (
                "counting",
                Freshness::Time(1_790_000_001),
                0,
                Taken::Accepted,
            ),
            ("rekeyed", Freshness::Counter(1), 0, Taken::OtherKey),
            ("rekeyed", Freshness::Counter(1), 2, Taken::Accepted),
            ("stolen", Freshness::Time(1_790_000_001), 0, Taken::Revoked),
        ] {
            assert_eq!(
                take(id, freshness, generation),
                expected,
                "{id} {freshness:?}"
            );
        }
        let kept: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(
            kept["devices"]["counting"],
            json!({"counter": 0, "time": 1_790_000_001})
        );
        assert_eq!(
            kept["devices"]["rekeyed"],
            json!({"generation": 2, "counter": 1})
        );
    });
}
