//! `fleet`: thousands of devices, interrupted and completed.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::formats;
use crate::support::{Directory, with_keys};

fn csv(devices: usize) -> String {
    let lines = (0..devices).map(|number| format!("sensor-{number},batch 7\n"));
    "id,note\n".to_owned() + &lines.collect::<String>()
}

fn contents(directory: &Directory) -> BTreeMap<String, Vec<u8>> {
    let names = directory.names("out/devices");
    names
        .into_iter()
        .filter(|name| !name.starts_with('.'))
        .map(|name| {
            let bytes = fs::read(directory.join("out/devices").join(&name)).unwrap();
            (name, bytes)
        })
        .collect()
}

/// Killed and interrupted again and again, as soon as it says that it has made some more. The tokens are random, so that a
/// file made twice would have other contents.
#[cfg(unix)]
#[test]
fn an_interrupted_run_is_completed_without_loss_or_repeat() {
    const DEVICES: usize = 1000;
    let directory = Directory::new();
    directory.write("devices.csv", csv(DEVICES));
    let arguments = "fleet --scheme static --out out devices.csv";

    let mut made = BTreeMap::new();
    let mut interrupted = 0;
    for (lines, signal) in [
        (1, "KILL"),
        (2, "INT"),
        (3, "KILL"),
        (4, "TERM"),
        (2, "KILL"),
    ] {
        let mut child = directory
            .command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut progress = BufReader::new(child.stderr.take().unwrap()).lines();
        for _ in 0..lines {
            // Those that are there already count too, so that a later run is further on.
            let Some(Ok(_)) = progress.next() else { break };
        }
        Command::new("kill")
            .args([&format!("-{signal}"), &child.id().to_string()])
            .status()
            .unwrap();
        let status = child.wait().unwrap();
        interrupted += usize::from(!status.success());

        let now = contents(&directory);
        for (name, bytes) in &made {
            assert_eq!(now.get(name), Some(bytes), "{name} was lost or made twice");
        }
        assert!(
            now.values().all(|bytes| bytes.ends_with(b"}\n")),
            "a file is half written"
        );
        made = now;
    }
    assert!(
        interrupted > 0 && made.len() >= 10,
        "{interrupted} {}",
        made.len()
    );

    let ran = directory.run(arguments).exits(0);
    assert!(
        ran.out.starts_with(&format!(
            "{} devices provisioned, {} were there already",
            DEVICES - made.len(),
            made.len()
        )),
        "{}",
        ran.out
    );
    let all = contents(&directory);
    assert_eq!(all.len(), DEVICES);
    assert_eq!(
        directory.names("out/devices").len(),
        DEVICES,
        "unfinished files are left"
    );
    for (name, bytes) in &made {
        assert_eq!(all.get(name), Some(bytes), "{name} was made twice");
    }
    assert_eq!(all.values().collect::<HashSet<_>>().len(), DEVICES);

    let index = directory.read("out/index.csv");
    let rows: Vec<_> = index.lines().skip(1).collect();
    assert_eq!(rows.len(), DEVICES);
    for (number, row) in rows.iter().enumerate() {
        assert!(
            row.starts_with(&format!("sensor-{number},devices/sensor-{number}.json,,")),
            "{row}"
        );
    }
    // And once more changes nothing.
    directory.run(arguments).exits(0);
    assert_eq!(
        (contents(&directory), directory.read("out/index.csv")),
        (all, index)
    );
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_a_device_s_file() {
    let directory = Directory::new();
    directory.write("devices.csv", csv(3));
    directory
        .run("fleet --scheme static --out out devices.csv")
        .exits(0);
    let formats = [
        "bin",
        "c-header",
        "hex --address 0",
        "uf2 --address 0 --uf2-family 1",
        "nvs-csv",
        "at-script --modem quectel",
    ];
    for (number, format) in formats.iter().enumerate() {
        directory
            .run(&format!(
                "fleet --scheme static --format {format} --out {number} devices.csv"
            ))
            .exits(0);
    }
    for out in ["out", "0", "1", "2", "3", "4", "5"] {
        for name in directory.names(&format!("{out}/devices")) {
            assert_eq!(
                directory.mode(&format!("{out}/devices/{name}")),
                0o600,
                "{name}"
            );
        }
    }
    let index = directory.read("out/index.csv");
    assert!(!index.contains("batch"));
}

#[test]
fn a_device_of_the_fleet_has_the_credentials_that_it_has_alone() {
    let directory = with_keys();
    directory.write("devices.csv", "serial,id\n1,a\n2,00:1B:44\n");
    for (scheme, format, extension) in [
        ("minted --fleet-key-file fleet.key", "bin", "bin"),
        (
            "minted --fleet-key-file fleet.key",
            "hex --address 0x1000",
            "hex",
        ),
        (
            "minted --fleet-key-file fleet.key",
            "at-script --modem simcom",
            "chat",
        ),
        (
            "signed --signing-key signing.key --expires 4000000000",
            "c-header",
            "h",
        ),
        ("minted --fleet-key-file fleet.key", "json", "json"),
    ] {
        let out = format!("{extension}-out");
        let options =
            format!("--scheme {scheme} --format {format} --authorizer a --endpoint localhost");
        directory
            .run(&format!("fleet {options} --out {out} devices.csv"))
            .exits(0);
        for (id, file) in [("a", "a"), ("00:1B:44", "00+1B+44")] {
            let alone = format!("{id}.{extension}");
            directory
                .run(&format!("credentials {options} --id {id} --out {alone}"))
                .exits(0);
            let together =
                fs::read(directory.join(&format!("{out}/devices/{file}.{extension}"))).unwrap();
            assert!(
                together == fs::read(directory.join(&alone)).unwrap(),
                "{scheme} {id}"
            );
        }
    }
}

#[test]
fn static_tokens_come_with_the_authorizer_s_store() {
    use sha2::{Digest, Sha256};
    for (format, extension) in [
        ("json", "json"),
        ("bin", "bin"),
        ("c-header", "h"),
        ("hex --address 0", "hex"),
        ("uf2 --address 0 --uf2-family 1", "uf2"),
        ("nvs-csv", "csv"),
        ("at-script --modem quectel", "chat"),
    ] {
        let directory = Directory::new();
        directory.write("devices.csv", "id\na\n");
        directory
            .run(&format!(
                "fleet --scheme static --format {format} --out out devices.csv"
            ))
            .exits(0);
        let store: serde_json::Value =
            serde_json::from_str(&directory.read("out/authorizer-store.json")).unwrap();
        let hash = store["devices"]["a"]["token_sha256"].as_str().unwrap();
        assert!(
            directory
                .read("out/index.csv")
                .ends_with(&format!("{hash}\n"))
        );
        let run_again = format!("fleet --scheme static --format {format} --out out devices.csv");
        directory.run(&run_again).exits(0);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&directory.read("out/authorizer-store.json"))
                .unwrap(),
            store,
            "{format}"
        );
        let file = fs::read(directory.join(&format!("out/devices/a.{extension}"))).unwrap();
        let token = formats::token(extension, &file);
        assert_eq!(
            base16ct::lower::encode_string(&Sha256::digest(token)),
            hash,
            "{format}"
        );
    }
}

