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
        ("static", "Motepost, unsigned"),
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
    for (arguments, reason) in [
        ("--batch 3000", "more than the 128 KB"),
        ("--split", "nothing to split"),
        ("--scheme signed --once", "no other token than a minted one"),
        ("--radio smoke", "there is no smoke among lte-m, nb-iot"),
        ("--figures none.json", "none.json"),
        ("--interval 0s", "from 1ms to 100years"),
        ("--interval 1ns", "from 1ms to 100years"),
        ("--interval 101years", "from 1ms to 100years"),
        ("--interval -1h", "from 1ms to 100years"),
        ("--interval soon", "from 1ms to 100years"),
        ("--batch 0", "0 is not in 1..=100000"),
        ("--batch -1", "-1 is not in 1..=100000"),
        ("--reading -1", "-1 is not in 1..=131072"),
        ("--devices -1", "-1 is not in 1..=1000000000"),
    ] {
        let ran = directory.run(&format!("cost {arguments}")).exits(2);
        assert!(ran.err.contains(reason), "{arguments}: {}", ran.err);
    }
}

/// The authorizer's own, by docs/deploy.md: "one read or write of DynamoDB".
#[test]
fn what_the_authorizer_asks_of_the_table_is_in_the_sum() {
    let directory = Directory::new();
    for (arguments, what, money) in [
        ("", "table reads", 0.125e-6),
        ("--scheme signed", "table reads", 0.125e-6),
        ("--once", "table writes", 0.625e-6),
    ] {
        let report = json(&directory, arguments);
        assert_eq!(row(&report, what)["request"], 1.0, "{arguments}");
        let all = report["money"].as_array().unwrap();
        let tables: Vec<_> = all
            .iter()
            .filter(|of| of["what"].as_str().unwrap().starts_with("table"))
            .collect();
        let [table] = tables[..] else {
            panic!("{tables:?}")
        };
        assert_eq!(
            (table["what"].as_str(), table["request"].as_f64()),
            (Some(what), Some(money))
        );
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

/// By its name in the file, with what is allowed.
#[test]
fn a_figure_that_gives_no_sound_sum_is_refused() {
    let directory = Directory::new();
    let printed = directory.run("cost --show-figures").exits(0).out;
    let price = "give a number from 0 to 1000000000";
    let text = "give a text of one line";
    for (place, value, reasons) in [
        (
            "/prices/messages/per_million",
            "-1",
            ["prices.messages.per_million is -1", price],
        ),
        (
            "/prices/rule_actions/per_million",
            "1e300",
            ["prices.rule_actions.per_million is 1000", price],
        ),
        (
            "/prices/messages/per_million",
            "1e400",
            ["number out of range", "line"],
        ),
        (
            "/prices/messages/per_million",
            "\"1\"",
            ["invalid type: string \"1\"", "line"],
        ),
        (
            "/prices/table_writes/source",
            "\"\"",
            ["prices.table_writes.source is \"\"", text],
        ),
        (
            "/prices/invocations/date",
            "\" \"",
            ["prices.invocations.date is \" \"", text],
        ),
        (
            "/prices/region",
            "\"a\\nb\"",
            ["prices.region is \"a\\nb\"", text],
        ),
        (
            "/prices/currency",
            "\"\"",
            ["prices.currency is \"\"", text],
        ),
        (
            "/durations/memory_mb",
            "0",
            ["durations.memory_mb is 0", "from 128 to 10240"],
        ),
        (
            "/durations/authorizer_ms",
            "-1",
            ["durations.authorizer_ms is -1", "from 0 to 900000"],
        ),
        (
            "/durations/splitter_ms_per_reading",
            "1e6",
            [
                "durations.splitter_ms_per_reading is 1000000",
                "from 0 to 900000",
            ],
        ),
        (
            "/durations/source",
            "\"\"",
            ["durations.source is \"\"", text],
        ),
        (
            "/radios/nb-iot/message_bytes",
            "0",
            ["radios.nb-iot.message_bytes is 0", "from 1 to 1000000000"],
        ),
        (
            "/radios/nb-iot/message_mc",
            "-0.5",
            ["radios.nb-iot.message_mc is -0.5", price],
        ),
        (
            "/radios/nb-iot/message_mc",
            "null",
            ["invalid type: null", "line"],
        ),
        (
            "/radios/nb-iot/connection_mc",
            "-1",
            ["radios.nb-iot.connection_mc is -1", price],
        ),
        (
            "/radios/lte-m/sleep_mc_per_hour",
            "-1",
            ["radios.lte-m.sleep_mc_per_hour is -1", price],
        ),
        (
            "/radios/lte-m/what",
            "\"\"",
            ["radios.lte-m.what is \"\"", text],
        ),
        (
            "/radios/lte-m/source",
            "\"\"",
            ["radios.lte-m.source is \"\"", text],
        ),
        (
            "/radios/lte-m/date",
            "\"\"",
            ["radios.lte-m.date is \"\"", text],
        ),
        (
            "/radios",
            "{}",
            ["radios is empty", "give one radio at least"],
        ),
    ] {
        let mut figures: Value = serde_json::from_str(&printed).unwrap();
        *figures.pointer_mut(place).unwrap() = Value::from("HERE");
        let figures = figures.to_string().replace("\"HERE\"", value);
        directory.write("own.json", figures);
        for output in ["", "--json"] {
            let arguments = format!("cost --figures own.json {output}");
            let ran = directory.run(&arguments).exits(2);
            assert_eq!(ran.out, "", "{place} {value}");
            for reason in ["own.json"].iter().chain(&reasons) {
                assert!(ran.err.contains(reason), "{place} {value}: {}", ran.err);
            }
        }
    }
}

#[test]
fn a_file_that_is_no_list_of_figures_is_refused() {
    let directory = Directory::new();
    let printed = directory.run("cost --show-figures").exits(0).out;
    for (from, to, reason) in [
        ("\"messages\"", "\"letters\"", "unknown field `letters`"),
        ("\"per_million\": 1.00,", "", "missing field `per_million`"),
        ("\"message_mc\": 28.76,", "", "missing field `message_mc`"),
        (
            "\"sleep_mc_per_hour\": 29.52,",
            "",
            "missing field `sleep_mc_per_hour`",
        ),
        (
            "\"memory_mb\": 128,",
            "\"memory_mb\": 128, \"memory_mb\": 256,",
            "duplicate field `memory_mb`",
        ),
        ("\"lte-m\"", "\"nb-iot\"", "two radios are named \"nb-iot\""),
        ("\"lte-m\"", "\"\"", "the name of a radio is \"\""),
        ("{", "", "line 2"),
    ] {
        directory.write("own.json", printed.replacen(from, to, 1));
        let ran = directory.run("cost --figures own.json").exits(2);
        for reason in ["own.json", reason] {
            assert!(ran.err.contains(reason), "{from} {to}: {}", ran.err);
        }
    }
}

#[test]
fn a_price_in_the_sum_has_its_source_in_each_report() {
    let directory = Directory::new();
    let printed = directory.run("cost --show-figures").exits(0).out;
    let mut figures: Value = serde_json::from_str(&printed).unwrap();
    let names = [
        ("messages", "messages"),
        ("invocations", "invocations"),
        ("gigabyte_seconds", "GB seconds"),
        ("table_reads", "table reads"),
        ("table_writes", "table writes"),
        ("rules_triggered", "rules triggered"),
        ("rule_actions", "rule actions"),
    ];
    for (key, _) in names {
        figures["prices"][key] = serde_json::json!({
            "per_million": 0.15, "source": format!("our bill of {key}"), "date": "2026-11",
        });
    }
    directory.write("own.json", figures.to_string());
    let arguments = "--figures own.json --batch 24 --split";
    let table = directory.run(&format!("cost {arguments}")).exits(0).out;
    let report = json(&directory, arguments);
    for (key, name) in names {
        let line = format!("  {name}: our bill of {key} (2026-11)\n");
        assert!(table.contains(&line), "{name}: {table}");
        let source = &report["sources"][key];
        assert_eq!(source["source"], format!("our bill of {key}"));
        assert_eq!(source["per_million"], 0.15);
        let all = report["money"].as_array().unwrap();
        assert!(all.iter().any(|of| of["what"] == name), "{name}");
    }
}

#[test]
fn bytes_of_a_request_that_was_not_measured_are_called_arithmetic() {
    let directory = Directory::new();
    for (arguments, up) in [
        ("", "measured"),
        ("--scheme static --batch 24", "measured"),
        ("--scheme static --batch 24 --split", "arithmetic"),
        ("--batch 7", "arithmetic"),
    ] {
        let report = json(&directory, arguments);
        assert_eq!(row(&report, "bytes up")["from"], up, "{arguments}");
        assert_eq!(row(&report, "bytes down")["from"], "measured");
    }
    let split = directory.run("cost --batch 24 --split").exits(0).out;
    let form = "$aws/rules/readings/uniqueID/batch/4294967295, each element [number,reading]";
    assert!(split.contains(form), "{split}");
}

/// The first promise of docs/cost.md, in its own words.
#[test]
fn the_page_says_what_24_readings_in_one_request_cost() {
    let directory = Directory::new();
    let page = include_str!("../../../../docs/cost.md").replace('\n', " ");
    let costs = |batch, times: f64| {
        let report = json(&directory, &format!("--scheme static --batch {batch}"));
        let part = |what| times * row(&report, what)["request"].as_f64().unwrap();
        let bytes = part("bytes up") + part("bytes down");
        [bytes, part("messages metered"), part("authorizer runs")]
    };
    let together = costs(24, 1.0);
    let apart = costs(1, 24.0);
    for (one, all) in together.iter().zip(apart) {
        assert!(one * 10.0 <= all, "{one} {all}");
    }
    let bytes = |bytes: f64| format!("{},{:03}", bytes as u64 / 1000, bytes as u64 % 1000);
    for promise in [
        format!(
            "in one request over a chain like AWS's: {} bytes, {} metered messages and {} run of the authorizer",
            bytes(together[0]),
            together[1],
            together[2]
        ),
        format!(
            "One request each: {} bytes, {} messages and {} runs",
            bytes(apart[0]),
            apart[1],
            apart[2]
        ),
    ] {
        assert!(page.contains(&promise), "{promise}");
    }
}

/// Numbers of any length stay apart.
#[test]
fn columns_do_not_run_into_each_other() {
    let directory = Directory::new();
    let all = "cost --interval 1ms --devices 1000000000";
    let table = directory.run(all).exits(0).out;
    let line = table
        .lines()
        .find(|line| line.starts_with("bytes down"))
        .unwrap();
    let cells: Vec<_> = line.split_whitespace().collect();
    assert_eq!(cells[2..4], ["5,473", "5,473"]);
    assert_eq!(cells.len(), 6, "{line}");
}
