//! `cargo xtask whole-loop`: a board samples every minute, has coverage one hour in six, and loses power and connections at any
//! moment; what it keeps in its outbox reaches the subscriber through gateway, local emulator, rule and splitter. Counts what became of each
//! reading, and fails when one is lost, or comes again where repeats are dropped, or not marked where they are marked.

mod board;
mod cloud;
mod gateway;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use board::{Board, End};
use clap::Parser;
use cloud::{Cloud, Repeats};
use serde_json::Value;

type Result<T> = std::result::Result<T, String>;

/// From the sensor to the subscriber, with power cuts.
#[derive(Parser)]
struct Options {
    /// Hours that the board's clock goes through; a month is 720
    #[arg(long, default_value_t = 24)]
    hours: u32,
    /// Power fails after so many events on average: words of flash and bytes on the UART; a batch is some 2,000
    #[arg(long, default_value_t = 4000)]
    events: u32,
    /// One connection in so many dies, before the request has arrived or in the response
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(2..))]
    deaths: u32,
    /// Another run
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What becomes of a reading whose batch was accepted although the board never heard so
    #[arg(long, value_enum, default_value_t = Repeats::Drop)]
    repeats: Repeats,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// xorshift64*: no library is worth it.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }

    /// Another sequence.
    fn fork(&mut self) -> Self {
        Self(u64::from(self.next()) << 32 | u64::from(self.next()) | 1)
    }
}

fn run(options: &Options) -> Result<String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let cloud = Cloud::start(options.repeats)?;
    let board = Board::new(folder.path())?;
    let mut random = Random(options.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let end = options.hours * 60;
    let (mut put, mut accepted) = (BTreeMap::new(), BTreeMap::new());
    let (mut cuts, mut batches, mut died) = (0, 0, 0);
    let to = (cloud.emulator.http_addr(), options.deaths);
    let mut is_over = false;
    while !is_over {
        let cut = 1 + random.next() % (2 * options.events);
        let boot = board.boot(end, cut, false, &mut random, to)?;
        is_over = boot.end == End::Done;
        cuts += u32::from(!is_over);
        died += boot.carried.died;
        batches += record(boot, &mut put, &mut accepted)?;
    }
    // Coverage at last, and no cut.
    let boot = board.boot(end, 0, true, &mut random, to)?;
    died += boot.carried.died;
    batches += record(boot, &mut put, &mut accepted)?;

    let delivered = delivered(&cloud.received(batches)?)?;
    check(&put, &accepted, &delivered, options.repeats)?;
    let times = |wanted: usize| delivered.values().filter(|times| **times == wanted).count();
    let more = delivered.values().filter(|times| **times > 2).count();
    let in_doubt = delivered
        .keys()
        .filter(|number| !put.contains_key(number))
        .count();
    let again = accepted.values().filter(|times| **times > 1).count();
    Ok(format!(
        "{} hours, {cuts} power cuts, {died} connections died, {batches} batches accepted\n\
         put {}, and {in_doubt} whose push a cut interrupted and that were there afterwards; sent again {again}\n\
         delivered once {}, twice {}, more often {more} (all but the first marked)\n\
         lost 0",
        options.hours,
        put.len(),
        times(1),
        times(2),
    ))
}

/// Numbers and their minutes, and how often each number was in an accepted batch.
fn record(
    boot: board::Boot,
    put: &mut BTreeMap<u64, u64>,
    accepted: &mut BTreeMap<u64, usize>,
) -> Result<usize> {
    for (number, minute) in boot.put {
        if put.insert(number, minute).is_some() {
            return Err(format!("the number {number} was given twice"));
        }
    }
    for number in boot.carried.accepted.iter().flatten() {
        *accepted.entry(*number).or_default() += 1;
    }
    Ok(boot.carried.accepted.len())
}

/// How often each number came. Each is the reading of its minute, and marked from the second time on.
fn delivered(messages: &[(String, String)]) -> Result<BTreeMap<u64, usize>> {
    let mut times = BTreeMap::<u64, usize>::new();
    let mut marked = BTreeMap::<u64, usize>::new();
    let mut epochs = BTreeSet::new();
    for (topic, text) in messages {
        if topic != "loop/readings" {
            return Err(format!("a message on {topic}: {text}"));
        }
        let message: Value = serde_json::from_str(text).map_err(|e| format!("{e}: {text}"))?;
        let number = message["number"].as_u64().ok_or_else(|| text.clone())?;
        let minute = message["reading"]["c"]
            .as_u64()
            .ok_or_else(|| text.clone())?;
        if message["time"].as_f64() != Some((1_750_000_000 + minute * 60) as f64) {
            return Err(format!("another time than the reading's own: {text}"));
        }
        epochs.insert(message["epoch"].as_u64());
        *times.entry(number).or_default() += 1;
        *marked.entry(number).or_default() += usize::from(message["repeat"] == true);
    }
    if epochs.len() != 1 {
        return Err(format!("epochs: {epochs:?}"));
    }
    match times
        .iter()
        .find(|(number, times)| marked[*number] != **times - 1)
    {
        None => Ok(times),
        Some((number, times)) => Err(format!(
            "the reading {number} came {times} times, {} of them marked",
            marked[number]
        )),
    }
}

/// Every reading that was put is there; none that was not accepted; and none comes again that should not: once where repeats are
/// dropped, else once for each time that its batch was accepted.
fn check(
    put: &BTreeMap<u64, u64>,
    accepted: &BTreeMap<u64, usize>,
    delivered: &BTreeMap<u64, usize>,
    repeats: Repeats,
) -> Result<()> {
    for (number, times) in delivered {
        let accepted = accepted.get(number).copied().unwrap_or_default();
        let expected = match repeats {
            Repeats::Drop => accepted.min(1),
            Repeats::Mark => accepted,
        };
        if *times != expected {
            return Err(format!(
                "the reading {number} was accepted {accepted} times, and came {times} times"
            ));
        }
    }
    let lost: Vec<_> = put
        .keys()
        .filter(|number| !delivered.contains_key(number))
        .collect();
    if lost.is_empty() {
        Ok(())
    } else {
        Err(format!("{} readings are lost: {lost:?}", lost.len()))
    }
}