/// A device that was re-keyed, among others in one file.
#[test]
fn the_file_says_which_key_each_device_gets() {
    let directory = with_keys();
    directory.write(
        "devices.csv",
        "id,note,generation\na,,\nb,,1\nc,,15\nd,,0\n",
    );
    let fleet = "fleet --scheme minted --fleet-key-file fleet.key --out";
    directory
        .run(&format!("{fleet} plain devices.csv"))
        .exits(0);
    directory
        .run(&format!("{fleet} third devices.csv --key-generation 3"))
        .exits(0);
    for (id, plain, third) in [("a", 0, 3), ("b", 1, 1), ("c", 15, 15), ("d", 0, 0)] {
        for (out, generation) in [("plain", plain), ("third", third)] {
            let key = directory
                .run(&format!(
                    "device-key --fleet-key-file fleet.key --id {id} --key-generation {generation} --out -"
                ))
                .exits(0);
            let device = directory.read(&format!("{out}/devices/{id}.json"));
            let device: serde_json::Value = serde_json::from_str(&device).unwrap();
            assert_eq!(device["key"], key.out.trim_end(), "{out} {id}");
        }
    }
    // The next generation is another file, which no run writes over.
    directory.write("devices.csv", "id,note,generation\na,,1\n");
    let ran = directory
        .run(&format!("{fleet} plain devices.csv"))
        .exits(2);
    assert!(
        ran.err.contains("is not what this run would write for a"),
        "{}",
        ran.err
    );
    for bad in ["16", "-1", "x"] {
        directory.write("devices.csv", format!("id,generation\na,1\nb,{bad}\n"));
        let ran = directory.run(&format!("{fleet} bad devices.csv")).exits(2);
        assert!(ran.err.contains("line 3: generation"), "{}", ran.err);
        // Where nothing is minted the column is the owner's.
        directory
            .run(&format!(
                "fleet --scheme static --out static{bad} devices.csv"
            ))
            .exits(0);
    }
}

