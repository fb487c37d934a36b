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
        (3, "INT"),
        (9, "KILL"),
        (12, "TERM"),
        (5, "KILL"),
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
            "signed --signing-key signing.key --expires 1893456000",
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
