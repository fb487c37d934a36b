//! `motepost cost`

use serde_json::Value;

use crate::support::Directory;

fn json(directory: &Directory, arguments: &str) -> Value {
    let ran = directory.run(&format!("cost --json {arguments}")).exits(0);
    serde_json::from_str(&ran.out).unwrap()
}

fn row<'r>(report: &'r Value, what: &str) -> &'r Value {
    let rows = report["rows"].as_array().unwrap();
    rows.iter().find(|row| row["what"] == what).unwrap()
}

/// What docs/wire.md says of one wake.
#[test]
fn a_wake_is_as_long_as_it_was_measured() {
    let directory = Directory::new();
    let page = include_str!("../../../../docs/wire.md");
    for (scheme, name) in [
        ("unsigned", "Motepost, unsigned"),
        ("minted", "Motepost, minted token"),
        ("signed", "Motepost, signed with RSA-2048"),
    ] {
        let line = page
            .lines()
            .find(|line| line.starts_with(&format!("| {name} |")))
            .unwrap();
        let cells: Vec<_> = line
            .split('|')
            .map(|cell| cell.trim().replace(',', ""))
            .collect();
        for (transport, cell) in [("tls1.2", &cells[8]), ("tls1.3", &cells[9])] {
            let report = json(
                &directory,
                &format!("--scheme {scheme} --transport {transport}"),
            );
            let part = |what| row(&report, what)["request"].as_f64().unwrap();
            let bytes = part("bytes up") + part("bytes down");
            assert_eq!(bytes, cell.parse::<f64>().unwrap(), "{scheme} {transport}");
        }
    }
}

#[test]
fn prices_and_radios_can_be_replaced() {
    let directory = Directory::new();
    let figures = directory.run("cost --show-figures").exits(0).out;
    directory.write(
        "own.json",
        figures.replace("\"per_million\": 1.00", "\"per_million\": 2.00"),
    );
    let money = |arguments: &str| {
        let report = json(&directory, arguments);
        let all = report["money"].as_array().unwrap();
        let messages = all.iter().find(|of| of["what"] == "messages").unwrap();
        messages["request"].as_f64().unwrap()
    };
    assert_eq!(money(""), 2e-6);
    assert_eq!(money("--figures own.json"), 4e-6);
}

#[test]
fn what_cannot_be_reckoned_is_refused() {
    let directory = Directory::new();
    let figures = directory.run("cost --show-figures").exits(0).out;
    directory.write("other.json", figures.replace("\"messages\"", "\"letters\""));
    for (arguments, reason) in [
        ("--batch 3000", "more than the 128 KB"),
        ("--split", "nothing to split"),
        ("--interval 0s", "longer than 0"),
        ("--radio smoke", "there is no smoke among lte-m, nb-iot"),
        ("--figures none.json", "none.json"),
        (
            "--figures other.json",
            "not figures as `motepost cost --show-figures` prints them",
        ),
    ] {
        let ran = directory.run(&format!("cost {arguments}")).exits(2);
        assert!(ran.err.contains(reason), "{arguments}: {}", ran.err);
    }
}

/// Each line says where its number is from, and what nobody knows is no zero.
#[test]
fn what_nobody_knows_is_said() {
    let directory = Directory::new();
    let report = json(&directory, "--transport gateway");
    assert_eq!(row(&report, "charge of the radio")["request"], Value::Null);
    let table = directory.run("cost --transport gateway").exits(0).out;
    assert!(table.contains("nobody's figure"), "{table}");
    let split = directory.run("cost --batch 24 --split").exits(0).out;
    assert!(
        split.contains("No price known, and not in the sum: rules triggered, rule actions."),
        "{split}"
    );
}