#[test]
fn every_bad_line_is_named_before_anything_is_written() {
    let directory = Directory::new();
    let rows = [
        ("name\na\n", "line 1 names no column `id`"),
        ("id\n", "names no device"),
        ("id\na\n\nb/c\n", "line 4: \"b/c\" is no device id"),
        ("id\na\nb\na\n", "line 4: \"a\" is in line 2 already"),
        ("id\na\nA\n", "line 3: \"A\" is in line 2 already"),
        ("id,x\na,1\nb\n", "line 3: 1 fields where line 1 has 2"),
        ("id\n\"\"\n", "line 2: \"\" is no device id"),
    ];
    for (text, expected) in rows {
        directory.write("devices.csv", text);
        let ran = directory
            .run("fleet --scheme static --out out devices.csv")
            .exits(2);
        assert!(ran.err.contains(expected), "{text:?}: {}", ran.err);
        assert!(!directory.join("out").exists());
    }
    directory.write("devices.csv", b"id\na\n\xff\n");
    let ran = directory
        .run("fleet --scheme static --out out devices.csv")
        .exits(2);
    assert!(ran.err.contains("line 3: not UTF-8"), "{}", ran.err);
    directory.write("devices.csv", "id,x\na,1\na*,2\nb\na,3\n");
    let ran = directory
        .run("fleet --scheme static --out out devices.csv")
        .exits(2);
    for line in ["line 3: ", "line 4: ", "line 5: "] {
        assert!(ran.err.contains(line), "{}", ran.err);
    }
}

#[test]
fn a_directory_is_completed_only_with_the_options_it_was_begun_with() {
    let directory = with_keys();
    directory.write("devices.csv", csv(2));
    let begun = "fleet --scheme minted --fleet-key-file fleet.key --out out devices.csv";
    directory.run(begun).exits(0);
    directory.run("keygen fleet --out new.key").exits(0);
    for other in [
        begun.replace("fleet.key", "new.key"),
        begun.replace("minted", "static"),
        format!("{begun} --format bin"),
        format!("{begun} --format hex --address 0"),
        format!("{begun} --authorizer a"),
    ] {
        let ran = directory.run(&other).exits(2);
        assert!(
            ran.err.contains("other options or another key"),
            "{}",
            ran.err
        );
    }
    // More devices are the same fleet, and fewer do not undo any.
    directory.write("devices.csv", csv(3));
    let ran = directory.run(begun).exits(0);
    assert!(
        ran.out.starts_with("1 devices provisioned, 2 were there"),
        "{}",
        ran.out
    );
    directory.write("devices.csv", csv(1));
    let ran = directory.run(begun).exits(0);
    assert!(ran.err.contains("holds 2 more"), "{}", ran.err);
    assert_eq!(directory.names("out/devices").len(), 3);
}

#[test]
fn a_run_goes_on_when_nobody_watches_its_progress() {
    let directory = Directory::new();
    directory.write("devices.csv", csv(200));
    let mut child = directory
        .command("fleet --scheme static --out out devices.csv")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(directory.names("out/devices").len(), 200);
}

#[test]
fn two_runs_at_once_do_not_meet_in_one_directory() {
    let directory = Directory::new();
    directory.write("devices.csv", csv(2));
    let arguments = "fleet --scheme static --out out devices.csv";
    directory.run(arguments).exits(0);
    let other_run = fs::File::open(directory.join("out/fleet.json")).unwrap();
    fs4::FileExt::lock(&other_run).unwrap();
    let ran = directory.run(arguments).exits(2);
    assert!(
        ran.err.contains("another run is at work in out"),
        "{}",
        ran.err
    );
    drop(other_run);
    directory.run(arguments).exits(0);
}

#[test]
fn a_damaged_file_is_named_and_not_counted_as_done() {
    let directory = Directory::new();
    directory.write("devices.csv", csv(2));
    directory
        .run("fleet --scheme static --out out devices.csv")
        .exits(0);
    directory.write("out/devices/sensor-1.json", "");
    let ran = directory
        .run("fleet --scheme static --out out devices.csv")
        .exits(2);
    assert!(ran.err.contains("sensor-1.json"), "{}", ran.err);
}

const STATIC: &str = "fleet --scheme static --out out devices.csv";

fn store(directory: &Directory) -> serde_json::Value {
    serde_json::from_str(&directory.read("out/authorizer-store.json")).unwrap()
}

