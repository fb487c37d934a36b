//! The estimate as a table and as JSON.

use std::fmt::Write as _;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::estimate::Estimate;
use super::figures::{Figures, Radio};
use super::plan::Plan;
use super::wire::SPLIT_TOPIC;

const MC_PER_MAH: f64 = 3600.0;

fn name(value: &impl ValueEnum) -> String {
    let value = value.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

/// One line: what, how much a request, and where it is from.
struct Line {
    what: &'static str,
    request: Option<f64>,
    from: &'static str,
    unit: &'static str,
}

fn lines(estimate: &Estimate<'_>) -> Vec<Line> {
    let line = |what, request, from, unit| Line {
        what,
        request,
        from,
        unit,
    };
    let count = |number: u64| Some(number as f64);
    let of_request = if estimate.is_measured {
        "measured"
    } else {
        "arithmetic"
    };
    let mut lines = vec![
        line("bytes up", count(estimate.bytes.up()), of_request, ""),
        line("bytes down", count(estimate.bytes.down()), "measured", ""),
        line("round trips", count(estimate.round_trips), "arithmetic", ""),
        line(
            "messages metered",
            count(estimate.messages),
            "arithmetic",
            "",
        ),
        line(
            "authorizer runs",
            count(estimate.authorizer_invocations),
            "arithmetic",
            "",
        ),
    ];
    if estimate.splitter_invocations > 0 {
        lines.push(line(
            "messages of the splitter",
            count(estimate.split_messages),
            "arithmetic",
            "",
        ));
        lines.push(line(
            "splitter runs",
            count(estimate.splitter_invocations),
            "arithmetic",
            "",
        ));
    }
    for (what, number) in [
        ("table reads", estimate.table_reads),
        ("table writes", estimate.table_writes),
    ] {
        if number > 0 {
            lines.push(line(what, count(number), "arithmetic", ""));
        }
    }
    lines.push(line("money", Some(estimate.price()), "others", "USD"));
    lines.push(line(
        "charge of the radio",
        estimate.charge_mc.map(|charge| charge / MC_PER_MAH),
        "others",
        "mAh",
    ));
    lines
}

pub(crate) fn table(
    plan: &Plan,
    estimate: &Estimate<'_>,
    figures: &Figures,
    radio: &Radio,
    devices: u64,
) -> String {
    [
        heading(plan, estimate, devices),
        rows(plan, estimate, figures, devices),
        not_in_the_rows(estimate),
        sources(plan, estimate, figures, radio),
    ]
    .concat()
}

fn heading(plan: &Plan, estimate: &Estimate<'_>, devices: u64) -> String {
    format!(
        "{} of {} bytes in a request of {} bytes payload, {}, {}, one every {}; {} devices\n\n",
        if plan.batch == 1 {
            "1 reading".to_owned()
        } else {
            format!("{} readings", plan.batch)
        },
        plan.reading,
        estimate.payload,
        name(&plan.scheme),
        name(&plan.transport),
        humantime::format_duration(plan.interval),
        devices,
    )
}

fn rows(plan: &Plan, estimate: &Estimate<'_>, figures: &Figures, devices: u64) -> String {
    let readings = plan.batch as f64;
    let month = estimate.requests_a_month * devices as f64;
    let mut text = format!(
        "{:26} {:>13} {:>13} {:>17}   from\n",
        "", "a request", "a reading", "the fleet's month"
    );
    for line in lines(estimate) {
        let what = if line.unit.is_empty() {
            line.what.to_owned()
        } else {
            let unit = if line.unit == "USD" {
                &figures.prices.currency
            } else {
                line.unit
            };
            format!("{} ({unit})", line.what)
        };
        let _ = match line.request {
            Some(request) => writeln!(
                text,
                "{what:26} {:>13} {:>13} {:>17}   {}",
                shown(request),
                shown(request / readings),
                shown(request * month),
                line.from
            ),
            None => writeln!(
                text,
                "{what:26} {:>13} {:>13} {:>17}   nobody's figure",
                "-", "-", "-"
            ),
        };
    }
    text
}

/// The device's sleep, and what has no price.
fn not_in_the_rows(estimate: &Estimate<'_>) -> String {
    let mut text = String::new();
    if let Some(sleep) = estimate.sleep_mc_a_month {
        let _ = writeln!(
            text,
            "\nA device asleep for the month: {} mAh.",
            shown(sleep / MC_PER_MAH)
        );
    }
    let unpriced = estimate.unpriced();
    if !unpriced.is_empty() {
        let _ = writeln!(
            text,
            "No price known, and not in the sum: {}.",
            unpriced.join(", ")
        );
    }
    text
}

/// Where each number is from.
fn sources(plan: &Plan, estimate: &Estimate<'_>, figures: &Figures, radio: &Radio) -> String {
    let mut text = "\nmeasured: cargo xtask wire, over four RSA certificates. TCP and IP are left out.\n\
             arithmetic: bytes of a request that was not measured, by its difference from one that was; AWS's rules of metering; \
             round trips of TCP, TLS and HTTP.\n"
        .to_owned();
    if plan.is_split {
        let _ = writeln!(
            text,
            "  for the splitter: {SPLIT_TOPIC}, each element [number,reading] with a number of ten digits, the most it has"
        );
    }
    let _ = writeln!(
        text,
        "others: {}; money is these prices times what is counted above",
        figures.prices.region
    );
    for item in &estimate.items {
        let (source, date) = (&item.price.source, &item.price.date);
        let _ = writeln!(text, "  {}: {source} ({date})", item.what);
    }
    let _ = writeln!(
        text,
        "  how long functions run: {}",
        figures.durations.source
    );
    let _ = writeln!(
        text,
        "  radio: {}; {} ({})",
        radio.what, radio.source, radio.date
    );
    text
}

pub(crate) fn json(
    plan: &Plan,
    estimate: &Estimate<'_>,
    figures: &Figures,
    radio: &Radio,
    devices: u64,
) -> String {
    let readings = plan.batch as f64;
    let month = estimate.requests_a_month * devices as f64;
    let rows: Vec<Value> = lines(estimate)
        .into_iter()
        .map(|line| {
            json!({
                "what": line.what,
                "unit": if line.unit == "USD" { figures.prices.currency.as_str() } else { line.unit },
                "request": line.request,
                "reading": line.request.map(|request| request / readings),
                "fleet_month": line.request.map(|request| request * month),
                "from": line.from,
            })
        })
        .collect();
    let money: Vec<Value> = estimate
        .items
        .iter()
        .map(|item| json!({"what": item.what, "count": item.count, "request": item.money()}))
        .collect();
    let mut sources = json!({
        "measured": "cargo xtask wire, over four RSA certificates",
        "region": figures.prices.region,
        "durations": figures.durations.source,
        "radio": {"what": radio.what, "source": radio.source, "date": radio.date},
    });
    for (key, price) in figures.prices.all() {
        sources[key] =
            json!({"per_million": price.per_million, "source": price.source, "date": price.date});
    }
    let report = json!({
        "plan": {
            "scheme": name(&plan.scheme),
            "interval_seconds": plan.interval.as_secs_f64(),
            "batch": plan.batch,
            "reading_bytes": plan.reading,
            "payload_bytes": estimate.payload,
            "transport": name(&plan.transport),
            "split": plan.is_split,
            "once": plan.is_once,
            "devices": devices,
        },
        "requests_a_month": estimate.requests_a_month,
        "readings_a_month": estimate.readings_a_month,
        "rows": rows,
        "money": money,
        "unpriced": estimate.unpriced(),
        "sleep_mah_a_month": estimate.sleep_mc_a_month.map(|sleep| sleep / MC_PER_MAH),
        "sources": sources,
    });
    format!("{report:#}\n")
}

/// Three digits that count, or all before the point.
fn shown(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    if number >= 1000.0 {
        return grouped(number.round());
    }
    let places = 2.0 - number.abs().log10().floor();
    let places = places.clamp(0.0, 12.0) as usize;
    let text = format!("{number:.places$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        for (number, expected) in [
            (0.0, "0"),
            (2.0, "2"),
            (1234567.4, "1,234,567"),
            (999.0, "999"),
            (296.25, "296"),
            (29.6, "29.6"),
            (0.083_333, "0.0833"),
            (0.000_002_2, "0.0000022"),
        ] {
            assert_eq!(shown(number), expected);
        }
    }
}
