//! `docs/wire.md`, between two markers, and `docs/wire.svg`.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::clients::{Further, MESSAGE, READINGS, TOPIC};
use crate::terminator::Count;
use crate::{Result, Row};

const BEGIN: &str = "<!-- wire:begin -->";
const END: &str = "<!-- wire:end -->";

/// Of curl, boto3 and a signature in DER, another version or another key makes a few bytes.
const SLACK: usize = 24;
/// Of AWS's response, in bytes: `tests/responses/accepted.http`.
const ACCEPTED_BODY: usize = 65;

pub fn write(rows: &[Row], further: &Further) -> Result<()> {
    let path = page();
    let text = fs::read_to_string(&path)?;
    let (before, _, after) = parts(&text)?;
    fs::write(
        &path,
        format!("{before}{BEGIN}\n{}{END}{after}", tables(rows, further)),
    )?;
    fs::write(path.with_extension("svg"), svg(rows))?;
    fs::write(
        for_cost(),
        format!("{:#}\n", measured_figures(rows, further)),
    )?;
    Ok(())
}

/// Fails when a figure of the page is not what was measured: exactly, where a row is of ours or MQTT's and holds no random
/// bytes; otherwise nearly.
pub fn check(rows: &[Row], further: &Further) -> Result<()> {
    let text = fs::read_to_string(page())?;
    let (_, committed, _) = parts(&text)?;
    let measured = tables(rows, further);
    let (committed, measured): (Vec<_>, Vec<_>) = (
        committed.trim().lines().collect(),
        measured.trim().lines().collect(),
    );
    let differing = committed.iter().zip(&measured).find(|(a, b)| !agree(a, b));
    if let Some((committed, measured)) = differing {
        return Err(format!("docs/wire.md is out of date; run `cargo xtask wire --write`.\n  committed: {committed}\n  measured:  {measured}").into());
    }
    if committed.len() != measured.len() {
        return Err("docs/wire.md has other rows; run `cargo xtask wire --write`.".into());
    }
    let committed = serde_json::from_str(&fs::read_to_string(for_cost())?)?;
    if !agree_in_json(&committed, &measured_figures(rows, further)) {
        let path = for_cost();
        let path = path.display();
        return Err(format!("{path} is out of date; run `cargo xtask wire --write`.").into());
    }
    Ok(())
}

/// What `motepost cost` reckons with.
fn for_cost() -> PathBuf {
    xtask::workspace_root().join("cloud/provision/src/cost/measured.json")
}

fn measured_figures(rows: &[Row], further: &Further) -> Value {
    let wake = |count: &Count| {
        json!({
            "handshake": [count.up.handshake, count.down.handshake],
            "records": [count.up.records, count.down.records],
            "plain": [count.up.plain, count.down.plain],
        })
    };
    let scheme = |name: &str| {
        let row = rows.iter().find(|row| row.name == name);
        row.map(|row| json!({"tls12": wake(&row.tls12), "tls13": wake(&row.tls13)}))
    };
    let [resumed12, resumed13] = &further.resumed;
    let [batch12, batch13] = &further.batch;
    json!({
        "command": "cargo xtask wire --write",
        "payload": MESSAGE.len(),
        "schemes": {
            "unsigned": scheme("Motepost, unsigned"),
            "minted": scheme("Motepost, minted token"),
            "signed": scheme("Motepost, signed with RSA-2048"),
        },
        "resumed": {"tls12": wake(resumed12), "tls13": wake(resumed13)},
        "batch": {"readings": READINGS, "tls12": wake(batch12), "tls13": wake(batch13)},
    })
}

fn agree_in_json(committed: &Value, measured: &Value) -> bool {
    match (committed, measured) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| agree_in_json(a, b)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agree_in_json(a, b))
        }
        (Value::Number(a), Value::Number(b)) => match (a.as_u64(), b.as_u64()) {
            (Some(a), Some(b)) => a.abs_diff(b) <= SLACK as u64,
            _ => false,
        },
        (a, b) => a == b,
    }
}