/// The authorizer may have written into the store, and an owner by hand.
#[test]
fn a_store_that_is_there_is_added_to_and_forgets_nothing() {
    let directory = Directory::new();
    directory.write("devices.csv", csv(4));
    directory.run(STATIC).exits(0);
    let mut expected = store(&directory);
    let devices = &mut expected["devices"];
    devices["sensor-0"]["revoked"] = true.into();
    devices["sensor-1"]["counter"] = 17.into();
    devices["sensor-2"]["token_sha256"] = "0f".repeat(32).into();
    devices["sensor-3"]["generation"] = 1.into();
    devices["sensor-4"] = serde_json::json!({"revoked": true});
    devices["by-hand"] = serde_json::json!({"time": 5});
    directory.write("out/authorizer-store.json", expected.to_string());
    directory.set_mode("out/authorizer-store.json", 0o640);
    directory.write("devices.csv", csv(6));

    let ran = directory.run(STATIC).exits(0);
    assert!(
        ran.err
            .contains("has another token than the device's file for sensor-2;"),
        "{}",
        ran.err
    );
    let mut found = store(&directory);
    for new in ["sensor-4", "sensor-5"] {
        let hash = found["devices"][new]["token_sha256"].take();
        assert_eq!(hash.as_str().map(str::len), Some(64), "{new}");
    }
    expected["devices"]["sensor-4"]["token_sha256"] = serde_json::Value::Null;
    expected["devices"]["sensor-5"] = serde_json::json!({"token_sha256": null});
    assert_eq!(found, expected);
    #[cfg(unix)]
    assert_eq!(directory.mode("out/authorizer-store.json"), 0o640);
    let before = directory.read("out/authorizer-store.json");
    directory.run(STATIC).exits(0);
    assert_eq!(directory.read("out/authorizer-store.json"), before);
}

#[test]
fn a_store_that_is_not_understood_stops_the_run_before_it_begins() {
    let directory = Directory::new();
    directory.write("devices.csv", csv(1));
    fs::create_dir(directory.join("out")).unwrap();
    for text in [
        "",
        "{}",
        r#"{"devices": {"a": {"revoked": true}, "a": {}}}"#,
        r#"{"devices": {"a": {"Revoked": true}}}"#,
    ] {
        directory.write("out/authorizer-store.json", text);
        let ran = directory.run(STATIC).exits(2);
        assert!(ran.err.contains("authorizer-store.json"), "{}", ran.err);
        assert_eq!(directory.read("out/authorizer-store.json"), text);
        assert_eq!(directory.names("out/devices"), [""; 0]);
    }
}

