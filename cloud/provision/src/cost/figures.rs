//! What the arithmetic starts from: what `cargo xtask wire` measured, and somebody else's prices and radios.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

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
    #[allow(dead_code, reason = "a test compares the arithmetic with it")]
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
#[allow(dead_code, reason = "a test compares the arithmetic with it")]
pub(crate) struct Batch {
    pub(crate) readings: u64,
    pub(crate) tls12: Wake,
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
    pub(crate) table_writes: Price,
    pub(crate) rules_triggered: Price,
    pub(crate) rule_actions: Price,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Price {
    /// `None` where none is known.
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
    pub(crate) connection_mc: Option<f64>,
    /// A message of so many bytes.
    pub(crate) message_mc: f64,
    pub(crate) message_bytes: f64,
    pub(crate) sleep_mc_per_hour: Option<f64>,
    pub(crate) source: String,
    pub(crate) date: String,
}

pub(crate) fn measured() -> anyhow::Result<Measured> {
    serde_json::from_str(MEASURED).context("the built-in measured.json")
}

pub(crate) fn read(path: Option<&Path>) -> anyhow::Result<Figures> {
    let Some(path) = path else {
        return serde_json::from_str(BUILT_IN).context("the built-in figures.json");
    };
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| {
        let shown = path.display();
        format!("{shown}: not figures as `motepost cost --show-figures` prints them")
    })
}