fn agree(committed: &str, measured: &str) -> bool {
    let exact = ["Motepost", "MQTT", "one more"]
        .iter()
        .any(|start| committed.starts_with(&format!("| {start}")));
    let (committed, measured): (Vec<_>, Vec<_>) = (
        committed.split('|').collect(),
        measured.split('|').collect(),
    );
    committed.len() == measured.len()
        && committed
            .iter()
            .zip(&measured)
            .enumerate()
            .all(|(column, (a, b))| match (number(a), number(b)) {
                // The first two columns of figures are what the client wrote and read.
                (Some(a), Some(b)) if exact && column == 2 => a == b,
                (Some(a), Some(b)) => a.abs_diff(b) <= SLACK + b / 50,
                _ => a == b,
            })
}

fn number(cell: &str) -> Option<usize> {
    cell.replace(['*', ','], "").trim().parse().ok()
}

fn page() -> PathBuf {
    xtask::workspace_root().join("docs/wire.md")
}

fn parts(text: &str) -> Result<(&str, &str, &str)> {
    let (before, rest) = text
        .split_once(BEGIN)
        .ok_or("docs/wire.md has no begin marker")?;
    let (inside, after) = rest
        .split_once(END)
        .ok_or("docs/wire.md has no end marker")?;
    Ok((before, inside, after))
}

fn tables(rows: &[Row], further: &Further) -> String {
    let mut text = String::from(
        "| TLS 1.2 | written | read | in records up | down | handshake up | down | a whole wake | the same over TLS 1.3 |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let (up, down) = (row.tls12.up, row.tls12.down);
        let cells = [
            up.plain,
            down.plain,
            up.records,
            down.records,
            up.handshake,
            down.handshake,
            row.tls12.handshake() + row.tls12.records(),
            row.tls13.handshake() + row.tls13.records(),
        ];
        line(&mut text, row.name, &cells);
    }
    text += "\n| one more message on an open connection, TLS 1.2 | written | read | in records up | down |\n|---|--:|--:|--:|--:|\n";
    for (name, count) in ["one more by Motepost, unsigned", "one more by MQTT"]
        .iter()
        .zip(further.next)
    {
        line(
            &mut text,
            name,
            &[
                count.up.plain,
                count.down.plain,
                count.up.records,
                count.down.records,
            ],
        );
    }
    text += "\n| a day's readings, unsigned | bytes over TLS 1.2 | over TLS 1.3 | messages metered | functions invoked |\n|---|--:|--:|--:|--:|\n";
    let whole = |count: &Count| count.handshake() + count.records();
    let one = rows.iter().find(|row| row.name == "Motepost, unsigned");
    if let Some(one) = one {
        let times = |bytes: usize| bytes * READINGS;
        let cells = [
            times(whole(&one.tls12)),
            times(whole(&one.tls13)),
            times(2),
            times(1),
        ];
        line(&mut text, "24 requests with one reading", &cells);
        let [tls12, tls13] = &further.batch;
        line(
            &mut text,
            "one request with 24 readings",
            &[whole(tls12), whole(tls13), 2, 1],
        );
    }
    text += "\n| handshake of a resumed session, no certificate of the device's | up | down |\n|---|--:|--:|\n";
    for (name, count) in ["TLS 1.2", "TLS 1.3"].iter().zip(further.resumed) {
        line(&mut text, name, &[count.up.handshake, count.down.handshake]);
    }
    text + &metered()
}

/// AWS meters messages in units of 5 KB.
const UNIT: usize = 5 * 1024;
/// In cents of a dollar per million, Europe (Ireland), the first billion of a month, as the examples on AWS's pricing pages said in
/// September 2026: <https://aws.amazon.com/iot-core/pricing/>, <https://aws.amazon.com/lambda/pricing/>.
const MESSAGES: usize = 100;
const INVOCATIONS: usize = 20;

