//! What the arithmetic starts from: what `cargo xtask wire` measured, and somebody else's prices and radios.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// As [`Figures`], for people to copy.
pub(crate) const BUILT_IN: &str = include_str!("figures.json");
const MEASURED: &str = include_str!("measured.json");

/// `cargo xtask wire --write` writes it, next to docs/wire.md.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Measured {
    #[serde(rename = "command")]
    _command: String,
    /// Of the payload of every row.
    pub(crate) payload: u64,
    pub(crate) schemes: BTreeMap<String, OverVersions>,
    /// A resumed session's handshake.
    pub(crate) resumed: OverVersions,
    pub(crate) batch: Batch,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OverVersions {
    pub(crate) tls12: Wake,
    pub(crate) tls13: Wake,
}

/// Bytes, up and down.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wake {
    pub(crate) handshake: [u64; 2],
    /// Records of TLS with the request and the response.
    pub(crate) records: [u64; 2],
    /// The request and the response.
    pub(crate) plain: [u64; 2],
}

/// Readings in one request, unsigned.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    pub(crate) readings: u64,
    #[allow(dead_code, reason = "a test compares the arithmetic with it")]
    pub(crate) tls12: Wake,
    #[allow(dead_code, reason = "a test compares the arithmetic with it")]
    pub(crate) tls13: Wake,
}

