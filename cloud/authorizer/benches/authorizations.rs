//! Authorizations a second on one core, event to response: `cargo bench -p motepost-authorizer`. Nothing is asserted.

use std::time::{Duration, Instant};

use motepost::token::{FleetKey, Freshness};
use motepost_authorizer::{Authorizer, Config};
use serde_json::{Value, json};

const NOW: u32 = 1_790_000_000;
const TIME: Duration = Duration::from_secs(2);

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(run());
}

async fn run() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("devices.json");
    // printf %s 'correct horse' | sha256sum
    let pair = "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631";
    std::fs::write(
        &file,
        json!({"devices": {"uniqueID": {"token_sha256": pair}}}).to_string(),
    )
    .expect("a file");

    let memory = open(&[("STATIC_TOKENS", &format!("uniqueID={pair}"))]).await;
    let file = open(&[("STORE_FILE", file.to_str().expect("a path"))]).await;
    let device = FleetKey::new([7; 32]).device_key("uniqueID");
    let headers = |token: &str| json!({"host": "localhost", "id": "uniqueID", "token": token});
    let event = |token: &str| json!({"protocolData": {"http": {"headers": headers(token), "queryString": "?qos=1"}}});
    let static_pair = event("correct horse");
    let minted = event(
        &device
            .mint("uniqueID", Freshness::Time(NOW))
            .expect("a sound id"),
    );
    let forged = event(
        &FleetKey::new([8; 32])
            .device_key("uniqueID")
            .mint("uniqueID", Freshness::Time(NOW))
            .expect("a sound id"),
    );
    let signed = json!({"token": format!("uniqueID.{}", NOW + 60), "signatureVerified": true});

    println!("{:<44} {:>12}", "one core, event to response", "a second");
    measure("static pair, store in memory", &memory, |_| {
        static_pair.clone()
    })
    .await;
    measure("minted with the time, store in memory", &memory, |_| {
        minted.clone()
    })
    .await;
    measure("minted, forged: refused without the store", &memory, |_| {
        forged.clone()
    })
    .await;
    measure("signed, store in memory", &memory, |_| signed.clone()).await;
    measure("static pair, store in a file", &file, |_| {
        static_pair.clone()
    })
    .await;
    measure("minted with a counter, synced to a file", &file, |count| {
        event(
            &device
                .mint("uniqueID", Freshness::Counter(count))
                .expect("a sound id"),
        )
    })
    .await;
}

async fn open(store: &[(&str, &str)]) -> Authorizer {
    let config = Config::from_environment(|name| {
        let of_store = store.iter().find(|(key, _)| *key == name);
        let value = of_store.map(|(_, value)| *value).or(match name {
            "SCHEMES" => Some("static,minted,signed"),
            "IOT_ARN_PREFIX" => Some("arn:aws:iot:eu-central-1:123456789012"),
            "FLEET_KEY_HEX" => {
                Some("0707070707070707070707070707070707070707070707070707070707070707")
            }
            _ => None,
        });
        value.map(str::to_owned)
    });
    Authorizer::open(config.expect("a configuration"))
        .await
        .expect("an authorizer")
}

/// An event is made before the clock runs.
async fn measure(what: &str, authorizer: &Authorizer, event: impl Fn(u32) -> Value) {
    let mut spent = Duration::ZERO;
    let mut count = 0;
    let begun = Instant::now();
    while begun.elapsed() < TIME {
        count += 1;
        let event = event(count);
        let start = Instant::now();
        let response = authorizer.decide(&event, NOW.into()).await.response();
        spent += start.elapsed();
        std::hint::black_box(response);
    }
    println!(
        "{what:<44} {:>12.0}",
        f64::from(count) / spent.as_secs_f64()
    );
}