/// What a wake is charged for, by AWS's metering rules. The bodies are those of the other tables.
fn metered() -> String {
    let units = |bytes: usize| bytes.div_ceil(UNIT).max(1);
    let http = units(MESSAGE.len()) + units(ACCEPTED_BODY);
    // CONNECT and PUBLISH; CONNACK, PUBACK from the service and DISCONNECT are free.
    let mqtt = 1 + units(TOPIC.len() + MESSAGE.len());
    let mut text = String::from(
        "\n| what is charged for | messages metered | functions invoked | cents a million times |\n|---|--:|--:|--:|\n",
    );
    for (name, cells) in [
        ("an HTTP publish, custom authorizer", [http, 1]),
        ("an HTTP publish, SigV4", [http, 0]),
        ("MQTT, custom authorizer", [mqtt, 1]),
        ("MQTT, X.509", [mqtt, 0]),
        (
            "one more on an open connection, HTTP, custom authorizer",
            [http, 1],
        ),
        (
            "one more on an open connection, MQTT",
            [units(TOPIC.len() + MESSAGE.len()), 0],
        ),
    ] {
        let [messages, invocations] = cells;
        let cents = messages * MESSAGES + invocations * INVOCATIONS;
        line(&mut text, name, &[messages, invocations, cents]);
    }
    text
}

fn line(text: &mut String, name: &str, cells: &[usize]) {
    let cells: Vec<String> = cells.iter().map(|cell| grouped(*cell)).collect();
    let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
}

fn grouped(number: usize) -> String {
    if number < 1000 {
        number.to_string()
    } else {
        format!("{},{:03}", number / 1000, number % 1000)
    }
}

const LEFT: usize = 310;
const LONGEST: usize = 490;

fn svg(rows: &[Row]) -> String {
    let whole = |row: &Row| row.tls12.handshake() + row.tls12.records();
    let longest = rows.iter().map(whole).max().unwrap_or(1);
    let width_of = |bytes: usize| bytes * LONGEST / longest;
    let height = 62 + 26 * rows.len() + 14;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 {height}\" width=\"900\" height=\"{height}\" role=\"img\" \
         aria-label=\"Bytes of TLS that one wake puts on the wire, by client: data and handshake\">\n<style>\n\
         text {{ font: 12px system-ui, sans-serif; fill: #1f2328 }}\n.title {{ font-size: 15px; font-weight: 600 }}\n\
         .soft {{ fill: #59636e }}\n.ours {{ fill: #0969da }} text.ours {{ font-weight: 600 }}\n.peer {{ fill: #59636e }}\n\
         .handshake {{ fill: #c8d1da }}\n@media (prefers-color-scheme: dark) {{\n\
         text {{ fill: #f0f6fc }} .soft {{ fill: #9198a1 }} .ours {{ fill: #58a6ff }} .peer {{ fill: #9198a1 }} .handshake {{ fill: #3d444d }}\n\
         }}\n</style>\n\
         <text class=\"title\" x=\"0\" y=\"16\">One wake that publishes one reading, bytes of TLS 1.2, both ways, shorter is better</text>\n\
         <text class=\"soft\" x=\"{LEFT}\" y=\"46\">dark: request and response; pale: the handshake, with four RSA certificates as AWS sends them</text>\n"
    );
    for (at, row) in rows.iter().enumerate() {
        let (top, class) = (62 + 26 * at, if row.ours { "ours" } else { "peer" });
        let label = if row.ours { " class=\"ours\"" } else { "" };
        let (data, handshake) = (
            width_of(row.tls12.records()),
            width_of(row.tls12.handshake()),
        );
        let _ = writeln!(
            svg,
            "<text{label} x=\"0\" y=\"{base}\">{}</text><rect class=\"{class}\" x=\"{LEFT}\" y=\"{top}\" width=\"{data}\" height=\"18\"/>\
             <rect class=\"handshake\" x=\"{}\" y=\"{top}\" width=\"{handshake}\" height=\"18\"/><text x=\"{}\" y=\"{base}\">{} + {}</text>",
            row.name,
            LEFT + data,
            LEFT + data + handshake + 6,
            grouped(row.tls12.records()),
            grouped(row.tls12.handshake()),
            base = top + 13,
        );
    }
    svg + "</svg>\n"
}