/// Replaced by `--figures`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Figures {
    #[serde(rename = "note", default)]
    _note: String,
    pub(crate) prices: Prices,
    pub(crate) durations: Durations,
    #[serde(deserialize_with = "radios")]
    pub(crate) radios: BTreeMap<String, Radio>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prices {
    pub(crate) currency: String,
    pub(crate) region: String,
    pub(crate) messages: Price,
    pub(crate) invocations: Price,
    pub(crate) gigabyte_seconds: Price,
    pub(crate) table_reads: Price,
    pub(crate) table_writes: Price,
    pub(crate) rules_triggered: Price,
    pub(crate) rule_actions: Price,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Price {
    /// `None` where none is known.
    #[serde(deserialize_with = "nullable")]
    pub(crate) per_million: Option<f64>,
    pub(crate) source: String,
    pub(crate) date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Durations {
    pub(crate) memory_mb: f64,
    pub(crate) authorizer_ms: f64,
    pub(crate) splitter_ms_per_reading: f64,
    pub(crate) source: String,
}

/// Charges in millicoulombs, of which 3,600 are one mAh.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Radio {
    pub(crate) what: String,
    /// To open a connection, its TLS handshake included.
    #[serde(deserialize_with = "nullable")]
    pub(crate) connection_mc: Option<f64>,
    /// A message of so many bytes.
    pub(crate) message_mc: f64,
    pub(crate) message_bytes: f64,
    #[serde(deserialize_with = "nullable")]
    pub(crate) sleep_mc_per_hour: Option<f64>,
    pub(crate) source: String,
    pub(crate) date: String,
}

/// What a number of the file may be.
const PRICE: RangeInclusive<f64> = 0.0..=1e9;
const CHARGE: RangeInclusive<f64> = 0.0..=1e9;
const BYTES: RangeInclusive<f64> = 1.0..=1e9;
/// Lambda's own limits.
const MEMORY: RangeInclusive<f64> = 128.0..=10_240.0;
const MILLISECONDS: RangeInclusive<f64> = 0.0..=900_000.0;

impl Figures {
    /// Refuses what gives no sound sum, by its name in the file.
    fn check(&self) -> anyhow::Result<()> {
        text("prices.currency", &self.prices.currency)?;
        text("prices.region", &self.prices.region)?;
        for (key, price) in self.prices.all() {
            let name = |field| format!("prices.{key}.{field}");
            number_or_null(&name("per_million"), price.per_million, PRICE)?;
            text(&name("source"), &price.source)?;
            text(&name("date"), &price.date)?;
        }
        let Durations {
            memory_mb,
            authorizer_ms,
            splitter_ms_per_reading,
            source,
        } = &self.durations;
        number("durations.memory_mb", *memory_mb, MEMORY)?;
        number("durations.authorizer_ms", *authorizer_ms, MILLISECONDS)?;
        number(
            "durations.splitter_ms_per_reading",
            *splitter_ms_per_reading,
            MILLISECONDS,
        )?;
        text("durations.source", source)?;
        ensure!(
            !self.radios.is_empty(),
            "radios is empty: give one radio at least"
        );
        for (key, radio) in &self.radios {
            text("the name of a radio", key)?;
            let name = |field| format!("radios.{key}.{field}");
            text(&name("what"), &radio.what)?;
            number_or_null(&name("connection_mc"), radio.connection_mc, CHARGE)?;
            number(&name("message_mc"), radio.message_mc, CHARGE)?;
            number(&name("message_bytes"), radio.message_bytes, BYTES)?;
            number_or_null(&name("sleep_mc_per_hour"), radio.sleep_mc_per_hour, CHARGE)?;
            text(&name("source"), &radio.source)?;
            text(&name("date"), &radio.date)?;
        }
        Ok(())
    }
}

impl Prices {
    /// Each with its key in the file.
    pub(crate) const fn all(&self) -> [(&'static str, &Price); 7] {
        [
            ("messages", &self.messages),
            ("invocations", &self.invocations),
            ("gigabyte_seconds", &self.gigabyte_seconds),
            ("table_reads", &self.table_reads),
            ("table_writes", &self.table_writes),
            ("rules_triggered", &self.rules_triggered),
            ("rule_actions", &self.rule_actions),
        ]
    }
}

fn number(name: &str, value: f64, allowed: RangeInclusive<f64>) -> anyhow::Result<()> {
    let (least, most) = (allowed.start(), allowed.end());
    ensure!(
        allowed.contains(&value),
        "{name} is {value}: give a number from {least} to {most}"
    );
    Ok(())
}

fn number_or_null(
    name: &str,
    value: Option<f64>,
    allowed: RangeInclusive<f64>,
) -> anyhow::Result<()> {
    value.map_or(Ok(()), |value| number(name, value, allowed))
}

fn text(name: &str, value: &str) -> anyhow::Result<()> {
    ensure!(
        !value.trim().is_empty() && !value.contains(char::is_control),
        "{name} is {value:?}: give a text of one line"
    );
    Ok(())
}

/// With this a key that is missing is refused. By itself serde takes it for null.
fn nullable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Option::deserialize(deserializer)
}

/// Of two radios with one name a plain map would drop the first.
fn radios<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Radio>, D::Error> {
    struct Radios;

    impl<'de> Visitor<'de> for Radios {
        type Value = BTreeMap<String, Radio>;

        fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
            to.write_str("radios by their names")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut radios = BTreeMap::new();
            while let Some(name) = map.next_key::<String>()? {
                if radios.contains_key(&name) {
                    return Err(A::Error::custom(format!("two radios are named {name:?}")));
                }
                radios.insert(name, map.next_value()?);
            }
            Ok(radios)
        }
    }

    deserializer.deserialize_map(Radios)
}

pub(crate) fn measured() -> anyhow::Result<Measured> {
    serde_json::from_str(MEASURED).context("the built-in measured.json")
}

pub(crate) fn read(path: Option<&Path>) -> anyhow::Result<Figures> {
    let Some(path) = path else {
        return parse(BUILT_IN).context("the built-in figures.json");
    };
    let shown = || path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(shown)?;
    parse(&text).with_context(shown)
}

fn parse(text: &str) -> anyhow::Result<Figures> {
    let figures: Figures = serde_json::from_str(text)
        .context("not figures as `motepost cost --show-figures` prints them")?;
    figures.check()?;
    Ok(figures)
}
