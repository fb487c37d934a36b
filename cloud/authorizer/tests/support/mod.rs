//! What the tests share: a fleet, its keys and the store that begins each test.

#![allow(dead_code, reason = "each test file uses its own part of it")]

pub mod cfn_lint;
#[cfg(feature = "aws")]
pub mod moto;
pub mod python;
pub mod race;
pub mod table;

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use motepost::token::{DeviceKey, FleetKey, Freshness};
use motepost_authorizer::{Authorizer, Config};
use serde_json::{Value, json};

const KEY: [u8; 32] = [7; 32];
const OLD_KEY: [u8; 32] = [8; 32];

/// `printf %s 'correct horse' | sha256sum`
pub const TOKEN_SHA256: &str = "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631";

pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

pub fn mint(id: &str, freshness: Freshness) -> String {
    device_key(id)
        .mint(id, freshness)
        .expect("a sound id")
        .to_string()
}

pub fn device_key(id: &str) -> DeviceKey {
    FleetKey::new(KEY).device_key(id)
}

/// Two devices with a static token, one of them with a dash in its id; one that is revoked; one without a token; one
/// with its third key.
pub fn devices() -> Value {
    json!({
        "uniqueID": {"token_sha256": TOKEN_SHA256},
        "sensor-1": {"token_sha256": TOKEN_SHA256},
        "stolen": {"token_sha256": TOKEN_SHA256, "revoked": true},
        "counting": {},
        "rekeyed": {"generation": 2},
    })
}

/// The file store with these devices.
pub fn write_store(path: &Path) {
    std::fs::write(path, json!({"devices": devices()}).to_string()).unwrap();
}

/// Two, for one is being replaced.
pub fn fleet_keys() -> String {
    let hex = |key: [u8; 32]| key.map(|byte| format!("{byte:02x}")).concat();
    format!("{} {}", hex(KEY), hex(OLD_KEY))
}

/// The function's environment.
pub fn environment(schemes: &str, store: &Path) -> Vec<(&'static str, String)> {
    let mut variables = vec![
        ("SCHEMES", schemes.to_owned()),
        (
            "IOT_ARN_PREFIX",
            "arn:aws:iot:eu-central-1:123456789012".to_owned(),
        ),
        ("STORE_FILE", store.to_str().unwrap().to_owned()),
    ];
    variables.extend(
        schemes
            .contains("minted")
            .then(|| ("FLEET_KEY_HEX", fleet_keys())),
    );
    variables
}

pub async fn try_open(variables: &[(&'static str, String)]) -> Result<Authorizer, String> {
    let find = |name: &str| {
        let found = variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| value.clone())
    };
    let config = Config::from_environment(find).map_err(|error| error.to_string())?;
    Authorizer::open(config)
        .await
        .map_err(|error| error.to_string())
}

pub async fn open(variables: &[(&'static str, String)]) -> Authorizer {
    try_open(variables).await.unwrap()
}

pub fn open_now(variables: &[(&'static str, String)]) -> Authorizer {
    block_on(open(variables))
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// One row of `events.json`.
pub struct Row {
    pub name: String,
    pub schemes: String,
    pub event: Value,
    pub expected: Expected,
}

pub enum Expected {
    Allow { id: String, scheme: String },
    Deny { reason: String },
}

/// The table, in which `<mint ID time OFFSET>`, `<mint ID counter N>` and `<sign ID OFFSET>` stand for tokens of that moment.
pub fn rows(now: u64) -> Vec<Row> {
    let table: Vec<Value> = serde_json::from_str(include_str!("../events.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let row = |row: &Value| Row {
        name: text(&row["name"]),
        schemes: row
            .get("schemes")
            .map_or("static,minted,signed".to_owned(), text),
        event: with_tokens(&row["event"], now),
        expected: match row.get("allow") {
            Some(allow) => Expected::Allow {
                id: text(&allow["id"]),
                scheme: text(&allow["scheme"]),
            },
            None => Expected::Deny {
                reason: text(&row["deny"]),
            },
        },
    };
    table.iter().map(row).collect()
}

fn with_tokens(value: &Value, now: u64) -> Value {
    match value {
        Value::String(text) => Value::String(expand(text, now)),
        Value::Array(items) => items.iter().map(|item| with_tokens(item, now)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), with_tokens(value, now)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn expand(text: &str, now: u64) -> String {
    let Some((before, rest)) = text.split_once('<') else {
        return text.to_owned();
    };
    let (what, after) = rest.split_once('>').unwrap();
    let words: Vec<_> = what.split(' ').collect();
    let at = |offset: &str| now.checked_add_signed(offset.parse().unwrap()).unwrap();
    let token = match words.as_slice() {
        ["sign", id, offset] => format!("{id}.{}", at(offset)),
        [kind, id, "time", offset] => {
            minted(kind, id, Freshness::Time(at(offset).try_into().unwrap()))
        }
        [kind, id, "counter", value] => {
            minted(kind, id, Freshness::Counter(value.parse().unwrap()))
        }
        _ => panic!("no token: {what}"),
    };
    format!("{before}{token}{after}")
}

pub fn minted(kind: &str, id: &str, freshness: Freshness) -> String {
    let with = |key| {
        FleetKey::new(key)
            .device_key(id)
            .mint(id, freshness)
            .expect("a sound id")
            .to_string()
    };
    match kind {
        "mint" => with(KEY),
        _ if kind.starts_with("mint#") => FleetKey::new(KEY)
            .device_key(&kind.replace("mint", id))
            .mint(id, freshness)
            .expect("a sound id")
            .to_string(),
        "mint-old" => with(OLD_KEY),
        "mint-foreign" => with([9; 32]),
        "mint-flipped" => {
            const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let mut token = with(KEY);
            let last = DIGITS.find(token.pop().unwrap()).unwrap();
            token.push(char::from(DIGITS.as_bytes()[last ^ 1]));
            token
        }
        _ => panic!("no kind of token: {kind}"),
    }
}
