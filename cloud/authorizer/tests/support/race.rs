//! Several processes that present the same tokens to one store at the same time.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use motepost::token::Freshness;
use serde_json::json;

use super::{block_on, mint, open};

const RACERS: usize = 4;
const VARIABLES: &str = "MOTEPOST_RACE";
/// The racers' clock. Whatever they present is inside its window.
const NOW: u64 = 1_790_000_000;

/// What the tokens are minted with.
#[derive(Clone, Copy, Debug)]
pub enum Tokens {
    Counters,
    Times,
}

/// Races processes of this test's own binary, whose ignored test `racer` is [`run`]. Every value from 1 to `last` is
/// presented by each; none may be accepted twice.
pub fn hold(variables: &[(&'static str, String)], tokens: Tokens, last: u32) {
    let start = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["racer", "--exact", "--ignored", "--nocapture"])
            .env(VARIABLES, format!("{tokens:?} {last}"))
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command.spawn().unwrap()
    };
    let mut racers: Vec<Child> = (0..RACERS).map(|_| start()).collect();
    let mut said: Vec<_> = racers
        .iter_mut()
        .map(|racer| BufReader::new(racer.stdout.take().unwrap()).lines())
        .collect();
    // Each is at the line before the first sets out.
    for lines in &mut said {
        assert!(lines.any(|line| line.unwrap().ends_with("ready")));
    }
    for racer in &mut racers {
        racer.stdin.take().unwrap().write_all(b"go\n").unwrap();
    }
    let mut accepted = BTreeMap::new();
    for lines in said {
        for line in lines {
            if let Some(value) = line.unwrap().strip_prefix("accepted ") {
                *accepted.entry(value.parse().unwrap()).or_insert(0) += 1;
            }
        }
    }
    for mut racer in racers {
        assert!(racer.wait().unwrap().success());
    }
    let twice: Vec<u32> = accepted
        .iter()
        .filter(|(_, times)| **times > 1)
        .map(|(value, _)| *value)
        .collect();
    assert!(twice.is_empty(), "accepted more than once: {twice:?}");
    assert_eq!(accepted.last_key_value(), Some((&last, &1)));
}

/// One racer, with the function's environment as [`hold`] gave it.
pub fn run() {
    let race = std::env::var(VARIABLES).expect("only the racing test starts a racer");
    let (tokens, last) = race.split_once(' ').unwrap();
    // Times of the window's past, because 100 values are more than its future has seconds.
    let freshness = |value: u32| match tokens {
        "Times" => Freshness::Time(u32::try_from(NOW).unwrap() - 200 + value),
        _ => Freshness::Counter(value),
    };
    let names = [
        "SCHEMES",
        "IOT_ARN_PREFIX",
        "FLEET_KEY_HEX",
        "TOKEN_ONCE",
        "STORE_FILE",
        "STORE_TABLE",
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    ];
    let variables = names.map(|name| (name, std::env::var(name).unwrap_or_default()));
    block_on(async {
        let authorizer = open(&variables).await;
        println!("ready");
        std::io::stdin().lines().next().unwrap().unwrap();
        for value in 1..=last.parse().unwrap() {
            let token = mint("counting", freshness(value));
            let headers = json!({"id": "counting", "token": token});
            let event = json!({"protocolData": {"http": {"headers": headers}}});
            let decision = authorizer.decide(&event, NOW).await;
            match decision.denied() {
                None => println!("accepted {value}"),
                Some(denied) => assert!(denied.to_string().contains("has not grown"), "{denied}"),
            }
        }
    });
}