#[cfg(unix)]
#[test]
fn a_store_behind_a_link_is_added_to_where_it_is() {
    let directory = Directory::new();
    directory.write("devices.csv", csv(1));
    directory.write("live.json", r#"{"devices": {"a": {"revoked": true}}}"#);
    fs::create_dir(directory.join("out")).unwrap();
    std::os::unix::fs::symlink("../live.json", directory.join("out/authorizer-store.json"))
        .unwrap();
    directory.run(STATIC).exits(0);
    let live: serde_json::Value = serde_json::from_str(&directory.read("live.json")).unwrap();
    assert_eq!(live["devices"]["a"]["revoked"], true);
    assert!(live["devices"]["sensor-0"]["token_sha256"].is_string());
}

#[test]
fn a_run_waits_for_the_store_s_lock_and_says_so() {
    let directory = Directory::new();
    directory.write("devices.csv", csv(1));
    directory.run(STATIC).exits(0);
    let lock = fs::File::open(directory.join("out/authorizer-store.json.lock")).unwrap();
    fs4::FileExt::lock(&lock).unwrap();
    directory.write("devices.csv", csv(2));
    let ran = directory.run(STATIC).exits(2);
    assert!(
        ran.err.contains("another process has held this lock"),
        "{}",
        ran.err
    );
    drop(lock);
    directory.run(STATIC).exits(0);
    assert!(store(&directory)["devices"]["sensor-1"].is_object());
}

/// Each file of a device that this run would not write so.
#[test]
fn a_file_that_is_there_is_believed_only_if_this_run_would_write_it() {
    let schemes = [
        "static",
        "minted --fleet-key-file fleet.key",
        "signed --signing-key signing.key --expires 4000000000",
    ];
    for format in ["json", "bin", "c-header", "hex --address 0", "nvs-csv"] {
        for scheme in schemes {
            let directory = with_keys();
            directory.write("devices.csv", csv(2));
            let arguments =
                format!("fleet --scheme {scheme} --format {format} --out out devices.csv");
            directory.run(&arguments).exits(0);
            let name = |device| {
                let mut names = directory.names("out/devices").into_iter();
                let name = names.find(|name| name.starts_with(device)).unwrap();
                format!("out/devices/{name}")
            };
            let (one, other) = (name("sensor-0"), name("sensor-1"));
            let right = fs::read(directory.join(&one)).unwrap();
            let mut longer = right.clone();
            longer.push(b'\n');
            let mut changed = right.clone();
            let middle = changed.len() / 2;
            changed[middle] ^= 1;
            let planted = [
                Vec::new(),
                b"{}".to_vec(),
                right[..right.len() - 2].to_vec(),
                longer,
                changed,
                fs::read(directory.join(&other)).unwrap(),
            ];
            for contents in planted {
                directory.write(&one, &contents);
                let ran = directory.run(&arguments).exits(2);
                assert!(
                    ran.err.contains("sensor-0")
                        && ran.err.contains("is not what this run would write"),
                    "{scheme} {format}: {}",
                    ran.err
                );
                assert_eq!(fs::read(directory.join(&one)).unwrap(), contents);
            }
            directory.write(&one, &right);
            directory.run(&arguments).exits(0);
        }
    }
}

#[test]
fn a_static_token_that_this_command_does_not_make_is_refused() {
    let directory = Directory::new();
    directory.write("devices.csv", csv(1));
    directory.run(STATIC).exits(0);
    let device: serde_json::Value =
        serde_json::from_str(&directory.read("out/devices/sensor-0.json")).unwrap();
    let token = device["token"].as_str().unwrap();
    let planted = directory
        .read("out/devices/sensor-0.json")
        .replace(token, "open-sesame");
    directory.write("out/devices/sensor-0.json", planted);
    let ran = directory.run(STATIC).exits(2);
    assert!(
        ran.err.contains("is not what this run would write"),
        "{}",
        ran.err
    );
}

#[cfg(unix)]
#[test]
fn a_planted_link_is_refused_and_leads_nowhere() {
    use std::os::unix::fs::symlink;
    let arguments = "fleet --scheme minted --fleet-key-file fleet.key --out out devices.csv";
    let start = || {
        let directory = with_keys();
        directory.write("devices.csv", csv(1));
        directory.run(arguments).exits(0);
        directory
    };
    let file = "out/devices/sensor-0.json";
    for (what, plant, expected) in [
        ("a link to the right contents", 0, "is a link or a folder"),
        ("a link to nothing", 1, "is a link or a folder"),
        ("a folder", 2, "is a link or a folder"),
        ("a second name", 3, "has another name"),
        ("readers", 4, "others may read or write it (mode 0644)"),
    ] {
        let directory = start();
        match plant {
            0 => {
                fs::rename(directory.join(file), directory.join("elsewhere")).unwrap();
                symlink(directory.join("elsewhere"), directory.join(file)).unwrap();
            }
            1 => {
                fs::remove_file(directory.join(file)).unwrap();
                symlink(directory.join("elsewhere"), directory.join(file)).unwrap();
            }
            2 => {
                fs::remove_file(directory.join(file)).unwrap();
                fs::create_dir(directory.join(file)).unwrap();
            }
            3 => fs::hard_link(directory.join(file), directory.join("elsewhere")).unwrap(),
            _ => directory.set_mode(file, 0o644),
        }
        let ran = directory.run(arguments).exits(2);
        assert!(ran.err.contains(expected), "{what}: {}", ran.err);
        assert!(plant != 1 || !directory.join("elsewhere").exists());
    }
    let directory = start();
    fs::rename(directory.join("out/devices"), directory.join("elsewhere")).unwrap();
    symlink(directory.join("elsewhere"), directory.join("out/devices")).unwrap();
    let ran = directory.run(arguments).exits(2);
    assert!(ran.err.contains("out/devices is a link"), "{}", ran.err);
}

#[test]
fn without_a_terminal_there_are_ten_lines_of_progress_at_most() {
    let directory = Directory::new();
    for devices in [1, 9, 10, 11, 105] {
        directory.write("devices.csv", csv(devices));
        let out = format!("fleet --scheme static --out out-{devices} devices.csv");
        let ran = directory.run(&out).exits(0);
        let lines: Vec<_> = ran.err.lines().collect();
        assert!(lines.len() <= 10, "{}", ran.err);
        assert_eq!(
            lines.last(),
            Some(&&*format!("{devices} of {devices} devices"))
        );
    }
}
